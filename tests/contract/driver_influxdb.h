/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `influxdb` under test, on the tests' own server; each fixture has a database of its own.
 */
#ifndef NATMILL_TESTS_DRIVER_INFLUXDB_H
#define NATMILL_TESTS_DRIVER_INFLUXDB_H

#include "tests/contract/fixture.h"

extern const struct driver influxdb_driver;

/* The database of the fixture. */
const char *influxdb_database(const struct fixture *f);

/* Appends the JSON form of every point of the database, a line each. */
void influxdb_events(const char *database, struct strbuf *out);

#endif
