/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of delivery stand on: outputs that are capture doubles, one partition table, a host whose
 * waits take no time and can be told to give up. A struct rig belongs to its test; rig_open, add outputs,
 * rig_start.
 */
#ifndef NATMILL_TESTS_DELIVER_RIG_H
#define NATMILL_TESTS_DELIVER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "stream/deliver.h"
#include "tests/contract/capture.h"

#define RIG_OUTPUTS 4
#define RIG_TOPIC "cgnat.syslog.nfware"

struct rig_host {
	struct output_host host; /* first: it is cast back */
	unsigned backoffs;       /* waits with a time in the future */
	unsigned allowed;        /* so many of them, then give up */
	bool gave_up;
	bool alarmed; /* the first output had an alarm when it was waited for last */
};

struct rig {
	struct rig_host host;
	size_t count;
	struct capture *server[RIG_OUTPUTS]; /* in the order they were added */
	struct capture_options options[RIG_OUTPUTS];
	struct sink_config configs[RIG_OUTPUTS];
	struct output_stats stats[OUTPUTS_MAX];
	struct worker_stats worker;
	struct sinks sinks;
	struct partitions parts;
	struct delivery d;
	struct batch batch;
};

static int rig_wait(struct output_host *host, int fd, short events, int64_t deadline_ms)
{
	struct rig_host *h = (struct rig_host *)host;
	(void)fd;
	(void)events;
	h->alarmed = ((const struct rig *)host)->sinks.items[0].alarm;
	if (deadline_ms > clock_mono_ms() + 10) /* the double's own waits are shorter, backoffs longer */
		h->gave_up = h->gave_up || h->backoffs++ >= h->allowed;
	return h->gave_up ? -1 : 0;
}

static inline void rig_open(struct rig *r)
{
	*r = (struct rig){.host = {.host = {.wait = rig_wait}, .allowed = UINT32_MAX}};
	batch_init(&r->batch, 16384, 1u << 22);
}

static inline struct capture *rig_add(struct rig *r, const struct output_type *type, const char *name)
{
	size_t i = r->count++;
	r->server[i] = capture_new();
	r->options[i].capture = r->server[i];
	r->configs[i] = (struct sink_config){.type = type, .name = name, .options = &r->options[i]};
	return r->server[i];
}

static inline void rig_start(struct rig *r)
{
	struct err e;
	const struct output_env env = {.cluster_id = "cluster", .host = &r->host.host};
	assert_int_equal(sinks_create(&r->sinks, r->configs, r->count, r->stats, &env, &e), 0);
	r->d = (struct delivery){.sinks = &r->sinks,
				 .parts = &r->parts,
				 .host = &r->host.host,
				 .stats = &r->worker};
}

/* Checks that no double saw the contract broken. */
static inline void rig_close(struct rig *r)
{
	for (size_t i = 0; i < r->count; i++)
		assert_string_equal(r->server[i]->error, "");
	sinks_close(&r->sinks);
	delivery_free(&r->d);
	partitions_free(&r->parts);
	batch_free(&r->batch);
	for (size_t i = 0; i < r->count; i++)
		capture_free(r->server[i]);
}

/* The partition is taken up at `offset` by every output, with rows where there are watermarks. */
static inline struct partition *rig_partition(struct rig *r, int32_t id, int64_t offset)
{
	struct partition *p = partitions_add(&r->parts, RIG_TOPIC, id);
	p->state = PARTITION_READING;
	p->next = p->settled = offset;
	for (size_t k = 0; k < OUTPUTS_MAX; k++)
		p->taken[k] = offset;
	for (size_t i = 0; i < r->count; i++)
		if (r->configs[i].type->transactional)
			capture_set_watermark(r->server[i], r->configs[i].name, RIG_TOPIC, id, offset);
	return p;
}

static inline void rig_begin_batch(struct rig *r)
{
	batch_reset(&r->batch);
	for (size_t i = 0; i < r->parts.n; i++) {
		r->parts.items[i]->batch_end = -1;
		r->parts.items[i]->batch_newest = EVENT_NO_TIME;
	}
}

/* n messages with one event each, from the partition's next offset on. */
static inline void rig_fill(struct rig *r, struct partition *p, uint32_t n)
{
	struct batch *b = &r->batch;
	for (uint32_t i = 0; i < n; i++) {
		b->messages[b->message_count++] = (struct message){.topic = p->topic,
								   .partition = p->id,
								   .offset = p->next,
								   .timestamp = 1000000 + p->next,
								   .value = "line",
								   .len = 4};
		struct event *ev = batch_add_event(b);
		event_clear(ev);
		ev->message = b->message_count - 1;
		ev->type = EVENT_ADDRESS;
		p->batch_newest = 1000000 + p->next;
		p->batch_end = ++p->next;
	}
}

/* The handler's own dead letter about a message of the batch. */
static inline void rig_dead(struct rig *r, uint32_t message)
{
	batch_add_dead(&r->batch, message, 0, "not understood");
}

static inline enum deliver_verdict rig_deliver(struct rig *r)
{
	return deliver_batch(&r->d, &r->batch);
}

/* Each offset from..to-1 of the partition is stored exactly `times` times. */
static inline void rig_assert_stored(struct capture *c, int32_t id, int64_t from, int64_t to, size_t times)
{
	for (int64_t offset = from; offset < to; offset++)
		assert_int_equal(capture_count(c, RIG_TOPIC, id, offset, 0), times);
}

/* offered = stored + filtered + rejected + dropped, for each output. */
static inline void rig_assert_accounts(const struct rig *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct output_stats *s = &r->stats[i];
		assert_int_equal(stats_get(&s->offered), stats_get(&s->stored) + stats_get(&s->filtered) +
								 stats_get(&s->rejected) +
								 stats_get(&s->dropped));
	}
}

#endif
