/* SPDX-License-Identifier: Apache-2.0
 *
 * Clusters lines; see cluster.h.
 */
#include "event/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "event/guess_words.h"
#include "event/vocabulary.h"

#define FIRST_KEPT 4  /* the first lines, one of so many that are kept, stay; later ones take turns */
#define WORDS_LOOSE 4 /* lines of so many words may differ in one of them */

struct cluster_set *cluster_set_new(size_t max)
{
	struct cluster_set *set = xcalloc(1, sizeof *set);
	set->max = max;
	set->keep = CLUSTER_LINES;
	set->items = xcalloc(max, sizeof(struct cluster *));
	return set;
}

static void free_line(struct cluster_line *line)
{
	free(line->value);
	free(line->text);
}

static void free_cluster(struct cluster *c)
{
	for (size_t k = 0; k < c->kept; k++)
		free_line(&c->lines[k]);
	free(c);
}

void cluster_set_free(struct cluster_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++)
		free_cluster(set->items[i]);
	free(set->items);
	free(set);
}

void cluster_drop(struct cluster_set *set, size_t place)
{
	free_cluster(set->items[place]);
	set->count--;
	memmove(&set->items[place], &set->items[place + 1], (set->count - place) * sizeof(struct cluster *));
}

static char *copy(const char *s, size_t n)
{
	char *to = xmalloc(n + 1);
	memcpy(to, s, n);
	to[n] = '\0';
	return to;
}

/* A line as the caller gave it. */
struct given {
	const char *value;
	size_t value_len;
	const char *text;
	size_t text_len;
	uint64_t number;
};

static void set_line(struct cluster_line *line, const struct given *from)
{
	line->value = copy(from->value, from->value_len);
	line->value_len = from->value_len;
	line->text = copy(from->text, from->text_len);
	line->text_len = from->text_len;
	line->number = from->number;
}

/* A line beyond the first ones takes the place of an earlier one with falling probability, so that those kept
 * are from all over the input. The dice are a hash of the count. */
static void keep_line(struct cluster *c, size_t keep, const struct given *line)
{
	if (c->kept < keep) {
		set_line(&c->lines[c->kept++], line);
		return;
	}
	uint64_t dice = c->count * UINT64_C(0x9E3779B97F4A7C15);
	uint64_t place = (dice >> 32) % c->count;
	if (place < keep / FIRST_KEPT || place >= keep)
		return;
	free_line(&c->lines[place]);
	set_line(&c->lines[place], line);
}

static bool is_protocol(const char *s, size_t n)
{
	static struct vocabulary plain;
	struct event ev;
	return n > 1 && vocabulary_parse(&plain, FIELD_protocol, s, n, 0, &ev) == 0;
}

/* May two lines of one kind differ in these words? 1 yes, 0 only if it is the one word that differs, -1 no.
 */
static int words_agree(const char *a, size_t an, const char *b, size_t bn)
{
	size_t prefix;
	if (an == bn && memcmp(a, b, an) == 0)
		return 1;
	int one = guess_action(a, an, &prefix);
	int two = guess_action(b, bn, &prefix);
	if (one != 0 || two != 0)
		return one != 0 && two != 0 ? 1 : -1;
	if (((guess_hints(a, an) ^ guess_hints(b, bn)) & HINT_REFUSED) != 0)
		return -1;
	if (is_protocol(a, an) && is_protocol(b, bn))
		return 1;
	return an == 1 && bn == 1 && guess_action_letter(a[0]) != 0 && guess_action_letter(b[0]) != 0 ? 1 : 0;
}

/* How many words differ that need not; -1: it is another kind of line. Both have the same skeleton, and so
 * their tokens have the same kinds. */
static int difference(const struct cluster *c, const struct shape *s, const char *text)
{
	int differ = 0;
	int words = 0;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct shape_token *a = &c->shape.tokens[i];
		const struct shape_token *b = &s->tokens[i];
		if (b->kind != SHAPE_WORD)
			continue;
		int agree = words_agree(c->lines[0].text + a->off, a->len, text + b->off, b->len);
		words++;
		differ += agree == 0 ? 1 : 0;
		if (agree < 0 || differ > 1 || (agree == 0 && words == 1))
			return -1;
	}
	return differ <= (words >= WORDS_LOOSE ? 1 : 0) ? differ : -1;
}

static struct cluster *find_cluster(const struct cluster_set *set, int kind, const struct shape *s,
				    uint64_t skeleton, const char *text)
{
	struct cluster *loose = NULL;
	for (size_t i = 0; i < set->count; i++) {
		struct cluster *c = set->items[i];
		if (c->skeleton != skeleton || c->kind != kind || c->shape.count != s->count)
			continue;
		int differ = difference(c, s, text);
		if (differ == 0)
			return c;
		if (differ > 0 && loose == NULL)
			loose = c;
	}
	return loose;
}

struct cluster *cluster_add(struct cluster_set *set, int kind, const char *value, size_t value_len,
			    const char *text, size_t text_len)
{
	struct shape s;
	struct given line = {value, value_len, text, text_len, ++set->lines};
	if (value_len > CLUSTER_TEXT_MAX || text_len > CLUSTER_TEXT_MAX) {
		set->refused++;
		return NULL;
	}
	shape_of(text, text_len, &s);
	uint64_t skeleton = shape_hash(&s, text, false);
	struct cluster *c = find_cluster(set, kind, &s, skeleton, text);
	if (c == NULL && set->count == set->max) {
		set->refused++;
		return NULL;
	}
	if (c == NULL) {
		c = xcalloc(1, sizeof *c);
		c->skeleton = skeleton;
		c->kind = kind;
		c->shape = s;
		set->items[set->count++] = c;
	}
	c->count++;
	keep_line(c, set->keep, &line);
	return c;
}
