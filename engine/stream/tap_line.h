/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages of a settled batch one after another, each with what became of it, and the JSON line that a
 * tap shows of one. Used by tap.c only. Nothing is owned; all lies in the batch and its generation.
 */
#ifndef NATMILL_STREAM_TAP_LINE_H
#define NATMILL_STREAM_TAP_LINE_H

#include "base/strbuf.h"
#include "event/batch.h"
#include "script/generation.h"

/* One message. */
struct tap_sight {
	uint32_t message;
	uint32_t first; /* of its events in the batch */
	uint32_t events;
	const struct dead_letter *dead; /* the first of it; NULL = none */
	const char *script;             /* that made its first event; "" = none */
};

/* The batch's dead letters. Those of records come first, in the order of messages; those of refused events
 * come in no order, so they are sorted: once for all taps. */
struct tap_letters {
	uint32_t records;
	const struct dead_letter **refused; /* by message; NULL = none */
	size_t refused_count;
};

/* tap_letters_free() frees what it takes. */
void tap_letters_sort(struct tap_letters *l, const struct batch *b);
void tap_letters_free(struct tap_letters *l);

/* A way once round the batch. */
struct tap_walk {
	const struct batch *batch;
	const struct generation *generation;
	const struct tap_letters *letters;
	uint32_t from;
	uint32_t seen;   /* messages */
	uint32_t event;  /* the next one */
	uint32_t letter; /* the next one of records */
};

/* from: the message to begin with, below their number. letters: the batch's; they outlive the walk. */
void tap_walk_begin(struct tap_walk *w, const struct batch *b, const struct generation *g,
		    const struct tap_letters *letters, uint32_t from);
bool tap_walk_next(struct tap_walk *w, struct tap_sight *s); /* false at the end */

/* The script whose message it is; "" unknown. */
const char *tap_vendor(const struct tap_sight *s);

/* Adds one JSON object and a line end: number and place, vendor, outcome as natmill try --json has it, who
 * refused it, the text that the rules saw of a dead record, and the value (cut to TAP_VALUE_MAX). */
void tap_line(uint64_t number, const struct batch *b, const struct tap_sight *s, struct strbuf *out);

#endif
