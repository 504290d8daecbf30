/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker takes what a reload has left for it; see stream/handover.h. Called by the worker's loop and, for
 * outputs, by deliver between two attempts. Nothing heavy happens here: hosts are made and freed by the
 * reload's thread. The worker's thread.
 */
#ifndef NATMILL_STREAM_SWAP_H
#define NATMILL_STREAM_SWAP_H

#include <stdbool.h>

#include "stream/worker.h"

/* Makes those outputs anew whose settings differ. None has a transaction under way; the batch that is being
 * delivered keeps its events and filters. True when something was taken. h: the worker's, as delivery has it.
 */
bool swap_between_attempts(struct output_host *h);

/* The same, and then scripts, filters and topics. */
void swap_between_batches(struct worker *w);

/* Before positions are asked for: partitions of topics that the scripts do not serve become LEFT_OUT. A
 * reload has dropped the topic, the group does not know yet, and may even assign more of it meanwhile. */
void swap_leave_out(struct worker *w);

#endif
