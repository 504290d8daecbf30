/* SPDX-License-Identifier: Apache-2.0
 *
 * Which numbers of a line are first and last port of a block? Those written as a range, those of keys such as
 * portbegin, and two numbers behind the last address, whatever the words between. The last are sure only when
 * their width is what blocks have.
 */
#include <string.h>

#include "event/guess_work.h"
#include "event/number.h"

#define BLOCK_MIN 16      /* ports of a block where words tell that it is one */
#define BLOCK_MIN_BARE 64 /* and where nothing tells */
#define RANGE_TOKENS 7    /* between the numbers of a range */
#define SIDE_PORT (HINT_PORT | HINT_INSIDE)

static bool listed(const char *words, const char *s, size_t n)
{
	for (const char *at = words; n > 1 && (at = memmem(at, strlen(at), s, n)) != NULL; at++)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

uint32_t guess_range_end(const struct guess_work *w, uint32_t token)
{
	int32_t low;
	int32_t high;
	uint32_t i = token + 1;
	size_t joins = 0;
	size_t dots = 0;
	for (; i < w->out->count && i <= token + RANGE_TOKENS && guess_kind(w, i) != SHAPE_NUMBER; i++) {
		size_t n;
		const char *s = guess_text(w, 0, i, &n);
		if (guess_kind(w, i) == SHAPE_BLANK)
			continue;
		bool dot = guess_mark(w, i, '.');
		bool join = dot || guess_mark(w, i, '-') || guess_mark(w, i, '~') ||
			    (guess_kind(w, i) == SHAPE_WORD &&
			     listed(" to thru through till until upto up and ", s, n));
		if (!join)
			return GUESS_NOWHERE;
		dots += dot ? 1 : 0;
		joins++;
	}
	bool decimal = dots == 1 && joins == 1;
	return joins > 0 && !decimal && guess_may_be_port(w, i, &low, &high) ? i : GUESS_NOWHERE;
}

/* First and last of a block: never the other way round, and not always the same. Width: of all blocks, 0 if
 * it differs. */
static bool is_block(const struct guess_work *w, uint32_t first, uint32_t last, int32_t *width)
{
	bool some = false;
	*width = -1;
	for (size_t i = 0; i < w->lines; i++) {
		int32_t ports = guess_number(w, i, last) - guess_number(w, i, first) + 1;
		if (ports < 1)
			return false;
		some = some || ports > 1;
		*width = *width == -1 || *width == ports ? ports : 0;
	}
	return some;
}

/* All blocks have the same width, a power of two, and begin at a multiple of it, or one behind. */
static bool is_likely_block(const struct guess_work *w, uint32_t first, int32_t width)
{
	if (width < BLOCK_MIN_BARE || (width & (width - 1)) != 0)
		return false;
	for (size_t i = 0; i < w->lines; i++)
		if (guess_number(w, i, first) % width > 1)
			return false;
	return true;
}

static void set_block(struct guess_work *w, uint32_t first, uint32_t last)
{
	guess_set(w, first, FIELD_start_port);
	guess_set(w, last, FIELD_end_port);
}

/* Written as a range. A date of numbers looks like one, but has no ports. */
static bool find_range(struct guess_work *w)
{
	int32_t low;
	int32_t high;
	int32_t width;
	for (uint32_t i = 0; i < w->out->count; i++) {
		if (!guess_may_be_port(w, i, &low, &high) || (i > 0 && guess_mark(w, i - 1, '-')))
			continue;
		uint32_t last = guess_range_end(w, i);
		if (last == GUESS_NOWHERE || guess_mark(w, last + 1, '-') || !is_block(w, i, last, &width))
			continue;
		set_block(w, i, last);
		return true;
	}
	return false;
}

/* Two keys: portbegin=5117 portend=5244. Of a key that names no port a time may be meant. */
static bool find_keyed_range(struct guess_work *w)
{
	uint32_t first = GUESS_NOWHERE;
	int32_t low;
	int32_t high;
	int32_t width;
	for (uint32_t i = 0; i < w->out->count; i++) {
		unsigned hints = w->hints[i];
		if (!guess_may_be_port(w, i, &low, &high) || (hints & HINT_TIME) != 0)
			continue;
		bool about_ports = ((hints | w->line_hints) & (HINT_PORT | HINT_BLOCK)) != 0;
		if ((hints & HINT_FIRST) != 0 && first == GUESS_NOWHERE && about_ports)
			first = i;
		if ((hints & HINT_LAST) == 0 || first == GUESS_NOWHERE || !is_block(w, first, i, &width))
			continue;
		set_block(w, first, i);
		return true;
	}
	return false;
}

/* A number that something else names. */
static bool is_named(const struct guess_work *w, uint32_t token)
{
	unsigned hints = w->hints[token];
	return (hints & (HINT_TIME | HINT_PROTOCOL | HINT_VRF | HINT_SUBSCRIBER)) != 0 ||
	       (hints & SIDE_PORT) == SIDE_PORT;
}

/* Two numbers behind the last address. Where the first is named as the public port, the width must tell that
 * it is not. */
static bool find_candidate(struct guess_work *w)
{
	uint32_t found[2] = {GUESS_NOWHERE, GUESS_NOWHERE};
	uint32_t x = guess_where(w, FIELD_x_ip);
	int32_t low;
	int32_t high;
	int32_t width;
	size_t count = 0;
	for (uint32_t i = 0; i < w->out->count; i++) {
		if (guess_kind(w, i) == SHAPE_ADDRESS)
			count = 0;
		bool joined =
			i >= 2 && guess_kind(w, i - 2) == SHAPE_ADDRESS && guess_joined_port(w, i - 2) == i;
		if (!joined && guess_may_be_port(w, i, &low, &high) && !is_named(w, i) && count < 2)
			found[count++] = i;
	}
	if (count < 2 || x == GUESS_NOWHERE || guess_where(w, FIELD_dst_ip) != GUESS_NOWHERE ||
	    guess_joined_port(w, x) != GUESS_NOWHERE || !is_block(w, found[0], found[1], &width))
		return false;
	bool likely = is_likely_block(w, found[0], width);
	bool worded = (w->line_hints & HINT_BLOCK) != 0 && width >= BLOCK_MIN && found[1] == found[0] + 2;
	bool named = guess_port_behind(w, x) == found[0] ||
		     (w->hints[found[0]] & (HINT_OUTSIDE | HINT_PORT)) == (HINT_OUTSIDE | HINT_PORT);
	if (!likely && named)
		return false;
	if (!likely && !worded)
		w->out->doubts |= DOUBT_PORT;
	set_block(w, found[0], found[1]);
	return true;
}

bool guess_half_block(const struct guess_work *w)
{
	uint32_t x = guess_where(w, FIELD_x_port);
	if (x == GUESS_NOWHERE || guess_where(w, FIELD_dst_ip) != GUESS_NOWHERE)
		return false;
	bool joined = x >= 2 && guess_kind(w, x - 2) == SHAPE_ADDRESS;
	for (uint32_t i = x + 1; i < w->out->count && guess_kind(w, i) != SHAPE_ADDRESS; i++) {
		uint32_t word = i;
		size_t n;
		if (!guess_left_port(w, i))
			continue;
		while (word > 0 &&
		       (guess_kind(w, word - 1) == SHAPE_BLANK || guess_kind(w, word - 1) == SHAPE_MARK))
			word--;
		const char *s = guess_text(w, 0, word > 0 ? word - 1 : 0, &n);
		if (listed(" count size len length width num number range ports + ", s, n))
			return true;
		if (!joined && !w->keyed[i] &&
		    !listed(" id session duration lifetime timeout ttl pool rule policy ", s, n))
			return true;
	}
	return false;
}

bool guess_block(struct guess_work *w)
{
	return find_range(w) || find_keyed_range(w) || find_candidate(w);
}
