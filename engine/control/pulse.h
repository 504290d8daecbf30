/* SPDX-License-Identifier: Apache-2.0
 *
 * The pulse of a worker's loop: how long it stands still, and whether all loops have turned, so that the
 * service manager's watchdog may be fed. Used by the engine once a second; owned by it.
 */
#ifndef NATMILL_CONTROL_PULSE_H
#define NATMILL_CONTROL_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pulse {
	uint64_t beats;           /* of the worker's counter, at the last tick */
	_Atomic int64_t still_ms; /* since it moved last, by ticks */
	bool turned;              /* since the watchdog was fed last */
};

/* A tick, tick_ms after the one before, finds the counter at beats. */
void pulse_note(struct pulse *p, uint64_t beats, int64_t tick_ms);

/* True when each has turned since this was true last: they need not do so within the same tick. */
bool pulses_feed(struct pulse *pulses, size_t n);

#endif
