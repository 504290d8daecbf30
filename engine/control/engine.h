/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the workers until a signal, a caller or a fault ends them. Called by the commands run and demo. Owns
 * the worker threads; SIGTERM and SIGINT drain and leave, a second one leaves at once; SIGHUP reloads.
 */
#ifndef NATMILL_CONTROL_ENGINE_H
#define NATMILL_CONTROL_ENGINE_H

#include "control/reload.h"
#include "control/section.h"
#include "control/server.h"
#include "stream/worker.h"

/* Everything a run needs; outlives it. */
struct engine_config {
	const struct kafka_settings *kafka;
	const struct engine_settings *engine;
	struct setup setup;
	const struct section *sections; /* with their values, for a reload to compare */
	const void *values;
	const struct server_settings *server; /* NULL = answers nothing over HTTP */
	const char *file;                     /* the configuration's; NULL = none */
	const struct engine_source *source;   /* NULL = this run knows no reload */
};

/* Where configurations come from. Called on the reload's thread. */
struct engine_source {
	void *ctx;
	/* Reads configuration and scripts again; number is of the generation. NULL with every error. */
	struct engine_config *(*load)(void *ctx, uint32_t number, struct errlist *errors);
	void (*unload)(void *ctx, struct engine_config *config);
};

/* Sums over all workers. */
struct engine_totals {
#define X(name, help) uint64_t name;
	WORKER_STATS(X)
#undef X
	int partitions; /* read just now */
	double seconds; /* from the first assignment to the batch settled last */
};

struct output_totals {
	const char *name;
#define X(name, help) uint64_t name;
	OUTPUT_STATS(X)
#undef X
};

struct engine;

/* Called about once a second while the engine runs, on its thread; true = stop now. */
typedef bool (*engine_tick)(struct engine *e, void *context);

/* From here on SIGTERM, SIGINT and SIGHUP wait for engine_run(). Called first thing, before the configuration
 * is read: else a signal of that time would end the process, or be lost on process 1 of a container. Threads
 * made later inherit it. */
void engine_hold_signals(void);

/* Runs until the end. tick may be NULL. 0 when ended as asked, else -1 with e (exit status 3). Sums of the
 * whole run are in *totals and outputs[output_count] (both may be NULL). */
int engine_run(const struct engine_config *config, engine_tick tick, void *context,
	       struct engine_totals *totals, struct output_totals *outputs, struct err *e);

void engine_totals(const struct engine *e, struct engine_totals *t);

/* For control/live.c: what the workers feed. They live as long as the engine. */
struct unmatched *engine_unmatched(const struct engine *e);
struct taps *engine_taps(const struct engine *e);

/* NULL when the run knows no reload. */
struct reload *engine_reload(const struct engine *e);

/* The newest that workers got. Any thread; unref it. */
struct generation *engine_generation(const struct engine *e);

/* outputs: room for one entry per configured output, filled in the order of delivery. */
void engine_output_totals(const struct engine *e, struct output_totals *outputs);

/* For the pages of the server: the workers, what they share, and when the run began (clock_wall_us). Of a
 * worker only what others may read: stats, accounts, devices, view, readiness. */
struct worker *engine_workers(const struct engine *e, size_t *n);
const struct worker_config *engine_shared(const struct engine *e);
int64_t engine_started_us(const struct engine *e);

/* How long the worker's loop has not turned, milliseconds. */
int64_t engine_still_ms(const struct engine *e, size_t worker);

#endif
