/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells of the kinds of unmatched lines: as JSON, or only their examples; see unmatched.h.
 */
#include <stdlib.h>
#include <string.h>

#include "event/timeparse.h"
#include "stream/unmatched_kinds.h"

static void add_text(struct strbuf *out, const char *name, const char *text, size_t n)
{
	strbuf_printf(out, "\"%s\":", name);
	strbuf_add_json(out, text, n);
}

static void add_time(struct strbuf *out, const char *name, int64_t us)
{
	char text[TIME_TEXT_MAX];
	add_text(out, name, text, time_format(us, text));
}

static int by_count(const void *a, const void *b)
{
	const struct cluster *x = *(const struct cluster *const *)a;
	const struct cluster *y = *(const struct cluster *const *)b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return unmatched_notes(x)->first_us < unmatched_notes(y)->first_us ? -1 : 1;
}

/* The kinds asked for, in order[]; returns their number. */
static size_t find_kinds(const struct unmatched *u, const struct unmatched_query *q,
			 const struct cluster *order[UNMATCHED_KINDS])
{
	size_t n = 0;
	for (size_t i = 0; i < u->set->count; i++) {
		const struct cluster *c = u->set->items[i];
		if (q->vendor == NULL || strcmp(q->vendor, unmatched_notes(c)->vendor) == 0)
			order[n++] = c;
	}
	qsort(order, n, sizeof *order, by_count);
	return q->kinds > 0 && q->kinds < n ? q->kinds : n;
}

static size_t lines_of(const struct cluster *c, const struct unmatched_query *q)
{
	return q->lines > 0 && q->lines < c->kept ? q->lines : c->kept;
}

static void add_notes(struct strbuf *out, const struct unmatched_notes *notes)
{
	add_text(out, "vendor", notes->vendor, strlen(notes->vendor));
	strbuf_adds(out, ",\"devices\":[");
	for (size_t i = 0; i < notes->device_count; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		strbuf_add_json(out, notes->devices[i], strlen(notes->devices[i]));
	}
	strbuf_printf(out, "],\"more_devices\":%s,", notes->more_devices ? "true" : "false");
	add_time(out, "first", notes->first_us);
	strbuf_addc(out, ',');
	add_time(out, "last", notes->last_us);
	strbuf_addc(out, ',');
	add_text(out, "topic", notes->topic, strlen(notes->topic));
	strbuf_printf(out, ",\"partition\":%d,\"offset\":%lld,", notes->partition, (long long)notes->offset);
	add_text(out, "reason", notes->reason, strlen(notes->reason));
}

static void add_kind(struct strbuf *out, const struct cluster *c, const struct unmatched_query *q)
{
	struct strbuf shape = {0};
	strbuf_printf(out, "{\"count\":%llu,", (unsigned long long)c->count);
	add_notes(out, unmatched_notes(c));
	shape_mask(&c->shape, c->lines[0].text, &shape);
	strbuf_addc(out, ',');
	add_text(out, "shape", shape.len > 0 ? shape.data : "", shape.len);
	strbuf_adds(out, ",\"lines\":[");
	for (size_t i = 0; i < lines_of(c, q); i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		strbuf_add_json(out, c->lines[i].value, c->lines[i].value_len);
	}
	strbuf_adds(out, "]}");
	strbuf_free(&shape);
}

void unmatched_json(struct unmatched *u, const struct unmatched_query *q, struct strbuf *out)
{
	const struct cluster *order[UNMATCHED_KINDS];
	strbuf_addc(out, '{');
	pthread_mutex_lock(&u->lock);
	add_time(out, "since", u->since_us);
	strbuf_printf(out,
		      ",\"lines\":%llu,\"looked_at\":%llu,\"too_long\":%llu,\"forgotten_kinds\":%llu,"
		      "\"forgotten_lines\":%llu,\"kinds\":[",
		      (unsigned long long)u->lines, (unsigned long long)u->looked_at,
		      (unsigned long long)u->too_long, (unsigned long long)u->forgotten_kinds,
		      (unsigned long long)u->forgotten_lines);
	size_t n = find_kinds(u, q, order);
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		add_kind(out, order[i], q);
	}
	pthread_mutex_unlock(&u->lock);
	strbuf_adds(out, "]}\n");
}

void unmatched_examples(struct unmatched *u, const struct unmatched_query *q, struct strbuf *out)
{
	const struct cluster *order[UNMATCHED_KINDS];
	pthread_mutex_lock(&u->lock);
	size_t n = find_kinds(u, q, order);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < lines_of(order[i], q); k++) {
			strbuf_add(out, order[i]->lines[k].value, order[i]->lines[k].value_len);
			strbuf_addc(out, '\n');
		}
	}
	pthread_mutex_unlock(&u->lock);
}
