/* SPDX-License-Identifier: Apache-2.0
 *
 * What passes through a running natmill, over its local socket: GET /tap and GET /unmatched. Rows of
 * control/routes.c; the context is the engine. Both show whole messages, so they are not on TCP.
 */
#ifndef NATMILL_CONTROL_LIVE_H
#define NATMILL_CONTROL_LIVE_H

#include "control/server.h"

/* ?vendor=NAME (empty: of no script) ?kinds=N ?lines=N: unmatched_json(); with ?form=lines only the examples.
 */
void live_unmatched(struct request *r, void *engine);

/* ?vendor= ?topic= ?device= ?dead=1 ?n=N: a stream of JSON objects, one a line, for as long as the client
 * reads or until N were shown: {"open":true}, messages (tap_line()), {"lost":N} when the client was too slow,
 * and at the end {"passed":N,"shown":N,"lost":N}. 503 when too many taps are open. */
void live_tap(struct request *r, void *engine);

#endif
