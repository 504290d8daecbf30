/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the demo stored; see demo_answer.h.
 */
#include "cli/demo_answer.h"

#include <sqlite3.h>
#include <stdio.h>

#include "event/event.h"

/* Who held it: the newest mapping made for that address and port at or before the time. */
static const char question[] =
	"SELECT kind, timestamp, src_ip, src_port, vrf_id, host FROM ("
	" SELECT 'session' AS kind, timestamp, src_ip, src_port, vrf_id, host FROM session_mapping"
	"  WHERE event = 1 AND x_ip = ?1 AND x_port = ?2 AND timestamp <= ?3"
	" UNION ALL SELECT 'port', timestamp, src_ip, src_port, vrf_id, host FROM port_mapping"
	"  WHERE event = 1 AND x_ip = ?1 AND x_port = ?2 AND timestamp <= ?3"
	" UNION ALL SELECT 'port block', timestamp, src_ip, NULL, vrf_id, host FROM port_block_mapping"
	"  WHERE event = 1 AND x_ip = ?1 AND ?2 BETWEEN start_port AND end_port AND timestamp <= ?3"
	") ORDER BY timestamp DESC LIMIT 1";

static int fail(sqlite3 *db, const char *path, struct err *e)
{
	return err_set(e, ERR_OUTPUT, "%s: %s", path, sqlite3_errmsg(db));
}

/* Runs a query and prints each row as "  COUNT  TEXT". */
static int print_counts(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return -1;
	int rc;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW)
		printf("  %9lld  %s\n", sqlite3_column_int64(q, 0), (const char *)sqlite3_column_text(q, 1));
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

static const char *or_dash(const unsigned char *text)
{
	return text != NULL ? (const char *)text : "-";
}

/* Takes a recent session and asks for it. */
static int ask(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_stmt *pick = NULL;
	sqlite3_stmt *q = NULL;
	int rc = -1;
	if (sqlite3_prepare_v2(db,
			       "SELECT x_ip, x_port, timestamp FROM session_mapping WHERE event = 1 AND "
			       "x_port IS NOT NULL"
			       " ORDER BY timestamp DESC LIMIT 1",
			       -1, &pick, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, question, -1, &q, NULL) != SQLITE_OK) {
		fail(db, path, e);
	} else if (sqlite3_step(pick) != SQLITE_ROW) {
		err_set(e, ERR_OUTPUT, "%s: no session was stored", path);
	} else {
		for (int i = 0; i < 3; i++)
			sqlite3_bind_value(q, i + 1, sqlite3_column_value(pick, i));
		printf("\nWho held %s:%s at %s?\n", sqlite3_column_text(pick, 0),
		       sqlite3_column_text(pick, 1), sqlite3_column_text(pick, 2));
		rc = sqlite3_step(q) == SQLITE_ROW ? 0 : fail(db, path, e);
		if (rc == 0)
			printf("  %s port %s (VRF %s), by the %s mapping that device %s made at %s\n",
			       or_dash(sqlite3_column_text(q, 2)), or_dash(sqlite3_column_text(q, 3)),
			       or_dash(sqlite3_column_text(q, 4)), or_dash(sqlite3_column_text(q, 0)),
			       or_dash(sqlite3_column_text(q, 5)), or_dash(sqlite3_column_text(q, 1)));
	}
	sqlite3_finalize(pick);
	sqlite3_finalize(q);
	return rc;
}

int demo_answer(const char *path, struct err *e)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		fail(db, path, e);
		sqlite3_close(db);
		return -1;
	}
	puts("\nStored rows:");
	int rc = 0;
	for (int t = 0; t < EVENT_TYPE_COUNT && rc == 0; t++) {
		char sql[160];
		snprintf(sql, sizeof sql, "SELECT count(*), '%s' FROM %s", event_type_script(t),
			 event_type_script(t));
		rc = print_counts(db, sql);
	}
	puts("Dead letters, by reason:");
	if (rc == 0)
		rc = print_counts(db, "SELECT count(*) AS n, coalesce(vendor, 'envelope') || ': ' || "
				      "min(reason) FROM natmill_dead_letters"
				      " GROUP BY vendor, rule, column_no ORDER BY n DESC LIMIT 8");
	rc = rc == 0 ? ask(db, path, e) : fail(db, path, e);
	sqlite3_close(db);
	return rc;
}
