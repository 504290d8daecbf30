/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters of a store apart (a file, a topic) that came back: noted in the table natmill_replayed_letters, in
 * the transaction that stores their events. Called by the engine for the command `dead`; the statements live
 * for one call only. The table is made with the first note, since most databases never need it.
 */
#include "outputs/sqlite.h"

#include "base/clock.h"

#define TABLE "natmill_replayed_letters"
#define KEY "cluster, topic, \"partition\", \"offset\", record, idx, output, timestamp"

static const char create_sql[] =
	"CREATE TABLE IF NOT EXISTS " TABLE " (cluster TEXT NOT NULL, topic TEXT NOT NULL,"
	" \"partition\" INTEGER NOT NULL, \"offset\" INTEGER NOT NULL, record INTEGER NOT NULL,"
	" idx INTEGER NOT NULL, output TEXT NOT NULL, timestamp INTEGER NOT NULL, replayed_at TEXT NOT NULL, "
	"PRIMARY KEY (" KEY "))"
	" WITHOUT ROWID";

/* Runs the statement for one key; SQLITE_ROW, SQLITE_DONE or SQLite's code. */
static int step(sqlite3_stmt *stmt, const struct dead_key *k)
{
	sqlite3_bind_text(stmt, 1, k->cluster, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, k->topic, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 3, k->partition);
	sqlite3_bind_int64(stmt, 4, k->offset);
	sqlite3_bind_int64(stmt, 5, k->record);
	sqlite3_bind_int64(stmt, 6, k->index);
	sqlite3_bind_text(stmt, 7, k->output, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 8, k->timestamp);
	int rc = sqlite3_step(stmt);
	int reset = sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : reset;
}

void sqlite_dead_note(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	static const char sql[] = "INSERT INTO " TABLE " (" KEY ", replayed_at)"
				  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
	struct sqlite *s = (struct sqlite *)o;
	sqlite3_stmt *stmt = NULL;
	char now[SQLITE_TIME_MAX];
	size_t fresh = 0;
	if (s->db == NULL || sqlite3_get_autocommit(s->db)) {
		output_retry(r, false, "sqlite %s: there is no transaction", s->options->path);
		return;
	}
	int rc = sqlite_run(s, create_sql);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		sqlite3_bind_text(stmt, 9, sqlite_time(s, clock_wall_us(), now), -1, SQLITE_STATIC);
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
		rc = step(stmt, &keys[i]);
		rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
		fresh += rc == SQLITE_OK ? (size_t)sqlite3_changes(s->db) : 0;
	}
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "noting dead letters that came back", r);
	else
		output_ok(r, fresh);
	sqlite3_finalize(stmt);
}

void sqlite_dead_noted(struct output *o, const struct dead_key *keys, size_t n, bool *there,
		       struct output_result *r)
{
	static const char sql[] =
		"SELECT 1 FROM " TABLE " WHERE (" KEY ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
	struct sqlite *s = (struct sqlite *)o;
	sqlite3_stmt *stmt = NULL;
	output_ok(r, n);
	if (sqlite_is_missing(s, TABLE))
		return;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
		rc = step(stmt, &keys[i]);
		there[i] = there[i] || rc == SQLITE_ROW;
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "looking for dead letters that came back", r);
	sqlite3_finalize(stmt);
}
