/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch: the messages of one poll, the events made of them and the dead letters. The worker fills
 * messages, the script host adds events and dead letters, delivery reads all of it. Owner: the worker;
 * reset and used again, nothing is allocated per event once it has grown.
 */
#ifndef NATMILL_EVENT_BATCH_H
#define NATMILL_EVENT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/event.h"

/* A header of a Kafka record. */
struct message_header {
	const char *name;  /* NUL-terminated */
	const char *value; /* NULL = null */
	size_t len;
};

/* One Kafka record. All pointers belong to whoever filled the batch and stay valid until its reset. */
struct message {
	const char *topic; /* NUL-terminated */
	int32_t partition;
	int64_t offset;
	int64_t timestamp; /* the Kafka record's, microseconds UTC, or EVENT_NO_TIME */
	const char *value;
	size_t len;
	const char *key;
	size_t key_len;
	bool tombstone;                       /* null value: ignored, not a dead letter */
	uint32_t route;                       /* place of its topic in the generation's routes */
	uint32_t records;                     /* found in it; the script host fills it in */
	const struct message_header *headers; /* filled only where a dead letter needs them; else NULL */
	size_t header_count;
	const char *headers_json; /* instead of them, when the message comes back from a table; NULL = none */
	void *handle;             /* the filler's own (librdkafka message) */
};

/* Why something is a dead letter, for the accounts: constant, its name there, what it means. The reason tells
 * more.
 */
#define DEAD_KINDS(X)                                                                             \
	X(INVALID, "invalid", "a rule or handler read it, but what it made is no valid event")    \
	X(UNMATCHED, "unmatched", "no rule fits")                                                 \
	X(NO_SCRIPT, "no_script", "no vendor script serves the topic")                            \
	X(ENVELOPE, "envelope", "the envelope cannot be read, or is empty")                       \
	X(SCRIPT, "script", "the handler raised an error, was ended, or is not asked after that") \
	X(LIMIT, "limit", "too long, too many records, or too many steps of a regex")             \
	X(REFUSED, "refused", "an output refused the event for good")                             \
	X(FILTER, "filter", "a filter written in Lua raised an error on the event")

enum dead_kind {
#define X(name, label, help) DEAD_##name,
	DEAD_KINDS(X)
#undef X
		DEAD_KIND_COUNT
};

/* A record that no handler could turn into an event, or an event that an output refused for good. */
struct dead_letter {
	uint32_t message;        /* within the batch */
	uint32_t record;         /* within the message, from 0 */
	uint32_t index;          /* of the refused event; of a record 0, or 1 when more of the message came
				    behind it: with 0 the letter stands for all from its record on */
	const char *output;      /* name of the output that refused it; "" = no handler could read it */
	const char *vendor;      /* script that got furthest or made the event; "" unknown */
	const char *rule;        /* rule (template) that got furthest; "" unknown */
	uint32_t column;         /* bytes from 1 in the text matched; 0 unknown */
	const char *script_hash; /* hex; "" unknown */
	uint32_t generation;
	struct text reason; /* in the arena, UTF-8 */
	enum dead_kind kind;
	/* Of a record whose envelope opened, in the arena; else empty: */
	struct text text;      /* that the rules saw */
	struct ip host;        /* of the device */
	struct text host_name; /* of the device, when it is no address */
};

/* No rule fits the record, or no script serves its topic. */
static inline bool dead_unmatched(const struct dead_letter *d)
{
	return d->kind == DEAD_UNMATCHED || d->kind == DEAD_NO_SCRIPT;
}

#define BATCH_SCRIPTS_MAX 256 /* scripts of a generation */

/* What became of the batch's records and events, for the accounts: records = parsed + ignored + dead. */
struct batch_counts {
	uint64_t messages;
	uint64_t bytes;
	uint64_t records;
	uint64_t parsed;
	uint64_t ignored;
	uint64_t dead;
	uint64_t tombstones;                   /* part of ignored */
	uint32_t parsed_by[BATCH_SCRIPTS_MAX]; /* parsed, by script */
	uint32_t ignored_by[BATCH_SCRIPTS_MAX];
	uint64_t ended; /* handlers and filters that were ended at a limit */
	uint64_t shut;  /* records and events that they were not asked about, because of that */
};

struct batch {
	struct message *messages;
	uint32_t message_count;
	uint32_t message_max;
	struct event *events;
	uint32_t event_count;
	uint32_t event_max; /* room; grows up to event_limit */
	struct dead_letter *dead;
	uint32_t dead_count;
	uint32_t dead_max;
	struct arena arena;
	struct batch_counts counts;
};

/* messages: most messages a batch takes; arena_max: bytes for its texts. */
void batch_init(struct batch *b, uint32_t messages, uint32_t arena_max);
void batch_free(struct batch *b);
void batch_reset(struct batch *b); /* empty; memory kept. The filler destroys its handles first. */

/* Room for one more event, not initialised: copy one there, or clear it and fill it. The pointer holds until
 * the next call. */
struct event *batch_add_event(struct batch *b);

/* A dead letter with its reason copied into the arena (cut to 500 bytes, made valid UTF-8); texts of the
 * other members must be literals or live as long as the batch. The pointer holds until the next call. */
struct dead_letter *batch_add_dead(struct batch *b, uint32_t message, uint32_t record, const char *reason);

/* The message that an event was made of. */
static inline const struct message *batch_message_of(const struct batch *b, const struct event *ev)
{
	return &b->messages[ev->message];
}

#endif
