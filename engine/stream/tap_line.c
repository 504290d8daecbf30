/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a batch for taps and writes their lines; see tap_line.h.
 */
#include "stream/tap_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event/outcome_json.h"
#include "stream/tap.h"

/* The first event of the message or of a later one: events come in the order of their messages. */
static uint32_t first_event(const struct batch *b, uint32_t message)
{
	uint32_t low = 0;
	uint32_t high = b->event_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (b->events[middle].message < message)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int by_message(const void *a, const void *b)
{
	const struct dead_letter *x = *(const struct dead_letter *const *)a;
	const struct dead_letter *y = *(const struct dead_letter *const *)b;
	if (x->message != y->message)
		return x->message < y->message ? -1 : 1;
	return (x > y) - (x < y);
}

void tap_letters_sort(struct tap_letters *l, const struct batch *b)
{
	*l = (struct tap_letters){0};
	while (l->records < b->dead_count && b->dead[l->records].output[0] == '\0')
		l->records++;
	l->refused_count = b->dead_count - l->records;
	if (l->refused_count == 0)
		return;
	l->refused = xcalloc(l->refused_count, sizeof(const struct dead_letter *));
	for (size_t i = 0; i < l->refused_count; i++)
		l->refused[i] = &b->dead[l->records + i];
	qsort(l->refused, l->refused_count, sizeof(const struct dead_letter *), by_message);
}

void tap_letters_free(struct tap_letters *l)
{
	free(l->refused);
}

void tap_walk_begin(struct tap_walk *w, const struct batch *b, const struct generation *g,
		    const struct tap_letters *letters, uint32_t from)
{
	*w = (struct tap_walk){.batch = b,
			       .generation = g,
			       .letters = letters,
			       .from = from,
			       .event = first_event(b, from)};
	while (w->letter < letters->records && b->dead[w->letter].message < from)
		w->letter++;
}

/* The first one of the message; NULL = none. */
static const struct dead_letter *find_refused(const struct tap_letters *l, uint32_t message)
{
	size_t low = 0;
	size_t high = l->refused_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (l->refused[middle]->message < message)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->refused_count && l->refused[low]->message == message ? l->refused[low] : NULL;
}

bool tap_walk_next(struct tap_walk *w, struct tap_sight *s)
{
	const struct batch *b = w->batch;
	if (w->seen == b->message_count || w->seen == TAP_LOOKS)
		return false;
	uint32_t message = (w->from + w->seen++) % b->message_count;
	if (message == 0) {
		w->event = 0;
		w->letter = 0;
	}
	*s = (struct tap_sight){.message = message, .first = w->event, .script = ""};
	while (w->event < b->event_count && b->events[w->event].message == message)
		w->event++;
	s->events = w->event - s->first;
	if (w->letter < w->letters->records && b->dead[w->letter].message == message)
		s->dead = &b->dead[w->letter];
	while (w->letter < w->letters->records && b->dead[w->letter].message == message)
		w->letter++;
	if (s->dead == NULL)
		s->dead = find_refused(w->letters, message);
	if (s->events > 0)
		s->script = generation_script_name(w->generation, b->events[s->first].script);
	return true;
}

const char *tap_vendor(const struct tap_sight *s)
{
	return s->events > 0 ? s->script : s->dead != NULL ? s->dead->vendor : "";
}

static void add_text(struct strbuf *out, const char *name, const char *text, size_t n)
{
	if (n == 0)
		return;
	strbuf_printf(out, ",\"%s\":", name);
	strbuf_add_json(out, text, n);
}

/* n bytes, or fewer so that no character is cut. */
static size_t whole(const char *s, size_t len, size_t n)
{
	if (len <= n)
		return len;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void tap_line(uint64_t number, const struct batch *b, const struct tap_sight *s, struct strbuf *out)
{
	const struct message *m = &b->messages[s->message];
	const char *vendor = tap_vendor(s);
	strbuf_printf(out, "{\"line\":%" PRIu64, number);
	add_text(out, "topic", m->topic, strlen(m->topic));
	strbuf_printf(out, ",\"partition\":%d,\"offset\":%" PRId64, m->partition, m->offset);
	add_text(out, "vendor", vendor, strlen(vendor));
	strbuf_addc(out, ',');
	outcome_json(b, s->first, s->events < TAP_EVENTS ? s->events : TAP_EVENTS, s->dead, out);
	if (s->events > TAP_EVENTS)
		strbuf_printf(out, ",\"more_events\":%" PRIu32, s->events - TAP_EVENTS);
	if (s->dead != NULL) {
		const char *text = event_text(s->dead->text, b->arena.data, b->arena.len);
		add_text(out, "output", s->dead->output, strlen(s->dead->output));
		if (text != NULL)
			add_text(out, "text", text, whole(text, s->dead->text.len, TAP_VALUE_MAX));
	}
	if (m->len > TAP_VALUE_MAX)
		strbuf_adds(out, ",\"cut\":true");
	if (!m->tombstone)
		add_text(out, "value", m->value, whole(m->value, m->len, TAP_VALUE_MAX));
	strbuf_adds(out, "}\n");
}
