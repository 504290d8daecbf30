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

bool guess_may_be_port(const struct guess_work *w, uint32_t token, int32_t *low, int32_t *high)
{
	return token < w->out->count && guess_kind(w, token) == SHAPE_NUMBER &&
	       guess_numbers(w, token, low, high) && *high <= PORT_MAX;
}

uint32_t guess_skip_blank(const struct guess_work *w, uint32_t token)
{
	return token < w->out->count && guess_kind(w, token) == SHAPE_BLANK ? token + 1 : token;
}

uint32_t guess_joined_port(const struct guess_work *w, uint32_t address)
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
	i = guess_skip_blank(w, i + 1);
	if (!guess_may_be_port(w, i, &low, &high) || (slash && high <= PREFIX_MAX))
		return GUESS_NOWHERE;
	return i;
}

/* The number that words like `port` join to the address: ADDRESS port N. */
static uint32_t named(const struct guess_work *w, uint32_t address)
{
	int32_t low;
	int32_t high;
	uint32_t i = guess_skip_blank(w, address + 1);
	while (i < w->out->count && (guess_mark(w, i, ',') || guess_mark(w, i, ')') || guess_mark(w, i, '(')))
		i = guess_skip_blank(w, i + 1);
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
	return guess_may_be_port(w, i, &low, &high) ? i : GUESS_NOWHERE;
}

uint32_t guess_port_behind(const struct guess_work *w, uint32_t address)
{
	uint32_t port = guess_joined_port(w, address);
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
		if ((hints & (HINT_FIRST | HINT_LAST)) != 0 || !guess_may_be_port(w, i, &low, &high))
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
		return guess_joined_port(w, address) == GUESS_NOWHERE;
	const char *s = guess_text(w, 0, address, &n);
	return ports && memchr(s, ':', n) != NULL && guess_port_behind(w, address) == GUESS_NOWHERE;
}

/* A number that nothing names, right behind an address or another number, and large: perhaps a port. */
static bool is_stray(const struct guess_work *w, uint32_t token)
{
	int32_t low;
	int32_t high;
	uint32_t before = token;
	if (w->out->places[token].field != GUESS_SKIP || !guess_may_be_port(w, token, &low, &high) ||
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

bool guess_known_port(const struct guess_work *w, uint32_t token)
{
	for (uint32_t i = 0; i < token; i++)
		if (guess_kind(w, i) == SHAPE_ADDRESS && w->address_of[i] != (int16_t)i &&
		    guess_port_behind(w, i) == token)
			return true;
	return false;
}

bool guess_left_port(const struct guess_work *w, uint32_t token)
{
	int32_t low;
	int32_t high;
	bool decimal =
		(guess_mark(w, token + 1, '.') && token + 2 < w->out->count &&
		 guess_kind(w, token + 2) == SHAPE_NUMBER) ||
		(token > 1 && guess_mark(w, token - 1, '.') && guess_kind(w, token - 2) == SHAPE_NUMBER);
	return w->out->places[token].field == GUESS_SKIP && guess_may_be_port(w, token, &low, &high) &&
	       !decimal && !guess_known_port(w, token);
}

/* A line that tells two blocks: the second would be lost. */
static bool is_second_range(const struct guess_work *w, uint32_t token)
{
	uint32_t last = guess_where(w, FIELD_end_port);
	return token > last && guess_left_port(w, token) && guess_range_end(w, token) != GUESS_NOWHERE;
}

void guess_ports(struct guess_work *w)
{
	static const enum event_field pairs[][2] = {{FIELD_src_ip, FIELD_src_port},
						    {FIELD_x_ip, FIELD_x_port},
						    {FIELD_dst_ip, FIELD_dst_port}};
	if ((w->out->doubts & DOUBT_ONE) != 0)
		return;
	bool block = guess_block(w);
	bool ports = false;
	for (size_t i = 0; i < 3; i++) {
		uint32_t address = guess_where(w, pairs[i][0]);
		uint32_t port = address != GUESS_NOWHERE ? guess_port_behind(w, address) : GUESS_NOWHERE;
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
	uint32_t x = guess_where(w, FIELD_x_port);
	bool range = x != GUESS_NOWHERE && guess_range_end(w, x) != GUESS_NOWHERE;
	if (!block && (range || guess_half_block(w) || (w->line_hints & HINT_BLOCK) != 0))
		w->out->doubts |= DOUBT_PORT; /* where are first and last? */
	for (uint32_t i = 0; i < w->out->count; i++)
		if (block ? is_second_range(w, i) : is_stray(w, i) && !guess_known_port(w, i))
			w->out->doubts |= DOUBT_PORT;
}
