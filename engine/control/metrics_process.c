/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of the process: readiness, workers, batches, memory by part, generation and scripts, and what
 * Prometheus expects of any process.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "control/exposition.h"
#include "control/health.h"
#include "control/metrics.h"

static void write_build(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	static const struct label labels[] = {{"version", NATMILL_VERSION}, {NULL, NULL}};
	(void)f;
	exposition_count(out, row->name, labels, 1);
}

static void write_ready(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct strbuf why = {0};
	exposition_count(out, row->name, NULL, health_reasons(f->engine, &why) == 0);
	strbuf_free(&why);
}

/* For each worker, by a function of it. */
static void write_worker(struct strbuf *out, const char *name, const struct worker *w, const char *label,
			 const char *value, uint64_t number)
{
	char worker[12];
	const struct label labels[] = {{"worker", worker}, {label, value}, {NULL, NULL}};
	snprintf(worker, sizeof worker, "%u", w->number);
	exposition_count(out, name, labels, number);
}

static void write_partitions(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	size_t n;
	const struct worker *workers = engine_workers(f->engine, &n);
	for (size_t i = 0; i < n; i++)
		write_worker(out, row->name, &workers[i], NULL, NULL,
			     (uint64_t)atomic_load(&workers[i].partitions_reading));
}

static void write_watch(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	static const char *const states[] = {[READY] = "ready",
					     [NOT_READY_STOPPED] = "stopped",
					     [NOT_READY_OUTPUT] = "output",
					     [NOT_READY_STALLED] = "stalled"};
	size_t n;
	const struct worker *workers = engine_workers(f->engine, &n);
	for (size_t i = 0; i < n; i++)
		for (int s = 0; s < (int)(sizeof states / sizeof states[0]); s++)
			write_worker(out, row->name, &workers[i], "state", states[s],
				     atomic_load(&workers[i].watchdog.readiness) == s);
}

static void write_batches(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	const struct exposition_histogram h = {.bounds = account_batch_bounds,
					       .n = account_batch_bound_count,
					       .counts = f->batches.counts,
					       .sum = f->batches.sum,
					       .unit = 1};
	exposition_histogram(out, row->name, NULL, &h);
}

static void write_part(struct strbuf *out, const char *name, const char *part, uint64_t bytes)
{
	const struct label labels[] = {{"part", part}, {NULL, NULL}};
	exposition_count(out, name, labels, bytes);
}

static void write_memory(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	write_part(out, row->name, "lua", f->memory.lua);
	write_part(out, row->name, "texts", f->memory.arena);
	write_part(out, row->name, "batches", f->memory.batch);
}

static void write_budget(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	const struct engine_settings *settings = engine_shared(f->engine)->engine;
	struct memory_share one = settings_memory_share(settings);
	uint64_t workers = (uint64_t)settings->workers;
	write_part(out, row->name, "all", (uint64_t)settings->memory);
	write_part(out, row->name, "prefetch", (uint64_t)one.prefetch * workers);
	write_part(out, row->name, "fetch", (uint64_t)one.fetch * workers);
	write_part(out, row->name, "messages", (uint64_t)one.batch * workers);
	write_part(out, row->name, "texts", (uint64_t)one.arena * workers);
	write_part(out, row->name, "queue", (uint64_t)one.queue * workers);
}

static void write_generation(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct generation *g = engine_generation(f->engine);
	exposition_count(out, row->name, NULL, generation_number(g));
	generation_unref(g);
}

static void write_scripts(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct generation *g = engine_generation(f->engine);
	for (size_t i = 0; i < generation_script_count(g); i++) {
		const struct label labels[] = {{"vendor", generation_script_name(g, i)},
					       {"hash", generation_script_hash(g, i)},
					       {NULL, NULL}};
		exposition_count(out, row->name, labels, 1);
	}
	generation_unref(g);
}

static void write_lost(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	(void)f;
	exposition_count(out, row->name, NULL, log_lost());
}

static void write_start(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	exposition_us(out, row->name, NULL, engine_started_us(f->engine));
}

static void write_resident(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	if (f->resident > 0)
		exposition_count(out, row->name, NULL, f->resident);
}

static void write_cpu(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct rusage used;
	(void)f;
	if (getrusage(RUSAGE_SELF, &used) == 0)
		exposition_us(out, row->name, NULL,
			      (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
				      used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void write_fds(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	uint64_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	(void)f;
	if (dir == NULL)
		return;
	for (const struct dirent *d = readdir(dir); d != NULL; d = readdir(dir))
		n += d->d_name[0] != '.';
	closedir(dir);
	exposition_count(out, row->name, NULL, n - 1); /* the folder itself is one */
}

static void write_max_fds(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct rlimit limit;
	(void)f;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		exposition_count(out, row->name, NULL, limit.rlim_cur);
}

static struct reload_times times_of(const struct figures *f)
{
	struct reload_times t = {.success_us = engine_started_us(f->engine)};
	struct reload *r = engine_reload(f->engine);
	if (r != NULL)
		reload_times(r, &t);
	return t;
}

static void write_reloads(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	struct reload_times t = times_of(f);
	const struct label done[] = {{"outcome", "done"}, {NULL, NULL}};
	const struct label refused[] = {{"outcome", "refused"}, {NULL, NULL}};
	exposition_count(out, row->name, done, t.attempts - t.refused);
	exposition_count(out, row->name, refused, t.refused);
}

static void write_reload_attempt(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	exposition_us(out, row->name, NULL, times_of(f).attempt_us);
}

static void write_reload_success(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	exposition_us(out, row->name, NULL, times_of(f).success_us);
}

const struct metric metrics_process[] = {
	{"natmill_ready", "gauge", "", "1 = as /readyz says; it tells why not", write_ready, 0},
	{"natmill_worker_partitions", "gauge", "worker", "partitions that it reads", write_partitions, 0},
	{"natmill_worker_state", "gauge", "worker, state",
	 "1 for the one that its watchdog is in: ready; stopped: a partition is, with an alarm; output: one "
	 "retries or "
	 "takes long; stalled: no progress, and no cause is known",
	 write_watch, 0},
	{"natmill_batch_messages", "histogram", "", "messages of a settled batch", write_batches, 0},
	{"natmill_memory_bytes", "gauge", "part",
	 "memory of all workers: lua: states of the scripts; texts: of events; batches: tables of messages "
	 "and events",
	 write_memory, 0},
	{"natmill_memory_budget_bytes", "gauge", "part",
	 "what the option memory allows, all, and its shares: prefetch and fetch of librdkafka; messages and "
	 "texts of batches; queue of an output's library",
	 write_budget, 0},
	{"natmill_generation", "gauge", "", "number of the generation; a reload makes a new one",
	 write_generation, 0},
	{"natmill_reloads_total", "counter", "outcome", "reloads: done or refused", write_reloads, 0},
	{"natmill_reload_attempt_timestamp_seconds", "gauge", "",
	 "when the last reload was tried, seconds since 1970; 0 = none yet", write_reload_attempt, 0},
	{"natmill_reload_success_timestamp_seconds", "gauge", "",
	 "when configuration and scripts were taken up last, at a start or a reload", write_reload_success,
	 0},
	{"natmill_script_info", "gauge", "vendor, hash",
	 "1 for each script of the generation, with its SHA-256", write_scripts, 0},
	{"natmill_log_lost_total", "counter", "", "log lines that standard error did not take", write_lost,
	 0},
	{"natmill_build_info", "gauge", "version", "1", write_build, 0},
	{"process_start_time_seconds", "gauge", "", "when natmill began, seconds since 1970", write_start, 0},
	{"process_cpu_seconds_total", "counter", "", "processor time, user and system", write_cpu, 0},
	{"process_resident_memory_bytes", "gauge", "", "resident memory", write_resident, 0},
	{"process_open_fds", "gauge", "", "open file descriptors", write_fds, 0},
	{"process_max_fds", "gauge", "", "the limit of open file descriptors", write_max_fds, 0},
	{.name = NULL},
};
