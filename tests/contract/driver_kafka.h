/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers of the output `kafka`, with transactions and without, on a real Kafka. Each fixture has a group and
 * a topic of its own; its host is no real member of the group, so that nobody needs to poll one.
 */
#ifndef NATMILL_TESTS_DRIVER_KAFKA_H
#define NATMILL_TESTS_DRIVER_KAFKA_H

#include "tests/contract/fixture.h"

extern const struct driver kafka_driver;
extern const struct driver kafka_plain_driver;

/* What the driver keeps in fixture.own. */
struct kafka_names {
	char topic[64];
	char group[64];
	void *membership;
};

#endif
