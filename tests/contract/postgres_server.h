/* SPDX-License-Identifier: Apache-2.0
 *
 * A real PostgreSQL server for C tests, started by tests/setup/postgres.sh when it is first asked for and
 * stopped when the test program ends; and a connection of the tests' own to look into it.
 */
#ifndef NATMILL_TESTS_POSTGRES_SERVER_H
#define NATMILL_TESTS_POSTGRES_SERVER_H

#include <libpq-fe.h>
#include <stddef.h>

struct strbuf;

/* How to connect as the superuser, as a url of libpq. Static. Ends the program when there is no server. */
const char *postgres_url(void);

/* A connection whose search path is the schema (NULL: the default one). The caller's to PQfinish. */
PGconn *postgres_connect(const char *schema);

/* Runs statements; asserts that they work. */
void postgres_run(const char *schema, const char *sql);

/* The first column of the first row into buf, "NULL" for NULL, "" without a row. Returns buf. */
const char *postgres_string(const char *schema, const char *sql, char *buf, size_t size);

/* The same as a number, -1 without one. */
long long postgres_number(const char *schema, const char *sql);

/* Adds the first column of every row, a line each. */
void postgres_lines(const char *schema, const char *sql, struct strbuf *out);

#endif
