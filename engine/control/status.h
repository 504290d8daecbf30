/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /status: everything at once as one JSON object, for `natmill top` and for people with jq. Counters
 * begin with the process; whoever wants rates asks twice. Members are added, never renamed:
 *
 *   version, pid, group, started, now (seconds since 1970), generation,
 *   ready (bool), reasons [text],
 *   totals {messages, bytes, records, parsed, ... : sums over the workers, see stream/stats.h},
 *   workers [{number, running, joined, partitions, ... the same counters}],
 *   partitions [{worker, topic, partition, state, position, committed, end, lag, lag_seconds, watermarks
 * {OUTPUT: offset}}]; what is not known is null, outputs [{name, type, mode, offered, stored, filtered,
 * rejected, dropped, skipped, retries, failures, alarm, why}]; failures: of attempts in a row, the worst
 * worker's, vendors [{name, parsed, ignored, events {TYPE: n}, dead {KIND: n}}]; name "": what is nobody's,
 *   devices {known, overflow}, memory {resident: of the process; lua, arena, batch: of all workers; bytes}.
 */
#ifndef NATMILL_CONTROL_STATUS_H
#define NATMILL_CONTROL_STATUS_H

#include "control/server.h"

/* The context is the struct engine. */
void status_show(struct request *r, void *engine);

#endif
