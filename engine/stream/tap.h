/* SPDX-License-Identifier: Apache-2.0
 *
 * Taps: somebody looks at some messages as they pass, with what became of them. Workers offer each settled
 * batch; while nobody taps that costs one look at a flag. A tap takes a few messages of a batch, from all
 * over it, and so many a second; what its reader is too slow for is lost and counted. No worker ever waits
 * for a reader. A reload leaves taps alone. Owner: whoever called taps_new(); it outlives workers and taps.
 */
#ifndef NATMILL_STREAM_TAP_H
#define NATMILL_STREAM_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/batch.h"
#include "script/generation.h"

#define TAPS_MAX 8              /* at the same time */
#define TAP_BATCH 20            /* messages of a batch that one tap takes */
#define TAP_LOOKS 10000         /* messages of a batch that one tap looks at */
#define TAP_SECOND 200          /* messages of a second */
#define TAP_BUFFER (256u << 10) /* bytes that wait for the reader */
#define TAP_VALUE_MAX 4096      /* bytes of a message's value that are shown */
#define TAP_EVENTS 20           /* of a message that are shown */

struct taps;
struct tap;

struct taps *taps_new(void);
void taps_free(struct taps *taps); /* NULL is legal; all taps are closed */

/* Which messages; NULL = any. What a script ignores belongs to no vendor and to no device. */
struct tap_filter {
	const char *vendor; /* that made an event, or got furthest */
	const char *topic;
	const char *device; /* its address or name */
	bool dead;          /* only what is a dead letter, or has one among its records or events */
};

/* Of one tap, since it was opened. */
struct tap_counts {
	uint64_t passed; /* messages settled by all workers */
	uint64_t taken;  /* of them, by this tap */
	uint64_t lost;   /* taken, but the reader was too slow */
};

/* The filter's texts are copied. NULL with e when there are too many taps. Any thread. */
struct tap *tap_open(struct taps *taps, const struct tap_filter *filter, struct err *e);
void tap_close(struct taps *taps, struct tap *tap);

/* Moves what has been taken to out, which is reset before: JSON objects, one a line, at most TAP_BUFFER
 * bytes. The reader's thread. */
struct tap_counts tap_take(struct taps *taps, struct tap *tap, struct strbuf *out);

/* Offers a settled batch, before its messages go. g: of its scripts. taps may be NULL. A worker's thread. */
void taps_offer(struct taps *taps, const struct batch *b, const struct generation *g);

#endif
