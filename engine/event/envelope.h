/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the value of a Kafka record: what is the text that scripts match, when was it and who sent it?
 * Three envelopes: syslog JSON (an object with a string `message`), a flat JSON record (any other object),
 * raw text (RFC 3164 or 5424 header taken off where there is one). The text is copied once, unescaped, into
 * the arena. One reader per worker; it owns its JSON parser and scratch.
 */
#ifndef NATMILL_EVENT_ENVELOPE_H
#define NATMILL_EVENT_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/event.h"

enum envelope_kind { ENVELOPE_RAW, ENVELOPE_SYSLOG, ENVELOPE_RECORD };

#define ENVELOPE_PAIRS_MAX 256
#define ENVELOPE_VALUE_MAX (4u << 20) /* longer values are dead letters, bytes */

/* One member of a flat record; key and value unescaped in the arena. Numbers and booleans as their text;
 * null: len 0. Nested objects and arrays: their raw JSON text. */
struct envelope_pair {
	struct text key;
	struct text value;
};

struct envelope {
	enum envelope_kind kind;
	struct text text;      /* to be matched: message, raw text less header, or the record's whole JSON */
	int64_t timestamp;     /* microseconds UTC or EVENT_NO_TIME */
	struct ip host;        /* address of the device, family 0 = none */
	struct text host_name; /* name from envelope or header, when it is no address */
	struct text program;   /* syslog program or RFC 5424 APP-NAME */
	size_t pair_count;     /* of envelope_pairs(), for ENVELOPE_RECORD */
};

struct envelope_reader;
struct err;

struct envelope_reader *envelope_reader_new(void);
void envelope_reader_free(struct envelope_reader *r);

/* Opens one value. 0, or -1 with the reason in e: ERR_DATA is a dead letter, ERR_SYSTEM says that the arena
 * is full (end the batch before this value). Never reads beyond n bytes. The arena keeps what was added
 * even on failure (the caller rewinds).
 *
 * A value that begins with `{` and then `"` or `}` is JSON, and any error in it is a dead letter; every
 * other value is raw text. In a syslog envelope host is `ip` if that is an address, else `host` if that is
 * one; host_name is `host` when it is a name; timestamp is `timestamp`, like a header's time taken in zone_s
 * (seconds east of UTC) when it tells no zone; it is none then if zone_s is TIME_ZONE_UNKNOWN. These keys and
 * `program` must be strings or null. A header that the sender left in the message is taken off: its time
 * wins, its host and program fill what the envelope lacks. A message that is itself a JSON object is a record
 * too. In a record all keys differ. Wrong escapes in texts that nobody reads (other members of a syslog
 * envelope) are not looked for. */
int envelope_open(struct envelope_reader *r, struct arena *arena, const char *value, size_t n, int32_t zone_s,
		  struct envelope *out, struct err *e);

/* The members of the record opened last. */
const struct envelope_pair *envelope_pairs(const struct envelope_reader *r);

#endif
