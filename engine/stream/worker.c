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
#include "stream/letters_tell.h"
#include "stream/start.h"
#include "stream/swap.h"
#include "stream/worker_consumer.h"

#define SERVE_MS 20            /* how often the control queue is served while an output waits */
#define COMMIT_EVERY_MS 200    /* the group's commits of one worker a second: at most 5 */
#define COMMIT_AGAIN_MS 2000   /* after one that failed */
#define TOPICS_AGAIN_MS 10000  /* how soon a topic made anew is noticed, at the latest */
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

static void show(struct worker *w)
{
	view_publish(&w->view, &w->consumer, &w->sinks, &w->batch, host_memory(w->host));
}

/* The engine's wait for outputs; see output_wait(). */
static int worker_wait(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	struct worker *w = (struct worker *)h;
	for (;;) {
		int64_t now = clock_mono_ms();
		int64_t left = deadline_ms - now;
		stats_add(&w->stats.beats, 1);
		int slice = left <= 0 ? 0 : left > SERVE_MS ? SERVE_MS : (int)left;
		struct pollfd p = {.fd = fd, .events = events};
		bool ready = poll(&p, 1, slice) > 0 && p.revents != 0;
		if (!ready || now >= w->next_serve_ms) { /* also when the descriptor is ready each time */
			w->next_serve_ms = now + SERVE_MS;
			consumer_serve(&w->consumer, 0);
			if (w->consumer.asked == REBALANCE_ASSIGN)
				consumer_accept(&w->consumer); /* nothing under way is touched */
			if (w->delivering_ms != 0)
				watchdog_look(&w->watchdog, &w->consumer, &w->sinks, w->delivering_ms);
			show(w);
			if (give_up(w))
				return -1;
		}
		if (ready || left <= 0)
			return ready ? p.revents : 0;
	}
}

/* For output_membership(). */
static const void *worker_membership(struct output_host *h, size_t *len)
{
	struct worker *w = (struct worker *)h;
	return consumer_membership(&w->consumer, len);
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

static void note_joined(struct worker *w)
{
	size_t len;
	if (!atomic_load_explicit(&w->joined, memory_order_relaxed) &&
	    consumer_membership(&w->consumer, &len) != NULL)
		atomic_store(&w->joined, true);
}

/* Finds the positions of partitions that wait for one, and begins to read them. */
static void take_partitions(struct worker *w)
{
	struct consumer *c = &w->consumer;
	int64_t now = clock_mono_ms();
	struct err e = {0};
	swap_leave_out(w);
	if (partitions_count(&c->parts, PARTITION_WAITING) > 0 && now >= w->next_start_ms) {
		consumer_check_cluster(c);
		if (c->fatal.code != ERR_NONE)
			return;
		int rc = start_partitions(c, &w->sinks, w->config->kafka, &e);
		if (rc != 0 && e.code != ERR_OUTPUT) /* outputs tell of themselves */
			log_warn("%s; positions are asked for again", e.msg);
		w->start_failures = rc != 0 ? w->start_failures + 1 : 0;
		if (rc != 0)
			w->next_start_ms =
				clock_mono_ms() + backoff_ms(w->start_failures, (uint32_t)clock_mono_us());
	}
	if (partitions_count(&c->parts, PARTITION_POSITIONED) == 0)
		return;
	for (size_t i = 0; i < c->parts.n; i++) {
		struct partition *p = c->parts.items[i];
		int route = host_route(w->host, p->topic);
		p->route = route < 0 ? UINT32_MAX : (uint32_t)route; /* its messages are dead letters */
	}
	if (atomic_load_explicit(&w->first_us, memory_order_relaxed) == 0)
		atomic_store_explicit(&w->first_us, clock_mono_us(), memory_order_relaxed);
	if (consumer_assign(c, &e) != 0)
		log_warn("%s", e.msg);
}

/* Looks now and then whether the topics are still the same, and gives stopped partitions another chance. */
static void look_around(struct worker *w)
{
	struct partitions *parts = &w->consumer.parts;
	int64_t now = clock_mono_ms();
	if (now >= w->next_topics_ms) {
		w->next_topics_ms = now + TOPICS_AGAIN_MS;
		offsets_check_topics(&w->consumer);
		consumer_check_cluster(&w->consumer);
	}
	if (partitions_count(parts, PARTITION_STOPPED) == 0)
		w->next_wake_ms = now + STOPPED_AGAIN_MS;
	if (now < w->next_wake_ms)
		return;
	w->next_wake_ms = now + STOPPED_AGAIN_MS;
	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i]->state == PARTITION_STOPPED)
			parts->items[i]->state = PARTITION_WAITING;
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
	stats_add(&w->stats.ended, b->counts.ended);
	stats_add(&w->stats.shut, b->counts.shut);
	stats_add(&w->stats.batches, 1);
	accounts_settle(&w->accounts, w->config->names, w->delivery.generation, b);
	devices_settle(&w->devices, b);
	atomic_store_explicit(&w->last_us, clock_mono_us(), memory_order_relaxed);
}

static void settle(struct worker *w, enum deliver_verdict verdict)
{
	if (verdict == DELIVER_DONE) {
		count_batch(w);
		unmatched_take(w->config->unmatched, &w->batch);
		taps_offer(w->config->taps, &w->batch, w->delivery.generation);
		letters_tell(&w->batch);
		consumer_release_batch(&w->batch);
		return;
	}
	stats_add(&w->stats.repeated, w->batch.message_count);
	if (verdict == DELIVER_FENCED)
		stats_add(&w->stats.fenced, 1);
	consumer_release_batch(&w->batch);
	if (w->consumer.asked == REBALANCE_REVOKE)
		consumer_release(&w->consumer);
	consumer_restart(&w->consumer); /* what stays ours is read again from its position */
}

static void commit_now_and_then(struct worker *w)
{
	int64_t now = clock_mono_ms();
	if (now < w->next_commit_ms)
		return;
	w->next_commit_ms = now + (w->consumer.commit_failed ? COMMIT_AGAIN_MS : COMMIT_EVERY_MS);
	w->consumer.commit_failed = false;
	consumer_commit(&w->consumer, 0);
}

static int turn(struct worker *w, const struct fetch_limits *shape)
{
	struct consumer *c = &w->consumer;
	stats_add(&w->stats.beats, 1);
	if (worker_consumer_keep(w) != 0)
		return -1;
	consumer_serve(c, 0);
	if (c->fatal.code != ERR_NONE)
		return 0;
	look_around(w);
	handle_rebalance(w);
	note_joined(w);
	swap_between_batches(w);
	take_partitions(w);
	show(w);
	int reading = (int)partitions_count(&c->parts, PARTITION_READING);
	atomic_store_explicit(&w->partitions_reading, reading, memory_order_relaxed);
	if (reading == 0) {
		if (c->parts.n == 0)
			sinks_rest(&w->sinks); /* also of what failed at finding a position */
		consumer_serve(c, 50);
		return 0;
	}
	struct fetch_limits limits = *shape;
	limits.deadline_ms = clock_mono_ms() + w->setup->batch->wait_ms;
	if (consumer_fetch(c, &w->batch, &limits) > 0) {
		seen_note(&w->handover.seen, &w->batch);
		w->batch.arena.max = w->arena_max; /* the host raises it for a batch that needs more */
		if (host_run(w->host, &w->batch, &w->why) != 0) {
			consumer_release_batch(&w->batch);
			return -1;
		}
		/* Partitions that are others' already: delivered by us, plain outputs would have it twice. */
		bool lost = c->asked == REBALANCE_REVOKE && c->lost;
		w->delivering_ms = clock_mono_ms();
		enum deliver_verdict verdict =
			lost ? DELIVER_GIVEN_UP : deliver_batch(&w->delivery, &w->batch);
		w->delivering_ms = 0;
		settle(w, verdict);
	}
	commit_now_and_then(w);
	return 0;
}

struct host *worker_host(struct generation *g, struct errlist *errors)
{
	const struct host_options options = {.jit = true, .need_host_time = true, .alarm = true};
	return host_new(g, &options, errors);
}

static int worker_open(struct worker *w)
{
	const struct worker_config *cfg = w->config;
	struct memory_share memory = settings_memory_share(cfg->engine);
	struct errlist errors = {0};
	w->host = worker_host(w->setup->generation, &errors);
	if (w->host == NULL)
		w->why = errors.items[0];
	errlist_free(&errors);
	if (w->host == NULL || worker_consumer_open(w) != 0)
		return -1;
	w->arena_max = (uint32_t)memory.arena;
	batch_init(&w->batch, (uint32_t)w->setup->batch->messages, w->arena_max);
	w->delivery = (struct delivery){.sinks = &w->sinks,
					.parts = &w->consumer.parts,
					.host = &w->output_host,
					.stats = &w->stats,
					.generation = w->setup->generation,
					.scripts = w->host,
					.renew = swap_between_attempts,
					.headers = consumer_headers};
	const struct output_env env = {.cluster_id = w->consumer.cluster_id,
				       .host = &w->output_host,
				       .worker = w->number,
				       .group = cfg->kafka->group,
				       .session_ms = w->consumer.session_ms,
				       .queue_bytes = memory.queue};
	accounts_prepare(&w->accounts, cfg->names, w->setup->generation);
	return sinks_create(&w->sinks, w->setup->outputs, w->setup->output_count, w->output_stats, &env,
			    &w->why);
}

static void worker_close(struct worker *w)
{
	sinks_close(&w->sinks);
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
	struct fetch_limits shape = {.messages = (uint32_t)w->setup->batch->messages, .bytes = memory.batch};
	if (worker_open(w) == 0)
		while (stop_deadline(w) == 0 && turn(w, &shape) == 0)
			;
	if (w->why.code == ERR_NONE && w->consumer.fenced) /* when it was to end anyway */
		log_warn("%s", w->consumer.fatal.msg);
	else if (w->why.code == ERR_NONE)
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
	*w = (struct worker){.output_host = {worker_wait, worker_membership},
			     .config = config,
			     .number = number,
			     .setup = config->first,
			     .running = true};
	devices_init(&w->devices);
	view_init(&w->view);
	watchdog_init(&w->watchdog, config->kafka); /* the pages look at it as soon as they are there */
	handover_init(&w->handover, config->first, config->told_fd);
	int rc = pthread_create(&w->thread, NULL, worker_main, w);
	if (rc != 0)
		worker_free(w);
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

void worker_free(struct worker *w)
{
	devices_free(&w->devices);
	view_free(&w->view);
	handover_end(&w->handover);
}
