/* SPDX-License-Identifier: Apache-2.0
 *
 * What the workers count and show, added up at one moment: the common ground of /status and /metrics. Made
 * for one answer, by the server's thread; owner: whoever called figures_take().
 */
#ifndef NATMILL_CONTROL_FIGURES_H
#define NATMILL_CONTROL_FIGURES_H

#include "control/engine.h"

struct figures_partition {
	unsigned worker;
	struct partition_view view;
};

struct figures_histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1];
	uint64_t sum;
};

struct figures_output {
	const struct sink_config *config;
	struct output_totals totals;
	struct figures_histogram latency; /* microseconds */
	unsigned failures;                /* attempts in a row of the worst worker */
	bool alarm;
	char why[VIEW_WHY_MAX];
};

struct figures_vendor {
	const char *name;
	uint64_t parsed;
	uint64_t ignored;
	uint64_t events[EVENT_TYPE_COUNT];
	uint64_t dead[DEAD_KIND_COUNT];
};

struct figures_device {
	struct ip ip;
	int64_t seen_us;
};

struct figures {
	const struct engine *engine;
	int64_t now_us;
	struct engine_totals totals;
	struct figures_partition *partitions; /* sorted by topic and number */
	size_t partition_count;
	struct figures_output outputs[OUTPUTS_MAX]; /* in the order of delivery */
	size_t output_count;
	struct figures_vendor *vendors; /* those of the generation and all that have counted something */
	size_t vendor_count;
	struct figures_device *devices; /* sorted; at most DEVICES_MAX */
	size_t device_count;
	uint64_t device_overflow;
	struct figures_histogram batches; /* messages */
	struct memory_view memory;
	uint64_t resident; /* bytes of the process; 0 = not known */
};

void figures_take(struct figures *f, const struct engine *e);
void figures_free(struct figures *f);

/* Sorts them by topic and number, and leaves one of each: around a rebalance two workers show the same for a
 * moment. Returns how many are left. */
size_t figures_merge(struct figures_partition *items, size_t n);

const char *figures_state(enum partition_state state); /* "reading" */
const char *figures_dead_kind(int kind);               /* "unmatched" */

#endif
