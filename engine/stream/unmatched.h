/* SPDX-License-Identifier: Apache-2.0
 *
 * What kinds of lines fit no rule: unmatched lines of all workers, clustered by their shape, in bounded
 * memory. Workers feed it when a batch is settled; the control socket's GET /unmatched reads it. `natmill
 * unmatched --stored` feeds one of its own with the lines of stored dead letters. A flood of a worker's
 * such lines must not be felt: of each batch, and of each second, only so many are looked at, from all over
 * the batch; the others are only counted. The kinds seen least go when there is no room. It outlives reloads:
 * a kind that a mended script reads just stops growing. Owner: whoever called unmatched_new().
 */
#ifndef NATMILL_STREAM_UNMATCHED_H
#define NATMILL_STREAM_UNMATCHED_H

#include <stdint.h>

#include "base/strbuf.h"
#include "event/batch.h"

#define UNMATCHED_KINDS 100   /* remembered */
#define UNMATCHED_LINES 8     /* kept of each */
#define UNMATCHED_DEVICES 8   /* named of each */
#define UNMATCHED_BATCH 32    /* lines of a batch that are looked at */
#define UNMATCHED_SECOND 1000 /* lines of a second, of all workers */

struct unmatched;

struct unmatched *unmatched_new(void);
void unmatched_free(struct unmatched *u); /* NULL is legal */

/* Takes the unmatched lines of a settled batch; u may be NULL. Any thread. Without such lines it costs a look
 * at the batch's dead letters and no lock. */
void unmatched_take(struct unmatched *u, const struct batch *b);

/* Takes all unmatched lines of a batch of stored dead letters, without sampling. vendor: only those where
 * this script got furthest, "" = none did; NULL = all. at_us: when they came, microseconds UTC, in any order
 * from call to call. */
void unmatched_take_stored(struct unmatched *u, const struct batch *b, const char *vendor, int64_t at_us);

/* What is asked for: NULL and 0 ask for all. */
struct unmatched_query {
	const char *vendor; /* script that got furthest, "" = none */
	size_t kinds;       /* most often seen first */
	size_t lines;       /* examples of each */
};

/* Adds one JSON object: the accounts, and "kinds", each with its examples. Any thread. */
void unmatched_json(struct unmatched *u, const struct unmatched_query *q, struct strbuf *out);

/* Adds only the examples, one a line, as natmill new takes them. Any thread. */
void unmatched_examples(struct unmatched *u, const struct unmatched_query *q, struct strbuf *out);

#endif
