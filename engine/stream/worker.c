/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's loop: serve the group, read a batch, run the scripts, deliver, settle, commit; see worker.h.
 */
#include "stream/worker.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "stream/backoff.h"
#include "stream/start.h"

#define SERVE_MS 20            /* how often the control queue is served while an output waits */
#define COMMIT_EVERY_MS 200    /* the group's commits of one worker a second: at most 5 */
#define STOPPED_AGAIN_MS 30000 /* a stopped partition is looked at again: the operator may have mended it */

static int64_t stop_deadline(const struct worker *w)
{
	return atomic_load_explicit(&w->config->stop_deadline, memory_order_relaxed);
}

/* The work under way has to be given up. */
static bool give_up(const struct worker *w)
{
	int64_t stop = stop_deadline(w);
	return consumer_disturbed(&w->consumer) || (stop != 0 && clock_mono_ms() >= stop);
}

/* The engine's wait for outputs; see output_wait(). */
static int worker_wait(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	struct worker *w = (struct worker *)h;
	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		int slice = left <= 0 ? 0 : left > SERVE_MS ? SERVE_MS : (int)left;
		struct pollfd p = {.fd = fd, .events = events};
		if (poll(&p, 1, slice) > 0 && p.revents != 0)
			return p.revents;
		consumer_serve(&w->consumer, 0);
		if (w->consumer.asked == REBALANCE_ASSIGN)
			consumer_accept(&w->consumer); /* more partitions: nothing under way is touched */
		if (give_up(w))
			return -1;
		if (left <= 0)
			return 0;
	}
}

static void handle_rebalance(struct worker *w)
{
	struct consumer *c = &w->consumer;
	if (c->asked == REBALANCE_REVOKE)
		consumer_release(c);
	else if (c->asked == REBALANCE_ASSIGN)
		consumer_accept(c);
	if (c->out_of_place)
		consumer_restart(c);
}

/* Finds the positions of partitions that wait for one, and begins to read them. */
static void take_partitions(struct worker *w)
{
	struct consumer *c = &w->consumer;
	int64_t now = clock_mono_ms();
	if (partitions_count(&c->parts, PARTITION_WAITING) == 0 || now < w->next_start_ms)
		return;
	struct err e = {0};
	if (start_partitions(c, &w->sinks, w->config->kafka->start, &e) != 0) {
		w->next_start_ms = clock_mono_ms() + backoff_ms(++w->start_failures, (uint32_t)now);
		log_warn("%s; positions are asked for again", e.msg);
	} else {
		w->start_failures = 0;
	}
	for (size_t i = 0; i < c->parts.n; i++) {
		struct partition *p = c->parts.items[i];
		int route = host_route(w->host, p->topic);
		p->route = route < 0 ? 0 : (uint32_t)route;
	}
	if (partitions_count(&c->parts, PARTITION_POSITIONED) == 0)
		return;
	if (atomic_load_explicit(&w->first_us, memory_order_relaxed) == 0)
		atomic_store_explicit(&w->first_us, clock_mono_us(), memory_order_relaxed);
	if (consumer_assign(c, &e) != 0)
		log_warn("%s", e.msg);
}

/* Gives stopped partitions another chance now and then. */
static void wake_stopped(struct worker *w)
{
	struct partitions *parts = &w->consumer.parts;
	if (partitions_count(parts, PARTITION_STOPPED) == 0 || clock_mono_ms() < w->next_start_ms)
		return;
	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i]->state == PARTITION_STOPPED)
			parts->items[i]->state = PARTITION_WAITING;
	take_partitions(w);
	w->next_start_ms = clock_mono_ms() + STOPPED_AGAIN_MS;
}

static void count_batch(struct worker *w)
{
	const struct batch *b = &w->batch;
	stats_add(&w->stats.messages, b->counts.messages);
	stats_add(&w->stats.bytes, b->counts.bytes);
	stats_add(&w->stats.records, b->counts.records);
	stats_add(&w->stats.parsed, b->counts.parsed);
	stats_add(&w->stats.ignored, b->counts.ignored);
	stats_add(&w->stats.dead, b->counts.dead);
	stats_add(&w->stats.events, b->event_count);
	stats_add(&w->stats.batches, 1);
	atomic_store_explicit(&w->last_us, clock_mono_us(), memory_order_relaxed);
}

static void settle(struct worker *w, enum deliver_verdict verdict)
{
	if (verdict == DELIVER_DONE) {
		count_batch(w);
		consumer_release_batch(&w->consumer, &w->batch);
		return;
	}
	stats_add(&w->stats.repeated, w->batch.message_count);
	if (verdict == DELIVER_FENCED)
		stats_add(&w->stats.fenced, 1);
	consumer_release_batch(&w->consumer, &w->batch);
	if (w->consumer.asked == REBALANCE_REVOKE)
		consumer_release(&w->consumer);
	consumer_restart(&w->consumer); /* what stays ours is read again from its position */
}

static void commit_now_and_then(struct worker *w)
{
	int64_t now = clock_mono_ms();
	if (now < w->next_commit_ms)
		return;
	consumer_commit(&w->consumer, 0);
	w->next_commit_ms = now + COMMIT_EVERY_MS;
}

static int turn(struct worker *w, const struct fetch_limits *shape)
{
	struct consumer *c = &w->consumer;
	consumer_serve(c, 0);
	handle_rebalance(w);
	take_partitions(w);
	wake_stopped(w);
	int reading = (int)partitions_count(&c->parts, PARTITION_READING);
	atomic_store_explicit(&w->partitions_reading, reading, memory_order_relaxed);
	if (reading == 0) {
		consumer_serve(c, 50);
		return 0;
	}
	struct fetch_limits limits = *shape;
	limits.deadline_ms = clock_mono_ms() + w->config->batch->wait_ms;
	if (consumer_fetch(c, &w->batch, &limits) > 0) {
		if (host_run(w->host, &w->batch, &w->why) != 0) {
			consumer_release_batch(c, &w->batch);
			return -1;
		}
		settle(w, deliver_batch(&w->delivery, &w->batch));
	}
	commit_now_and_then(w);
	return 0;
}

static int worker_open(struct worker *w)
{
	const struct worker_config *cfg = w->config;
	struct memory_share memory = settings_memory_share(cfg->engine);
	struct errlist errors = {0};
	struct host_options options = {.jit = true, .need_host_time = true};
	w->host = host_new(cfg->generation, &options, &errors);
	if (w->host == NULL)
		w->why = errors.items[0];
	errlist_free(&errors);
	if (w->host == NULL)
		return -1;
	const char *const *topics;
	size_t topic_count = generation_topics(cfg->generation, &topics);
	if (consumer_open(&w->consumer, cfg->kafka, memory.prefetch, topics, topic_count, &w->stats,
			  &w->why) != 0)
		return -1;
	batch_init(&w->batch, (uint32_t)cfg->batch->messages, (uint32_t)memory.arena);
	w->delivery = (struct delivery){.sinks = &w->sinks,
					.parts = &w->consumer.parts,
					.host = &w->output_host,
					.stats = &w->stats};
	return sinks_create(&w->sinks, cfg->outputs, cfg->output_count, w->output_stats, &w->output_host,
			    w->consumer.cluster_id, w->number, &w->why);
}

static void worker_close(struct worker *w)
{
	sinks_close(&w->sinks);
	if (w->consumer.rk != NULL)
		consumer_commit(&w->consumer, 2000);
	consumer_close(&w->consumer);
	delivery_free(&w->delivery);
	batch_free(&w->batch);
	host_free(w->host);
	w->host = NULL;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct memory_share memory = settings_memory_share(w->config->engine);
	struct fetch_limits shape = {.messages = (uint32_t)w->config->batch->messages, .bytes = memory.batch};
	if (worker_open(w) == 0)
		while (stop_deadline(w) == 0 && w->consumer.fatal.code == ERR_NONE)
			if (turn(w, &shape) != 0)
				break;
	if (w->why.code == ERR_NONE)
		w->why = w->consumer.fatal;
	worker_close(w);
	atomic_store(&w->running, false);
	uint64_t one = 1;
	ssize_t told = write(w->config->done_fd, &one, sizeof one);
	(void)told; /* an eventfd takes it as long as its counter does not overflow */
	return NULL;
}

int worker_start(struct worker *w, struct worker_config *config, unsigned number, struct err *e)
{
	*w = (struct worker){.output_host = {worker_wait},
			     .config = config,
			     .number = number,
			     .running = true};
	int rc = pthread_create(&w->thread, NULL, worker_main, w);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot start worker %u: %s; lower the option `workers`",
			       number, strerror(rc));
	char name[16];
	snprintf(name, sizeof name, "worker-%u", number);
	pthread_setname_np(w->thread, name);
	return 0;
}

void worker_join(struct worker *w)
{
	pthread_join(w->thread, NULL);
}
