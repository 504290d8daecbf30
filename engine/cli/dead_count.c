/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinds of dead letters and how many there are of each: for `dead count`, and for what `dead replay` leaves
 * behind; see dead.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/dead.h"

#define KINDS_MAX 10000 /* beyond that they are counted as one */

struct kind {
	char *vendor;
	char *output;
	char *reason;
	uint64_t count;
	int64_t first;
	int64_t last;
};

struct dead_kinds {
	struct kind *items;
	size_t n;
	size_t *table; /* place + 1 by hash; 0 = free */
	size_t table_size;
	struct strbuf reason;
};

struct dead_kinds *dead_kinds_new(void)
{
	struct dead_kinds *k = xcalloc(1, sizeof *k);
	k->items = xcalloc(KINDS_MAX + 1, sizeof *k->items);
	k->table_size = 4 * KINDS_MAX;
	k->table = xcalloc(k->table_size, sizeof *k->table);
	return k;
}

void dead_kinds_free(struct dead_kinds *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->items[i].vendor);
		free(k->items[i].output);
		free(k->items[i].reason);
	}
	free(k->items);
	free(k->table);
	strbuf_free(&k->reason);
	free(k);
}

/* What stood in the line differs from letter to letter. */
static void put_reason(struct strbuf *out, const char *reason)
{
	static const char found[] = "found `";
	strbuf_reset(out);
	strbuf_adds(out, "");
	const char *at;
	while ((at = strstr(reason, found)) != NULL) {
		const char *end = strrchr(at + strlen(found), '`');
		strbuf_add(out, reason, (size_t)(at - reason) + strlen(found));
		strbuf_adds(out, "...");
		reason = end != NULL ? end : at + strlen(at);
		if (end == NULL)
			strbuf_addc(out, '`');
	}
	strbuf_adds(out, reason);
}

static size_t hash_text(size_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

static struct kind *find(struct dead_kinds *k, const char *vendor, const char *output, const char *reason)
{
	size_t h = hash_text(hash_text(hash_text(1469598103u, vendor), output), reason);
	for (;; h++) {
		size_t *slot = &k->table[h % k->table_size];
		if (*slot == 0) {
			if (k->n > KINDS_MAX)
				return &k->items[KINDS_MAX];
			*slot = ++k->n;
			struct kind *new = &k->items[*slot - 1];
			*new = (struct kind){.vendor = xstrdup(vendor),
					     .output = xstrdup(output),
					     .reason = xstrdup(k->n > KINDS_MAX ? "(others)" : reason),
					     .first = INT64_MAX,
					     .last = INT64_MIN};
			return new;
		}
		struct kind *one = &k->items[*slot - 1];
		if (strcmp(one->reason, reason) == 0 && strcmp(one->vendor, vendor) == 0 &&
		    strcmp(one->output, output) == 0)
			return one;
	}
}

void dead_kinds_add(struct dead_kinds *k, const struct stored_letter *l, const char *reason)
{
	int64_t time = l->timestamp != EVENT_NO_TIME ? l->timestamp : l->stored_at;
	put_reason(&k->reason, reason);
	struct kind *one = find(k, l->vendor, l->at.output, k->reason.data);
	one->count++;
	one->first = time < one->first ? time : one->first;
	one->last = time > one->last ? time : one->last;
}

static int by_count(const void *a, const void *b)
{
	const struct kind *x = *(const struct kind *const *)a;
	const struct kind *y = *(const struct kind *const *)b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->reason, y->reason);
}

static void add_member(struct strbuf *out, const char *name, const char *text)
{
	strbuf_printf(out, ",\"%s\":", name);
	strbuf_add_json(out, text, strlen(text));
}

static void add_cell(struct strbuf *out, const char *text, size_t width)
{
	size_t start = out->len;
	if (text[0] == '\0')
		strbuf_addc(out, '-');
	dead_add_plain(out, text, strlen(text));
	while (width > 0 && out->len < start + width)
		strbuf_addc(out, ' ');
	strbuf_addc(out, width > 0 ? ' ' : '\t');
}

static void add_kind(struct strbuf *out, const struct kind *one, const struct dead_request *request)
{
	struct strbuf first = {0};
	struct strbuf last = {0};
	dead_add_time(&first, one->first);
	dead_add_time(&last, one->last);
	if (request->json) {
		strbuf_printf(out, "{\"count\":%llu", (unsigned long long)one->count);
		add_member(out, "vendor", one->vendor);
		add_member(out, "output", one->output);
		add_member(out, "first", first.data);
		add_member(out, "last", last.data);
		add_member(out, "reason", one->reason);
		strbuf_addc(out, '}');
	} else {
		bool table = request->terminal;
		strbuf_printf(out, table ? "%9llu " : "%llu\t", (unsigned long long)one->count);
		add_cell(out, first.data, table ? 27 : 0);
		add_cell(out, last.data, table ? 27 : 0);
		add_cell(out, one->vendor, table ? 13 : 0);
		add_cell(out, one->output, table ? 13 : 0);
		dead_add_plain(out, one->reason, strlen(one->reason));
	}
	strbuf_free(&first);
	strbuf_free(&last);
}

void dead_kinds_print(const struct dead_kinds *k, const struct dead_request *request)
{
	const struct kind **order = xcalloc(k->n + 1, sizeof *order);
	struct strbuf line = {0};
	for (size_t i = 0; i < k->n; i++)
		order[i] = &k->items[i];
	qsort(order, k->n, sizeof *order, by_count);
	if (request->terminal && !request->json)
		printf("%9s %-27s %-27s %-13s %-13s %s\n", "letters", "first", "last", "vendor", "output",
		       "reason");
	for (size_t i = 0; i < k->n; i++) {
		strbuf_reset(&line);
		add_kind(&line, order[i], request);
		puts(line.data);
	}
	strbuf_free(&line);
	free(order);
}

static void count_one(void *ctx, const struct stored_letter *letter)
{
	dead_kinds_add(ctx, letter, letter->reason);
}

int dead_count(const struct dead_stores *stores, const struct dead_request *request)
{
	struct dead_kinds *kinds = dead_kinds_new();
	int status = dead_each(stores, request, true, count_one, kinds);
	if (status == 0)
		dead_kinds_print(kinds, request);
	dead_kinds_free(kinds);
	return status;
}
