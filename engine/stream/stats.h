/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's accounts. One writer, its worker; anybody may read. They move when a batch is settled, so that
 * records = parsed + ignored + dead and, for each output, offered = stored + filtered + rejected + dropped
 * hold at any moment between batches; work that was given up counts as repeated.
 */
#ifndef NATMILL_STREAM_STATS_H
#define NATMILL_STREAM_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/histogram.h"

/* name, help */
#define WORKER_STATS(X)                                                                   \
	X(messages, "messages settled")                                                   \
	X(bytes, "bytes of the values of settled messages")                               \
	X(records, "records found in settled messages")                                   \
	X(parsed, "records that became events")                                           \
	X(ignored, "records that a script ignores, and tombstones")                       \
	X(dead, "records that no handler could turn into an event")                       \
	X(ended, "handlers and filters ended at their limit of time or memory")           \
	X(shut, "records and events they were not asked about after that")                \
	X(events, "events made")                                                          \
	X(batches, "batches settled")                                                     \
	X(repeated, "messages of batches given up, and messages read below the position") \
	X(gaps, "jumps in the offsets of a partition")                                    \
	X(gap_messages, "offsets skipped by those jumps, at most this many messages")     \
	X(retries, "attempts of outputs that did not succeed")                            \
	X(fenced, "batches forgotten because another owner was faster")                   \
	X(rebalances, "assignments and revocations of the group")                         \
	X(commits, "commits of the group's offsets")                                      \
	X(stopped, "partitions stopped with an alarm")                                    \
	X(stalls, "stalls without a known cause")                                         \
	X(anew, "consumers made anew: after a stall, or fenced under kafka.instance")     \
	X(beats, "turns of the worker's loops: they stand still only when it does")

/* name, help */
#define OUTPUT_STATS(X)                                          \
	X(offered, "events offered")                             \
	X(stored, "events stored")                               \
	X(filtered, "events that a filter took out")             \
	X(rejected, "events refused for good, now dead letters") \
	X(dropped, "events given up by a best_effort output")    \
	X(skipped, "events it had already, by its watermark")    \
	X(retries, "attempts that did not succeed")

struct worker_stats {
#define X(name, help) _Atomic uint64_t name;
	WORKER_STATS(X)
#undef X
};

struct output_stats {
#define X(name, help) _Atomic uint64_t name;
	OUTPUT_STATS(X)
#undef X
	struct histogram latency; /* microseconds from a batch's first attempt until the output has it */
};

extern const uint64_t stats_latency_bounds[];
extern const size_t stats_latency_bound_count;

/* Single writer: no locked instruction needed. */
static inline void stats_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline uint64_t stats_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
