/* SPDX-License-Identifier: Apache-2.0
 *
 * The script host of one worker: its Lua state, the compiled rules of a generation, and the loop that turns
 * the messages of a batch into events, dead letters and counts. One thread. Workers share only the
 * generation.
 */
#ifndef NATMILL_SCRIPT_HOST_H
#define NATMILL_SCRIPT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/errlist.h"
#include "event/batch.h"
#include "event/template.h"
#include "script/generation.h"

#define HOST_EVENTS_MAX 1000     /* events of one record; more: a dead letter */
#define HOST_RECORDS_MAX 65536   /* records of one message; more: a dead letter for the rest */
#define HOST_DEAD_MAX 100        /* dead letters of one message, before its rest becomes one */
#define HOST_TEXT_MAX (1u << 20) /* bytes that a handler may write into fields for one record */

/* Bytes of the arena that a message of len bytes needs at most, when it holds one record and no handler
 * writes texts: text and record members, and the reason of a dead letter. */
#define HOST_ARENA_NEED(len) (2 * (len) + 2048)

struct host_options {
	bool jit;            /* off for checks, which run too little for it */
	bool need_host_time; /* an event without host or timestamp is a dead letter (run: true; try, test:
				false) */
	bool note_times;     /* host_times() is asked for */
	int limit_ms;        /* for one record of a handler or event of a filter; 0 = LIMIT_MS */
	bool alarm;          /* a handler or filter that was ended is told in the log (run: true) */
};

struct host;

/* Runs each script of the generation in a fresh state; takes its own reference. NULL with every error in
 * errors. */
struct host *host_new(struct generation *g, const struct host_options *o, struct errlist *errors);
void host_free(struct host *h); /* NULL is legal */

/* The route of a topic: which scripts are tried on its messages. For message.route; ask once per topic. -1:
 * no script serves it. */
int host_route(struct host *h, const char *topic);

/* Routes for commands: one script by its place, and all scripts in order. */
int host_route_script(struct host *h, size_t script);
int host_route_all(struct host *h);

/* Turns all b->messages into events, dead letters and counts. Bad data never fails it: each record is parsed,
 * ignored or a dead letter. When the arena is too small for the batch its max is raised and stays so until
 * the caller sets it anew. -1: the host itself is broken. */
int host_run(struct host *h, struct batch *b, struct err *e);

/* Of each event that a filter written in Lua raised on: an event of the picked ones, and why. */
typedef void host_raised_fn(void *ctx, uint32_t event, const char *reason);

/* Asks the filter of that path, which the generation holds, of the picked events, n places in events[]; their
 * texts lie in b's arena. hidden: fields that it does not see. Leaves in pick[] those that stay, in their
 * order, and returns their number. An event that the filter raises on goes to `raised` instead. */
size_t host_filter(struct host *h, const char *path, struct batch *b, uint32_t hidden, uint32_t *pick,
		   size_t n, host_raised_fn *raised, void *ctx);

/* Bytes that its Lua state takes. */
size_t host_memory(const struct host *h);

/* For natmill try: the last record of the batch that was run last, and the rule that decided about it. */
struct host_last {
	const char *vendor; /* "" unknown */
	const char *rule;   /* "" unknown */
	struct text text;   /* in the batch's arena */
	size_t span_count;  /* where the rule found fields in the text; none of a regex or function */
	struct field_span spans[FIELD_COUNT];
};
struct host_last host_last(const struct host *h);

/* For natmill try: events so far whose line told a time that could not be used, and why. */
struct host_times {
	uint64_t no_zone;
	uint64_t no_year;
	const char *vendor; /* script of the last one without zone */
};
struct host_times host_times(const struct host *h);

/* The Lua state, for tests and benchmarks. */
struct lua_State;
struct lua_State *host_lua(struct host *h);

#endif
