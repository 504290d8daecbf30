/* SPDX-License-Identifier: Apache-2.0
 *
 * Which numbers of a line are ports, and of which address? Those that a mark joins to it, those that a word
 * or key names, and ranges. A number that may be one and may be not makes the guess doubtful.
 */
#include <string.h>

#include "event/guess_work.h"
#include "event/number.h"

#define PREFIX_MAX 128   /* a number behind `/` that is no larger may be a prefix length */
#define LIKELY_PORT 1024 /* number that is more likely a port than anything else */
#define BLOCK_MIN 16     /* ports of a block, where nothing else tells that it is one */
#define PROTOCOLS_MAX 255

/* Could all its values be ports? */
static bool may_be_port(const struct guess_work *w, uint32_t token, int32_t *low, int32_t *high)
{
	return token < w->out->count && guess_kind(w, token) == SHAPE_NUMBER &&
	       guess_numbers(w, token, low, high) && *high <= PORT_MAX;
}

static uint32_t skip_blank(const struct guess_work *w, uint32_t token)
{
	return token < w->out->count && guess_kind(w, token) == SHAPE_BLANK ? token + 1 : token;
}

/* The number that a mark joins to the address: ADDRESS:N, ADDRESS/N, ADDRESS#N, [ADDRESS]:N, ADDRESS%0:N,
 * ADDRESS: N. GUESS_NOWHERE if there is none. */
static uint32_t joined(const struct guess_work *w, uint32_t address)
{
	int32_t low;
	int32_t high;
	uint32_t i = address + 1;
	if (guess_mark(w, i, ']') || guess_mark(w, i, '"'))
		i++;
	if (guess_mark(w, i, '%') && i + 1 < w->out->count && guess_kind(w, i + 1) == SHAPE_NUMBER)
		i += 2;
	bool slash = guess_mark(w, i, '/');
	if (!slash && !guess_mark(w, i, ':') && !guess_mark(w, i, '#'))
		return GUESS_NOWHERE;
	i = skip_blank(w, i + 1);
	if (!may_be_port(w, i, &low, &high) || (slash && high <= PREFIX_MAX))
		return GUESS_NOWHERE;
	return i;
}

/* The number that words like `port` join to the address: ADDRESS port N. */
static uint32_t named(const struct guess_work *w, uint32_t address)
{
	int32_t low;
	int32_t high;
	uint32_t i = skip_blank(w, address + 1);
	while (i < w->out->count && (guess_mark(w, i, ',') || guess_mark(w, i, ')') || guess_mark(w, i, '(')))
		i = skip_blank(w, i + 1);
	if (i >= w->out->count || guess_kind(w, i) != SHAPE_WORD)
		return GUESS_NOWHERE;
	size_t n;
	const char *word = guess_text(w, 0, i, &n);
	if ((guess_hints(word, n) & HINT_PORT) == 0)
		return GUESS_NOWHERE;
	i++;
	while (i < w->out->count &&
	       (guess_mark(w, i, ':') || guess_mark(w, i, '=') || guess_kind(w, i) == SHAPE_BLANK))
		i++;
	return may_be_port(w, i, &low, &high) ? i : GUESS_NOWHERE;
}

/* Where the second number of a range stands, whose first is at token: N-N, N - N, N..N, N to N. */
static uint32_t range_end(const struct guess_work *w, uint32_t token)
{
	int32_t low;
	int32_t high;
	size_t n;
	uint32_t i = skip_blank(w, token + 1);
	uint32_t between = i;
	if (i >= w->out->count)
		return GUESS_NOWHERE;
	const char *s = guess_text(w, 0, i, &n);
	bool to = guess_kind(w, i) == SHAPE_WORD && n == 2 && memcmp(s, "to", 2) == 0;
	if (to || guess_mark(w, i, '-') || guess_mark(w, i, '~'))
		i++;
	else if (guess_mark(w, i, '.') && guess_mark(w, i + 1, '.'))
		i += 2;
	i = skip_blank(w, i);
	return i > between && may_be_port(w, i, &low, &high) ? i : GUESS_NOWHERE;
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
		if (!may_be_port(w, i, &low, &high) || (i > 0 && guess_mark(w, i - 1, '-')))
			continue;
		uint32_t last = range_end(w, i);
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
		if (!may_be_port(w, i, &low, &high) || (hints & HINT_TIME) != 0)
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

/* Two numbers behind the public address: ADDRESS N N. All blocks must be of one size, and that a likely one.
 */
static bool find_bare_range(struct guess_work *w)
{
	int32_t low;
	int32_t high;
	int32_t width;
	uint32_t x = guess_where(w, FIELD_x_ip);
	uint32_t first = x == GUESS_NOWHERE ? x : skip_blank(w, x + 1);
	uint32_t last = x == GUESS_NOWHERE ? x : skip_blank(w, first + 1);
	if (x == GUESS_NOWHERE || first == x + 1 || last == first + 1 ||
	    !may_be_port(w, first, &low, &high) || !may_be_port(w, last, &low, &high) ||
	    !is_block(w, first, last, &width))
		return false;
	bool power = width >= BLOCK_MIN && (width & (width - 1)) == 0;
	bool about_blocks = (w->line_hints & (HINT_BLOCK | HINT_PORT)) != 0;
	if (!power && !(about_blocks && width >= BLOCK_MIN))
		return false;
	set_block(w, first, last);
	return true;
}

static uint32_t port_behind(const struct guess_work *w, uint32_t address)
{
	uint32_t port = joined(w, address);
	return port != GUESS_NOWHERE ? port : named(w, address);
}

static enum event_field keyed_port(unsigned hints)
{
	if ((hints & HINT_DESTINATION) != 0)
		return (hints & HINT_OUTSIDE) != 0 ? FIELD_COUNT : FIELD_dst_port;
	if ((hints & HINT_OUTSIDE) != 0)
		return FIELD_x_port;
	return (hints & HINT_INSIDE) != 0 ? FIELD_src_port : FIELD_COUNT;
}

/* Of keys: spt=48856, nat-source-port="53328". What is called a port and is none, or the end of a range
 * without the other, is not understood. */
static void find_keyed_ports(struct guess_work *w)
{
	int32_t low;
	int32_t high;
	for (uint32_t i = 0; i < w->out->count; i++) {
		unsigned hints = w->hints[i];
		enum event_field field = keyed_port(hints);
		if (!w->keyed[i] || (hints & HINT_PORT) == 0 || field == FIELD_COUNT ||
		    guess_kind(w, i) != SHAPE_NUMBER || w->out->places[i].field != GUESS_SKIP)
			continue;
		if ((hints & (HINT_FIRST | HINT_LAST)) != 0 || !may_be_port(w, i, &low, &high))
			w->out->doubts |= DOUBT_PORT;
		else
			guess_set(w, i, field);
	}
}

/* ADDRESS:70000 is not understood; nor is 2001:db8::1:4000 where another address has its port behind a colon:
 * the last part may be the port. */
static bool is_broken(const struct guess_work *w, uint32_t address, bool ports)
{
	size_t n;
	uint32_t mark = address + 1;
	int32_t low;
	int32_t high;
	bool number = mark + 1 < w->out->count && guess_kind(w, mark + 1) == SHAPE_NUMBER;
	bool prefix = number && guess_mark(w, mark, '/') && guess_numbers(w, mark + 1, &low, &high) &&
		      high <= PREFIX_MAX;
	if (number && !prefix &&
	    (guess_mark(w, mark, ':') || guess_mark(w, mark, '#') || guess_mark(w, mark, '/')))
		return joined(w, address) == GUESS_NOWHERE;
	const char *s = guess_text(w, 0, address, &n);
	return ports && memchr(s, ':', n) != NULL && port_behind(w, address) == GUESS_NOWHERE;
}

/* A number that nothing names, right behind an address or another number, and large: perhaps a port. */
static bool is_stray(const struct guess_work *w, uint32_t token)
{
	int32_t low;
	int32_t high;
	uint32_t before = token;
	if (w->out->places[token].field != GUESS_SKIP || !may_be_port(w, token, &low, &high) ||
	    high < LIKELY_PORT)
		return false;
	while (before > 0 &&
	       (guess_kind(w, before - 1) == SHAPE_BLANK || guess_kind(w, before - 1) == SHAPE_MARK))
		before--;
	if (before == 0 || guess_mark(w, token - 1, '='))
		return false;
	uint8_t kind = guess_kind(w, before - 1);
	return kind == SHAPE_NUMBER || kind == SHAPE_ADDRESS;
}

/* Ports of addresses that repeat one that has a field are no stray numbers. */
static bool is_known_port(const struct guess_work *w, uint32_t token)
{
	for (uint32_t i = 0; i < token; i++)
		if (guess_kind(w, i) == SHAPE_ADDRESS && w->address_of[i] != (int16_t)i &&
		    port_behind(w, i) == token)
			return true;
	return false;
}

void guess_ports(struct guess_work *w)
{
	static const enum event_field pairs[][2] = {{FIELD_src_ip, FIELD_src_port},
						    {FIELD_x_ip, FIELD_x_port},
						    {FIELD_dst_ip, FIELD_dst_port}};
	if ((w->out->doubts & DOUBT_ONE) != 0)
		return;
	bool block = find_range(w) || find_keyed_range(w) || find_bare_range(w);
	bool ports = false;
	for (size_t i = 0; i < 3; i++) {
		uint32_t address = guess_where(w, pairs[i][0]);
		uint32_t port = address != GUESS_NOWHERE ? port_behind(w, address) : GUESS_NOWHERE;
		if (port != GUESS_NOWHERE && w->out->places[port].field == GUESS_SKIP) {
			guess_set(w, port, pairs[i][1]);
			ports = ports || guess_mark(w, address + 1, ':');
		}
	}
	for (size_t i = 0; i < 3; i++) {
		uint32_t address = guess_where(w, pairs[i][0]);
		if (address != GUESS_NOWHERE && is_broken(w, address, ports))
			w->out->doubts |= DOUBT_PORT;
	}
	find_keyed_ports(w);
	if (!block && (w->line_hints & HINT_BLOCK) != 0)
		w->out->doubts |= DOUBT_PORT; /* where are first and last? */
	for (uint32_t i = 0; i < w->out->count && !block; i++)
		if (guess_kind(w, i) == SHAPE_NUMBER && is_stray(w, i) && !is_known_port(w, i))
			w->out->doubts |= DOUBT_PORT;
}
