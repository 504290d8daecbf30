/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `redis` under test, on the tests' own server, which each fixture finds empty. Keys are the
 * events' identities, so that each event is found.
 */
#ifndef NATMILL_TESTS_DRIVER_REDIS_H
#define NATMILL_TESTS_DRIVER_REDIS_H

#include "tests/contract/fixture.h"

extern const struct driver redis_driver;

#endif
