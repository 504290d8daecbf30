/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the output `influxdb`: influxdb.c (settings, requests, verdicts), influxdb_line.c (events as line
 * protocol), influxdb_judge.c (what the server's answer is about).
 */
#ifndef NATMILL_OUTPUTS_INFLUXDB_H
#define NATMILL_OUTPUTS_INFLUXDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outputs/http_judge.h"
#include "output/output.h"

/* How an event becomes a point. InfluxDB knows a point by measurement, tags and time: a second one with the
 * same overwrites the first. So each point carries its event's place in Kafka: the tags topic and partition
 * (and index, when it is not 0), the nanoseconds below the event's microsecond (offset modulo 1000), and the
 * tag slot ((offset / 1000) modulo a number of slots). */
struct influxdb_form {
	uint32_t tags; /* set of 1 << field: the fields that are tags */
	int64_t slots; /* most values of the tag slot, for times in whole seconds */
};

/* _line. Reads names of fields into f->tags; -1 with e (the output's name in front is the caller's). */
int influxdb_form_tags(const struct texts *names, struct influxdb_form *f, struct err *e);

/* Adds the event's line. False with r (REJECT, n = 1) when InfluxDB can never take it; out is then as before.
 */
bool influxdb_line(const struct influxdb_form *f, const struct batch *b, const struct event *ev,
		   struct strbuf *out, struct output_result *r);

/* How many slots a time has: all for whole seconds, a few for whole milliseconds, one for finer times. */
int64_t influxdb_slots(int64_t time_us, int64_t most);

/* _judge. The meaning of an answer to a write; body is the answer's. Pure. */
enum http_meaning influxdb_judge(long status, const char *body);

#endif
