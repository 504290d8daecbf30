/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an SQLite file back with a connection of the tests' own.
 */
#ifndef NATMILL_TESTS_DRIVER_SQLITE_H
#define NATMILL_TESTS_DRIVER_SQLITE_H

#include <sqlite3.h>

#include "tests/contract/fixture.h"

extern const struct driver sqlite_driver;

/* Runs statements on a fresh connection; asserts that they work. */
void sqlite_shell(const char *path, const char *sql);

/* The first column of the first row as a number, or -1 without a row or for NULL. */
long long sqlite_number(const char *path, const char *sql);

/* The same as a text into buf of size bytes ("NULL" for NULL, "" without a row); returns buf. */
const char *sqlite_string(const char *path, const char *sql, char *buf, size_t size);

#endif
