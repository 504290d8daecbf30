/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters as messages, and what comes of them; see comeback_page.h.
 */
#include "stream/comeback_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* Copies n bytes and a NUL; *to goes on behind them. NULL stays NULL. */
static const char *put(char **to, const char *from, size_t n)
{
	char *at = *to;
	if (from == NULL)
		return NULL;
	memcpy(at, from, n);
	at[n] = '\0';
	*to += n + 1;
	return at;
}

static const char *put_text(char **to, const char *from)
{
	return from != NULL ? put(to, from, strlen(from)) : NULL;
}

void page_add(void *page, const struct stored_letter *l)
{
	struct page *p = page;
	if (p->n == p->max) {
		p->max = p->max > 0 ? p->max * 2 : 256;
		p->letters = xrealloc(p->letters, p->max * sizeof *p->letters);
	}
	size_t size = strlen(l->at.cluster) + strlen(l->at.topic) + strlen(l->at.output) + strlen(l->vendor) +
		      strlen(l->rule) + strlen(l->reason) + strlen(l->script_hash) + l->key_len + l->len +
		      (l->headers != NULL ? strlen(l->headers) : 0) + 10;
	char *to = xmalloc(size);
	struct page_letter *letter = &p->letters[p->n++];
	*letter = (struct page_letter){.stored = *l};
	struct stored_letter *copy = &letter->stored;
	copy->at.cluster = put_text(&to, l->at.cluster);
	copy->at.topic = put_text(&to, l->at.topic);
	copy->at.output = put_text(&to, l->at.output);
	copy->vendor = put_text(&to, l->vendor);
	copy->rule = put_text(&to, l->rule);
	copy->reason = put_text(&to, l->reason);
	copy->script_hash = put_text(&to, l->script_hash);
	copy->headers = put_text(&to, l->headers);
	copy->key = put(&to, l->key, l->key_len);
	copy->value = put(&to, l->value, l->len);
}

/* Forgets one letter; its place in the array is the caller's. */
static void forget_one(struct page_letter *l)
{
	free((void *)(uintptr_t)l->stored.at.cluster);
}

static void forget(struct page *p, size_t kept)
{
	for (size_t i = kept; i < p->n; i++)
		forget_one(&p->letters[i]);
	p->n = kept;
}

void page_cut(struct page *p)
{
	size_t n = 0;
	while (n < p->n && strcmp(p->letters[n].stored.at.cluster, p->letters[0].stored.at.cluster) == 0)
		n++;
	forget(p, n);
}

static int compare_keys(const struct dead_key *a, const struct dead_key *b)
{
	int topic = strcmp(a->topic, b->topic);
	const int64_t numbers[][2] = {{topic, 0},
				      {a->partition, b->partition},
				      {a->offset, b->offset},
				      {a->timestamp, b->timestamp},
				      {a->record, b->record},
				      {a->index, b->index},
				      {strcmp(a->output, b->output), 0}};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (numbers[i][0] != numbers[i][1])
			return numbers[i][0] < numbers[i][1] ? -1 : 1;
	return 0;
}

/* The same letter by its place, so that the last written is the last. */
static int compare_letters(const void *one, const void *other)
{
	const struct dead_key *a = &((const struct page_letter *)one)->stored.at;
	const struct dead_key *b = &((const struct page_letter *)other)->stored.at;
	int rc = compare_keys(a, b);
	return rc != 0 ? rc : (a->place > b->place) - (a->place < b->place);
}

void page_order(struct page *p, const bool *gone)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (gone[i])
			forget_one(&p->letters[i]);
		else
			p->letters[kept++] = p->letters[i];
	}
	p->n = kept;
	if (kept > 0)
		qsort(p->letters, kept, sizeof *p->letters, compare_letters);
	kept = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (i + 1 < p->n && compare_keys(&p->letters[i].stored.at, &p->letters[i + 1].stored.at) == 0)
			forget_one(&p->letters[i]);
		else
			p->letters[kept++] = p->letters[i];
	}
	p->n = kept;
}

void page_reset(struct page *p)
{
	forget(p, 0);
	p->leaving_count = 0;
}

void page_free(struct page *p)
{
	forget(p, 0);
	free(p->letters);
	free(p->first);
	free(p->leaving);
	free(p->only);
	*p = (struct page){0};
}

static bool same_message(const struct dead_key *a, const struct dead_key *b)
{
	return a->offset == b->offset && a->partition == b->partition && a->timestamp == b->timestamp &&
	       strcmp(a->topic, b->topic) == 0;
}

void page_fill(struct page *p, struct host *h, struct batch *b)
{
	p->first = xrealloc(p->first, (p->n + 1) * sizeof *p->first);
	for (size_t i = 0; i < p->n; i++) {
		struct page_letter *l = &p->letters[i];
		if (i == 0 || !same_message(&l->stored.at, &p->letters[i - 1].stored.at)) {
			struct message *m = &b->messages[b->message_count];
			*m = dead_message(&l->stored);
			int route = host_route(h, m->topic);
			m->route = route < 0 ? UINT32_MAX : (uint32_t)route;
			p->first[b->message_count++] = i;
		}
		l->message = b->message_count - 1;
	}
	p->first[b->message_count] = p->n;
}

/* The letter of a record, or of a message's rest, that the record belongs to; NULL = it was read before. */
static struct page_letter *letter_of(struct page *p, uint32_t message, uint32_t record)
{
	for (size_t i = p->first[message]; i < p->first[message + 1]; i++) {
		const struct dead_key *at = &p->letters[i].stored.at;
		bool rest = at->index == 0 && record > at->record;
		if (at->output[0] == '\0' && (rest || record == at->record))
			return &p->letters[i];
	}
	return NULL;
}

/* Events on their way into the batch's new array. */
struct picked {
	struct event *events;
	uint32_t n;
	uint32_t max;
};

static void keep_event(struct page *p, struct picked *out, const struct event *ev, const char *only)
{
	if (out->n == out->max) {
		out->max = out->max > 0 ? out->max * 2 : 1024;
		out->events = xrealloc(out->events, out->max * sizeof *out->events);
	}
	if (p->only_max < out->max) {
		p->only_max = out->max;
		p->only = xrealloc(p->only, p->only_max * sizeof *p->only);
	}
	p->only[out->n] = only;
	out->events[out->n++] = *ev;
}

/* An event goes everywhere when its record was a letter, else to each output that had refused it. */
static void settle_event(struct page *p, struct picked *out, const struct event *ev)
{
	struct page_letter *whole = letter_of(p, ev->message, ev->record);
	if (whole != NULL) {
		whole->events++;
		keep_event(p, out, ev, NULL);
	}
	for (size_t i = p->first[ev->message]; i < p->first[ev->message + 1]; i++) {
		struct page_letter *l = &p->letters[i];
		const struct dead_key *at = &l->stored.at;
		if (at->output[0] == '\0' || at->record != ev->record || at->index != ev->index ||
		    l->fate == FATE_NOWHERE)
			continue;
		l->events++;
		if (whole == NULL)
			keep_event(p, out, ev, at->output);
	}
}

static void settle_events(struct page *p, struct batch *b)
{
	struct picked out = {0};
	for (uint32_t i = 0; i < b->event_count; i++)
		settle_event(p, &out, &b->events[i]);
	free(b->events);
	b->events = out.events;
	b->event_count = out.n;
	b->event_max = out.max;
}

/* Is the dead letter the stored one, word for word? */
static bool same_letter(const struct stored_letter *l, const struct dead_letter *d, const struct batch *b)
{
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	return d->record == l->at.record && d->index == l->at.index && d->column == l->column &&
	       strcmp(d->vendor, l->vendor) == 0 && strcmp(d->rule, l->rule) == 0 &&
	       strlen(l->reason) == d->reason.len && (d->reason.len == 0 || reason != NULL) &&
	       (d->reason.len == 0 || memcmp(reason, l->reason, d->reason.len) == 0);
}

static void note_deads(struct page *p, const struct batch *b)
{
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		struct page_letter *l = letter_of(p, d->message, d->record);
		if (l == NULL)
			continue;
		l->deads++;
		l->reason = d->reason;
		l->same = l->same || same_letter(&l->stored, d, b);
	}
}

static void decide(struct page_letter *l, const struct batch *b)
{
	bool of_event = l->stored.at.output[0] != '\0';
	if (l->fate == FATE_NOWHERE)
		return;
	if (l->events > 0)
		l->fate = FATE_BACK;
	else if (of_event)
		l->fate = FATE_LOST;
	else if (l->deads == 1 && l->same)
		l->fate = FATE_SAME;
	else if (l->deads > 0)
		l->fate = FATE_AGAIN;
	else
		l->fate = b->messages[l->message].records > l->stored.at.record ? FATE_IGNORED : FATE_LOST;
}

static bool leaves(const struct page *p, const struct page_letter *l)
{
	return l->fate == FATE_BACK || l->fate == FATE_IGNORED || (l->fate == FATE_AGAIN && !p->apart);
}

/* Dead letters of records that were read before, or that stay as they are, are none. */
static void drop_deads(struct page *p, struct batch *b)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct page_letter *l = letter_of(p, b->dead[i].message, b->dead[i].record);
		if (l != NULL && leaves(p, l))
			b->dead[kept++] = b->dead[i];
	}
	b->dead_count = kept;
}

void page_settle(struct page *p, struct batch *b, bool (*has_output)(void *ctx, const char *name), void *ctx)
{
	for (size_t i = 0; i < p->n; i++) {
		const char *output = p->letters[i].stored.at.output;
		if (output[0] != '\0' && !has_output(ctx, output))
			p->letters[i].fate = FATE_NOWHERE;
	}
	settle_events(p, b);
	note_deads(p, b);
	p->leaving = xrealloc(p->leaving, (p->n + 1) * sizeof *p->leaving);
	p->leaving_count = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct page_letter *l = &p->letters[i];
		decide(l, b);
		if (leaves(p, l))
			p->leaving[p->leaving_count++] = l->stored.at;
	}
	drop_deads(p, b);
}
