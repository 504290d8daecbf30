/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts the workers, waits for signals and their end, sums up; see engine.h.
 */
#include "control/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "control/health.h"
#include "control/pulse.h"
#include "control/routes.h"
#include "control/service.h"
#include "control/reload_run.h"

#define TICK_MS 1000
#define STUCK_MS 15000 /* beyond the deadline of a stop; leaving the group may take some seconds */

struct engine {
	struct worker_config shared;
	struct reload *reload; /* NULL = none */
	struct worker *workers;
	struct pulse *pulses; /* one a worker */
	size_t count;         /* started */
	int64_t started_us;   /* clock_wall_us */
	struct service service;
	int signal_fd;
	int done_fd;
	sigset_t signals;
	sigset_t before;
};

void engine_totals(const struct engine *e, struct engine_totals *t)
{
	*t = (struct engine_totals){0};
	int64_t first = INT64_MAX;
	int64_t last = 0;
	for (size_t i = 0; i < e->count; i++) {
		const struct worker *w = &e->workers[i];
#define X(name, help) t->name += stats_get(&w->stats.name);
		WORKER_STATS(X)
#undef X
		t->partitions += atomic_load_explicit(&w->partitions_reading, memory_order_relaxed);
		int64_t began = atomic_load_explicit(&w->first_us, memory_order_relaxed);
		int64_t ended = atomic_load_explicit(&w->last_us, memory_order_relaxed);
		first = began > 0 && began < first ? began : first;
		last = ended > last ? ended : last;
	}
	t->seconds = last > first ? (double)(last - first) / 1e6 : 0;
}

void engine_output_totals(const struct engine *e, struct output_totals *outputs)
{
	const struct sink_config *order[OUTPUTS_MAX];
	size_t n = e->shared.first->output_count; /* the same in each generation */
	sinks_order(e->shared.first->outputs, n, order);
	for (size_t k = 0; k < n; k++) {
		outputs[k] = (struct output_totals){.name = order[k]->name};
		for (size_t i = 0; i < e->count; i++) {
			const struct output_stats *s = &e->workers[i].output_stats[k];
#define X(name, help) outputs[k].name += stats_get(&s->name);
			OUTPUT_STATS(X)
#undef X
		}
	}
}

struct unmatched *engine_unmatched(const struct engine *e)
{
	return e->shared.unmatched;
}

struct taps *engine_taps(const struct engine *e)
{
	return e->shared.taps;
}

struct worker *engine_workers(const struct engine *e, size_t *n)
{
	*n = e->count;
	return e->workers;
}

const struct worker_config *engine_shared(const struct engine *e)
{
	return &e->shared;
}

int64_t engine_still_ms(const struct engine *e, size_t worker)
{
	return e->pulses[worker].still_ms;
}

int64_t engine_started_us(const struct engine *e)
{
	return e->started_us;
}

struct reload *engine_reload(const struct engine *e)
{
	return e->reload;
}

struct generation *engine_generation(const struct engine *e)
{
	return e->reload != NULL ? reload_generation(e->reload) : generation_ref(e->shared.first->generation);
}

static bool all_running(const struct engine *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (!atomic_load(&e->workers[i].running))
			return false;
	return true;
}

/* Asks the workers to stop: now at the latest when they were asked before. */
static void ask_stop(struct engine *e, int64_t patience_ms)
{
	int64_t now = clock_mono_ms();
	int64_t asked = atomic_load(&e->shared.stop_deadline);
	atomic_store(&e->shared.stop_deadline, asked == 0 ? now + patience_ms : now);
}

static void read_signal(struct engine *e)
{
	struct signalfd_siginfo info;
	if (read(e->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGHUP) {
		if (e->reload != NULL)
			reload_ask(e->reload);
		else
			log_warn("SIGHUP: this command knows no reload");
		return;
	}
	const char *instance = e->shared.kafka->instance;
	bool returns = instance != NULL && instance[0] != '\0';
	log_info("%s: the batch under way is delivered, then natmill %s%s%s", strsignal((int)info.ssi_signo),
		 returns ? "ends; the group keeps the partitions of instance " : "leaves the group",
		 returns ? instance : "", returns ? " until session.timeout.ms has run out" : "");
	ask_stop(e, e->shared.engine->shutdown_ms);
}

/* A worker whose loop does not turn cannot see to itself; see also stream/watchdog.h. */
static void watch_loop(struct engine *e, size_t number)
{
	struct worker *w = &e->workers[number];
	const struct kafka_settings *limits = e->shared.kafka;
	struct pulse *p = &e->pulses[number];
	pulse_note(p, stats_get(&w->stats.beats), TICK_MS);
	if (p->still_ms < limits->stall_alarm_ms)
		return;
	atomic_store(&w->watchdog.readiness, NOT_READY_STALLED); /* its next look takes it back */
	if (p->still_ms < limits->stall_alarm_ms + TICK_MS)
		log_error("ALARM: worker %zu stands still for %lld s: a script or a library call does not "
			  "return",
			  number, (long long)p->still_ms / 1000);
	if (p->still_ms < limits->stall_exit_ms)
		return;
	log_error("worker %zu stands still for %lld s: natmill ends, what it had under way is read again",
		  number, (long long)p->still_ms / 1000);
	log_flush();
	_exit(3);
}

/* One look a second: at the workers' loops, and for the service manager. */
static void look(struct engine *e)
{
	struct engine_totals totals;
	engine_totals(e, &totals);
	struct service_view view = {.workers = e->count,
				    .partitions = totals.partitions,
				    .messages = totals.messages};
	for (size_t i = 0; i < e->count; i++) {
		watch_loop(e, i);
		view.joined += atomic_load(&e->workers[i].joined);
	}
	view.turning = pulses_feed(e->pulses, e->count);
	struct strbuf why = {0};
	view.why = health_reasons(e, &why) > 0 ? why.data : "";
	service_tick(&e->service, &view, clock_mono_ms());
	strbuf_free(&why);
}

/* Until a worker has ended or a stop was asked for. */
static void watch(struct engine *e, engine_tick tick, void *context)
{
	int64_t next_tick = clock_mono_ms() + TICK_MS;
	struct pollfd fds[] = {{.fd = e->signal_fd, .events = POLLIN}, {.fd = e->done_fd, .events = POLLIN}};
	while (atomic_load(&e->shared.stop_deadline) == 0 && all_running(e)) {
		int64_t left = next_tick - clock_mono_ms();
		if (poll(fds, 2, left > 0 ? (int)left : 0) > 0 && (fds[0].revents & POLLIN) != 0)
			read_signal(e);
		if (clock_mono_ms() < next_tick)
			continue;
		next_tick = clock_mono_ms() + TICK_MS;
		log_tick();
		look(e);
		if (tick != NULL && tick(e, context))
			ask_stop(e, e->shared.engine->shutdown_ms);
	}
}

/* Waits for all workers; a second signal shortens the wait. The first error, if any, goes to why. */
static int join_all(struct engine *e, struct err *why)
{
	if (atomic_load(&e->shared.stop_deadline) == 0)
		ask_stop(e, e->shared.engine->shutdown_ms);
	int64_t left = atomic_load(&e->shared.stop_deadline) - clock_mono_ms();
	service_stopping(&e->service, (left > 0 ? left : 0) + STUCK_MS);
	struct pollfd fds[] = {{.fd = e->signal_fd, .events = POLLIN}, {.fd = e->done_fd, .events = POLLIN}};
	for (size_t i = 0; i < e->count;) {
		if (!atomic_load(&e->workers[i].running)) {
			i++;
			continue;
		}
		uint64_t done;
		if (clock_mono_ms() > atomic_load(&e->shared.stop_deadline) + STUCK_MS) {
			log_error("worker %zu does not end: a script or a library call does not return; "
				  "natmill ends "
				  "without it, what it had under way is read again",
				  i);
			log_flush();
			_exit(3);
		}
		log_tick();
		if (poll(fds, 2, TICK_MS) <= 0)
			continue;
		if ((fds[0].revents & POLLIN) != 0)
			read_signal(e);
		if ((fds[1].revents & POLLIN) != 0 && read(e->done_fd, &done, sizeof done) < 0)
			break;
	}
	int rc = 0;
	for (size_t i = 0; i < e->count; i++) {
		worker_join(&e->workers[i]);
		if (e->workers[i].why.code != ERR_NONE && rc == 0) {
			*why = e->workers[i].why;
			rc = -1;
		}
	}
	return rc;
}

/* Waits for the reload under way, if any, which has been asked to end; a second signal shortens the wait. */
static void join_reload(struct engine *e)
{
	while (!reload_join(e->reload, TICK_MS)) {
		log_tick();
		read_signal(e);
		if (clock_mono_ms() <= atomic_load(&e->shared.stop_deadline) + STUCK_MS)
			continue;
		log_error("the reload under way does not end: a script or a library call does not return; "
			  "natmill ends without it, nothing else is under way");
		log_flush();
		_exit(3);
	}
}

/* Blocks what a run listens to; before: NULL, or gets the mask there was. */
static void hold_signals(sigset_t *signals, sigset_t *before)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, before); /* the workers inherit the mask */
}

void engine_hold_signals(void)
{
	sigset_t signals;
	hold_signals(&signals, NULL);
}

static int prepare(struct engine *e, const struct engine_config *config, struct err *err)
{
	*e = (struct engine){.signal_fd = -1};
	e->shared = (struct worker_config){
		.kafka = config->kafka,
		.engine = config->engine,
		.first = &config->setup,
		.told_fd = -1,
	};
	service_open(&e->service);
	signal(SIGPIPE, SIG_IGN);
	hold_signals(&e->signals, &e->before);
	e->signal_fd = signalfd(-1, &e->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	e->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e->shared.done_fd = e->done_fd;
	e->started_us = clock_wall_us();
	e->shared.names = account_names_new();
	e->shared.unmatched = unmatched_new();
	e->shared.taps = taps_new();
	if (e->signal_fd < 0 || e->done_fd < 0)
		return err_set(err, ERR_SYSTEM,
			       "cannot make file descriptors: %s; raise the limit (ulimit -n)",
			       strerror(errno));
	if (config->source != NULL && (e->reload = reload_new(config, &e->service, err)) == NULL)
		return -1;
	if (e->reload != NULL)
		e->shared.told_fd = reload_fd(e->reload);
	e->workers = xcalloc((size_t)config->engine->workers, sizeof *e->workers);
	e->pulses = xcalloc((size_t)config->engine->workers, sizeof *e->pulses);
	return 0;
}

int engine_run(const struct engine_config *config, engine_tick tick, void *context,
	       struct engine_totals *totals, struct output_totals *outputs, struct err *err)
{
	struct engine e;
	struct server *server = NULL;
	int rc = prepare(&e, config, err);
	for (unsigned i = 0; rc == 0 && i < (unsigned)config->engine->workers; i++) {
		rc = worker_start(&e.workers[i], &e.shared, i, err);
		e.count += rc == 0;
	}
	if (rc == 0 && config->server != NULL)
		server = server_start(&(struct server_config){.settings = config->server,
							      .file = config->file,
							      .group = config->kafka->group,
							      .routes = routes,
							      .context = &e});
	if (rc == 0 && e.reload != NULL)
		rc = reload_start(e.reload, e.workers, e.count, err);
	if (rc == 0)
		watch(&e, tick, context);
	reload_stop(e.reload);
	if (join_all(&e, err) != 0)
		rc = -1;
	server_stop(server);
	if (totals != NULL)
		engine_totals(&e, totals);
	if (outputs != NULL)
		engine_output_totals(&e, outputs);
	join_reload(&e);
	for (size_t i = 0; i < e.count; i++)
		worker_free(&e.workers[i]);
	reload_free(e.reload);
	account_names_free(e.shared.names);
	unmatched_free(e.shared.unmatched);
	taps_free(e.shared.taps);
	free(e.workers);
	free(e.pulses);
	service_close(&e.service);
	if (e.signal_fd >= 0)
		close(e.signal_fd);
	if (e.done_fd >= 0)
		close(e.done_fd);
	pthread_sigmask(SIG_SETMASK, &e.before, NULL);
	return rc;
}
