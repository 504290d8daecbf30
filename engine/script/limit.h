/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a script's code may take, and what becomes of a function that is ended again and again. The checks
 * that script/checked.h puts into scripts ask limit_over(); the walk begins the limit anew with each record.
 * One thread.
 */
#ifndef NATMILL_SCRIPT_LIMIT_H
#define NATMILL_SCRIPT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_MS 1000   /* of the thread's CPU time: one record, one event of a filter, or one file's load */
#define LIMIT_STRIKES 5 /* so often may a function be ended before it is not asked any more */
#define LIMIT_SLOW 5    /* a fifth of the limit on one record is slow: a strike too */
#define LIMIT_BATCH \
	10 /* limits for the functions of one batch; from then on each limit's worth is a strike */
#define LIMIT_FORGIVE_MS 60000 /* each such time makes up for one of them */

struct limit {
	int64_t most_us;       /* of the thread's CPU time */
	const char *under_way; /* what is ended: "script" (it loads), "handler" or "filter" */
	uint32_t turns;        /* of loops and functions since the last look at the clock */
	int64_t began_us;      /* the thread's CPU time at the first look; -1 = there was none yet */
	int64_t looked_us;     /* at the last look */
	int64_t charged_us;    /* up to here somebody was charged */
	int64_t batch_us;      /* charged in this batch */
	bool over;             /* it was ended */
	bool refused;          /* it was refused memory */
};

/* How often a function was ended of late. */
struct strikes {
	const char *kind; /* "handler of " or "filter " */
	const char *name; /* of the script, or the filter's file; the generation's */
	int count;
	int64_t owed_us;  /* taken in batches that had no time left, since the last strike for it */
	int64_t since_ms; /* from here on the next one is forgiven */
};

/* Something else is under way, with a share of its own. */
static inline void limit_begin(struct limit *l)
{
	l->turns = 0;
	l->began_us = -1;
	l->over = false;
	l->refused = false;
}

/* One turn of a loop or function. held: bytes of the Lua state; the more it holds, the longer one turn can
 * take. True: end it. */
bool limit_over(struct limit *l, size_t held);

/* The function under way returned or raised after a look at the clock: what it took until its last look, in
 * microseconds. Charges the batch with it. */
int64_t limit_charge(struct limit *l);

/* Is it slow, having taken so long? */
bool limit_slow(const struct limit *l, struct strikes *s, int64_t took_us);

/* Ended or slow once more. True when that was once too often: it is not to be asked for LIMIT_FORGIVE_MS. */
bool strikes_add(struct strikes *s, int64_t now_ms);

/* Is it not to be asked? */
bool strikes_out(struct strikes *s, int64_t now_ms);

#endif
