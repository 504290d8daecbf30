/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives the guess of one cluster; see guess.h. The order matters: ports are told by the addresses that they
 * stand beside, the type by addresses and ports.
 */
#include "event/guess.h"

#include <stdlib.h>
#include <string.h>

#include "event/guess_work.h"
#include "event/number.h"

#define WORDS_BACK 3      /* words in front of a value that may tell what it is */
#define KEY_TOKENS_MAX 24 /* longest key that is looked at */
#define SURE_LINES 5      /* a number or name that is the same in so many lines belongs to the shape */

const char *guess_text(const struct guess_work *w, size_t line, uint32_t token, size_t *n)
{
	const struct shape_token *t = &w->shapes[line].tokens[token];
	*n = t->len;
	return w->cluster->lines[line].text + t->off;
}

uint8_t guess_kind(const struct guess_work *w, uint32_t token)
{
	return w->shapes[0].tokens[token].kind;
}

bool guess_mark(const struct guess_work *w, uint32_t token, char c)
{
	size_t n;
	return token < w->out->count && guess_kind(w, token) == SHAPE_MARK &&
	       *guess_text(w, 0, token, &n) == c;
}

bool guess_constant(const struct guess_work *w, uint32_t token)
{
	size_t n;
	size_t first_n;
	const char *first = guess_text(w, 0, token, &first_n);
	for (size_t i = 1; i < w->lines; i++) {
		const char *s = guess_text(w, i, token, &n);
		if (n != first_n || memcmp(s, first, n) != 0)
			return false;
	}
	return true;
}

int32_t guess_number(const struct guess_work *w, size_t line, uint32_t token)
{
	size_t n;
	int32_t value = -1;
	const char *s = guess_text(w, line, token, &n);
	return number_read(s, n, 9, INT32_MAX, &value) == n ? value : -1;
}

bool guess_numbers(const struct guess_work *w, uint32_t token, int32_t *low, int32_t *high)
{
	*low = INT32_MAX;
	*high = -1;
	for (size_t i = 0; i < w->lines; i++) {
		int32_t value = guess_number(w, i, token);
		if (value < 0)
			return false;
		*low = value < *low ? value : *low;
		*high = value > *high ? value : *high;
	}
	return true;
}

void guess_set(struct guess_work *w, uint32_t token, enum event_field field)
{
	if (w->out->places[token].field == GUESS_SKIP && guess_where(w, field) == GUESS_NOWHERE)
		w->out->places[token].field = (int16_t)field;
}

uint32_t guess_where(const struct guess_work *w, enum event_field field)
{
	for (uint32_t i = 0; i < w->out->count; i++)
		if (w->out->places[i].field == (int16_t)field)
			return i;
	return GUESS_NOWHERE;
}

bool guess_has_public_port(const struct guess *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->places[i].field == FIELD_x_port || g->places[i].field == FIELD_start_port)
			return true;
	return false;
}

/* Of a value such as PB-Created or 1024-2047 the parts before. */
static bool joins_words(const struct guess_work *w, uint32_t token)
{
	uint8_t kind = guess_kind(w, token);
	return kind == SHAPE_WORD || kind == SHAPE_NAME || kind == SHAPE_NUMBER ||
	       guess_mark(w, token, '-') || guess_mark(w, token, '_');
}

/* The key of `key=VALUE`, `key: VALUE`, `"key":"VALUE"`, `inside:VALUE`: all words up to the blank in front.
 * Returns whether there is one. */
static bool key_hints(const struct guess_work *w, uint32_t token, unsigned *hints)
{
	uint32_t i = token;
	while (i > 0 && joins_words(w, i - 1))
		i--;
	while (i > 0 && (guess_mark(w, i - 1, '"') || guess_kind(w, i - 1) == SHAPE_BLANK))
		i--;
	bool apart = guess_kind(w, i) == SHAPE_BLANK; /* `NAT-TCP-C: VALUE` names the line */
	if (i == 0 || (!guess_mark(w, i - 1, '=') && !guess_mark(w, i - 1, ':')))
		return false;
	bool found = false;
	uint32_t last = i > KEY_TOKENS_MAX ? i - KEY_TOKENS_MAX : 0;
	for (i--; i > last && guess_kind(w, i - 1) != SHAPE_BLANK && !guess_mark(w, i - 1, ',') &&
		  !guess_mark(w, i - 1, ';');
	     i--) {
		uint8_t kind = guess_kind(w, i - 1);
		if (kind == SHAPE_ADDRESS || kind == SHAPE_TIME || guess_mark(w, i - 1, '='))
			return false;
		if (kind != SHAPE_WORD && kind != SHAPE_NAME)
			continue;
		unsigned word = w->own[i - 1];
		found = true;
		*hints |= apart && (word & HINT_NAT) != 0 ? 0 : word;
	}
	return found;
}

static bool stops(const struct guess_work *w, uint32_t i)
{
	size_t n;
	size_t prefix;
	uint8_t kind = guess_kind(w, i);
	if (kind == SHAPE_ADDRESS || kind == SHAPE_TIME || kind == SHAPE_NUMBER)
		return true;
	if (kind == SHAPE_MARK)
		return guess_mark(w, i, ',') || guess_mark(w, i, ';') || guess_mark(w, i, '>');
	const char *s = guess_text(w, 0, i, &n);
	return guess_action(s, n, &prefix) != 0;
}

/* The words in front, the nearest first, up to one that says something or to the value before. */
static unsigned word_hints(const struct guess_work *w, uint32_t token)
{
	unsigned hints = 0;
	for (uint32_t i = token, words = 0; i > 0 && words < WORDS_BACK && hints == 0; i--) {
		if (stops(w, i - 1))
			break;
		uint8_t kind = guess_kind(w, i - 1);
		if (kind != SHAPE_WORD && kind != SHAPE_NAME)
			continue;
		words++;
		hints = w->own[i - 1];
		if ((hints & HINT_NAT) != 0) /* as a word of its own it names the line, not the value */
			hints = 0;
	}
	return hints;
}

static void find_hints(struct guess_work *w)
{
	for (uint32_t i = 0; i < w->out->count; i++) {
		size_t n;
		const char *s = guess_text(w, 0, i, &n);
		if (guess_kind(w, i) == SHAPE_WORD || guess_kind(w, i) == SHAPE_NAME)
			w->own[i] = guess_hints(s, n);
		w->line_hints |= w->own[i];
	}
	if ((w->line_hints & HINT_REFUSED) != 0)
		w->out->doubts |= DOUBT_REFUSED;
	for (uint32_t i = 0; i < w->out->count; i++) {
		uint8_t kind = guess_kind(w, i);
		if (kind == SHAPE_BLANK || kind == SHAPE_MARK)
			continue;
		w->keyed[i] = key_hints(w, i, &w->hints[i]);
		if ((w->hints[i] & ~(unsigned)HINT_ACTION) == 0)
			w->hints[i] |= word_hints(w, i) & (w->keyed[i] ? ~(unsigned)HINT_ACTION : ~0u);
	}
}

/* Is the token part of a longer word such as %ASA-6-305011 or RT_FLOW? Then its digits do not count. */
static bool within_word(const struct guess_work *w, uint32_t token)
{
	static const char joins[] = "-_%";
	for (uint32_t i = token; i > 0 && guess_kind(w, i - 1) != SHAPE_BLANK; i--) {
		size_t n;
		if (guess_kind(w, i - 1) == SHAPE_WORD)
			return true;
		if (guess_kind(w, i - 1) == SHAPE_MARK && strchr(joins, *guess_text(w, 0, i - 1, &n)) == NULL)
			return false;
	}
	return false;
}

/* What stays in the rule as it stands, of the tokens that no part has taken. */
static bool is_literal(const struct guess_work *w, uint32_t token)
{
	switch (guess_kind(w, token)) {
	case SHAPE_BLANK:
	case SHAPE_MARK:
		return true;
	case SHAPE_WORD:
		return guess_constant(w, token);
	case SHAPE_NAME:
		if (guess_mark(w, token - 1, '\'') || guess_mark(w, token - 1, '"'))
			return false; /* a value */
		if (guess_constant(w, token) && (token == 0 || guess_mark(w, token + 1, ':')))
			return true; /* how such lines begin */
		__attribute__((fallthrough));
	case SHAPE_NUMBER:
		return guess_constant(w, token) && (w->lines >= SURE_LINES || within_word(w, token));
	default:
		return false;
	}
}

static int type_of(const struct guess_work *w)
{
	if (guess_where(w, FIELD_start_port) != GUESS_NOWHERE)
		return EVENT_PORT_BLOCK;
	if (guess_where(w, FIELD_dst_ip) != GUESS_NOWHERE)
		return EVENT_SESSION;
	if (guess_where(w, FIELD_src_port) != GUESS_NOWHERE || guess_where(w, FIELD_x_port) != GUESS_NOWHERE)
		return EVENT_PORT;
	return EVENT_ADDRESS;
}

static void settle(struct guess_work *w)
{
	struct guess *g = w->out;
	bool address = false;
	for (uint32_t i = 0; i < g->count; i++)
		address = address || guess_kind(w, i) == SHAPE_ADDRESS;
	g->type = address ? type_of(w) : EVENT_ABSENT;
	if (!address)
		g->doubts = 0;
	for (uint32_t i = 0; i < g->count; i++) {
		struct guess_place *p = &g->places[i];
		if (p->field == GUESS_SKIP && is_literal(w, i))
			p->field = GUESS_LITERAL;
		else if (p->field >= 0 && (!address || !((event_fields[p->field].allowed >> g->type) & 1)))
			*p = (struct guess_place){.field = GUESS_SKIP};
	}
	if (address && (g->doubts & DOUBT_ONE) == 0 && !guess_has_public_port(g))
		for (uint32_t i = 0; i < g->count; i++)
			g->doubts |= guess_left_port(w, i) ? DOUBT_PORT : 0;
}

void guess_cluster(const struct cluster *c, struct guess *out)
{
	struct shape *shapes = xcalloc(c->kept, sizeof *shapes);
	struct guess_work *w = xcalloc(1, sizeof *w);
	for (size_t i = 0; i < c->kept; i++)
		shape_of(c->lines[i].text, c->lines[i].text_len, &shapes[i]);
	*out = (struct guess){.type = EVENT_ABSENT, .count = shapes[0].count};
	for (uint32_t i = 0; i < out->count; i++)
		out->places[i].field = GUESS_SKIP;
	*w = (struct guess_work){.cluster = c, .shapes = shapes, .lines = c->kept, .out = out};
	find_hints(w);
	guess_addresses(w);
	guess_ports(w);
	guess_values(w);
	settle(w);
	free(w);
	free(shapes);
}

int guess_action_at(const struct guess *g, const struct shape *s, const char *text, const char **word,
		    size_t *n)
{
	for (uint32_t i = 0; i < g->count && i < s->count; i++) {
		const struct shape_token *t = &s->tokens[i];
		const struct guess_place *p = &g->places[i];
		if (p->field != (int16_t)FIELD_event || p->literal >= t->len)
			continue;
		size_t prefix;
		*word = text + t->off + p->literal;
		*n = t->len - p->literal;
		return *n == 1 ? guess_action_letter(**word) : guess_action(*word, *n, &prefix);
	}
	return 0;
}
