/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of ./run bench kafka-sqlite: a loop of prepared inserts. Takes the rows of session_mapping
 * from a database that natmill has filled, and inserts them into a new one with the same tables and pragmas,
 * in transactions of the same size. Only the inserting is timed: a transaction's rows are read before it.
 * usage: bench_insert SOURCE TARGET ROWS-A-TRANSACTION; prints one JSON object.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define TABLE "session_mapping"

struct rows {
	sqlite3_value **values; /* n * columns */
	size_t n;
	int columns;
};

static void check(sqlite3 *db, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "bench_insert: %s\n", sqlite3_errmsg(db));
	exit(3);
}

static sqlite3 *connect_to(const char *path, int flags)
{
	sqlite3 *db;
	check(NULL, sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL));
	return db;
}

/* The same as the output's (outputs/sqlite_schema.c). */
static void set_up(sqlite3 *source, sqlite3 *target)
{
	sqlite3_stmt *stmt;
	check(target,
	      sqlite3_exec(target, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL, NULL, NULL));
	check(target, sqlite3_wal_autocheckpoint(target, 4000));
	check(source, sqlite3_prepare_v2(source, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL", -1,
					 &stmt, NULL));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		check(target,
		      sqlite3_exec(target, (const char *)sqlite3_column_text(stmt, 0), NULL, NULL, NULL));
	sqlite3_finalize(stmt);
}

static sqlite3_stmt *prepare_insert(sqlite3 *target, int columns)
{
	struct strbuf sql = {0};
	sqlite3_stmt *stmt;
	strbuf_adds(&sql, "INSERT INTO " TABLE " VALUES (");
	for (int i = 0; i < columns; i++)
		strbuf_adds(&sql, i > 0 ? ", ?" : "?");
	strbuf_addc(&sql, ')');
	check(target, sqlite3_prepare_v2(target, sql.data, -1, &stmt, NULL));
	strbuf_free(&sql);
	return stmt;
}

/* Up to max rows; true if there were any. */
static bool take(sqlite3_stmt *from, struct rows *rows, size_t max)
{
	rows->n = 0;
	while (rows->n < max && sqlite3_step(from) == SQLITE_ROW) {
		for (int i = 0; i < rows->columns; i++)
			rows->values[rows->n * (size_t)rows->columns + (size_t)i] =
				sqlite3_value_dup(sqlite3_column_value(from, i));
		rows->n++;
	}
	return rows->n > 0;
}

/* Texts stay where they are until the row is in. */
static void bind(sqlite3_stmt *into, int column, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	if (type == SQLITE_INTEGER)
		sqlite3_bind_int64(into, column, sqlite3_value_int64(value));
	else if (type == SQLITE_TEXT)
		sqlite3_bind_text(into, column, (const char *)sqlite3_value_text(value),
				  sqlite3_value_bytes(value), SQLITE_STATIC);
	else
		sqlite3_bind_null(into, column);
}

static void insert(sqlite3 *target, sqlite3_stmt *into, const struct rows *rows)
{
	check(target, sqlite3_exec(target, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	for (size_t r = 0; r < rows->n; r++) {
		for (int i = 0; i < rows->columns; i++)
			bind(into, i + 1, rows->values[r * (size_t)rows->columns + (size_t)i]);
		check(target, sqlite3_step(into));
		sqlite3_reset(into);
	}
	check(target, sqlite3_exec(target, "COMMIT", NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: bench_insert SOURCE TARGET ROWS-A-TRANSACTION\n");
		return 2;
	}
	size_t max = strtoul(argv[3], NULL, 10);
	sqlite3 *source = connect_to(argv[1], SQLITE_OPEN_READONLY);
	sqlite3 *target = connect_to(argv[2], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	sqlite3_stmt *from;
	struct rows rows = {0};
	int64_t us = 0;
	size_t count = 0;
	set_up(source, target);
	check(source, sqlite3_prepare_v2(source, "SELECT * FROM " TABLE, -1, &from, NULL));
	rows.columns = sqlite3_column_count(from);
	rows.values = xcalloc(max * (size_t)rows.columns, sizeof *rows.values);
	sqlite3_stmt *into = prepare_insert(target, rows.columns);
	while (take(from, &rows, max)) {
		int64_t start = clock_mono_us();
		insert(target, into, &rows);
		us += clock_mono_us() - start;
		count += rows.n;
		for (size_t i = 0; i < rows.n * (size_t)rows.columns; i++)
			sqlite3_value_free(rows.values[i]);
	}
	printf("{\"rows\": %zu, \"seconds\": %.3f}\n", count, (double)us / 1e6);
	free(rows.values);
	sqlite3_finalize(from);
	sqlite3_finalize(into);
	sqlite3_close(source);
	sqlite3_close(target);
	return 0;
}
