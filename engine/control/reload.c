/* SPDX-License-Identifier: Apache-2.0
 *
 * The reload's thread: takes requests, carries out the plan, hands the new generation to the workers, frees
 * what they have left behind; see reload.h.
 */
#include "control/reload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/reload_plan.h"
#include "control/reload_run.h"

#define TAKEN_MS 2000 /* how long an answer waits for the workers to take what they get */
#define LOG_LINES 40  /* of a reload's text in the log; all are in the answer */

struct reload {
	const struct engine_config *live; /* the newest that workers got */
	const struct engine_source *source;
	struct service *service; /* the manager hears of each attempt */
	struct worker *workers;
	size_t worker_count;
	struct engine_config **kept; /* generations that a worker may use still, live among them */
	size_t kept_count;
	pthread_t thread;
	bool started;
	int fd;            /* eventfd: a request, a worker that took something, or the end */
	_Atomic bool stop; /* the engine ends */
	pthread_mutex_t lock;
	pthread_cond_t decided;
	/* Under the lock: */
	uint64_t asked;     /* tickets given out */
	uint64_t answered;  /* those up to this one */
	bool refused;       /* the last one, */
	struct strbuf text; /* and what there is to tell of it */
	struct reload_times times;
};

static void wake(struct reload *r)
{
	uint64_t one = 1;
	ssize_t told = write(r->fd, &one, sizeof one);
	(void)told; /* an eventfd takes it as long as its counter does not overflow */
}

/* Waits until woken, or as long as told; -1 = without end. */
static void sleep_until_woken(struct reload *r, int ms)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	uint64_t count;
	if (poll(&p, 1, ms) > 0 && read(r->fd, &count, sizeof count) < 0 && errno != EAGAIN)
		log_error("reload: cannot read its eventfd: %s", strerror(errno));
}

static void forget(struct reload *r, struct engine_config *config)
{
	r->source->unload(r->source->ctx, config);
}

/* Frees the hosts that workers have left behind, and generations that none uses any more. */
static void sweep(struct reload *r)
{
	size_t left = 0;
	for (size_t i = 0; i < r->worker_count; i++)
		handover_clear(&r->workers[i].handover);
	for (size_t k = 0; k < r->kept_count; k++) {
		struct engine_config *config = r->kept[k];
		bool used = config == r->live;
		for (size_t i = 0; i < r->worker_count; i++)
			used = used || handover_holds(&r->workers[i].handover, &config->setup);
		if (used)
			r->kept[left++] = config;
		else
			forget(r, config);
	}
	r->kept_count = left;
}

static struct seen_message *gather_seen(struct reload *r, size_t *n)
{
	struct seen_message *all = xcalloc(r->worker_count * SEEN_MESSAGES, sizeof *all);
	*n = 0;
	for (size_t i = 0; i < r->worker_count; i++)
		*n += seen_copy(&r->workers[i].handover.seen, all + *n);
	return all;
}

static void free_seen(struct seen_message *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(all[i].bytes);
	free(all);
}

/* A host for each worker, or none at all. */
static int make_hosts(const struct reload *r, struct generation *g, struct host **hosts,
		      struct errlist *errors)
{
	for (size_t i = 0; i < r->worker_count; i++) {
		hosts[i] = worker_host(g, errors);
		if (hosts[i] != NULL)
			continue;
		while (i > 0)
			host_free(hosts[--i]);
		return -1;
	}
	return 0;
}

/* The next generation, handed over; or nothing is changed. */
static int attempt(struct reload *r, struct strbuf *text, struct errlist *errors)
{
	struct reload_world world = {.now = r->live,
				     .source = r->source,
				     .number = generation_number(r->live->setup.generation) + 1};
	struct seen_message *seen = gather_seen(r, &world.seen.n);
	struct host **hosts = xcalloc(r->worker_count + 1, sizeof *hosts);
	world.seen.messages = seen;
	world.seen.stop = &r->stop;
	struct engine_config *next = reload_plan(&world, text, errors);
	free_seen(seen, world.seen.n);
	if (next != NULL && make_hosts(r, next->setup.generation, hosts, errors) != 0) {
		forget(r, next);
		next = NULL;
	}
	if (next != NULL) {
		for (size_t i = 0; i < r->worker_count; i++)
			handover_offer(&r->workers[i].handover, &next->setup, hosts[i]);
		r->kept = xrealloc(r->kept, (r->kept_count + 1) * sizeof(struct engine_config *));
		r->kept[r->kept_count++] = next;
		pthread_mutex_lock(&r->lock); /* others read it */
		r->live = next;
		pthread_mutex_unlock(&r->lock);
	}
	free(hosts);
	return next != NULL ? 0 : -1;
}

static size_t pending_workers(struct reload *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->worker_count; i++) {
		struct handover_pending p = handover_pending(&r->workers[i].handover);
		n += p.outputs || p.scripts;
	}
	return n;
}

static void await_workers(struct reload *r)
{
	int64_t deadline = clock_mono_ms() + TAKEN_MS;
	while (pending_workers(r) > 0 && !atomic_load(&r->stop)) {
		int64_t left = deadline - clock_mono_ms();
		if (left <= 0)
			return;
		sleep_until_woken(r, (int)left);
	}
}

static const char *why_pending(const struct worker *w)
{
	return atomic_load(&w->watchdog.readiness) == NOT_READY_OUTPUT
		       ? "the batch under way, which an output retries"
		       : "the batch under way";
}

static void tell_workers(struct reload *r, struct strbuf *text)
{
	for (size_t i = 0; i < r->worker_count; i++) {
		struct worker *w = &r->workers[i];
		struct handover_pending p = handover_pending(&w->handover);
		strbuf_printf(text, "worker %zu: ", i);
		if (!p.outputs && !p.scripts)
			strbuf_adds(text, "live\n");
		else
			strbuf_printf(text, "%s, scripts and filters pending: they wait for %s\n",
				      p.outputs ? "settings of outputs pending" : "settings of outputs live",
				      why_pending(w));
	}
}

/* Each line of the text, as far as a log should have it. */
static void log_text(const char *text, bool refused)
{
	size_t lines = 0;
	for (const char *line = text; *line != '\0'; lines++) {
		size_t len = strcspn(line, "\n");
		if (lines < LOG_LINES)
			log_write(NULL, refused ? LOG_ERROR : LOG_INFO, "reload: %.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (lines > LOG_LINES)
		log_info("reload: and %zu more lines; `natmill reload` shows all", lines - LOG_LINES);
}

static void tell_refusal(uint32_t live, const struct errlist *errors, struct strbuf *text)
{
	for (size_t i = 0; i < errors->n; i++)
		strbuf_printf(text, "%s\n", errors->items[i].msg);
	if (errors->more > 0)
		strbuf_printf(text, "and %zu more errors\n", errors->more);
	strbuf_printf(text, "refused: generation %u goes on\n", live);
}

/* One reload from request to answer. */
static void carry_out(struct reload *r)
{
	struct errlist errors = {0};
	struct strbuf text = {0};
	pthread_mutex_lock(&r->lock);
	uint64_t ticket = r->asked; /* whoever asks from now on gets the next one */
	r->times.attempt_us = clock_wall_us();
	pthread_mutex_unlock(&r->lock);
	service_reloading(r->service);
	bool refused = attempt(r, &text, &errors) != 0;
	uint32_t number = generation_number(r->live->setup.generation);
	if (!refused) {
		await_workers(r);
		strbuf_printf(&text, "generation %u\n", number);
		tell_workers(r, &text);
	} else {
		tell_refusal(number, &errors, &text);
	}
	service_reloaded(r->service);
	errlist_free(&errors);
	log_text(text.data, refused);
	pthread_mutex_lock(&r->lock);
	strbuf_free(&r->text);
	r->text = text;
	r->refused = refused;
	r->answered = ticket;
	r->times.attempts++;
	r->times.refused += refused;
	r->times.generation = number;
	if (!refused)
		r->times.success_us = clock_wall_us();
	pthread_cond_broadcast(&r->decided);
	pthread_mutex_unlock(&r->lock);
}

static bool is_asked(struct reload *r)
{
	pthread_mutex_lock(&r->lock);
	bool asked = r->asked > r->answered;
	pthread_mutex_unlock(&r->lock);
	return asked;
}

static void *reload_main(void *arg)
{
	struct reload *r = arg;
	while (!atomic_load(&r->stop)) {
		if (is_asked(r))
			carry_out(r);
		else
			sleep_until_woken(r, -1);
		sweep(r);
	}
	return NULL;
}

struct reload *reload_new(const struct engine_config *first, struct service *service, struct err *e)
{
	struct reload *r = xcalloc(1, sizeof *r);
	pthread_condattr_t monotonic;
	r->live = first;
	r->source = first->source;
	r->service = service;
	r->times.success_us = clock_wall_us();
	r->times.generation = generation_number(first->setup.generation);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->decided, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->fd >= 0)
		return r;
	err_set(e, ERR_SYSTEM, "cannot make file descriptors: %s; raise the limit (ulimit -n)",
		strerror(errno));
	reload_free(r);
	return NULL;
}

int reload_fd(const struct reload *r)
{
	return r->fd;
}

int reload_start(struct reload *r, struct worker *workers, size_t n, struct err *e)
{
	r->workers = workers;
	r->worker_count = n;
	int rc = pthread_create(&r->thread, NULL, reload_main, r);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot start the thread of reloads: %s", strerror(rc));
	pthread_setname_np(r->thread, "reload");
	r->started = true;
	return 0;
}

void reload_stop(struct reload *r)
{
	if (r == NULL)
		return;
	atomic_store(&r->stop, true);
	wake(r);
}

bool reload_join(struct reload *r, int64_t wait_ms)
{
	if (r == NULL || !r->started)
		return true;
	int64_t until = clock_wall_us() + wait_ms * 1000;
	struct timespec deadline = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
	if (pthread_timedjoin_np(r->thread, NULL, &deadline) != 0)
		return false;
	r->started = false;
	return true;
}

void reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->kept_count; i++)
		forget(r, r->kept[i]);
	free(r->kept);
	strbuf_free(&r->text);
	pthread_cond_destroy(&r->decided);
	pthread_mutex_destroy(&r->lock);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

uint64_t reload_ask(struct reload *r)
{
	pthread_mutex_lock(&r->lock);
	/* While one is under way, all that come share the next: it begins after they have come. */
	uint64_t ticket = ++r->asked;
	pthread_mutex_unlock(&r->lock);
	wake(r);
	return ticket;
}

enum reload_outcome reload_outcome(struct reload *r, uint64_t ticket, int64_t wait_ms, struct strbuf *out)
{
	int64_t until = clock_mono_ms() + wait_ms;
	struct timespec deadline = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
	enum reload_outcome outcome = RELOAD_UNDER_WAY;
	pthread_mutex_lock(&r->lock);
	while (r->answered < ticket && wait_ms > 0)
		if (pthread_cond_timedwait(&r->decided, &r->lock, &deadline) != 0)
			break;
	if (r->answered >= ticket) {
		outcome = r->refused ? RELOAD_REFUSED : RELOAD_DONE;
		strbuf_add(out, r->text.data, r->text.len);
	}
	pthread_mutex_unlock(&r->lock);
	return outcome;
}

void reload_times(struct reload *r, struct reload_times *t)
{
	pthread_mutex_lock(&r->lock);
	*t = r->times;
	pthread_mutex_unlock(&r->lock);
}

struct generation *reload_generation(struct reload *r)
{
	pthread_mutex_lock(&r->lock);
	struct generation *g = generation_ref(r->live->setup.generation);
	pthread_mutex_unlock(&r->lock);
	return g;
}
