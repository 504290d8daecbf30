/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops the server; see postgres_server.h.
 */
#include "tests/contract/postgres_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/server_process.h"

#define START_MS 60000

static char folder[] = "/tmp/natmill-postgres-XXXXXX";
static char url[128];
static pid_t server;
static pid_t owner; /* children of the test inherit its atexit */

static void stop(void)
{
	char command[64];
	if (getpid() != owner)
		return;
	kill(server, SIGQUIT);
	waitpid(server, NULL, 0);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", folder);
}

static void start(void)
{
	char port[16];
	snprintf(port, sizeof port, "%d", server_free_port());
	if (mkdtemp(folder) == NULL)
		exit(2);
	owner = getpid();
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("tests/setup/postgres.sh", "postgres.sh", folder, port, "fsync=off",
		      "deadlock_timeout=100ms", NULL);
		_exit(127);
	}
	atexit(stop);
	snprintf(url, sizeof url, "postgresql://postgres@127.0.0.1:%s/postgres", port);
	int64_t deadline = clock_mono_ms() + START_MS;
	while (PQping(url) != PQPING_OK) {
		if (waitpid(server, NULL, WNOHANG) != 0 || clock_mono_ms() > deadline) {
			char command[96];
			snprintf(command, sizeof command, "tail -n 5 %s/*.log >&2", folder);
			fprintf(stderr, "no PostgreSQL server for the tests (%d)\n", system(command));
			exit(2);
		}
		usleep(20000);
	}
}

const char *postgres_url(void)
{
	if (server == 0)
		start();
	return url;
}

PGconn *postgres_connect(const char *schema)
{
	char sql[128];
	PGconn *conn = PQconnectdb(postgres_url());
	if (PQstatus(conn) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(conn));
	snprintf(sql, sizeof sql, "SET search_path = %s; SET client_min_messages = warning",
		 schema != NULL ? schema : "public");
	PQclear(PQexec(conn, sql));
	return conn;
}

static PGresult *execute(PGconn *conn, const char *sql)
{
	PGresult *res = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(res);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(res));
	return res;
}

void postgres_run(const char *schema, const char *sql)
{
	PGconn *conn = postgres_connect(schema);
	PQclear(execute(conn, sql));
	PQfinish(conn);
}

const char *postgres_string(const char *schema, const char *sql, char *buf, size_t size)
{
	PGconn *conn = postgres_connect(schema);
	PGresult *res = execute(conn, sql);
	bool some = PQntuples(res) > 0;
	snprintf(buf, size, "%s", !some ? "" : PQgetisnull(res, 0, 0) ? "NULL" : PQgetvalue(res, 0, 0));
	PQclear(res);
	PQfinish(conn);
	return buf;
}

long long postgres_number(const char *schema, const char *sql)
{
	char text[64];
	postgres_string(schema, sql, text, sizeof text);
	return text[0] == '\0' || strcmp(text, "NULL") == 0 ? -1 : strtoll(text, NULL, 10);
}

void postgres_lines(const char *schema, const char *sql, struct strbuf *out)
{
	PGconn *conn = postgres_connect(schema);
	PGresult *res = execute(conn, sql);
	for (int row = 0; row < PQntuples(res); row++)
		strbuf_printf(out, "%s\n", PQgetvalue(res, row, 0));
	PQclear(res);
	PQfinish(conn);
}
