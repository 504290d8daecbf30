/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and delivers a history; see history.h. The batch is filled by the worker's own fetch and delivered by
 * its own delivery; only where it begins and ends is different.
 */
#include "stream/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "script/host.h"
#include "stream/consumer.h"
#include "stream/deliver.h"
#include "stream/history_range.h"

#define GIVE_UP_MS 60000

struct history {
	const struct history_config *config;
	struct history_counts *counts;
	struct consumer consumer;
	struct sinks sinks;
	struct output_stats output_stats[OUTPUTS_MAX];
	struct worker_stats stats;
	struct delivery delivery;
	struct host *host;
	struct batch batch;
	struct history_range range;
	uint32_t route;
	int64_t idle_since_ms;
};

static int open_all(struct history *h, struct err *e)
{
	const struct history_config *config = h->config;
	struct memory_share memory = settings_memory_share(config->engine);
	struct host_options options = {.jit = true, .need_host_time = true, .alarm = true};
	struct errlist errors = {0};
	h->host = host_new(config->generation, &options, &errors);
	if (h->host == NULL)
		*e = errors.items[0];
	errlist_free(&errors);
	if (h->host == NULL)
		return -1;
	int route = host_route(h->host, config->topic);
	if (route < 0)
		return err_set(e, ERR_CONFIG, "no vendor script serves topic %s; check --topic and `topics`",
			       config->topic);
	h->route = (uint32_t)route;
	const struct consumer_config consumer = {.settings = config->kafka,
						 .prefetch = memory.prefetch,
						 .fetch = memory.fetch,
						 .stats = &h->stats,
						 .stop = config->stop,
						 .tell_ends = true};
	if (consumer_open(&h->consumer, &consumer, e) != 0)
		return -1;
	const struct output_env env = {.cluster_id = h->consumer.cluster_id, .host = config->host};
	return sinks_create(&h->sinks, config->target, 1, h->output_stats, &env, e);
}

static int begin(struct history *h, struct err *e)
{
	const struct history_config *config = h->config;
	struct memory_share memory = settings_memory_share(config->engine);
	if (history_range_find(&h->range, config, &h->consumer, &h->sinks.items[0], e) != 0)
		return -1;
	h->counts->live = h->range.live;
	h->counts->resumed = h->range.resumed;
	for (size_t i = 0; i < h->consumer.parts.n; i++)
		h->consumer.parts.items[i]->route = h->route;
	batch_init(&h->batch, (uint32_t)config->batch->messages, (uint32_t)memory.arena);
	h->delivery = (struct delivery){.sinks = &h->sinks,
					.parts = &h->consumer.parts,
					.host = config->host,
					.stats = &h->stats,
					.generation = config->generation,
					.scripts = h->host,
					.headers = consumer_headers,
					.leave_known = h->range.identity};
	if (h->delivery.leave_known > IDENTITY_COLUMNS)
		h->delivery.leave_known = IDENTITY_COLUMNS;
	return consumer_assign(&h->consumer, e);
}

/* Takes messages beyond the history's end out of the batch. */
static void cut_batch(struct history *h)
{
	struct batch *b = &h->batch;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < b->message_count; i++) {
		struct message *m = &b->messages[i];
		if (m->offset < h->range.ends[m->partition])
			b->messages[kept++] = *m;
		else
			rd_kafka_message_destroy(m->handle);
	}
	b->message_count = kept;
	for (size_t i = 0; i < h->consumer.parts.n; i++) {
		struct partition *p = h->consumer.parts.items[i];
		if (p->batch_end > h->range.ends[p->id])
			p->batch_end = h->range.ends[p->id];
	}
}

/* Partitions that are read to their end are read no further. The last offsets need not be messages (markers
 * of transactions, what compaction has taken): there the broker's own word tells that nothing is left. The
 * number of those that are left, or -1 with e. */
static int drop_finished(struct history *h, struct err *e)
{
	struct partitions *parts = &h->consumer.parts;
	bool changed = false;
	for (size_t i = 0; i < parts->n; i++) {
		struct partition *p = parts->items[i];
		int64_t end = h->range.ends[p->id];
		if (p->state != PARTITION_READING || (p->next < end && p->read_to < end))
			continue;
		p->state = PARTITION_STOPPED;
		changed = true;
	}
	if (changed && consumer_assign(&h->consumer, e) != 0)
		return -1;
	return (int)partitions_count(parts, PARTITION_READING);
}

static int deliver(struct history *h, struct err *e)
{
	struct batch *b = &h->batch;
	if (host_run(h->host, b, e) != 0)
		return -1;
	uint64_t messages = b->message_count;
	h->counts->dead += b->dead_count;
	if (h->range.live) /* they are letters of the live run, or it had read them */
		b->dead_count = 0;
	enum deliver_verdict verdict = deliver_batch(&h->delivery, b);
	if (verdict == DELIVER_FENCED)
		return err_set(e, ERR_OUTPUT,
			       "another replay of the same topic and times is at work, or the answer of a "
			       "COMMIT was lost: then the same command goes on from here");
	if (verdict == DELIVER_GIVEN_UP)
		return err_set(e, ERR_SYSTEM, "interrupted; the same command goes on from here");
	h->counts->messages += messages;
	h->counts->events += b->event_count;
	for (size_t i = 0; i < h->consumer.parts.n; i++) /* nothing for a group: it has none */
		h->consumer.parts.items[i]->committed = h->consumer.parts.items[i]->settled;
	return 0;
}

/* Nothing came. 0 = wait on, -1 with e. */
static int stand_idle(struct history *h, int64_t now, struct err *e)
{
	if (h->idle_since_ms == 0)
		h->idle_since_ms = now;
	if (h->consumer.fatal.code != ERR_NONE) {
		*e = h->consumer.fatal;
		return -1;
	}
	if (h->consumer.out_of_place)
		return err_set(e, ERR_KAFKA,
			       "Kafka: topic %s cannot be read on: its retention or somebody has deleted "
			       "messages of that time",
			       h->config->topic);
	if (now - h->idle_since_ms > GIVE_UP_MS)
		return err_set(e, ERR_KAFKA,
			       "Kafka: no message for a minute; the same command goes on from here");
	return 0;
}

/* Reads and delivers a batch. The number of partitions that are left to read, or -1 with e. */
static int turn(struct history *h, struct err *e)
{
	struct memory_share memory = settings_memory_share(h->config->engine);
	struct fetch_limits limits = {.messages = (uint32_t)h->config->batch->messages,
				      .bytes = memory.batch,
				      .deadline_ms = clock_mono_ms() + h->config->batch->wait_ms};
	size_t n = consumer_fetch(&h->consumer, &h->batch, &limits);
	int64_t now = clock_mono_ms();
	int rc = 0;
	consumer_serve(&h->consumer, 0);
	if (output_wait(h->config->host, -1, 0, 0) < 0)
		rc = err_set(e, ERR_SYSTEM, "interrupted; the same command goes on from here");
	else if (n == 0)
		rc = stand_idle(h, now, e);
	else
		h->idle_since_ms = 0;
	if (rc == 0 && n > 0) {
		cut_batch(h);
		rc = deliver(h, e);
	}
	consumer_release_batch(&h->batch);
	if (rc != 0)
		return -1;
	return drop_finished(h, e);
}

static void finish(struct sink *target, void *ctx, struct output_result *r)
{
	(void)ctx;
	output_ok(r, 0);
	if (target->type->finish != NULL)
		target->type->finish(target->out, r);
}

int history_run(const struct history_config *config, struct history_counts *counts, struct err *e)
{
	struct history *h = xcalloc(1, sizeof *h);
	*counts = (struct history_counts){0};
	h->config = config;
	h->counts = counts;
	counts->keeps = config->target->type->keeps_dead;
	int left = open_all(h, e) == 0 && begin(h, e) == 0 ? drop_finished(h, e) : -1;
	while (left > 0)
		left = turn(h, e);
	if (left == 0)
		left = history_range_ask(config, &h->sinks.items[0], finish, NULL, e);
#define X(name, help) stats_add(&counts->output.name, stats_get(&h->output_stats[0].name));
	OUTPUT_STATS(X)
#undef X
	for (size_t i = 0; i < h->consumer.parts.n; i++)
		h->consumer.parts.items[i]->committed = h->consumer.parts.items[i]->settled;
	sinks_close(&h->sinks);
	consumer_close(&h->consumer);
	delivery_free(&h->delivery);
	batch_free(&h->batch);
	history_range_free(&h->range);
	host_free(h->host);
	free(h);
	return left < 0 ? -1 : 0;
}
