/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `amqp` under test, on the tests' own broker; a queue, empty for each fixture, gets everything.
 */
#ifndef NATMILL_TESTS_DRIVER_AMQP_H
#define NATMILL_TESTS_DRIVER_AMQP_H

#include "tests/contract/fixture.h"

extern const struct driver amqp_driver;

#define DRIVER_AMQP_QUEUE "seen"

#endif
