/* SPDX-License-Identifier: Apache-2.0
 *
 * The event: one normalised NAT event as a fixed-size struct without pointers. Texts are offset and
 * length into the arena of the event's batch; event_text() checks the bounds. Written by templates,
 * regex and scripts, read by filters and outputs. Owner: the batch.
 */
#ifndef NATMILL_EVENT_EVENT_H
#define NATMILL_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/fields.h"
#include "event/ip.h"

enum event_type {
#define X(name, json, script) EVENT_##name,
	EVENT_TYPES(X)
#undef X
		EVENT_TYPE_COUNT
};

enum event_action {
#define X(name, number, script) ACTION_##name = (number),
	EVENT_ACTIONS(X)
#undef X
};

/* FIELD_timestamp, FIELD_host ... in the order of the table. */
enum event_field {
#define X(name, kind, required, allowed, help) FIELD_##name,
	EVENT_FIELDS(X)
#undef X
		FIELD_COUNT
};

enum field_kind { KIND_TIME, KIND_IP, KIND_ACTION, KIND_PROTOCOL, KIND_PORT, KIND_TEXT };

/* A text in the batch's arena; len 0 = absent. */
struct text {
	uint32_t off;
	uint32_t len;
};

#define EVENT_ABSENT (-1)       /* of numbers */
#define EVENT_NO_TIME INT64_MIN /* of times */
#define EVENT_TEXT_MAX 1024     /* longest text a field may hold, bytes */

typedef int64_t event_TIME;
typedef struct ip event_IP;
typedef int32_t event_ACTION;
typedef int32_t event_PROTOCOL;
typedef int32_t event_PORT;
typedef struct text event_TEXT;

struct event {
#define X(name, kind, required, allowed, help) event_##kind name;
	EVENT_FIELDS(X)
#undef X
	int32_t type;     /* enum event_type, or EVENT_ABSENT */
	uint32_t message; /* its message within the batch */
	uint32_t record;  /* its record within the message, from 0 */
	uint32_t index;  /* last part of its identity: 1000 times its record, and its place among the record's
			  * events, from 0. So it does not depend on what becomes of other records */
	uint32_t script; /* the vendor script that made it, by place in the generation */
};

/* What is known of one field of the table. */
struct field_info {
	const char *name;
	enum field_kind kind;
	uint8_t required; /* set of 1 << enum event_type */
	uint8_t allowed;
	uint16_t offset; /* in struct event */
	const char *help;
};

extern const struct field_info event_fields[FIELD_COUNT];

/* Field by name (n bytes, no NUL needed); -1 if there is none. */
int event_field_of(const char *name, size_t n);

/* All absent. */
void event_clear(struct event *ev);

/* Makes one field absent. */
void event_unset(struct event *ev, enum event_field f);

bool event_has(const struct event *ev, enum event_field f);

/* Is the public side the inside one, or no address at all (0.0.0.0, ::)? Ports count where both are known. */
bool event_untranslated(const struct event *ev);

/* Pointer to the text's bytes within arena text of arena_len bytes, NULL if absent or out of bounds. */
const char *event_text(struct text t, const char *arena, uint32_t arena_len);

const char *event_type_json(int type);      /* "session-mapping"; NULL if out of range */
const char *event_type_script(int type);    /* "session_mapping" */
int event_type_of(const char *script_name); /* -1 if unknown */

struct strbuf;
struct err;

/* Checks every rule of the event model: required and allowed fields, ranges, start <= end, a public address
 * that is one (not 0.0.0.0 or ::), texts within the arena and valid UTF-8 without NUL. need_host_time: host
 * and timestamp must be there (natmill run); try and test let them be absent. Returns 0, or -1 with the
 * reason in e. */
int event_validate(const struct event *ev, const char *arena, uint32_t arena_len, bool need_host_time,
		   struct err *e);

/* Adds the field's value as its JSON form has it, without quotes and escapes: 10.0.0.1, 443, the bytes of a
 * text. False, and nothing added, when the event lacks it or the text is out of bounds. */
bool event_value(const struct event *ev, enum event_field f, const char *arena, uint32_t arena_len,
		 struct strbuf *out);

/* Adds the JSON form of COMPATIBILITY (keys in the table's order after "type", absent ones left out),
 * without a line end. Texts out of bounds are left out. */
void event_json(const struct event *ev, const char *arena, uint32_t arena_len, struct strbuf *out);

#endif
