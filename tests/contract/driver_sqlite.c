/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `sqlite`; see driver_sqlite.h. SQLite itself builds the JSON form of its rows, from
 * columns named here and not by natmill's table of fields.
 */
#include "tests/contract/driver_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

extern const struct output_type sqlite_output;

static sqlite3 *connect_to(const char *path)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
			 SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void sqlite_shell(const char *path, const char *sql)
{
	sqlite3 *db = connect_to(path);
	char *why = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

const char *sqlite_string(const char *path, const char *sql, char *buf, size_t size)
{
	sqlite3 *db = connect_to(path);
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	buf[0] = '\0';
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		const unsigned char *text = sqlite3_column_text(stmt, 0);
		snprintf(buf, size, "%s", text != NULL ? (const char *)text : "NULL");
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return buf;
}

long long sqlite_number(const char *path, const char *sql)
{
	char text[64];
	sqlite_string(path, sql, text, sizeof text);
	return text[0] == '\0' || strcmp(text, "NULL") == 0 ? -1 : strtoll(text, NULL, 10);
}

static void set_up(struct fixture *f)
{
	struct err e;
	const struct option *path = option_find(f->type->options, "path");
	assert_int_equal(option_set(path, &f->options, f->path, &e), 0);
}

/* Members that are NULL are left out. */
static void add_member(sqlite3_stmt *stmt, int i, struct strbuf *out)
{
	int type = sqlite3_column_type(stmt, i);
	if (type == SQLITE_NULL)
		return;
	strbuf_printf(out, "%s\"%s\":", i > 0 ? "," : "", sqlite3_column_name(stmt, i));
	const char *text = (const char *)sqlite3_column_text(stmt, i);
	if (type == SQLITE_INTEGER)
		strbuf_adds(out, text);
	else
		strbuf_add_json(out, text, (size_t)sqlite3_column_bytes(stmt, i));
}

static void read_all(struct fixture *f, const char *sql, struct strbuf *out,
		     void (*row)(sqlite3_stmt *stmt, struct strbuf *out))
{
	sqlite3 *db = connect_to(f->path);
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		row(stmt, out);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void event_row(sqlite3_stmt *stmt, struct strbuf *out)
{
	strbuf_addc(out, '{');
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		add_member(stmt, i, out);
	strbuf_adds(out, "}\n");
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	static const char *const columns[][2] = {
		{"session", "protocol, src_ip, src_port, x_ip, x_port, dst_ip, dst_port"},
		{"port", "protocol, src_ip, src_port, x_ip, x_port"},
		{"port_block", "src_ip, x_ip, start_port, end_port"},
		{"address", "src_ip, x_ip"},
	};
	for (size_t i = 0; i < 4; i++) {
		struct strbuf sql = {0};
		strbuf_printf(
			&sql,
			"SELECT replace('%s-mapping', '_', '-') AS type, timestamp, host, event, vrf_id, %s,"
			" host_name, subscriber FROM %s_mapping",
			columns[i][0], columns[i][1], columns[i][0]);
		read_all(f, sql.data, out, event_row);
		strbuf_free(&sql);
	}
}

static void letter_row(sqlite3_stmt *stmt, struct strbuf *out)
{
	strbuf_printf(out, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
}

static void read_dead(struct fixture *f, struct strbuf *out)
{
	read_all(f,
		 "SELECT \"offset\" || ' ' || record || ' ' || idx || ' ' || output || ' ' || reason || ' ' "
		 "|| value"
		 " FROM natmill_dead_letters",
		 out, letter_row);
}

/* As another process that writes for long. */
static void block(struct fixture *f)
{
	sqlite3 *db = connect_to(f->path);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	f->own = db;
}

static void unblock(struct fixture *f)
{
	sqlite3_close(f->own);
	f->own = NULL;
}

const struct driver sqlite_driver = {
	.type = &sqlite_output,
	.shared = true,
	.set_up = set_up,
	.read = read_events,
	.read_dead = read_dead,
	.block = block,
	.unblock = unblock,
};
