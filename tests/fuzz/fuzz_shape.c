/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any lines through shapes, clusters and guesses. Tokens cover each line without gap,
 * each line is counted, and a guess has a place for each token and no field twice. Lines are parted by line
 * ends. Corpus: corpus/shape/.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/cluster.h"
#include "event/guess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_shape(const char *s, size_t n)
{
	struct shape one;
	struct shape two;
	struct strbuf mask = {0};
	size_t at = 0;
	shape_of(s, n, &one);
	must(one.count <= SHAPE_TOKENS_MAX && (one.count > 0) == (n > 0));
	for (uint32_t i = 0; i < one.count; i++) {
		must(one.tokens[i].off == at && one.tokens[i].len > 0 && one.tokens[i].kind <= SHAPE_REST);
		at += one.tokens[i].len;
	}
	must(at == n);
	shape_of(s, n, &two);
	must(shape_hash(&one, s, true) == shape_hash(&two, s, true));
	shape_mask(&one, s, &mask);
	must((mask.len > 0) == (n > 0));
	strbuf_free(&mask);
}

static void check_guess(const struct cluster *c)
{
	static struct guess g;
	bool seen[FIELD_COUNT] = {false};
	guess_cluster(c, &g);
	must(g.count == c->shape.count);
	must(g.type >= EVENT_ABSENT && g.type < EVENT_TYPE_COUNT);
	for (uint32_t i = 0; i < g.count; i++) {
		const struct guess_place *p = &g.places[i];
		must(p->field >= GUESS_SKIP && p->field < FIELD_COUNT);
		must(p->literal == 0 || p->field == FIELD_event);
		if (p->field < 0)
			continue;
		must(g.type != EVENT_ABSENT && !seen[p->field]);
		seen[p->field] = true;
	}
	for (size_t i = 0; i < c->kept; i++) {
		struct shape s;
		const char *word;
		size_t n;
		shape_of(c->lines[i].text, c->lines[i].text_len, &s);
		int action = guess_action_at(&g, &s, c->lines[i].text, &word, &n);
		must(action == 0 || (seen[FIELD_event] && n > 0 && word >= c->lines[i].text &&
				     word + n <= c->lines[i].text + c->lines[i].text_len));
	}
}

/* A copy of exactly its size: the sanitizer sees the byte beyond. */
static void take_line(struct cluster_set *set, const uint8_t *data, size_t n)
{
	char *line = malloc(n > 0 ? n : 1);
	if (n > 0)
		memcpy(line, data, n);
	check_shape(line, n);
	if (n > 0)
		must(cluster_add(set, (int)(n % 2), line, n, line, n) || n > CLUSTER_TEXT_MAX ||
		     set->count == set->max);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cluster_set *set = cluster_set_new(4);
	uint64_t kept = 0;
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end != NULL ? (size_t)(end - data) : size;
		take_line(set, data, n);
		n += end != NULL ? 1 : 0;
		data += n;
		size -= n;
	}
	for (size_t i = 0; i < set->count; i++) {
		must(set->items[i]->kept > 0 && set->items[i]->kept <= CLUSTER_LINES);
		check_guess(set->items[i]);
		kept += set->items[i]->count;
	}
	must(kept + set->refused == set->lines);
	cluster_set_free(set);
	return 0;
}
