/* SPDX-License-Identifier: Apache-2.0
 *
 * A call that blocks as long as it likes (a name server, a library's way to connect), made on a thread of its
 * own while the worker waits for it through output_wait(), so that its control queue is served. A call that
 * is no longer waited for goes on alone and clears up after itself.
 */
#ifndef NATMILL_OUTPUT_ASIDE_H
#define NATMILL_OUTPUT_ASIDE_H

#include <stdint.h>

struct output_host;

/* Runs work(arg) on a thread of its own. 1 = it has returned and arg is the caller's again; 0 = the deadline
 * (clock_mono_ms) passed, -1 = the engine wants its worker back: arg then belongs to the thread, which calls
 * drop(arg) when work returns. -2 = there is no thread to be had (errno), nothing was called and arg stays
 * the caller's. work must not touch anything but arg and what only arg points to. */
int aside_run(struct output_host *host, void (*work)(void *arg), void (*drop)(void *arg), void *arg,
	      int64_t deadline_ms);

#endif
