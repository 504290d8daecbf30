/* SPDX-License-Identifier: Apache-2.0
 *
 * One dead letter as a Kafka record: value, key and headers of the original as they were, and what natmill
 * knows of it in headers natmill.*. Headers of that name on the original (a letter that was sent round again)
 * are left out.
 */
#include "outputs/dead_kafka.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "event/timeparse.h"

#define PREFIX "natmill."

static void add_bytes(rd_kafka_headers_t *headers, const char *name, const char *data, size_t n)
{
	rd_kafka_header_add(headers, name, -1, data, (ssize_t)n);
}

/* An unknown text has no header. */
static void add_text(rd_kafka_headers_t *headers, const char *name, const char *text)
{
	if (text[0] != '\0')
		add_bytes(headers, name, text, strlen(text));
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%" PRId64, number);
	add_bytes(headers, name, text, (size_t)n);
}

static void add_original(rd_kafka_headers_t *headers, const struct message *m)
{
	for (size_t i = 0; i < m->header_count; i++) {
		const struct message_header *h = &m->headers[i];
		if (strncmp(h->name, PREFIX, strlen(PREFIX)) != 0)
			add_bytes(headers, h->name, h->value, h->len);
	}
}

static rd_kafka_headers_t *make_headers(const struct dead_kafka *s, const struct batch *b,
					const struct dead_letter *d)
{
	const struct message *m = &b->messages[d->message];
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	char time[TIME_TEXT_MAX];
	rd_kafka_headers_t *h = rd_kafka_headers_new(m->header_count + 16);
	add_original(h, m);
	add_bytes(h, PREFIX "reason", reason != NULL ? reason : "", reason != NULL ? d->reason.len : 0);
	add_text(h, PREFIX "cluster", s->env->cluster_id);
	add_text(h, PREFIX "topic", m->topic);
	add_number(h, PREFIX "partition", m->partition);
	add_number(h, PREFIX "offset", m->offset);
	add_number(h, PREFIX "record", d->record);
	add_number(h, PREFIX "index", d->index);
	add_text(h, PREFIX "output", d->output);
	add_text(h, PREFIX "vendor", d->vendor);
	add_text(h, PREFIX "rule", d->rule);
	if (d->column > 0)
		add_number(h, PREFIX "column", d->column);
	add_text(h, PREFIX "script_hash", d->script_hash);
	add_number(h, PREFIX "generation", d->generation);
	if (m->timestamp != EVENT_NO_TIME && time_format(m->timestamp, time) > 0)
		add_text(h, PREFIX "timestamp", time);
	return h;
}

/* librdkafka does not write to what it copies; its struct just lacks the const. */
static void *unconst(const void *p)
{
	void *q;
	memcpy(&q, &p, sizeof q);
	return q;
}

rd_kafka_resp_err_t dead_kafka_send(struct dead_kafka *s, const struct batch *b, const struct dead_letter *d)
{
	const struct message *m = &b->messages[d->message];
	rd_kafka_headers_t *headers = make_headers(s, b, d);
	rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = s->options->topic},
		{.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = unconst(m->value), .size = m->len}},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = unconst(m->key), .size = m->key_len}},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = s->attempt.opaque},
	};
	rd_kafka_error_t *error = rd_kafka_produceva(s->rk, parts, sizeof parts / sizeof parts[0]);
	if (error == NULL)
		return RD_KAFKA_RESP_ERR_NO_ERROR; /* the headers are the producer's now */
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	rd_kafka_error_destroy(error);
	rd_kafka_headers_destroy(headers);
	return code;
}
