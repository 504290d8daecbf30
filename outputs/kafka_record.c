/* SPDX-License-Identifier: Apache-2.0
 *
 * One event as a Kafka record: its JSON form, the key, and its identity in the header natmill.id; see
 * kafka.h.
 */
#include "output/event_id.h"
#include "outputs/kafka.h"

rd_kafka_error_t *kafka_send(struct kafka *s, const struct batch *b, const struct event *ev)
{
	static const char header[] = "natmill.id";
	s->value.len = s->key.len = 0;
	event_json(ev, b->arena.data, b->arena.len, &s->value);
	s->id.len = 0;
	event_id_add(&s->id, s->env->cluster_id, b, ev);
	if (s->key_field >= 0)
		event_value(ev, (enum event_field)s->key_field, b->arena.data, b->arena.len, &s->key);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
	rd_kafka_header_add(headers, header, sizeof header - 1, s->id.data, (ssize_t)s->id.len);
	rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = s->rkt[ev->type]},
		{.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = s->value.data, .size = s->value.len}},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = s->key.data, .size = s->key.len}},
	};
	size_t n = sizeof parts / sizeof parts[0];
	rd_kafka_error_t *error = rd_kafka_produceva(s->rk, parts, s->key.len > 0 ? n : n - 1);
	if (error != NULL)
		rd_kafka_headers_destroy(headers); /* else they are the producer's */
	return error;
}
