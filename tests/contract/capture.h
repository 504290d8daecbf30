/* SPDX-License-Identifier: Apache-2.0
 *
 * An output in memory that fails on command: the double for tests of whatever calls outputs, and one more
 * output for the contract suite. A struct capture is its server: rows, watermarks and dead letters that
 * outlive the output instances connected to it, and the plan of what goes wrong next. Several workers may
 * share one.
 */
#ifndef NATMILL_TESTS_CAPTURE_H
#define NATMILL_TESTS_CAPTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

/* What is to happen. Set members directly, from the thread that runs the output or before it starts. */
struct capture_plan {
	/* the next so many calls answer RETRY and do nothing */
	unsigned retry_open, retry_positions, retry_begin, retry_write, retry_dead, retry_commit;
	bool alarm;  /* these RETRYs ask for a human */
	bool reopen; /* these RETRYs lose the connection: every call but open answers RETRY until open */
	unsigned lose_answer; /* the next so many commits are done, but answer RETRY with reopen */
	unsigned fenced;      /* the next so many commits answer FENCED */
	bool (*bad)(const struct message *m, const struct event *ev); /* events to reject; NULL = none */
	bool reject_range;   /* a range with a bad event among several: REJECT n = all of it ("one of these");
			      * else OK up to it, then REJECT n = 1 */
	size_t write_most;   /* a write answers OK for at most so many events; 0 = all */
	bool wait_in_write;  /* each write first waits through output_wait (until its deadline of 1 ms); -1:
				RETRY */
	bool wait_in_commit; /* the same in commit */
};

/* An event that is stored, with its identity. */
struct capture_row {
	char topic[64];
	int32_t partition;
	int64_t offset;
	uint32_t index;
	int type;
	char *json;
};

struct capture_letter {
	char topic[64];
	int32_t partition;
	int64_t offset;
	uint32_t record;
	uint32_t index;
	char output[64];
	char reason[512];
};

struct capture_mark {
	char output[64];
	char topic[64];
	int32_t partition;
	int64_t offset;
	int64_t timestamp;
	char topic_id[TOPIC_ID_MAX];
};

/* Calls answered, whatever the verdict. */
struct capture_calls {
	unsigned create, open, positions, begin, write, dead, commit, abort, close;
};

struct capture {
	pthread_mutex_t mutex;
	struct capture_plan plan;
	struct capture_calls calls;
	struct capture_row *rows; /* stored for good, in that order */
	size_t row_count;
	struct capture_letter *letters;
	size_t letter_count;
	struct capture_mark *marks;
	size_t mark_count;
	char error[256]; /* "" or the first breach of the contract by the caller, e.g. write without begin */
};

/* What create() wants as its options. */
struct capture_options {
	struct capture *capture;
};

extern const struct output_type capture_output;       /* transactional, keeps watermarks and dead letters */
extern const struct output_type capture_plain_output; /* stored at the end of write; no dead letters */
extern const struct output_type capture_dead_output;  /* a dead-letter store only, without transactions */

struct capture *capture_new(void);
void capture_free(struct capture *c);

/* How often that event is stored. */
size_t capture_count(struct capture *c, const char *topic, int32_t partition, int64_t offset, uint32_t index);

/* The watermark of an output, or -1 without a row; puts one there (as if another owner had moved it). */
int64_t capture_watermark(struct capture *c, const char *output, const char *topic, int32_t partition);
void capture_set_watermark(struct capture *c, const char *output, const char *topic, int32_t partition,
			   int64_t offset);

/* For the double itself, under the mutex: the row, NULL if there is none; a new row (moves the others). */
struct capture_mark *capture_find_mark(struct capture *c, const char *output, const char *topic,
				       int32_t partition);
struct capture_mark *capture_add_mark(struct capture *c, const char *output, const char *topic,
				      int32_t partition);
void capture_free_rows(struct capture_row *rows, size_t n);

/* Is the letter, by its identity, among the n? */
bool capture_has_letter(const struct capture_letter *letters, size_t n, const struct capture_letter *letter);

/* The two calls for the operator; they take the mutex. */
size_t capture_each_mark(struct capture *c, const struct output_env *env, output_mark_fn *row, void *ctx);
size_t capture_reset_mark(struct capture *c, const char *output, const struct position *p);

#endif
