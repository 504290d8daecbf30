/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `postgresql`; see driver_postgresql.h. The database itself builds the JSON form of its
 * rows, from columns named here and not by natmill's table of fields.
 */
#include "tests/contract/driver_postgresql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/postgres_server.h"

extern const struct output_type postgresql_output;

struct own {
	char schema[32];
	PGconn *blocker;
};

const char *postgresql_schema(const struct fixture *f)
{
	const struct own *own = f->own;
	return own->schema;
}

void postgresql_option(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	if (option_set(option_find(f->type->options, name), &f->options, value, &e) != 0)
		fail_msg("%s %s", name, e.msg);
}

static void set_up(struct fixture *f)
{
	static unsigned count;
	char sql[64];
	struct own *own = xcalloc(1, sizeof *own);
	snprintf(own->schema, sizeof own->schema, "case_%u", count++);
	snprintf(sql, sizeof sql, "CREATE SCHEMA %s", own->schema);
	f->own = own;
	postgres_run(NULL, sql);
	postgresql_option(f, "url", postgres_url());
	postgresql_option(f, "schema", own->schema);
	postgresql_option(f, "session_bound", "2s");
}

static void tear_down(struct fixture *f)
{
	struct own *own = f->own;
	char sql[64];
	snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", own->schema);
	postgres_run(NULL, sql);
	free(own);
}

static bool is_integer(Oid type)
{
	return type == 20 || type == 21 || type == 23; /* int8, int2, int4 */
}

/* Members that are NULL are left out. */
static void add_row(const PGresult *res, int row, struct strbuf *out)
{
	strbuf_addc(out, '{');
	for (int i = 0; i < PQnfields(res); i++) {
		if (PQgetisnull(res, row, i))
			continue;
		const char *text = PQgetvalue(res, row, i);
		strbuf_printf(out, "%s\"%s\":", i > 0 ? "," : "", PQfname(res, i));
		if (is_integer(PQftype(res, i)))
			strbuf_adds(out, text);
		else
			strbuf_add_json(out, text, strlen(text));
	}
	strbuf_adds(out, "}\n");
}

static void read_table(struct fixture *f, const char *sql, struct strbuf *out)
{
	PGconn *conn = postgres_connect(postgresql_schema(f));
	PGresult *res = PQexec(conn, sql);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(res));
	for (int row = 0; row < PQntuples(res); row++)
		add_row(res, row, out);
	PQclear(res);
	PQfinish(conn);
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	static const char *const columns[][2] = {
		{"session", "protocol, host(src_ip) AS src_ip, src_port, host(x_ip) AS x_ip, x_port,"
			    " host(dst_ip) AS dst_ip, dst_port"},
		{"port", "protocol, host(src_ip) AS src_ip, src_port, host(x_ip) AS x_ip, x_port"},
		{"port_block", "host(src_ip) AS src_ip, host(x_ip) AS x_ip, start_port, end_port"},
		{"address", "host(src_ip) AS src_ip, host(x_ip) AS x_ip"},
	};
	for (size_t i = 0; i < 4; i++) {
		struct strbuf sql = {0};
		strbuf_printf(&sql,
			      "SELECT replace('%s-mapping', '_', '-') AS type,"
			      " to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
			      " AS timestamp, host(host) AS host, event, vrf_id, %s, host_name, subscriber"
			      " FROM %s_mapping",
			      columns[i][0], columns[i][1], columns[i][0]);
		read_table(f, sql.data, out);
		strbuf_free(&sql);
	}
}

static void read_dead(struct fixture *f, struct strbuf *out)
{
	postgres_lines(postgresql_schema(f),
		       "SELECT concat_ws(' ', \"offset\", record, idx, output, reason,"
		       " convert_from(value, 'UTF8')) FROM natmill_dead_letters",
		       out);
}

/* As an administrator who changes the tables for long. */
static void block(struct fixture *f)
{
	struct own *own = f->own;
	own->blocker = postgres_connect(own->schema);
	PGresult *res = PQexec(own->blocker, "BEGIN; LOCK TABLE session_mapping, natmill_dead_letters");
	assert_int_equal(PQresultStatus(res), PGRES_COMMAND_OK);
	PQclear(res);
}

static void unblock(struct fixture *f)
{
	struct own *own = f->own;
	PQfinish(own->blocker);
}

const struct driver postgresql_driver = {
	.type = &postgresql_output,
	.shared = true,
	.set_up = set_up,
	.tear_down = tear_down,
	.read = read_events,
	.read_dead = read_dead,
	.block = block,
	.unblock = unblock,
};
