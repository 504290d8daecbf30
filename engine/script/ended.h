/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done about a handler or filter that was ended at a limit (script/limit.h): it is counted, told, and
 * not asked any more for a while when it happens again and again, so that it slows nobody else for ever. For
 * script/ only. One thread.
 */
#ifndef NATMILL_SCRIPT_ENDED_H
#define NATMILL_SCRIPT_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "script/limit.h"

struct host;
struct ip;

/* The function under way returned from that message of the batch: was it slow? Only
 * when the clock was looked at (limit.began_us >= 0). */
void ended_slow(struct host *h, struct strikes *s, uint32_t message, const struct ip *device);

/* The function under way raised on that message of the batch: was it ended, or slow? */
void ended_note(struct host *h, struct strikes *s, uint32_t message, const struct ip *device,
		const char *reason);

/* Is the function not to be asked now? Counts what it is not asked about. */
bool ended_shut(struct host *h, struct strikes *s);

/* The reason of what it is not asked about, in h->reason. */
const char *ended_reason(struct host *h, const struct strikes *s);

#endif
