/* SPDX-License-Identifier: Apache-2.0
 *
 * Adds up what the workers count and show; see figures.h.
 */
#include "control/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

const char *figures_state(enum partition_state state)
{
	static const char *const names[] = {[PARTITION_WAITING] = "waiting",
					    [PARTITION_POSITIONED] = "positioned",
					    [PARTITION_READING] = "reading",
					    [PARTITION_STOPPED] = "stopped",
					    [PARTITION_LEFT_OUT] = "left_out"};
	return names[state];
}

const char *figures_dead_kind(int kind)
{
	static const char *const names[] = {
#define X(name, label, help) label,
		DEAD_KINDS(X)
#undef X
	};
	return names[kind];
}

static void add_histogram(struct figures_histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		to->counts[i] += stats_get(&from->counts[i]);
	to->sum += stats_get(&from->sum);
}

static int by_topic(const void *a, const void *b)
{
	const struct figures_partition *x = a;
	const struct figures_partition *y = b;
	int rc = strcmp(x->view.topic, y->view.topic);
	return rc != 0 ? rc : (x->view.id > y->view.id) - (x->view.id < y->view.id);
}

static void take_partitions(struct figures *f, struct worker *w)
{
	size_t n;
	struct partition_view *views = view_partitions(&w->view, &n);
	f->partitions = xrealloc(f->partitions, (f->partition_count + n + 1) * sizeof *f->partitions);
	for (size_t i = 0; i < n; i++)
		f->partitions[f->partition_count++] =
			(struct figures_partition){.worker = w->number, .view = views[i]};
	free(views);
}

/* The one whose position moves, where two workers show it around a rebalance. */
static bool is_owner(const struct partition_view *a, const struct partition_view *b)
{
	bool reads = a->state == PARTITION_READING;
	bool other = b->state == PARTITION_READING;
	return reads != other ? reads : a->settled > b->settled;
}

size_t figures_merge(struct figures_partition *items, size_t n)
{
	size_t kept = 0;
	if (n > 0)
		qsort(items, n, sizeof *items, by_topic);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || by_topic(&items[kept - 1], &items[i]) != 0)
			items[kept++] = items[i];
		else if (is_owner(&items[i].view, &items[kept - 1].view))
			items[kept - 1] = items[i];
	}
	return kept;
}

static void take_outputs(struct figures *f, struct worker *w)
{
	struct sink_view sinks[OUTPUTS_MAX];
	view_sinks(&w->view, sinks);
	for (size_t i = 0; i < f->output_count; i++) {
		struct figures_output *o = &f->outputs[i];
		add_histogram(&o->latency, &w->output_stats[i].latency);
		o->alarm |= sinks[i].alarm;
		if (sinks[i].failures <= o->failures)
			continue;
		o->failures = sinks[i].failures;
		memcpy(o->why, sinks[i].why, sizeof o->why);
	}
}

static void take_vendor(struct figures_vendor *v, const struct account *a)
{
	v->parsed += stats_get(&a->parsed);
	v->ignored += stats_get(&a->ignored);
	for (int t = 0; t < EVENT_TYPE_COUNT; t++)
		v->events[t] += stats_get(&a->events[t]);
	for (int k = 0; k < DEAD_KIND_COUNT; k++)
		v->dead[k] += stats_get(&a->dead[k]);
}

static void take_vendors(struct figures *f, const struct worker *workers, size_t n)
{
	const struct account_names *names = engine_shared(f->engine)->names;
	f->vendor_count = account_names_count(names);
	f->vendors = xcalloc(f->vendor_count, sizeof *f->vendors);
	for (size_t i = 0; i < f->vendor_count; i++) {
		f->vendors[i].name = account_name(names, i);
		for (size_t k = 0; k < n; k++)
			take_vendor(&f->vendors[i], &workers[k].accounts.vendors[i]);
	}
}

static int by_address(const void *a, const void *b)
{
	return memcmp(&((const struct figures_device *)a)->ip, &((const struct figures_device *)b)->ip,
		      sizeof(struct ip));
}

static void take_devices(struct figures *f, const struct devices *d)
{
	for (size_t i = 0; i < DEVICES_ROOM; i++) {
		int64_t seen = atomic_load_explicit(&d->items[i].seen_us, memory_order_acquire);
		if (seen != 0)
			f->devices[f->device_count++] =
				(struct figures_device){.ip = d->items[i].ip, .seen_us = seen};
	}
	f->device_overflow += stats_get(&d->overflow);
}

/* A device that several workers have seen is one. */
static void merge_devices(struct figures *f)
{
	size_t kept = 0;
	qsort(f->devices, f->device_count, sizeof *f->devices, by_address);
	for (size_t i = 0; i < f->device_count; i++) {
		struct figures_device *d = &f->devices[i];
		struct figures_device *last = kept > 0 ? &f->devices[kept - 1] : NULL;
		if (last == NULL || by_address(last, d) != 0)
			f->devices[kept++] = *d;
		else if (d->seen_us > last->seen_us)
			last->seen_us = d->seen_us;
	}
	if (kept > DEVICES_MAX) {
		f->device_overflow += kept - DEVICES_MAX;
		kept = DEVICES_MAX;
	}
	f->device_count = kept;
}

static void take_memory(struct figures *f, struct worker *w)
{
	struct memory_view m = view_memory(&w->view);
	f->memory.lua += m.lua;
	f->memory.arena += m.arena;
	f->memory.batch += m.batch;
}

static uint64_t resident(void)
{
	char line[128] = "";
	FILE *in = fopen("/proc/self/statm", "re");
	if (in == NULL)
		return 0;
	const char *second = fgets(line, sizeof line, in) != NULL ? strchr(line, ' ') : NULL;
	fclose(in);
	return second != NULL ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void figures_take(struct figures *f, const struct engine *e)
{
	const struct worker_config *shared = engine_shared(e);
	const struct sink_config *order[OUTPUTS_MAX];
	struct output_totals totals[OUTPUTS_MAX];
	size_t n;
	struct worker *workers = engine_workers(e, &n);
	*f = (struct figures){.engine = e,
			      .now_us = clock_wall_us(),
			      .output_count = shared->first->output_count};
	engine_totals(e, &f->totals);
	sinks_order(shared->first->outputs, shared->first->output_count, order);
	engine_output_totals(e, totals);
	for (size_t i = 0; i < f->output_count; i++)
		f->outputs[i] = (struct figures_output){.config = order[i], .totals = totals[i]};
	f->devices = xcalloc(n * DEVICES_MAX + 1, sizeof *f->devices);
	for (size_t i = 0; i < n; i++) {
		take_partitions(f, &workers[i]);
		take_outputs(f, &workers[i]);
		take_devices(f, &workers[i].devices);
		take_memory(f, &workers[i]);
		add_histogram(&f->batches, &workers[i].accounts.batches);
	}
	f->resident = resident();
	take_vendors(f, workers, n);
	merge_devices(f);
	f->partition_count = figures_merge(f->partitions, f->partition_count);
}

void figures_free(struct figures *f)
{
	free(f->partitions);
	free(f->vendors);
	free(f->devices);
}
