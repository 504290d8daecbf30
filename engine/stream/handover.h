/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a reload leaves what a worker is to run with next, and the worker what it no longer runs. Two halves:
 * settings of outputs, which the worker takes between two attempts, and scripts with their filters, which it
 * takes between two batches; see stream/swap.h. The worker looks at a flag and takes the lock only when
 * something is there. Owner: the worker; offers and frees: control/reload.
 */
#ifndef NATMILL_STREAM_HANDOVER_H
#define NATMILL_STREAM_HANDOVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "script/host.h"
#include "stream/seen.h"
#include "stream/setup.h"

struct handover {
	int told_fd;      /* eventfd of the reload: told when something was taken */
	struct seen seen; /* by the worker, for the trial run of a reload */
	_Atomic bool outputs_wait;
	_Atomic bool scripts_wait;
	pthread_mutex_t lock; /* of all below */
	/* From the reload; NULL = taken, or never offered: */
	const struct setup *outputs;
	const struct setup *scripts;
	struct host *host; /* runs them; belongs to the worker once it is taken */
	/* Of the worker: */
	struct host *left;                     /* that it no longer runs; the reload frees it */
	const struct setup *runs;              /* its scripts and filters */
	const struct setup *uses[OUTPUTS_MAX]; /* whose settings each output was made by, in the order of
						* delivery */
};

/* What is still to be taken. */
struct handover_pending {
	bool outputs;
	bool scripts;
};

/* Before the worker's thread starts. */
void handover_init(struct handover *h, const struct setup *first, int told_fd);

/* After it has ended: frees what was never taken. */
void handover_end(struct handover *h);

/* For the reload's thread. Offers both halves; what was offered before and not taken is forgotten. The host
 * is the worker's from now on. */
void handover_offer(struct handover *h, const struct setup *next, struct host *host);

/* Frees the host that the worker has left behind. */
void handover_clear(struct handover *h);

struct handover_pending handover_pending(struct handover *h);

/* Does the worker run, use or still get something of that setup? */
bool handover_holds(struct handover *h, const struct setup *s);

#endif
