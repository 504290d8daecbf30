/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's outputs, in the order of delivery: the dead-letter store of its own, outputs without
 * transactions, databases, the one whose watermarks are the group's offsets. `taken` of a partition is
 * indexed by place in this order. Owner: the worker. One thread; stats may be read by others.
 */
#ifndef NATMILL_STREAM_SINKS_H
#define NATMILL_STREAM_SINKS_H

#include "output/filter.h"
#include "output/output.h"
#include "stream/partitions.h"
#include "stream/stats.h"

/* One output as configured; shared by the workers, read-only. */
struct sink_config {
	const struct output_type *type;
	const char *name;            /* unique */
	const void *options;         /* filled struct of type->options */
	const struct filter *filter; /* NULL = it gets every event, whole */
	bool best_effort; /* bounded attempts, then dropped and counted; never holds up the others */
};

struct sink {
	const struct sink_config *config;
	const struct output_type *type;
	struct output *out;
	const void *options; /* by which out was made */
	struct output_env env;
	bool open;
	bool alarm;                 /* the last attempt asked for a human */
	unsigned failures;          /* attempts in a row without success */
	int64_t failing_ms;         /* clock_mono_ms of the first of them */
	char why[ERR_MSG_MAX];      /* the last attempt failed; of use while failures > 0 */
	struct output_stats *stats; /* the worker's, so that others may read them at any time */
};

struct sinks {
	struct sink items[OUTPUTS_MAX];
	size_t n;
	int store; /* place of the one that keeps the dead letters; -1 none */
};

/* Places the configured outputs in the order of delivery. Room for count (at most OUTPUTS_MAX) entries in
 * order. Returns the place of the dead-letter store within it: a store of its own, else the first
 * transactional output that keeps dead letters; -1 = none. */
int sinks_order(const struct sink_config *configs, size_t count, const struct sink_config **order);

/* Creates the outputs, without connecting, each with env and its own name. stats (one per output, in the
 * order of delivery) and what env points to must outlive them. -1 with e: nothing is left. */
int sinks_create(struct sinks *s, const struct sink_config *configs, size_t count, struct output_stats *stats,
		 const struct output_env *env, struct err *e);
void sinks_close(struct sinks *s);

/* Does one of them commit the group's offsets itself? */
bool sinks_commit_group(const struct sink_config *configs, size_t count);

/* Makes the output anew by other options of the same type, if they differ. Not within an attempt. 1 = done,
 * the old one is closed; 0 = they are the same; -1 with e: the old one goes on. options outlive it. */
int sink_renew(struct sink *s, const void *options, struct err *e);

/* Opens the output if it is not open. Result OK or RETRY. */
void sink_open(struct sink *s, struct output_result *r);

/* Undoes an attempt that was given up; no failure of the output. */
void sink_undo(struct sink *s, const struct output_result *r);

/* To be told of every failed attempt: undoes it, logs, remembers; returns how long to back off, milliseconds.
 */
int64_t sink_failed(struct sink *s, const struct output_result *r);
void sink_worked(struct sink *s);

/* Does a required one fail just now? Then nothing can move. */
bool sinks_fail(const struct sinks *s);

/* Nothing is under way any more that they could fail at: what they failed at before is no state of theirs,
 * and nobody is to wait for its end. */
void sinks_rest(struct sinks *s);

#endif
