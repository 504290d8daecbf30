/* SPDX-License-Identifier: Apache-2.0
 *
 * The pulses of the workers' loops; see pulse.h.
 */
#include "control/pulse.h"

void pulse_note(struct pulse *p, uint64_t beats, int64_t tick_ms)
{
	bool moved = beats != p->beats;
	p->still_ms = moved ? 0 : p->still_ms + tick_ms; /* ticks: time that the engine's thread lived too */
	p->beats = beats;
	p->turned = p->turned || moved;
}

bool pulses_feed(struct pulse *pulses, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!pulses[i].turned)
			return false;
	for (size_t i = 0; i < n; i++)
		pulses[i].turned = false;
	return true;
}
