/* SPDX-License-Identifier: Apache-2.0
 *
 * Reload: configuration and scripts are read again, tried out, and handed to the running workers. All of it
 * happens on a thread of its own; a worker only swaps pointers, between batches or between attempts of an
 * output. Whoever asks gets a ticket and may wait for the outcome. Requests that come while one is under way
 * are answered by one more reload together. Started and freed by control/engine; it owns every generation but
 * the one of the start.
 */
#ifndef NATMILL_CONTROL_RELOAD_H
#define NATMILL_CONTROL_RELOAD_H

#include <stdint.h>

#include "base/strbuf.h"
#include "script/generation.h"

struct reload;

/* For metrics and status. */
struct reload_times {
	int64_t attempt_us;  /* clock_wall_us of the last attempt; 0 = none yet */
	int64_t success_us;  /* of the last one that was not refused; at first of the start */
	uint64_t attempts;   /* decided since the start */
	uint64_t refused;    /* of them */
	uint32_t generation; /* number of the newest that workers got; 1 at first */
};

/* All of these from any thread. */

/* The newest that workers got, with a reference for the caller. */
struct generation *reload_generation(struct reload *r);
void reload_times(struct reload *r, struct reload_times *t);

/* Asks for a reload; never waits. Returns a ticket for reload_outcome(). */
uint64_t reload_ask(struct reload *r);

enum reload_outcome {
	RELOAD_UNDER_WAY, /* not decided within wait_ms */
	RELOAD_DONE,      /* the new generation is handed over: text tells for each worker what is live */
	RELOAD_REFUSED,   /* the old generation goes on: text tells why */
};

/* Waits up to wait_ms (0 = not at all) for the reload that answers the ticket. The text, lines for a human
 * with a line end each, is added to out unless RELOAD_UNDER_WAY. */
enum reload_outcome reload_outcome(struct reload *r, uint64_t ticket, int64_t wait_ms, struct strbuf *out);

#endif
