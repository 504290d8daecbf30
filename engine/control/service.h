/* SPDX-License-Identifier: Apache-2.0
 *
 * The process as its service manager sees it: starting, ready, reloading, stopping, alive. Called by the
 * engine once a second, and by a reload. Ready means that all workers are in the group, whatever the outputs
 * do: a database that is away must not keep the service from starting, nor have it started again and again.
 */
#ifndef NATMILL_CONTROL_SERVICE_H
#define NATMILL_CONTROL_SERVICE_H

#include <stdatomic.h>

#include <stddef.h>

#include "control/notify.h"

struct service {
	struct notify notify;
	_Atomic bool ready;    /* the manager knows */
	_Atomic bool reloaded; /* since the last tick: the status is told anew */
	int64_t told_ms;       /* clock_mono_ms of the last status; 0 = none yet */
	int64_t counted_ms;    /* and of .messages */
	uint64_t messages;
	bool well; /* told last */
};

/* What a tick sees. */
struct service_view {
	size_t workers;
	size_t joined; /* of them: in the group, at least once */
	int partitions;
	uint64_t messages; /* settled since the start */
	const char *why;   /* it is not ready, by /readyz: lines, the first is told; "" = it is */
	bool turning;      /* every worker's loop has turned since this was true last */
};

void service_open(struct service *s);
void service_close(struct service *s);

/* Once a second: feeds the watchdog while all loops turn, says when natmill is ready, and how it fares.
 * now_ms: clock_mono_ms(). */
void service_tick(struct service *s, const struct service_view *v, int64_t now_ms);

/* Around a reload, from any thread. Nothing is told before the service is ready. */
void service_reloading(struct service *s);
void service_reloaded(struct service *s);

/* Natmill stops, which may take most_ms; the manager shall not end it before. */
void service_stopping(struct service *s, int64_t most_ms);

#endif
