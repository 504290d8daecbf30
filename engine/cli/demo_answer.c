/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the demo stored; see demo_answer.h.
 */
#include "cli/demo_answer.h"

#include <sqlite3.h>
#include <stdio.h>

#include "event/event.h"

#define REASONS_SHOWN 8

static const char mapping[] =
	"SELECT x_ip, x_port, timestamp FROM ("
	" SELECT 1 AS place, x_ip, x_port, timestamp FROM session_mapping"
	"  WHERE event = 1 AND x_port IS NOT NULL"
	" UNION ALL SELECT 2, x_ip, x_port, timestamp FROM port_mapping"
	"  WHERE event = 1 AND x_port IS NOT NULL"
	" UNION ALL SELECT 3, x_ip, start_port, timestamp FROM port_block_mapping WHERE event = 1"
	") ORDER BY place, timestamp DESC LIMIT 1";

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

static void print_row(sqlite3_stmt *q)
{
	printf("  %9lld  %s\n", sqlite3_column_int64(q, 0), (const char *)sqlite3_column_text(q, 1));
}

/* A line for each table: how many rows it has. */
static int print_tables(sqlite3 *db)
{
	puts("\nStored rows:");
	int rc = SQLITE_ROW;
	for (int t = 0; t < EVENT_TYPE_COUNT && rc == SQLITE_ROW; t++) {
		char sql[160];
		sqlite3_stmt *q = NULL;
		snprintf(sql, sizeof sql, "SELECT count(*), '%s' FROM %s", event_type_script(t),
			 event_type_script(t));
		if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
			return -1;
		rc = sqlite3_step(q);
		if (rc == SQLITE_ROW)
			print_row(q);
		sqlite3_finalize(q);
	}
	return rc == SQLITE_ROW ? 0 : -1;
}

/* The reasons that most dead letters have, and one line for the rest. */
static int print_dead(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	if (sqlite3_prepare_v2(db,
			       "SELECT count(*) AS n, coalesce(vendor, 'envelope') || ': ' || min(reason)"
			       " FROM natmill_dead_letters GROUP BY vendor, rule, column_no ORDER BY n DESC",
			       -1, &q, NULL) != SQLITE_OK)
		return -1;
	long long reasons = 0;
	long long letters = 0;
	int rc;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		if (reasons++ == 0)
			puts("Dead letters, by reason (the samples contain wrong lines on purpose):");
		if (reasons <= REASONS_SHOWN)
			print_row(q);
		else
			letters += sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	if (letters > 0)
		printf("  %9lld  more, of %lld other %s\n", letters, reasons - REASONS_SHOWN,
		       reasons - REASONS_SHOWN == 1 ? "reason" : "reasons");
	return rc == SQLITE_DONE ? 0 : -1;
}

static const char *or_dash(const unsigned char *text)
{
	return text != NULL ? (const char *)text : "-";
}

/* The row of the answer; a block tells no port, and not every device tells a VRF. */
static void print_answer(sqlite3_stmt *q)
{
	printf("  %s", or_dash(sqlite3_column_text(q, 2)));
	if (sqlite3_column_type(q, 3) != SQLITE_NULL)
		printf(" port %s", sqlite3_column_text(q, 3));
	if (sqlite3_column_type(q, 4) != SQLITE_NULL)
		printf(" (VRF %s)", sqlite3_column_text(q, 4));
	printf(", by the %s mapping that device %s made at %s\n", or_dash(sqlite3_column_text(q, 0)),
	       or_dash(sqlite3_column_text(q, 5)), or_dash(sqlite3_column_text(q, 1)));
}

/* Takes a recent mapping, a session if there is one, and asks for it. Asks nothing when none was stored. */
static int ask(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_stmt *pick = NULL;
	sqlite3_stmt *q = NULL;
	int rc = -1;
	if (sqlite3_prepare_v2(db, mapping, -1, &pick, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, question, -1, &q, NULL) != SQLITE_OK) {
		fail(db, path, e);
	} else if ((rc = sqlite3_step(pick)) == SQLITE_DONE) {
		rc = 0;
	} else if (rc != SQLITE_ROW) {
		rc = fail(db, path, e);
	} else {
		for (int i = 0; i < 3; i++)
			sqlite3_bind_value(q, i + 1, sqlite3_column_value(pick, i));
		printf("\nWho held %s:%s at %s?\n", sqlite3_column_text(pick, 0),
		       sqlite3_column_text(pick, 1), sqlite3_column_text(pick, 2));
		rc = sqlite3_step(q) == SQLITE_ROW ? 0 : fail(db, path, e);
		if (rc == 0)
			print_answer(q);
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
	int rc = print_tables(db) != 0 ? -1 : print_dead(db);
	rc = rc == 0 ? ask(db, path, e) : fail(db, path, e);
	sqlite3_close(db);
	return rc;
}
