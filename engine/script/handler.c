/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler may do with the event and the message under way, through scripts/message.lua. Values are
 * read as templates read them (event/vocabulary), so that all ways to write a script agree.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "event/timeparse.h"
#include "script/walk.h"

#define EXACT_MAX 9007199254740992.0 /* beyond 2^53 a Lua number is no longer exact */

/* Scripts may keep `event` and `emit`, but they work only while a handler runs. */
static int refuse_outside(struct host *h)
{
	if (h->walk.handling)
		return 0;
	return err_set(&h->error, ERR_SCRIPT, "works only while a handler runs");
}

static int set_type(struct host *h, const char *value, uint32_t len)
{
	char name[32];
	if (len < sizeof name && memchr(value, '\0', len) == NULL) {
		memcpy(name, value, len);
		name[len] = '\0';
		h->walk.event.type = event_type_of(name);
		if (h->walk.event.type >= 0)
			return 0;
	}
	h->walk.event.type = EVENT_ABSENT;
	return err_set(&h->error, ERR_SCRIPT,
		       "type: expected session_mapping, port_mapping, port_block_mapping or address_mapping, "
		       "found `%.*s`",
		       (int)(len < 40 ? len : 40), value);
}

static int store_text(struct host *h, enum event_field f, const char *value, uint32_t len)
{
	struct walk *w = &h->walk;
	w->text_written += len;
	if (len > EVENT_TEXT_MAX)
		return err_set(&h->error, ERR_SCRIPT, "%s: longer than %d bytes", event_fields[f].name,
			       EVENT_TEXT_MAX);
	if (w->text_written > HOST_TEXT_MAX)
		return err_set(&h->error, ERR_SCRIPT,
			       "%s: the handler wrote more than %u bytes of text for one record",
			       event_fields[f].name, HOST_TEXT_MAX);
	struct text t = {.off = walk_text(h, value, len), .len = len};
	if (t.off == ARENA_FULL)
		return err_set(&h->error, ERR_SCRIPT, "no memory left in the batch");
	memcpy((char *)&w->event + event_fields[f].offset, &t, sizeof t);
	return 0;
}

/* created, deleted and updated hold whatever words the script declares for lines. */
static int parse(const struct script *s, enum event_field f, const char *value, uint32_t len,
		 struct event *ev)
{
	static const char *const names[] = {
#define X(name, number, script) [number] = (script),
		EVENT_ACTIONS(X)
#undef X
	};
	for (size_t i = 1; event_fields[f].kind == KIND_ACTION && i < sizeof names / sizeof names[0]; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], value, len) == 0) {
			ev->event = (int32_t)i;
			return 0;
		}
	}
	return vocabulary_parse(&s->words, f, value, len, 0, ev);
}

int nm_set_text(struct host *h, int field, const char *value, uint32_t len)
{
	struct walk *w = &h->walk;
	if (refuse_outside(h) != 0)
		return -1;
	if (field == NM_FIELD_TYPE)
		return set_type(h, value, len);
	enum event_field f = (enum event_field)field;
	if (event_fields[f].kind == KIND_TEXT)
		return store_text(h, f, value, len);
	if (parse(w->script, f, value, len, &w->event) == 0)
		return 0;
	char expects[256];
	event_unset(&w->event, f);
	return err_set(&h->error, ERR_SCRIPT, "%s: expected %s, found `%.*s`", event_fields[f].name,
		       vocabulary_expects(&w->script->words, f, expects, sizeof expects),
		       (int)(len < 40 ? len : 40), value);
}

int nm_set_number(struct host *h, int field, double value)
{
	char text[32];
	int len;
	if (field != NM_FIELD_TYPE && event_fields[field].kind == KIND_ACTION &&
	    (value == 1 || value == 2 || value == 3)) {
		h->walk.event.event = (int32_t)value;
		return refuse_outside(h);
	}
	if (isnan(value))
		len = snprintf(text, sizeof text, "not a number");
	else if (fabs(value) <= EXACT_MAX && value == floor(value))
		len = snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
	else if (fabs(value) <= EXACT_MAX && field != NM_FIELD_TYPE && event_fields[field].kind == KIND_TIME)
		len = snprintf(text, sizeof text, "%.6f", value);
	else
		len = snprintf(text, sizeof text, "%g", value);
	return nm_set_text(h, field, text, (uint32_t)len);
}

int nm_unset(struct host *h, int field)
{
	if (refuse_outside(h) != 0)
		return -1;
	if (field == NM_FIELD_TYPE)
		h->walk.event.type = EVENT_ABSENT;
	else
		event_unset(&h->walk.event, (enum event_field)field);
	return 0;
}

double nm_get_number(struct host *h, int field)
{
	int32_t value;
	if (!h->walk.handling || !event_has(&h->walk.event, (enum event_field)field))
		return NAN;
	memcpy(&value, (const char *)&h->walk.event + event_fields[field].offset, sizeof value);
	return value;
}

static const struct nm_text *answer(struct host *h, const char *data, size_t len)
{
	h->answer = (struct nm_text){.data = data, .len = (uint32_t)len};
	return len > 0 && data != NULL ? &h->answer : NULL;
}

static const struct nm_text *answer_arena(struct host *h, struct text t)
{
	const struct arena *a = &h->walk.batch->arena;
	return answer(h, event_text(t, a->data, a->len), t.len);
}

static const struct nm_text *answer_ip(struct host *h, const struct ip *ip)
{
	_Static_assert(sizeof h->answer_text >= IP_TEXT_MAX, "room for an address");
	return answer(h, h->answer_text, ip_format(ip, h->answer_text));
}

static const struct nm_text *answer_time(struct host *h, int64_t us)
{
	_Static_assert(sizeof h->answer_text >= TIME_TEXT_MAX, "room for a time");
	return us == EVENT_NO_TIME ? NULL : answer(h, h->answer_text, time_format(us, h->answer_text));
}

const struct nm_text *nm_get_text(struct host *h, int field)
{
	const struct event *ev = &h->walk.event;
	if (!h->walk.handling)
		return NULL;
	if (field == NM_FIELD_TYPE) {
		const char *name = event_type_script(ev->type);
		return name != NULL ? answer(h, name, strlen(name)) : NULL;
	}
	const char *place = (const char *)ev + event_fields[field].offset;
	if (event_fields[field].kind == KIND_TIME)
		return answer_time(h, ev->timestamp);
	if (event_fields[field].kind == KIND_IP) {
		struct ip ip;
		memcpy(&ip, place, sizeof ip);
		return answer_ip(h, &ip);
	}
	struct text t;
	memcpy(&t, place, sizeof t);
	return answer_arena(h, t);
}

int nm_emit(struct host *h)
{
	struct walk *w = &h->walk;
	if (refuse_outside(h) != 0)
		return -1;
	if (w->ignored)
		return err_set(&h->error, ERR_SCRIPT, "this message was ignored before");
	if (w->batch->event_count - w->first_event == HOST_EVENTS_MAX)
		return err_set(&h->error, ERR_SCRIPT, "more than %d events of one record", HOST_EVENTS_MAX);
	struct event kept = w->event; /* what is filled in belongs to this event only */
	int rc = walk_add_event(h, &h->error);
	w->event = kept;
	return rc;
}

int nm_ignore(struct host *h)
{
	struct walk *w = &h->walk;
	if (refuse_outside(h) != 0)
		return -1;
	if (w->batch->event_count > w->first_event)
		return err_set(&h->error, ERR_SCRIPT, "an event of this message was emitted before");
	w->ignored = true;
	return 0;
}

const struct nm_text *nm_message(struct host *h, int part)
{
	const struct walk *w = &h->walk;
	const struct message *m;
	if (!w->handling)
		return NULL;
	m = &w->batch->messages[w->message];
	switch (part) {
	case NM_PART_TEXT:
		return answer_arena(h, w->text);
	case NM_PART_HOST:
		return answer_ip(h, &w->envelope.host);
	case NM_PART_HOST_NAME:
		return answer_arena(h, w->envelope.host_name);
	case NM_PART_PROGRAM:
		return answer_arena(h, w->envelope.program);
	case NM_PART_TOPIC:
		return answer(h, m->topic, m->topic != NULL ? strlen(m->topic) : 0);
	case NM_PART_TIMESTAMP:
		return answer_time(h, w->envelope.timestamp != EVENT_NO_TIME ? w->envelope.timestamp
									     : m->timestamp);
	default:
		return NULL;
	}
}

/* The last of repeated members wins, as in FreeRADIUS. */
const struct nm_text *nm_member(struct host *h, const char *key, uint32_t len)
{
	const struct walk *w = &h->walk;
	if (!w->handling)
		return NULL;
	const char *data = w->batch->arena.data;
	const struct envelope_pair *pairs = envelope_pairs(h->reader);
	for (size_t i = w->envelope.pair_count; i-- > 0;)
		if (pairs[i].key.len == len && memcmp(data + pairs[i].key.off, key, len) == 0)
			return answer_arena(h, pairs[i].value);
	return NULL;
}
