/* SPDX-License-Identifier: Apache-2.0
 *
 * The outputs under test, one driver each, and how each is read back without its own code.
 */
#ifndef NATMILL_TESTS_DRIVERS_H
#define NATMILL_TESTS_DRIVERS_H

#include "tests/contract/fixture.h"

/* Ends with NULL. */
extern const struct driver *const drivers[];

#endif
