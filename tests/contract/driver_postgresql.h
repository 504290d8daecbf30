/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `postgresql` under test, on the tests' own server; each fixture has a schema of its own.
 */
#ifndef NATMILL_TESTS_DRIVER_POSTGRESQL_H
#define NATMILL_TESTS_DRIVER_POSTGRESQL_H

#include "tests/contract/fixture.h"

extern const struct driver postgresql_driver;

/* The schema of the fixture. */
const char *postgresql_schema(const struct fixture *f);

/* Sets an option of the fixture from its text. */
void postgresql_option(struct fixture *f, const char *name, const char *value);

#endif
