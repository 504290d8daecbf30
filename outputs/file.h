/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `file` share: file.c (settings, transaction), file_marks.c (the watermarks'
 * database), file_part.c (the open file of a partition), file_tidy.c (what was left over), file_lines.c
 * (lines and compression), file_csv.c. One struct file_out per worker, on its thread only; all that it
 * points to is its own but for options and env.
 *
 * How an event is in exactly one line: a small SQLite database in the folder has a row for each partition
 * with the watermark, the open file and how many bytes of it are valid. A batch is appended behind that
 * length, forced to the disk, and then one transaction of the database moves watermark and length together.
 * Whatever lies behind the valid length is no one's: it is cut off before the next line is written. Who reads
 * or changes an open file holds its flock(2), so that a row says the same as long as the lock is held.
 */
#ifndef NATMILL_OUTPUTS_FILE_H
#define NATMILL_OUTPUTS_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zstd.h>

#include "base/strbuf.h"
#include "output/lock.h"
#include "output/output.h"

#define FILE_DATABASE "natmill-watermarks.db"
#define FILE_NAME_MAX 320  /* of a finished file, with NUL */
#define FILE_SUFFIX_MAX 16 /* ".jsonl.zst" */
#define FILE_OPEN_SUFFIX ".open"
#define FILE_POLL_MS 10 /* between two tries while another holds what is needed */
#define FILE_TURN_MS 2000

enum file_format { FILE_JSONL, FILE_CSV };
enum file_compression { FILE_PLAIN, FILE_ZSTD };

struct file_options {
	char *folder;
	int format;
	int compression;
	int64_t level;
	int64_t rotate_size;
	int64_t rotate_time; /* milliseconds */
	char *mode;
};

/* A partition's row. */
struct file_row {
	int64_t next;                 /* the watermark */
	char suffix[FILE_SUFFIX_MAX]; /* of its file; "" = it has none */
	int64_t first;                /* offset at which the file begins */
	int64_t until;                /* what the file stands for ends here; without one, the one before */
	int64_t length;               /* valid bytes */
	int64_t begun;                /* milliseconds since 1970 */
	bool finished;                /* gets no more lines; is renamed, or will be */
};

/* What this worker knows of a partition; its file is open and locked only from the first line of a batch to
 * the batch's end. */
struct file_part {
	char *topic;
	int32_t partition;
	int fd;      /* -1 between batches */
	bool fresh;  /* the file was made for this batch */
	bool lost;   /* no row, or no longer at the place of this batch: the commit is fenced */
	bool queued; /* has lines in the range that is being written */
	struct file_row row;
	int64_t length; /* with the lines of this batch */
	size_t count;   /* events of the range */
	size_t from;    /* where they begin in file_out.order */
};

struct file_out {
	const struct file_options *options;
	const struct output_env *env;
	mode_t mode;
	char suffix[FILE_SUFFIX_MAX]; /* of new files */
	char *db_path;
	struct lock *lock; /* one writer of the database in the process */
	sqlite3 *db;       /* NULL while not open */
	sqlite3_stmt *insert;
	sqlite3_stmt *read;
	sqlite3_stmt *move;
	sqlite3_stmt *grow;
	sqlite3_stmt *finish;
	int folder; /* descriptor; -1 while not open */
	bool begun;
	bool ending;     /* no more lines come: every file's time has come */
	bool left_open;  /* the last look has left a file that should be finished, or have its name */
	bool renamed;    /* files have got their names, and the folder was not synced since */
	int64_t tidy_at; /* clock_mono_ms of the next look at what is old */
	struct file_part *parts;
	size_t part_count;
	size_t part_last;  /* the one that was asked for last */
	uint32_t *part_of; /* of each event of the range */
	uint32_t *order;   /* places in the range, partition by partition */
	size_t order_max;
	struct strbuf lines;
	struct strbuf packed;
	ZSTD_CCtx *zstd; /* NULL without compression */
};

/* file.c: RETRY for errno or SQLite's code; the folder is opened anew where that may help. -1. */
int file_fail(struct file_out *s, int error, const char *doing, const char *name, struct output_result *r);

/* file_marks.c: the database. file_marks_open: 0, or -1 with r set. */
int file_marks_open(struct file_out *s, struct output_result *r);
void file_marks_close(struct file_out *s);

/* Begins to write: the turn among the workers and a transaction. 0; -1 with r set and neither held. */
int file_marks_begin(struct file_out *s, struct output_result *r);
void file_marks_undo(struct file_out *s);                        /* gives both back */
int file_marks_end(struct file_out *s, struct output_result *r); /* COMMIT; -1 with r set: unknown */

/* Inserts the row if it is missing and tells what it holds; within a transaction. 0, or -1 with r set. */
int file_marks_position(struct file_out *s, struct position *p, struct output_result *r);

/* 1 with *row, 0 without such a row, -1 with r set. */
int file_marks_row(struct file_out *s, const char *topic, int32_t partition, struct file_row *row,
		   struct output_result *r);

/* Moves the watermark, and the file with it (part, NULL = its file is not touched). Within a transaction. 1 =
 * moved, 0 = the row is not as expected, -1 with r set. */
int file_marks_move(struct file_out *s, const struct position *p, const struct file_part *part,
		    struct output_result *r);

/* The file gets no more lines, in a transaction of its own; its lock is held. 0, or -1 with r set. */
int file_marks_finish(struct file_out *s, const struct file_part *part, struct output_result *r);

/* Calls row for each partition of this cluster and output; topic is valid during the call, in which the
 * database may be used. 0, or -1 with r set. */
typedef void file_row_fn(struct file_out *s, const char *topic, int32_t partition);
int file_marks_each(struct file_out *s, file_row_fn *row, struct output_result *r);

/* Does another cluster or output use the file that part would make? 1, 0, or -1 with r set. */
int file_marks_claimed(struct file_out *s, const struct file_part *part, struct output_result *r);

/* Of the contract. */
void file_marks_list(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r);
void file_marks_set(struct output *o, const struct position *p, struct output_result *r);

/* file_part.c: names; buf of FILE_NAME_MAX. */
const char *file_part_open_name(const struct file_part *p, char *buf);
const char *file_part_final_name(const struct file_part *p, char *buf);

/* The row of the file that follows on the row's. */
void file_part_plan(const struct file_out *s, struct file_row *row);

/* True for what Kafka allows as a topic's name, and as a file's. */
bool file_part_topic_ok(const char *topic);

/* The partition's part, made when it is new. */
struct file_part *file_part_of(struct file_out *s, const char *topic, int32_t partition);

/* The partition's file, open, locked and cut to its valid length. 0, and part->lost when the row is missing;
 * -1 with r set. */
int file_part_take(struct file_out *s, struct file_part *p, struct output_result *r);

#define FILE_MAKE 1 /* make the file when it is missing */
#define FILE_WAIT 2 /* for the lock, up to FILE_TURN_MS */

/* Opens the file of p->row and locks it. 1 = locked, and the row, read again under the lock, is still as
 * seen; 0 = it is not, begin anew with the row; -1 with errno: 0 = r is set, EWOULDBLOCK = another has it. */
int file_part_lock(struct file_out *s, struct file_part *p, const struct file_row *seen, int flags,
		   struct output_result *r);

/* Gives a finished file its name. 0, or -1 with errno set (EEXIST: there is such a file). */
int file_part_rename(struct file_out *s, const struct file_part *p);

/* Forces the names given since the last call to the disk. A name that is lost is given again, as long as the
 * row has the file: the next file's batch syncs the folder before the row moves on. */
void file_part_sync_names(struct file_out *s);

/* Cuts off the lines of the batch and gives the file up. */
void file_part_undo(struct file_out *s, struct file_part *p);
void file_part_release(struct file_part *p); /* only gives it up */

/* file_tidy.c: mends what a crash left over and finishes files whose time has come, also of partitions that
 * others have now. What another holds is left alone. 0, or -1 with r set. */
int file_tidy(struct file_out *s, struct output_result *r);

/* finish of the contract. */
void file_tidy_finish(struct output *o, struct output_result *r);

bool file_tidy_due(const struct file_out *s, const struct file_row *row, int64_t length);

/* A folder that was moved, or over which something was mounted, still takes writes, which nobody would find.
 * 0 = it is in place; -1 with r set. */
int file_check_folder(struct file_out *s, struct output_result *r);

/* file_lines.c: of the contract. */
void file_lines_write(struct output *o, const struct output_range *range, struct output_result *r);

/* file_csv.c. */
void file_csv_head(struct strbuf *out);
void file_csv_line(const struct event *ev, const char *arena, uint32_t arena_len, struct strbuf *out);

#endif
