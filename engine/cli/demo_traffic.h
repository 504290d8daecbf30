/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo's world: librdkafka's mock cluster in the process as broker, and a thread that turns the samples
 * of all vendor scripts into live traffic on their topics. Owner: cmd_demo.
 */
#ifndef NATMILL_CLI_DEMO_TRAFFIC_H
#define NATMILL_CLI_DEMO_TRAFFIC_H

#include <stdint.h>

#include "base/errlist.h"
#include "script/generation.h"

struct demo_traffic;

/* Starts the mock cluster with the topics of the generation's scripts. vendor: traffic of this script's
 * samples only; NULL: of all. NULL with e on failure. */
struct demo_traffic *demo_traffic_new(struct generation *g, const char *vendor, struct err *e);

/* "127.0.0.1:40123" of the mock cluster; owned by the traffic. */
const char *demo_traffic_brokers(const struct demo_traffic *t);

/* Starts and ends the flow; per_second messages at most. */
int demo_traffic_start(struct demo_traffic *t, int per_second, struct err *e);
void demo_traffic_stop(struct demo_traffic *t); /* waits for delivery reports; legal when not started */
void demo_traffic_drop(struct demo_traffic *t); /* the same without waiting */

/* Messages that the cluster has taken so far. From any thread. */
uint64_t demo_traffic_sent(const struct demo_traffic *t);

void demo_traffic_free(struct demo_traffic *t); /* NULL is legal */

#endif
