/* SPDX-License-Identifier: Apache-2.0
 *
 * One writer at a time for something that the outputs of several workers share: a database file, standard
 * output. Locks are found by name, process-wide, and counted. A waiting worker waits through output_wait(),
 * so its control queue is served meanwhile; a release wakes it at once.
 */
#ifndef NATMILL_OUTPUT_LOCK_H
#define NATMILL_OUTPUT_LOCK_H

#include <stdint.h>

struct lock;
struct output_host;

/* The lock of that name, made when it is new; NULL (errno) when the process has no descriptor left. Give it
 * back with lock_put. Any thread. */
struct lock *lock_get(const char *name);
void lock_put(struct lock *l); /* NULL is legal; must not be held by the caller */

/* Takes the lock, which is not recursive. 1 = taken, 0 = the deadline (clock_mono_ms) passed, -1 = the engine
 * wants the output to give up. Taken even when the deadline has passed if it is free. */
int lock_take(struct lock *l, struct output_host *host, int64_t deadline_ms);
void lock_release(struct lock *l);

#endif
