/* SPDX-License-Identifier: Apache-2.0
 *
 * One value while it is opened: what envelope.c and envelope_record.c share. For these two only.
 */
#ifndef NATMILL_EVENT_ENVELOPE_OPENING_H
#define NATMILL_EVENT_ENVELOPE_OPENING_H

#include <stdbool.h>
#include <string.h>

#include "event/envelope.h"
#include "event/json_flat.h"
#include "event/json_scan.h"

/* Keys of the syslog envelope that mean something to us. */
enum known_key { KEY_MESSAGE, KEY_TIMESTAMP, KEY_IP, KEY_HOST, KEY_PROGRAM, KEY_COUNT };

/* What a short text was read as the last time. Devices take turns, so there are several, told apart by the
 * text's last byte. */
#define CACHED_TEXT_MAX 64
#define CACHED_COUNT 16 /* a power of two */
struct cached {
	char text[CACHED_TEXT_MAX];
	uint32_t len; /* 0 = nothing kept */
	bool no_time; /* asked for a time, and the text is none */
	int64_t time;
	uint32_t fraction; /* digits of its second's fraction, 0 = not kept */
	int32_t zone_s;    /* that the time was read in */
	struct ip ip;      /* family 0: the text is no address */
};

struct envelope_reader {
	struct json_scan *scan;
	struct json_flat outer; /* values, and messages that are JSON themselves: two memories, */
	struct json_flat inner; /* as they come in turn */
	const struct json_member *known[KEY_COUNT]; /* of the last value; NULL = not there */
	struct cached time;
	struct cached ip[CACHED_COUNT];
	struct cached host[CACHED_COUNT];
	size_t pair_count;
	struct json_member members[ENVELOPE_PAIRS_MAX];
	struct envelope_pair pairs[ENVELOPE_PAIRS_MAX];
};

/* One value on its way: what the functions below all need. */
struct opening {
	struct envelope_reader *r;
	struct arena *arena;
	struct json_flat *flat; /* the reader's memory for such values */
	const char *value;
	int32_t zone_s;                             /* of times that tell none */
	bool escapes;                               /* a backslash stands somewhere in the value */
	bool same_keys;                             /* as the last value that was opened without error */
	const struct json_member *known[KEY_COUNT]; /* NULL = not there, or null */
	struct err *e;
};

static inline bool opening_is_escaped(const struct opening *o, uint32_t at, uint32_t len)
{
	return o->escapes && memchr(o->value + at, '\\', len) != NULL;
}

/* The reason of a full arena; returns -1. */
int opening_no_room(struct err *e);

/* The reason of a wrong escape in the string at offset at of the value; returns -1. */
int opening_wrong_escape(const struct opening *o, uint32_t at);

/* Scans the value of n bytes: fills r->members, o->escapes and o->same_keys. The number of members, or -1
 * with o->e. */
int opening_scan(struct opening *o, size_t n);

/* Adds the string of len raw bytes at offset at of the value to the arena, unescaped. 0, or -1 with o->e. */
int opening_add_string(const struct opening *o, uint32_t at, uint32_t len, struct text *out);

/* Is it a JSON object? `{` alone is not enough: device lines begin with it too
 * ("{service_set_3}MSVCS_LOG_SESSION_OPEN:
 * ..."). */
bool opening_is_object(const char *value, size_t n);

/* The value of n bytes, scanned to count members, is a record: its text and pairs. 0, or -1 with o->e. */
int opening_record(const struct opening *o, size_t count, size_t n, struct envelope *out);

/* If out->text is itself a JSON object, as a device or a relay may send it, the message is a record too; what
 * is no JSON after all stays a text. 0, or -1 with o->e. */
int opening_message(const struct opening *o, struct envelope *out);

#endif
