/* SPDX-License-Identifier: Apache-2.0
 *
 * The watermarks of the output `file`: a SQLite database in its folder, one row for each cluster, output,
 * topic and partition, that also says which file is open and how much of it is valid. Write-ahead log with
 * synchronous=FULL: what is committed survives a power cut. Called by the other files of the output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "outputs/file.h"

#define BUSY_MS 400 /* another process commits: it takes milliseconds */
#define LOCK_MS 10000
#define CACHE "PRAGMA cache_size=-256" /* KiB; the table is small */

static const char table[] =
	"CREATE TABLE IF NOT EXISTS natmill_files (cluster TEXT NOT NULL, output TEXT NOT NULL,"
	" topic TEXT NOT NULL, \"partition\" INTEGER NOT NULL, next_offset INTEGER NOT NULL,"
	" timestamp INTEGER, topic_id TEXT, suffix TEXT NOT NULL DEFAULT '', first INTEGER NOT NULL DEFAULT "
	"0,"
	" until INTEGER NOT NULL DEFAULT 0, length INTEGER NOT NULL DEFAULT 0,"
	" begun INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (cluster, output, topic, \"partition\")) WITHOUT ROWID";

#define KEY " WHERE cluster = ?1 AND output = ?2 AND topic = ?3 AND \"partition\" = ?4"

static const char insert_sql[] =
	"INSERT INTO natmill_files (cluster, output, topic, \"partition\", next_offset, topic_id, until)"
	" VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, ''), ?5) ON CONFLICT DO NOTHING";
static const char read_sql[] = "SELECT next_offset, suffix, first, until, length, begun, finished, topic_id"
			       " FROM natmill_files" KEY;
/* Messages without events lengthen what the open file stands for, not the file. */
static const char move_sql[] =
	"UPDATE natmill_files SET next_offset = ?6, timestamp = coalesce(?7, timestamp),"
	" topic_id = coalesce(nullif(?8, ''), topic_id),"
	" until = CASE WHEN suffix <> '' AND finished = 0 THEN ?6 ELSE until END" KEY " AND next_offset = ?5";
static const char grow_sql[] = "UPDATE natmill_files SET suffix = ?5, first = ?6, until = ?7, length = ?8,"
			       " begun = ?9, finished = ?10" KEY;
static const char finish_sql[] = "UPDATE natmill_files SET finished = 1" KEY
				 " AND suffix <> '' AND first = ?5 AND length = ?6 AND until = ?7";

/* RETRY for a code of SQLite. -1. */
static int fail(struct file_out *s, int rc, const char *doing, struct output_result *r)
{
	int kind = rc & 0xff;
	bool passes = kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_PROTOCOL ||
		      kind == SQLITE_INTERRUPT;
	const char *advice = "";
	if (passes)
		advice = "; another process writes to it";
	else if (kind == SQLITE_FULL)
		advice = "; make room on the disk";
	else if (kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY || kind == SQLITE_PERM)
		advice = "; the folder and its files must be writable";
	output_retry(r, !passes, "file %s: %s: %s (%d)%s", s->db_path, doing,
		     s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc), rc, advice);
	r->reopen = !passes;
	return -1;
}

static void bind_key(struct file_out *s, sqlite3_stmt *stmt, const char *topic, int32_t partition)
{
	sqlite3_bind_text(stmt, 1, s->env->cluster_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, s->env->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 4, partition);
}

/* Runs a statement without rows; nothing stays bound. SQLITE_OK, or SQLite's code. */
static int run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int prepare_all(struct file_out *s)
{
	sqlite3_stmt **const statements[] = {&s->insert, &s->read, &s->move, &s->grow, &s->finish};
	const char *const texts[] = {insert_sql, read_sql, move_sql, grow_sql, finish_sql};
	int rc = SQLITE_OK;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0] && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, statements[i], NULL);
	return rc;
}

/* SQLITE_OK with *wal, or SQLite's code. */
static int set_wal(struct file_out *s, bool *wal)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*wal = rc == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int open_database(struct file_out *s, bool *wal)
{
	int rc = sqlite3_open_v2(s->db_path, &s->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS / 4); /* a statement; there are few */
	const char *const statements[] = {"PRAGMA synchronous=FULL", CACHE, table};
	rc = set_wal(s, wal);
	for (size_t i = 0; i < 3 && rc == SQLITE_OK && *wal; i++)
		rc = sqlite3_exec(s->db, statements[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK && *wal)
		rc = prepare_all(s);
	sqlite3_busy_timeout(s->db, 0); /* from here on the engine waits */
	return rc;
}

int file_marks_open(struct file_out *s, struct output_result *r)
{
	bool wal = true;
	int rc = open_database(s, &wal);
	if (rc == SQLITE_OK && wal)
		return 0;
	if (rc == SQLITE_OK)
		output_retry(r, true,
			     "file %s: the file system cannot do write-ahead logging; use a local disk",
			     s->db_path);
	else
		fail(s, rc, "opening the watermarks", r);
	file_marks_close(s);
	r->reopen = true;
	return -1;
}

void file_marks_close(struct file_out *s)
{
	sqlite3_stmt **const statements[] = {&s->insert, &s->read, &s->move, &s->grow, &s->finish};
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		sqlite3_finalize(*statements[i]);
		*statements[i] = NULL;
	}
	sqlite3_close_v2(s->db);
	s->db = NULL;
}

int file_marks_begin(struct file_out *s, struct output_result *r)
{
	int taken = lock_take(s->lock, s->env->host, clock_mono_ms() + LOCK_MS);
	if (taken <= 0) {
		output_retry(r, false, "file %s: %s", s->db_path,
			     taken < 0 ? "stopped while waiting for another worker"
				       : "another worker is still writing");
		return -1;
	}
	int64_t deadline = clock_mono_ms() + BUSY_MS;
	for (;;) {
		int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			return 0;
		int64_t now = clock_mono_ms();
		if ((rc & 0xff) != SQLITE_BUSY || now >= deadline ||
		    output_wait(s->env->host, -1, 0, now + FILE_POLL_MS) < 0) {
			lock_release(s->lock);
			return fail(s, rc, "beginning a transaction", r);
		}
	}
}

void file_marks_undo(struct file_out *s)
{
	if (!sqlite3_get_autocommit(s->db) && sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		file_marks_close(s); /* undoes it for certain; whoever comes next opens anew */
	lock_release(s->lock);
}

int file_marks_end(struct file_out *s, struct output_result *r)
{
	int rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		fail(s, rc, "COMMIT", r);
	file_marks_undo(s);
	return rc == SQLITE_OK ? 0 : -1;
}

static int read_row(struct file_out *s, const char *topic, int32_t partition, struct file_row *row, char *id)
{
	bind_key(s, s->read, topic, partition);
	int rc = sqlite3_step(s->read);
	if (rc == SQLITE_ROW) {
		const char *suffix = (const char *)sqlite3_column_text(s->read, 1);
		const char *topic_id = (const char *)sqlite3_column_text(s->read, 7);
		*row = (struct file_row){.next = sqlite3_column_int64(s->read, 0),
					 .first = sqlite3_column_int64(s->read, 2),
					 .until = sqlite3_column_int64(s->read, 3),
					 .length = sqlite3_column_int64(s->read, 4),
					 .begun = sqlite3_column_int64(s->read, 5),
					 .finished = sqlite3_column_int(s->read, 6) != 0};
		snprintf(row->suffix, sizeof row->suffix, "%s", suffix != NULL ? suffix : "");
		if (id != NULL)
			snprintf(id, TOPIC_ID_MAX, "%s", topic_id != NULL ? topic_id : "");
	}
	sqlite3_reset(s->read);
	sqlite3_clear_bindings(s->read);
	return rc;
}

int file_marks_row(struct file_out *s, const char *topic, int32_t partition, struct file_row *row,
		   struct output_result *r)
{
	int rc = read_row(s, topic, partition, row, NULL);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	return fail(s, rc, "reading the watermarks", r);
}

int file_marks_position(struct file_out *s, struct position *p, struct output_result *r)
{
	struct file_row row;
	bind_key(s, s->insert, p->topic, p->partition);
	sqlite3_bind_int64(s->insert, 5, p->offset);
	sqlite3_bind_text(s->insert, 6, p->topic_id, -1, SQLITE_STATIC);
	int rc = run(s->insert);
	p->born = rc == SQLITE_OK && sqlite3_changes(s->db) == 1;
	if (rc == SQLITE_OK)
		rc = read_row(s, p->topic, p->partition, &row, p->topic_id);
	if (rc != SQLITE_ROW)
		return fail(s, rc, "reading the watermarks", r);
	p->offset = row.next;
	return 0;
}

static int grow(struct file_out *s, const struct position *p, const struct file_part *part)
{
	const struct file_row *row = &part->row;
	bind_key(s, s->grow, p->topic, p->partition);
	sqlite3_bind_text(s->grow, 5, row->suffix, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s->grow, 6, row->first);
	sqlite3_bind_int64(s->grow, 7, p->offset);
	sqlite3_bind_int64(s->grow, 8, part->length);
	sqlite3_bind_int64(s->grow, 9, row->begun);
	sqlite3_bind_int(s->grow, 10, row->finished);
	return run(s->grow);
}

int file_marks_move(struct file_out *s, const struct position *p, const struct file_part *part,
		    struct output_result *r)
{
	bind_key(s, s->move, p->topic, p->partition);
	sqlite3_bind_int64(s->move, 5, p->expected);
	sqlite3_bind_int64(s->move, 6, p->offset);
	if (p->timestamp != EVENT_NO_TIME)
		sqlite3_bind_int64(s->move, 7, p->timestamp);
	sqlite3_bind_text(s->move, 8, p->topic_id, -1, SQLITE_STATIC);
	int rc = run(s->move);
	if (rc == SQLITE_OK && sqlite3_changes(s->db) != 1)
		return 0;
	if (rc == SQLITE_OK && part != NULL)
		rc = grow(s, p, part);
	return rc == SQLITE_OK ? 1 : fail(s, rc, "moving the watermarks", r);
}

int file_marks_finish(struct file_out *s, const struct file_part *part, struct output_result *r)
{
	if (file_marks_begin(s, r) != 0)
		return -1;
	bind_key(s, s->finish, part->topic, part->partition);
	sqlite3_bind_int64(s->finish, 5, part->row.first);
	sqlite3_bind_int64(s->finish, 6, part->row.length);
	sqlite3_bind_int64(s->finish, 7, part->row.until);
	int rc = run(s->finish);
	if (rc == SQLITE_OK && sqlite3_changes(s->db) == 1)
		return file_marks_end(s, r);
	if (rc == SQLITE_OK)
		output_retry(r, false, "file: others are changing the file of %s [%d]", part->topic,
			     part->partition);
	else
		fail(s, rc, "finishing a file", r);
	file_marks_undo(s);
	return -1;
}
