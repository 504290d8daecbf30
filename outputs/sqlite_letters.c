/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters of the output `sqlite` on their way back: read by key in bounded answers, taken out within a
 * transaction. Called by the engine for the command `dead`; the statements live for one call only.
 */
#include "outputs/sqlite.h"

#include <string.h>

#include "event/timeparse.h"

#define KEY "cluster, topic, \"partition\", \"offset\", record, idx, output"
#define TIME "coalesce(timestamp, stored_at)"

/* Columns of the answer; the first seven are the key's. */
enum {
	AT_KEY,
	AT_VENDOR = 7,
	AT_RULE,
	AT_COLUMN,
	AT_REASON,
	AT_HASH,
	AT_GENERATION,
	AT_TIMESTAMP,
	AT_STORED
};
enum { AT_RECORD_KEY = 15, AT_VALUE, AT_HEADERS };

static const char select_sql[] = "SELECT " KEY ", vendor, rule, column_no, reason, script_hash, generation,"
				 " timestamp, stored_at, \"key\", value, headers FROM natmill_dead_letters"
				 " WHERE 1";
static const char brief_sql[] = "SELECT " KEY ", vendor, rule, column_no, reason, script_hash, generation,"
				" timestamp, stored_at, NULL, NULL, NULL FROM natmill_dead_letters WHERE 1";

/* The seven parameters from `place` on. */
static void bind_key(sqlite3_stmt *stmt, int place, const struct dead_key *k)
{
	sqlite3_bind_text(stmt, place, k->cluster, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, place + 1, k->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, place + 2, k->partition);
	sqlite3_bind_int64(stmt, place + 3, k->offset);
	sqlite3_bind_int64(stmt, place + 4, k->record);
	sqlite3_bind_int64(stmt, place + 5, k->index);
	sqlite3_bind_text(stmt, place + 6, k->output, -1, SQLITE_STATIC);
}

static void add_conditions(const struct dead_query *q, struct strbuf *sql)
{
	if (q->after != NULL)
		strbuf_adds(sql, " AND (" KEY ") > (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	if (q->reason != NULL)
		strbuf_adds(sql, " AND instr(reason, ?8) > 0");
	if (q->vendor != NULL)
		strbuf_adds(sql, " AND coalesce(vendor, '') = ?9");
	if (q->output != NULL)
		strbuf_adds(sql, " AND output = ?10");
	if (q->topic != NULL)
		strbuf_adds(sql, " AND topic = ?11");
	if (q->partition >= 0)
		strbuf_adds(sql, " AND \"partition\" = ?12");
	if (q->offset >= 0)
		strbuf_adds(sql, " AND \"offset\" = ?13");
	if (q->record >= 0)
		strbuf_adds(sql, " AND record = ?14");
	if (q->from != EVENT_NO_TIME)
		strbuf_adds(sql, " AND " TIME " >= ?15");
	if (q->to != EVENT_NO_TIME)
		strbuf_adds(sql, " AND " TIME " < ?16");
	strbuf_adds(sql, " ORDER BY " KEY " LIMIT ?17");
}

/* Parameters that the statement has not are refused by SQLite, which does no harm. */
static void bind_conditions(struct sqlite *s, sqlite3_stmt *stmt, const struct dead_query *q)
{
	char time[SQLITE_TIME_MAX];
	if (q->after != NULL)
		bind_key(stmt, 1, q->after);
	sqlite3_bind_text(stmt, 8, q->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 9, q->vendor, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 10, q->output, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 11, q->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 12, q->partition);
	sqlite3_bind_int64(stmt, 13, q->offset);
	sqlite3_bind_int64(stmt, 14, q->record);
	sqlite3_bind_text(stmt, 15, sqlite_time(s, q->from, time), -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(stmt, 16, sqlite_time(s, q->to, time), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(stmt, 17, q->limit < INT64_MAX ? (int64_t)q->limit : INT64_MAX);
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);
	return text != NULL ? (const char *)text : "";
}

static int64_t time_at(sqlite3_stmt *stmt, int column)
{
	const char *text = text_at(stmt, column);
	int64_t us = EVENT_NO_TIME;
	time_read(text, strlen(text), TIME_ZONE_UNKNOWN, &us);
	return us;
}

/* An empty blob is NULL to SQLite's caller, yet it is there. */
static const char *bytes_at(sqlite3_stmt *stmt, int column, size_t *n)
{
	const void *bytes = sqlite3_column_blob(stmt, column);
	*n = (size_t)sqlite3_column_bytes(stmt, column);
	if (bytes == NULL && sqlite3_column_type(stmt, column) != SQLITE_NULL)
		return "";
	return bytes;
}

static struct stored_letter letter_at(sqlite3_stmt *stmt)
{
	struct stored_letter l = {
		.at = {.cluster = text_at(stmt, AT_KEY),
		       .topic = text_at(stmt, AT_KEY + 1),
		       .partition = sqlite3_column_int(stmt, AT_KEY + 2),
		       .offset = sqlite3_column_int64(stmt, AT_KEY + 3),
		       .record = (uint32_t)sqlite3_column_int64(stmt, AT_KEY + 4),
		       .index = (uint32_t)sqlite3_column_int64(stmt, AT_KEY + 5),
		       .output = text_at(stmt, AT_KEY + 6)},
		.vendor = text_at(stmt, AT_VENDOR),
		.rule = text_at(stmt, AT_RULE),
		.column = (uint32_t)sqlite3_column_int64(stmt, AT_COLUMN),
		.reason = text_at(stmt, AT_REASON),
		.script_hash = text_at(stmt, AT_HASH),
		.generation = (uint32_t)sqlite3_column_int64(stmt, AT_GENERATION),
		.timestamp = time_at(stmt, AT_TIMESTAMP),
		.stored_at = time_at(stmt, AT_STORED),
	};
	l.key = bytes_at(stmt, AT_RECORD_KEY, &l.key_len);
	l.value = bytes_at(stmt, AT_VALUE, &l.len);
	if (sqlite3_column_type(stmt, AT_HEADERS) != SQLITE_NULL)
		l.headers = text_at(stmt, AT_HEADERS);
	return l;
}

/* Gives the rows out; SQLITE_OK or SQLite's code. */
static int give(sqlite3_stmt *stmt, const struct dead_query *q, dead_row_fn *row, void *ctx, size_t *n)
{
	size_t bytes = 0;
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct stored_letter l = letter_at(stmt);
		bytes += l.key_len + l.len;
		if (*n > 0 && q->bytes > 0 && bytes > q->bytes)
			return SQLITE_OK;
		row(ctx, &l);
		++*n;
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void sqlite_dead_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
		      struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	sqlite3_stmt *stmt = NULL;
	struct strbuf sql = {0};
	size_t n = 0;
	strbuf_adds(&sql, query->brief ? brief_sql : select_sql);
	add_conditions(query, &sql);
	int rc = sqlite3_prepare_v2(s->db, sql.data, -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		bind_conditions(s, stmt, query);
		rc = give(stmt, query, row, ctx, &n);
	}
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "reading dead letters", r);
	else
		output_ok(r, n);
	sqlite3_finalize(stmt);
	strbuf_free(&sql);
}

void sqlite_dead_remove(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	static const char sql[] =
		"DELETE FROM natmill_dead_letters WHERE (" KEY ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
	struct sqlite *s = (struct sqlite *)o;
	sqlite3_stmt *stmt = NULL;
	size_t gone = 0;
	if (s->db == NULL || sqlite3_get_autocommit(s->db)) {
		output_retry(r, false, "sqlite %s: there is no transaction", s->options->path);
		return;
	}
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
		bind_key(stmt, 1, &keys[i]);
		rc = sqlite3_step(stmt) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(s->db);
		gone += rc == SQLITE_OK ? (size_t)sqlite3_changes(s->db) : 0;
		sqlite3_reset(stmt);
	}
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "taking out dead letters", r);
	else
		output_ok(r, gone);
	sqlite3_finalize(stmt);
}
