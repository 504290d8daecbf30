/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `sqlite` share: sqlite.c (settings, transactions), sqlite_schema.c
 * (connection, tables, statements), sqlite_rows.c (events and dead letters), sqlite_marks.c (watermarks),
 * sqlite_letters.c (dead letters on their way back), sqlite_claim.c (by one at a time), sqlite_noted.c (those
 * of other stores), sqlite_known.c (events that are there already). One struct sqlite per worker, on its
 * thread only; all that it points to is its own but for options and env.
 */
#ifndef NATMILL_OUTPUTS_SQLITE_H
#define NATMILL_OUTPUTS_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/ip.h"
#include "output/lock.h"
#include "output/output.h"
#include "output/source.h"

#define SQLITE_TIME_MAX 28 /* "2025-05-02T11:34:56.870000Z" and NUL */

struct sqlite_options {
	char *path;
	int64_t busy_timeout; /* milliseconds */
	bool index;
};

/* One column that an insert fills; source: see output/source.h. */
struct sqlite_column {
	const char *name;
	unsigned source;
	bool not_null;
	bool fresh; /* text holds what is bound, made of last_time or last_ip */
	int64_t last_time;
	struct ip last_ip;
	char text[IP_TEXT_MAX];
};

struct sqlite_table {
	const char *name;
	sqlite3_stmt *insert;
	size_t column_count;
	struct sqlite_column columns[SOURCE_COUNT];
};

struct sqlite {
	const struct sqlite_options *options;
	const struct output_env *env;
	struct lock *lock; /* one writer of this path in the process */
	bool locked;
	int claim;   /* see sqlite_claim.c; -1 = not held */
	sqlite3 *db; /* NULL while not connected */
	struct sqlite_table tables[EVENT_TYPE_COUNT];
	sqlite3_stmt *dead;
	sqlite3_stmt *mark_insert;
	sqlite3_stmt *mark_read;
	sqlite3_stmt *mark_move;
	int64_t second; /* the second that second_text holds; EVENT_NO_TIME = none */
	char second_text[SQLITE_TIME_MAX];
};

/* sqlite_schema.c: connects, makes what is missing, prepares. 0; -1 with r set and everything closed. The
 * caller holds the lock. */
int sqlite_connect(struct sqlite *s, struct output_result *r);
void sqlite_disconnect(struct sqlite *s); /* also when not connected; undoes an open transaction */
bool sqlite_is_missing(struct sqlite *s, const char *table); /* of the open file */

/* sqlite.c: runs one statement without rows. Returns SQLite's code. */
int sqlite_run(struct sqlite *s, const char *sql);

/* sqlite.c: the answer RETRY for an error of SQLite that is not the data's fault; reads the connection's
 * message. */
void sqlite_retry(struct sqlite *s, int rc, const char *doing, struct output_result *r);

/* sqlite_rows.c. */
void sqlite_write(struct output *o, const struct output_range *range, struct output_result *r);
void sqlite_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters, size_t n,
		 struct output_result *r);

/* sqlite_known.c */
void sqlite_identity(struct output *o, enum output_identity *kept, struct output_result *r);
void sqlite_known(struct output *o, const struct output_range *range, bool *there, struct output_result *r);

/* sqlite_letters.c */
void sqlite_dead_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
		      struct output_result *r);
void sqlite_dead_remove(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);

/* sqlite_noted.c */
void sqlite_dead_note(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);
void sqlite_dead_noted(struct output *o, const struct dead_key *keys, size_t n, bool *there,
		       struct output_result *r);

/* sqlite_claim.c. Release also when it is not held; before the disconnection. */
void sqlite_dead_claim(struct output *o, struct output_result *r);
void sqlite_claim_release(struct sqlite *s);

/* Fixed width, so that texts sort as times; always 27 bytes. Returns buf, NULL outside the years 1 to 9999.
 */
const char *sqlite_time(struct sqlite *s, int64_t us, char buf[SQLITE_TIME_MAX]);

/* sqlite_marks.c. Rows of a transaction that the caller has begun. SQLITE_OK, or SQLite's code. */
int sqlite_marks_read(struct sqlite *s, struct position *p, bool insert);

#define SQLITE_MARK_ELSEWHERE (-1)

/* Moves all; SQLITE_OK, SQLITE_MARK_ELSEWHERE when a row was not where expected (*wrong = its place), or
 * SQLite's code. */
int sqlite_marks_move(struct sqlite *s, const struct position *moves, size_t n, size_t *wrong);

/* list_marks and set_mark of the contract; *n = how many rows. SQLITE_OK, or SQLite's code. */
int sqlite_marks_list(struct sqlite *s, output_mark_fn *row, void *ctx, size_t *n);
int sqlite_marks_set(struct sqlite *s, const struct position *p, size_t *n);

#endif
