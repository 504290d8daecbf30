/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract that every output fulfils (outputs/NAME.c), and that tests/contract checks.
 *
 * Order of calls, all on the worker's thread:
 *   create, open, positions (after each assignment), then for each batch
 *   begin, write (once or more), dead (the output that keeps the dead letters), commit | abort; at last
 * close.
 *
 * Verdicts: OK means durable in the sense of the output (COPY committed, delivery report received, fsync
 * done), for outputs without transactions at the end of write, for transactional ones at the end of commit;
 * never on enqueue. RETRY: nothing of this call happened or it may be done again without harm; result.alarm
 * asks for a human (401, missing table). REJECT (write only): the first result.n events of the range; n = 1
 * says this event, for good, with the reason; n > 1 says "one of these", and the engine bisects by calling
 * write with parts. FENCED (commit, and begin after a commit whose answer was lost): the watermark is not
 * where it is expected, another owner or that commit has moved it; the engine forgets the batch and takes up
 * the assignment anew.
 *
 * An output never retries, sleeps or drops on its own. It waits only through output_wait(), or bounds
 * each blocking call below 500 ms and answers RETRY. After RETRY of any call the engine calls abort, backs
 * off and begins again; after an answer RETRY the output may have closed its connection: open is called again
 * when result.reopen is set. A write may answer OK for fewer events than it was given (result.n, at least 1):
 * because the next one needs a verdict of its own, or because its time is up. Which functions are there:
 * create, close, open, begin, commit and abort always; finish and topics where it has a use for them, the
 * latter where it writes to Kafka; positions, list_marks
 * and set_mark, dead and dead_read, write where the flags transactional, keeps_dead and takes_events say so,
 * dead_remove, dead_claim, dead_note and dead_noted where dead letters come back together with storing their
 * events, else NULL.
 */
#ifndef NATMILL_OUTPUT_OUTPUT_H
#define NATMILL_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/option.h"
#include "event/batch.h"
#include "output/dead.h"

enum output_verdict { OUTPUT_OK, OUTPUT_RETRY, OUTPUT_REJECT, OUTPUT_FENCED };

/* Answer of a call. */
struct output_result {
	enum output_verdict verdict;
	size_t n; /* of write: how many events of the range, from its start, the verdict is about; the engine
		     goes on with the rest */
	bool alarm;     /* RETRY that will not mend itself */
	bool reopen;    /* RETRY: call open before the next attempt */
	struct err why; /* set unless OK */
};

/* The state of one partition in one output. */
#define TOPIC_ID_MAX 32
struct position {
	const char *topic;
	int32_t partition;
	int64_t offset;    /* next offset to take: in positions() in = where to start without a row, out = the
			      row's; in commit() = the new one */
	int64_t expected;  /* commit(): the offset that the row must hold now */
	int64_t timestamp; /* commit(): newest Kafka timestamp taken, microseconds UTC, or EVENT_NO_TIME */
	char topic_id[TOPIC_ID_MAX]; /* Kafka's id of the topic ("" unknown); positions(): in = today's, out =
					the row's */
	bool born;                   /* positions(): out: the row was made now */
};

/* A watermark as the operator sees it. */
struct output_mark {
	const char *cluster;
	const char *output;
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t timestamp; /* microseconds UTC, or EVENT_NO_TIME */
};
typedef void output_mark_fn(void *ctx, const struct output_mark *mark); /* valid only during the call */

/* A topic of Kafka that an output writes to. */
struct output_topic {
	const char *name;
	int64_t bytes; /* the largest set of records that is sent to it at once */
};
typedef void output_topic_fn(void *ctx, const struct output_topic *topic); /* valid only during the call */

struct output;
struct output_host;

/* What the engine lends to an output; outlives it. */
struct output_env {
	const char *name;         /* of this output in the configuration; key of its watermarks */
	const char *cluster_id;   /* of the Kafka cluster messages come from; "" until known */
	struct output_host *host; /* for output_wait() */
	unsigned worker;          /* number of the worker, from 0 */
	const char *group;        /* of consumers that natmill is one of; NULL where that does not matter */
	int64_t session_ms;       /* Kafka's session time-out of that member; 0 = no matter */
	int64_t queue_bytes; /* of the memory budget: what a library may hold that is not acknowledged yet,
				beside the batch; 0 = the output's own bound */
};

/* Range [from, from + n) of the batch's events. The pointers into the batch hold only during the call. */
struct output_range {
	const struct batch *batch;
	const uint32_t *pick; /* places in batch->events, ascending: what filters and watermarks left over */
	size_t n;
};

enum output_identity {
	IDENTITY_NONE,    /* some table lacks a column of topic, partition, offset and index */
	IDENTITY_COLUMNS, /* all have them; to look there may take long */
	IDENTITY_UNIQUE,  /* and a unique index on them */
};

struct output_type {
	const char *name;   /* in the configuration */
	const char *help;   /* one line */
	bool transactional; /* keeps watermarks: positions, commit with moves, abort undoes all */
	bool group_marks;   /* transactional, and its watermarks are the group's own offsets: it comes
			       last, there is one at most, and nobody else commits to the group */
	bool moves_only;    /* transactional, and a commit takes events only of partitions that move, be it
			       to where they stand: list_marks tells where that is */
	bool keeps_dead;    /* has dead() and dead_read() */
	bool takes_events;  /* has write(); false: a dead-letter store only */
	const struct option *options; /* rows of its settings, NULL-terminated */
	size_t options_size;          /* of the struct that they fill */
	/* The type that serves these options, where an option decides what the output can do; it has the same
	 * options. NULL: this one. */
	const struct output_type *(*variant)(const void *options);
	/* Checks settings, allocates; no connection yet. NULL with e on error. options outlive the output. */
	struct output *(*create)(const void *options, const struct output_env *env, struct err *e);
	void (*close)(struct output *o); /* frees; open transactions are undone */
	/* Calls row for each topic of Kafka that it writes to; connected or not. NULL: it writes to none.
	 * Where the options have `brokers`, these are the topics' cluster. */
	void (*topics)(struct output *o, output_topic_fn *row, void *ctx);
	void (*open)(struct output *o, struct output_result *r);
	void (*positions)(struct output *o, struct position *p, size_t n, struct output_result *r);
	void (*begin)(struct output *o, struct output_result *r);
	void (*write)(struct output *o, const struct output_range *range, struct output_result *r);
	/* Stores dead letters of the batch: twice the same (identity and output) must end as one where the
	 * store is transactional. */
	void (*dead)(struct output *o, const struct batch *batch, const struct dead_letter *letters, size_t n,
		     struct output_result *r);
	void (*commit)(struct output *o, const struct position *moves, size_t n, struct output_result *r);
	void (*abort)(struct output *o);
	/* For the operator, on an open output, without a transaction under way. The watermarks of this
	 * output's name, of every cluster; OK with their number. */
	void (*list_marks)(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r);
	/* On an open output, without a transaction under way: nothing more comes under this name, so what is
	 * held open for more is finished. OK, also when it was before. NULL: it holds nothing open. */
	void (*finish)(struct output *o, struct output_result *r);
	/* Sets the row of env's cluster and name to position->offset, and forgets timestamp and topic id, so
	 * that today's topic is accepted. OK with n = 1, or 0 when there is no such row. */
	void (*set_mark)(struct output *o, const struct position *position, struct output_result *r);
	/* For the operator, on an open output, without a transaction under way: the letters that the query
	 * asks for, in the order of their keys. OK with their number; 0 = there are no more. Ask again behind
	 * the last one, since fewer than asked for does not mean that these were all. */
	void (*dead_read)(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
			  struct output_result *r);
	/* Within a transaction: takes letters out of the store, OK with the number of those that were there.
	 * Of two owners that take out the same letter only one commits with it. */
	void (*dead_remove)(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);
	/* On an open output: from here on, until it is closed, this is the only one that takes letters out of
	 * that store. OK with n = 1, also when it was before, or n = 0: another one is. A connection that is
	 * lost loses it: claim after each open. NULL where dead_remove is. */
	void (*dead_claim)(struct output *o, struct output_result *r);
	/* Of letters that a store apart keeps, which has no transactions. Within a transaction of this
	 * output: notes that they came back, OK with the number of those that were not noted before. Of two
	 * owners that note the same letter only one commits with it. */
	void (*dead_note)(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);
	/* On an open output, without a transaction under way: sets there[i] for each key that was noted, and
	 * leaves the others as they are. */
	void (*dead_noted)(struct output *o, const struct dead_key *keys, size_t n, bool *there,
			   struct output_result *r);
	/* Of a store apart, open: forgets the letters that gone() tells, for good, also when it is killed in
	 * between. OK with their number. NULL: it cannot. */
	void (*dead_sweep)(struct output *o, dead_gone_fn *gone, void *ctx, struct output_result *r);
	/* How well the event tables tell which events they hold. On an open output, also within a
	 * transaction.
	 */
	void (*identity)(struct output *o, enum output_identity *kept, struct output_result *r);
	/* Within a transaction, where identity() tells of columns: sets there[i] for each event of the range
	 * that is stored already, and leaves the others as they are. NULL where identity is. */
	void (*known)(struct output *o, const struct output_range *range, bool *there,
		      struct output_result *r);
};

/* For outputs that have nothing to do there. */
void output_nothing(struct output *o, struct output_result *r); /* open, begin: OK */
void output_no_commit(struct output *o, const struct position *moves, size_t n,
		      struct output_result *r); /* OK */
void output_no_abort(struct output *o);

/* Fill a result; each returns nothing so that outputs can `return output_retry(...)`. */
void output_ok(struct output_result *r, size_t n);
void output_retry(struct output_result *r, bool alarm, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void output_reject(struct output_result *r, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void output_fenced(struct output_result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Waits until fd is ready for events (poll(2) bits), the deadline passes (clock_mono_ms) or the engine wants
 * the output to give up (revocation, shutdown past its bound). fd < 0: only time. Meanwhile the engine serves
 * its control queue. Returns the ready bits, 0 at the deadline, -1 to give up: answer RETRY then. */
struct output_host {
	int (*wait)(struct output_host *h, int fd, short events, int64_t deadline_ms);
	/* NULL where there is no group. See output_membership(). */
	const void *(*membership)(struct output_host *h, size_t *len);
};
int output_wait(struct output_host *h, int fd, short events, int64_t deadline_ms);

/* The worker's membership of its group just now, as an output with group_marks hands it to the broker, so
 * that a commit of somebody who was thrown out is refused: opaque bytes, valid until the next call. NULL: it
 * is no member, nothing may be committed. */
const void *output_membership(struct output_host *h, size_t *len);

#endif
