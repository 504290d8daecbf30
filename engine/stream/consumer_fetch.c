/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the data queue into a batch and watches the offsets: below the expected one is dropped as repeated, a
 * jump is a gap; see consumer.h.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "stream/consumer.h"

#define CHUNK_MAX 2048u

/* The queue is waited for in slices, so that a long batch.wait does not keep the group waiting. */
#define SLICE_MS 100

void consumer_forget_leftovers(struct consumer *c, bool all)
{
	struct leftovers *l = &c->leftovers;
	size_t kept = 0;
	for (size_t i = l->first; i < l->n; i++) {
		rd_kafka_message_t *m = l->items[i];
		const struct partition *p =
			all ? NULL : partitions_find(&c->parts, rd_kafka_topic_name(m->rkt), m->partition);
		if (p == NULL || p->revoked)
			rd_kafka_message_destroy(m);
		else
			l->items[kept++] = m;
	}
	l->first = 0;
	l->n = kept;
}

/* An error that stands in the data queue in a message's place. */
static void note_error(struct consumer *c, const rd_kafka_message_t *m)
{
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		struct partition *p = partitions_find(&c->parts, rd_kafka_topic_name(m->rkt), m->partition);
		if (p != NULL)
			p->read_to = m->offset;
		return;
	}
	log_warn("Kafka: topic %s partition %d offset %lld: %s",
		 m->rkt != NULL ? rd_kafka_topic_name(m->rkt) : "?", m->partition, (long long)m->offset,
		 rd_kafka_message_errstr(m));
	if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
	    m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
	    m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	    m->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
		c->out_of_place = true;
}

/* Checks the offset against the expected one; false = drop the message. */
static bool take_offset(struct consumer *c, struct partition *p, int64_t offset)
{
	if (offset < p->next) {
		stats_add(&c->stats->repeated, 1);
		return false;
	}
	if (offset > p->next) {
		stats_add(&c->stats->gaps, 1);
		stats_add(&c->stats->gap_messages, (uint64_t)(offset - p->next));
		log_warn("Kafka: topic %s partition %d: offsets %lld to %lld are not there (compaction and "
			 "transactions leave "
			 "such gaps; otherwise messages are lost)",
			 p->topic, p->id, (long long)p->next, (long long)offset - 1);
	}
	p->next = offset + 1;
	return true;
}

static int64_t timestamp_of(const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(m, &type);
	return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0 ? EVENT_NO_TIME : ms * 1000;
}

static void put_message(struct batch *b, struct partition *p, rd_kafka_message_t *m)
{
	int64_t timestamp = timestamp_of(m);
	b->messages[b->message_count++] = (struct message){
		.topic = p->topic,
		.partition = p->id,
		.offset = m->offset,
		.timestamp = timestamp,
		.value = m->payload,
		.len = m->len,
		.key = m->key,
		.key_len = m->key_len,
		.tombstone = m->payload == NULL,
		.route = p->route,
		.handle = m,
	};
	if (p->batch_end < 0)
		p->batch_first = timestamp;
	p->batch_end = m->offset + 1;
	if (timestamp > p->batch_newest)
		p->batch_newest = timestamp;
}

/* Moves fetched messages into the batch until it is full; returns the bytes put in. */
static int64_t drain_leftovers(struct consumer *c, struct batch *b, uint32_t max, int64_t bytes)
{
	struct leftovers *l = &c->leftovers;
	struct partition *p = NULL;
	const rd_kafka_topic_t *topic = NULL;
	int64_t put = 0;
	while (l->first < l->n && b->message_count < max && put < bytes) {
		rd_kafka_message_t *m = l->items[l->first];
		if (put > 0 && put + (int64_t)m->len > bytes)
			break; /* the next batch takes it */
		l->first++;
		if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
			note_error(c, m);
			rd_kafka_message_destroy(m);
			continue;
		}
		if (p == NULL || m->rkt != topic || m->partition != p->id) {
			p = partitions_find(&c->parts, rd_kafka_topic_name(m->rkt), m->partition);
			topic = m->rkt;
		}
		if (p == NULL || p->state != PARTITION_READING || !take_offset(c, p, m->offset)) {
			rd_kafka_message_destroy(m);
			continue;
		}
		put_message(b, p, m);
		put += (int64_t)m->len;
	}
	return put;
}

/* How many messages to ask for: what still fits, judged by the last batch's mean size. */
static size_t chunk_size(const struct batch *b, uint32_t max, int64_t bytes_left, int64_t put)
{
	size_t chunk = max - b->message_count;
	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	int64_t mean = b->message_count > 0 ? put / b->message_count + 1 : 1024;
	int64_t fits = bytes_left / mean + 1;
	return (int64_t)chunk > fits ? (size_t)fits : chunk;
}

static void begin_batch(struct consumer *c)
{
	for (size_t i = 0; i < c->parts.n; i++) {
		c->parts.items[i]->batch_end = -1;
		c->parts.items[i]->batch_newest = EVENT_NO_TIME;
	}
	if (c->leftovers.items == NULL)
		c->leftovers.items = xcalloc(CHUNK_MAX, sizeof *c->leftovers.items);
}

size_t consumer_fetch(struct consumer *c, struct batch *b, const struct fetch_limits *limits)
{
	begin_batch(c);
	struct leftovers *l = &c->leftovers;
	int64_t put = drain_leftovers(c, b, limits->messages, limits->bytes);
	while (l->first == l->n && b->message_count < limits->messages && put < limits->bytes) {
		stats_add(&c->stats->beats, 1);
		int64_t left = limits->deadline_ms - clock_mono_ms();
		int wait = left < 0 ? 0 : left > SLICE_MS ? SLICE_MS : (int)left;
		size_t want = chunk_size(b, limits->messages, limits->bytes - put, put);
		ssize_t got = rd_kafka_consume_batch_queue(c->data, wait, l->items, want);
		l->first = 0;
		l->n = got > 0 ? (size_t)got : 0;
		put += drain_leftovers(c, b, limits->messages, limits->bytes - put);
		if (left <= 0)
			break;
		consumer_serve(c, 0);
		if (c->asked != REBALANCE_NONE || c->out_of_place || atomic_load(c->stop) != 0)
			break;
	}
	if (b->message_count > 0)
		c->mean = put / b->message_count;
	return b->message_count;
}

bool consumer_backlogged(const struct consumer *c)
{
	int64_t waiting = (int64_t)rd_kafka_queue_length(c->data);
	return waiting >= c->prefetch_messages / 2 || waiting * c->mean >= c->prefetch_bytes / 2;
}

void consumer_headers(struct message *m)
{
	rd_kafka_headers_t *headers;
	if (m->headers != NULL || rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	size_t n = rd_kafka_header_cnt(headers);
	struct message_header *list = xcalloc(n, sizeof *list);
	for (size_t i = 0; i < n; i++) {
		const void *value;
		rd_kafka_header_get_all(headers, i, &list[i].name, &value, &list[i].len);
		list[i].value = value;
	}
	m->headers = list;
	m->header_count = n;
}

void consumer_release_batch(struct batch *b)
{
	for (uint32_t i = 0; i < b->message_count; i++) {
		struct message *m = &b->messages[i];
		free((void *)(uintptr_t)m->headers); /* made by consumer_headers() */
		rd_kafka_message_destroy(m->handle);
	}
	batch_reset(b);
}
