/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions of the output `file` to its database that are asked seldom: all rows, one name, and what the
 * operator lists and sets. The statements live only for the call.
 */
#include <stdlib.h>
#include <string.h>

#include "outputs/file.h"

struct place {
	char *topic;
	int32_t partition;
};

static int fail(struct file_out *s, struct output_result *r)
{
	output_retry(r, true, "file %s: %s", s->db_path, sqlite3_errmsg(s->db));
	r->reopen = true;
	return -1;
}

static sqlite3_stmt *prepare(struct file_out *s, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_text(stmt, 1, s->env->cluster_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, s->env->name, -1, SQLITE_STATIC);
	return stmt;
}

/* The rows as they are now; *places is the caller's. -1 on an error. */
static int collect(struct file_out *s, struct place **places, size_t *n)
{
	sqlite3_stmt *stmt = prepare(s, "SELECT topic, \"partition\" FROM natmill_files"
					" WHERE cluster = ?1 AND output = ?2");
	int rc = SQLITE_ERROR;
	*places = NULL;
	*n = 0;
	while (stmt != NULL && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*places = xrealloc(*places, (*n + 1) * sizeof **places);
		(*places)[(*n)++] = (struct place){xstrdup((const char *)sqlite3_column_text(stmt, 0)),
						   sqlite3_column_int(stmt, 1)};
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int file_marks_each(struct file_out *s, file_row_fn *row, struct output_result *r)
{
	struct place *places;
	size_t n;
	bool stopped = false;
	int rc = collect(s, &places, &n);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && s->db != NULL && !stopped) {
			row(s, places[i].topic, places[i].partition);
			stopped = output_wait(s->env->host, -1, 0, 0) < 0; /* each row may sync */
		}
		free(places[i].topic);
	}
	free(places);
	if (stopped) {
		output_retry(r, false, "file %s: stopped while looking at all files", s->db_path);
		return -1;
	}
	return rc == 0 ? 0 : fail(s, r);
}

int file_marks_claimed(struct file_out *s, const struct file_part *part, struct output_result *r)
{
	sqlite3_stmt *stmt =
		prepare(s, "SELECT 1 FROM natmill_files WHERE NOT (cluster = ?1 AND output = ?2)"
			   " AND topic = ?3 AND \"partition\" = ?4 AND first = ?5 AND suffix = ?6");
	if (stmt == NULL)
		return fail(s, r);
	sqlite3_bind_text(stmt, 3, part->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 4, part->partition);
	sqlite3_bind_int64(stmt, 5, part->row.first);
	sqlite3_bind_text(stmt, 6, part->row.suffix, -1, SQLITE_STATIC);
	int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc == SQLITE_ROW : fail(s, r);
}

void file_marks_list(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	sqlite3_stmt *stmt = prepare(s, "SELECT cluster, topic, \"partition\", next_offset, timestamp, ?1"
					" FROM natmill_files WHERE output = ?2"
					" ORDER BY topic, \"partition\", cluster");
	size_t n = 0;
	int rc = SQLITE_ERROR;
	for (; stmt != NULL && (rc = sqlite3_step(stmt)) == SQLITE_ROW; n++)
		row(ctx, &(struct output_mark){
				 .cluster = (const char *)sqlite3_column_text(stmt, 0),
				 .output = s->env->name,
				 .topic = (const char *)sqlite3_column_text(stmt, 1),
				 .partition = sqlite3_column_int(stmt, 2),
				 .offset = sqlite3_column_int64(stmt, 3),
				 .timestamp = sqlite3_column_type(stmt, 4) == SQLITE_NULL
						      ? EVENT_NO_TIME
						      : sqlite3_column_int64(stmt, 4),
			 });
	sqlite3_finalize(stmt);
	output_ok(r, n);
	if (rc != SQLITE_DONE)
		fail(s, r);
}

/* The file that is open ends where the old watermark was: what comes now begins another. */
void file_marks_set(struct output *o, const struct position *p, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (file_marks_begin(s, r) != 0)
		return;
	sqlite3_stmt *stmt = prepare(s, "UPDATE natmill_files SET next_offset = ?5, timestamp = NULL,"
					" topic_id = NULL, finished = 1 WHERE cluster = ?1 AND output = ?2"
					" AND topic = ?3 AND \"partition\" = ?4");
	int rc = SQLITE_ERROR;
	if (stmt != NULL) {
		sqlite3_bind_text(stmt, 3, p->topic, -1, SQLITE_STATIC);
		sqlite3_bind_int(stmt, 4, p->partition);
		sqlite3_bind_int64(stmt, 5, p->offset);
		rc = sqlite3_step(stmt);
	}
	size_t n = rc == SQLITE_DONE ? (size_t)sqlite3_changes(s->db) : 0;
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE) {
		fail(s, r);
		file_marks_undo(s);
	} else if (file_marks_end(s, r) == 0) {
		output_ok(r, n);
	}
}
