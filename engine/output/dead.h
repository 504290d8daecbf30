/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters as a store gives them back: by key, in order, as many as a query asks for. Filled by outputs
 * (dead_read), used by stream/comeback and the command `dead`. All texts belong to whoever filled the struct.
 */
#ifndef NATMILL_OUTPUT_DEAD_H
#define NATMILL_OUTPUT_DEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "event/batch.h"

/* What a letter is unique by. Letters are ordered by it, in the store's own order of texts. */
struct dead_key {
	const char *cluster;
	const char *topic;
	int32_t partition;
	int64_t offset;
	uint32_t record;
	uint32_t index;
	const char *output; /* that refused the event; "" = no handler could read the record */
	/* Of stores without order: where in the store the letter ends, and the Kafka record's time
	 * (microseconds UTC or EVENT_NO_TIME), which tells the messages of a topic made anew from those
	 * before. */
	int64_t place;
	int64_t timestamp;
};

/* A letter of the store. Texts are NUL-terminated and "" when unknown; times are microseconds UTC, or
 * EVENT_NO_TIME. */
struct stored_letter {
	struct dead_key at;
	const char *vendor;
	const char *rule;
	const char *reason;
	const char *script_hash;
	uint32_t column;
	uint32_t generation;
	int64_t timestamp; /* of the Kafka record */
	int64_t stored_at;
	/* Left out (NULL) of a brief answer: */
	const char *key; /* NULL = none */
	size_t key_len;
	const char *value; /* NULL = none */
	size_t len;
	const char *headers; /* as JSON; NULL = none */
};

/* Which letters. Zeroed members that are pointers ask for nothing; the numbers have a value for that. */
struct dead_query {
	const struct dead_key *after; /* only those behind it; NULL = from the first */
	size_t limit;                 /* at most so many letters, at least 1 */
	size_t bytes;                 /* at most so much of keys and values, yet always one letter; 0 = any */
	bool brief;                   /* without key, value and headers */
	const char *reason;           /* a part of it */
	const char *vendor;           /* "" = unknown */
	const char *output;           /* "" = records that no handler could read */
	const char *topic;
	int64_t partition; /* these three: -1 = any */
	int64_t offset;
	int64_t record;
	int64_t from; /* from <= time < to, of the Kafka record, else of storing; EVENT_NO_TIME = open */
	int64_t to;
};

typedef void dead_row_fn(void *ctx, const struct stored_letter *letter); /* valid only during the call */

struct output_result;

/* Sets gone[i] (false before) for each letter that has come back. Result OK or RETRY. */
typedef void dead_gone_fn(void *ctx, const struct dead_key *keys, size_t n, bool *gone,
			  struct output_result *r);

/* A query for all letters. */
struct dead_query dead_all(size_t limit);

/* Does the query ask for the letter? For stores that cannot search; limit, bytes and after are not looked at.
 */
bool dead_wanted(const struct dead_query *q, const struct stored_letter *letter);

/* The letter's record as a message of a batch, without route: texts are the letter's. */
struct message dead_message(const struct stored_letter *letter);

/* Adds the letter as one JSON object, as letter_json() does. */
void dead_json(const struct stored_letter *letter, struct strbuf *out);

#endif
