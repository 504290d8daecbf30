/* SPDX-License-Identifier: Apache-2.0
 *
 * Finishes an event: what the line did not tell comes from the rule's constants, the envelope, the Kafka
 * record or the topic's configuration; then it is checked and joins the batch. See walk.h.
 */
#include <stdio.h>
#include <string.h>

#include "script/walk.h"

static void copy_number(struct event *to, const struct event *from, enum event_field f)
{
	size_t off = event_fields[f].offset;
	size_t size = sizeof(int32_t);
	if (event_fields[f].kind == KIND_IP)
		size = sizeof(struct ip);
	else if (event_fields[f].kind == KIND_TIME)
		size = sizeof(int64_t);
	memcpy((char *)to + off, (const char *)from + off, size);
}

static int set_constants(struct host *h, const struct rule *r, struct event *ev, struct err *e)
{
	for (size_t i = 0; i < r->constant_count; i++) {
		const struct constant *c = &r->constants[i];
		if (event_has(ev, c->field))
			continue;
		if (c->text == NULL) {
			copy_number(ev, &r->values, c->field);
			continue;
		}
		struct text t = {.off = walk_text(h, c->text, c->len), .len = c->len};
		if (t.off == ARENA_FULL)
			return err_set(e, ERR_DATA, "no memory left in the batch");
		memcpy((char *)ev + event_fields[c->field].offset, &t, sizeof t);
	}
	return 0;
}

/* The envelope knows better than the line which device sent it; the line knows better when. */
static void set_origin(const struct walk *w, struct event *ev)
{
	const struct message *m = &w->batch->messages[w->message];
	if (ev->timestamp == EVENT_NO_TIME)
		ev->timestamp = w->envelope.timestamp;
	if (ev->timestamp == EVENT_NO_TIME)
		ev->timestamp = m->timestamp;
	if (w->envelope.host.family != 0)
		ev->host = w->envelope.host;
	else if (ev->host.family == 0)
		ev->host = w->route->host;
	if (ev->host_name.len == 0)
		ev->host_name = w->envelope.host_name;
}

/* Says what to do; the topic is known here only. */
static int host_missing(const struct walk *w, struct err *e)
{
	const char *topic = w->batch->messages[w->message].topic;
	return err_set(e, ERR_DATA,
		       "host is missing: neither envelope nor header tells it; set topics.%s.host",
		       topic != NULL && topic[0] != '\0' ? topic : "NAME");
}

/* The line's time is lost; what the event gets in its place is the collector's or Kafka's. */
static void note_time(struct host *h)
{
	if ((h->walk.lacking & TIME_LACKS_YEAR) != 0) {
		h->times.no_year++;
		return;
	}
	h->times.no_zone++;
	h->times.vendor = h->walk.script->name;
}

int walk_add_event(struct host *h, struct err *e)
{
	struct walk *w = &h->walk;
	struct event *ev = &w->event;
	if (set_constants(h, w->rule, ev, e) != 0)
		return -1;
	if (w->lacking != 0 && ev->timestamp == EVENT_NO_TIME)
		note_time(h);
	set_origin(w, ev);
	const struct arena *a = &w->batch->arena;
	if (event_validate(ev, a->data, a->len, h->options.need_host_time, e) != 0) {
		bool just_host = ev->host.family == 0 && event_validate(ev, a->data, a->len, false, e) == 0;
		return just_host ? host_missing(w, e) : -1;
	}
	struct event *place = batch_add_event(w->batch);
	*place = *ev;
	place->message = w->message;
	place->record = w->record;
	place->index = w->index++;
	place->script = (uint32_t)(w->script - h->scripts);
	return 0;
}
