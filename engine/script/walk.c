/* SPDX-License-Identifier: Apache-2.0
 *
 * The way through a batch: opens messages, cuts records, settles them; see walk.h. Every record ends as
 * exactly one of parsed, ignored, dead.
 */
#include "script/walk.h"

#include <stdio.h>
#include <string.h>

#include "script/generation_data.h"

/* Beyond this no batch grows, whatever its messages hold. */
#define ARENA_HARD_MAX (1u << 30)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Allows the arena n more bytes. The worker sizes its batches so that this is rarely needed. */
static bool make_room(struct arena *a, uint64_t n)
{
	uint64_t need = (uint64_t)a->len + n;
	if (need > ARENA_HARD_MAX)
		return false;
	if (need > a->max)
		a->max = (uint32_t)need;
	return true;
}

bool walk_room(struct host *h, uint32_t n)
{
	return make_room(&h->walk.batch->arena, n);
}

uint32_t walk_text(struct host *h, const char *text, uint32_t n)
{
	struct arena *a = &h->walk.batch->arena;
	return make_room(a, n) ? arena_add(a, text, n) : ARENA_FULL;
}

static struct text trimmed(const char *data, struct text t)
{
	while (t.len > 0 && is_blank(data[t.off + t.len - 1]))
		t.len--;
	while (t.len > 0 && is_blank(data[t.off])) {
		t.off++;
		t.len--;
	}
	return t;
}

/* Takes one record off w->rest. */
static struct text cut_record(struct walk *w)
{
	const char *data = w->batch->arena.data;
	struct text t = w->rest;
	const char *end = NULL;
	if (w->route->separator_len > 0 &&
	    w->envelope.kind != ENVELOPE_RECORD) /* its members belong together */
		end = memmem(data + t.off, t.len, w->route->separator, w->route->separator_len);
	if (end != NULL)
		t.len = (uint32_t)(end - (data + t.off));
	uint32_t used = t.len + (end != NULL ? (uint32_t)w->route->separator_len : 0);
	w->rest.off += used;
	w->rest.len -= used;
	return trimmed(data, t);
}

static void begin_record(struct walk *w, struct text text)
{
	w->text = text;
	w->open = true;
	w->handling = false;
	w->ignored = false;
	w->first_event = w->batch->event_count;
	w->index = w->record * HOST_EVENTS_MAX;
	w->text_written = 0;
	w->lacking = 0;
	w->place = 0;
	w->next_rule = 0;
	w->script = NULL;
	w->rule = NULL;
	w->miss = (struct miss){0};
	w->miss_script = NULL;
	w->bad = (struct bad_value){0};
	w->told.text = (struct text){0};
	w->keys_miss.rule = NULL;
	w->reading_of = NULL;
	event_clear(&w->event);
}

static void end_record(struct walk *w)
{
	w->open = false;
	w->handling = false;
	w->batch->counts.records++;
	w->batch->messages[w->message].records = ++w->record;
}

void walk_parsed(struct host *h)
{
	struct batch_counts *counts = &h->walk.batch->counts;
	counts->parsed++;
	counts->parsed_by[h->walk.script - h->scripts]++;
	end_record(&h->walk);
}

void walk_ignored(struct host *h)
{
	struct batch_counts *counts = &h->walk.batch->counts;
	counts->ignored++;
	if (h->walk.script != NULL) /* a tombstone is nobody's */
		counts->ignored_by[h->walk.script - h->scripts]++;
	end_record(&h->walk);
}

void walk_dead(struct host *h, enum dead_kind kind, const struct script *s, const char *rule, uint32_t column,
	       const char *reason)
{
	struct walk *w = &h->walk;
	w->batch->event_count = w->first_event;
	make_room(&w->batch->arena, ERR_MSG_MAX);
	struct dead_letter *d = batch_add_dead(w->batch, w->message, w->record, reason);
	d->index = trimmed(w->batch->arena.data, w->rest).len > 0; /* more of the message comes behind it */
	d->generation = h->generation->number;
	d->kind = kind;
	d->rule = rule;
	d->column = column;
	if (s != NULL) {
		d->vendor = s->name;
		d->script_hash = s->hash;
	}
	d->text = w->text;
	if (w->text.len > 0) { /* else the envelope is another message's */
		d->host = w->envelope.host.family != 0 ? w->envelope.host : w->route->host;
		d->host_name = w->envelope.host_name;
	}
	w->batch->counts.dead++;
	w->dead++;
	end_record(w);
}

/* A message that is settled as a whole, before a record of it is tried. */
static void message_dead(struct host *h, enum dead_kind kind, const char *reason)
{
	begin_record(&h->walk, (struct text){0});
	walk_dead(h, kind, NULL, "", 0, reason);
}

/* Opens the next message: its text is in w->rest, or it is settled already. */
static void open_message(struct host *h)
{
	struct walk *w = &h->walk;
	const struct message *m = &w->batch->messages[w->next_message];
	struct err e;
	w->message = w->next_message++;
	w->record = 0;
	w->dead = 0;
	w->rest = (struct text){0};
	w->batch->counts.messages++;
	w->batch->counts.bytes += m->len;
	if (m->tombstone) {
		begin_record(w, (struct text){0});
		w->batch->counts.tombstones++;
		walk_ignored(h);
		return;
	}
	if (m->route >= h->route_count) {
		message_dead(h, DEAD_NO_SCRIPT, "no vendor script serves this topic");
		return;
	}
	w->route = &h->routes[m->route];
	if (!make_room(&w->batch->arena, HOST_ARENA_NEED((uint64_t)m->len))) {
		message_dead(h, DEAD_LIMIT, "no memory left for this message in its batch");
		return;
	}
	uint32_t mark = w->batch->arena.len;
	if (route_open(h, m, &e) != 0) {
		arena_rewind(&w->batch->arena, mark);
		message_dead(h, DEAD_ENVELOPE, e.msg);
		return;
	}
	w->rest = w->envelope.text;
}

/* Why the rest of the message is not cut any more, NULL = it is. Each dead letter keeps the whole message, so
 * that many of them would be its size squared. */
static const char *enough(const struct walk *w)
{
	if (w->record == HOST_RECORDS_MAX)
		return "more records in one message than natmill takes (65536)";
	if (w->dead == HOST_DEAD_MAX)
		return "the rest of a message of which 100 records could not be read";
	return NULL;
}

bool walk_record(struct host *h)
{
	struct walk *w = &h->walk;
	for (;;) {
		while (w->rest.len > 0) {
			const char *reason = enough(w);
			struct text t = reason != NULL ? w->rest : cut_record(w);
			if (t.len == 0)
				continue; /* a blank line between records is none */
			begin_record(w, t);
			limit_begin(&h->state.limit); /* one for all its handlers */
			if (reason == NULL)
				return true;
			w->rest.len = 0;
			walk_dead(h, DEAD_LIMIT, NULL, "", 0, reason);
		}
		/* A message of blanks and separators holds no record, yet must not vanish. */
		if (w->next_message > 0 && w->record == 0)
			message_dead(h, DEAD_ENVELOPE, "empty message");
		if (w->next_message == w->batch->message_count)
			return false;
		open_message(h);
	}
}
