/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps a worker's consumer usable: opens it, and makes another one when it hears nothing any more or has
 * lost its name in the group. The worker's thread.
 */
#ifndef NATMILL_STREAM_WORKER_CONSUMER_H
#define NATMILL_STREAM_WORKER_CONSUMER_H

#include "stream/worker.h"

/* Opens it for the topics of w's setup. Waits kafka.connect_timeout for a broker. -1: w->why says why, unless
 * a stop was asked for. */
int worker_consumer_open(struct worker *w);

/* Between batches, at each turn: looks whether it has to be made anew, and does so. Waits while Kafka is
 * away, until a stop is asked for. -1 = the worker has to end; w->why as above. */
int worker_consumer_keep(struct worker *w);

/* Notes that the worker was fenced at now_ms, which is not 0. False: it is the third time within two
 * sessions, or 30 s where those are shorter. Pure but for f. */
bool worker_consumer_note_fenced(struct fencings *f, int64_t now_ms, int64_t session_ms);

#endif
