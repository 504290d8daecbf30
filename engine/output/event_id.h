/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an event came from, as outputs name it to others: the key by which a receiver tells repeated events.
 */
#ifndef NATMILL_OUTPUT_EVENT_ID_H
#define NATMILL_OUTPUT_EVENT_ID_H

#include <stdint.h>

#include "event/batch.h"

struct strbuf;

/* Adds "cluster:topic:partition:offset:index". cluster_id: output_env's. */
void event_id_add(struct strbuf *out, const char *cluster_id, const struct batch *b, const struct event *ev);

/* The same as a number, for tables in memory; never 0. */
uint64_t event_id_hash(const struct batch *b, const struct event *ev);

#endif
