/* SPDX-License-Identifier: Apache-2.0
 *
 * Watermarks of the output `sqlite`: table natmill_watermarks, one row for each cluster, output, topic and
 * partition. Called by sqlite.c within its transaction.
 */
#include "outputs/sqlite.h"

#include <stdio.h>
#include <string.h>

#include "event/timeparse.h"

/* Parameters 1 to 4, the key of a row, in every statement here. */
static void bind_key(struct sqlite *s, sqlite3_stmt *stmt, const struct position *p)
{
	sqlite3_bind_text(stmt, 1, s->env->cluster_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, s->env->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, p->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 4, p->partition);
}

/* Runs a statement without rows; SQLITE_OK or SQLite's code. Nothing stays bound: the texts are the caller's.
 */
static int finish(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int insert_missing(struct sqlite *s, struct position *p)
{
	bind_key(s, s->mark_insert, p);
	sqlite3_bind_int64(s->mark_insert, 5, p->offset);
	sqlite3_bind_text(s->mark_insert, 6, p->topic_id, -1, SQLITE_STATIC);
	int rc = finish(s->mark_insert);
	p->born = rc == SQLITE_OK && sqlite3_changes(s->db) == 1;
	return rc;
}

int sqlite_marks_read(struct sqlite *s, struct position *p, bool insert)
{
	p->born = false;
	int rc = insert ? insert_missing(s, p) : SQLITE_OK;
	if (rc != SQLITE_OK)
		return rc;
	bind_key(s, s->mark_read, p);
	rc = sqlite3_step(s->mark_read);
	if (rc == SQLITE_ROW) {
		p->offset = sqlite3_column_int64(s->mark_read, 0);
		const unsigned char *id = sqlite3_column_text(s->mark_read, 1);
		snprintf(p->topic_id, sizeof p->topic_id, "%s", id != NULL ? (const char *)id : "");
	}
	sqlite3_reset(s->mark_read);
	sqlite3_clear_bindings(s->mark_read);
	if (rc == SQLITE_DONE)
		return SQLITE_NOTFOUND; /* somebody deleted the row */
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int sqlite_marks_move(struct sqlite *s, const struct position *moves, size_t n, size_t *wrong)
{
	for (size_t i = 0; i < n; i++) {
		char time[SQLITE_TIME_MAX];
		const struct position *p = &moves[i];
		bind_key(s, s->mark_move, p);
		sqlite3_bind_int64(s->mark_move, 5, p->expected);
		sqlite3_bind_int64(s->mark_move, 6, p->offset);
		sqlite3_bind_text(s->mark_move, 7, sqlite_time(s, p->timestamp, time), -1, SQLITE_STATIC);
		sqlite3_bind_text(s->mark_move, 8, p->topic_id, -1, SQLITE_STATIC);
		int rc = finish(s->mark_move);
		if (rc != SQLITE_OK)
			return rc;
		*wrong = i;
		if (sqlite3_changes(s->db) != 1)
			return SQLITE_MARK_ELSEWHERE;
	}
	return SQLITE_OK;
}

static int64_t time_of(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	int64_t us = EVENT_NO_TIME;
	if (text != NULL)
		time_read(text, strlen(text), TIME_ZONE_UNKNOWN, &us);
	return us;
}

int sqlite_marks_list(struct sqlite *s, output_mark_fn *row, void *ctx, size_t *n)
{
	static const char sql[] = "SELECT cluster, topic, \"partition\", next_offset, timestamp"
				  " FROM natmill_watermarks WHERE output = ?1"
				  " ORDER BY topic, \"partition\", cluster";
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, s->env->name, -1, SQLITE_STATIC);
	for (*n = 0; rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW; ++*n, rc = SQLITE_OK)
		row(ctx, &(struct output_mark){
				 .cluster = (const char *)sqlite3_column_text(stmt, 0),
				 .output = s->env->name,
				 .topic = (const char *)sqlite3_column_text(stmt, 1),
				 .partition = sqlite3_column_int(stmt, 2),
				 .offset = sqlite3_column_int64(stmt, 3),
				 .timestamp = time_of(stmt, 4),
			 });
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sqlite_marks_set(struct sqlite *s, const struct position *p, size_t *n)
{
	static const char sql[] = "UPDATE natmill_watermarks"
				  " SET next_offset = ?5, timestamp = NULL, topic_id = NULL"
				  " WHERE cluster = ?1 AND output = ?2 AND topic = ?3 AND \"partition\" = ?4";
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		bind_key(s, stmt, p);
		sqlite3_bind_int64(stmt, 5, p->offset);
		rc = finish(stmt);
	}
	*n = rc == SQLITE_OK ? (size_t)sqlite3_changes(s->db) : 0;
	sqlite3_finalize(stmt);
	return rc;
}
