/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics by output: a row for each counter of stream/stats.h, the time that a batch takes, failures.
 */
#include "control/exposition.h"
#include "control/metrics.h"

/* A store of dead letters of its own takes no events. */
static bool shown(const struct figures_output *o)
{
	return o->config->type->takes_events;
}

static void write_total(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->output_count; i++) {
		const struct figures_output *o = &f->outputs[i];
		const struct label labels[] = {{"output", o->config->name}, {NULL, NULL}};
		const char *totals = (const char *)&o->totals;
		if (shown(o))
			exposition_count(out, row->name, labels,
					 *(const uint64_t *)(const void *)(totals + row->offset));
	}
}

static void write_latency(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->output_count; i++) {
		const struct figures_output *o = &f->outputs[i];
		const struct label labels[] = {{"output", o->config->name}, {NULL, NULL}};
		const struct exposition_histogram h = {.bounds = stats_latency_bounds,
						       .n = stats_latency_bound_count,
						       .counts = o->latency.counts,
						       .sum = o->latency.sum,
						       .unit = 1e-6};
		if (shown(o))
			exposition_histogram(out, row->name, labels, &h);
	}
}

static void write_failures(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->output_count; i++) {
		const struct label labels[] = {{"output", f->outputs[i].config->name}, {NULL, NULL}};
		exposition_count(out, row->name, labels, f->outputs[i].failures);
	}
}

static void write_alarm(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->output_count; i++) {
		const struct label labels[] = {{"output", f->outputs[i].config->name}, {NULL, NULL}};
		exposition_count(out, row->name, labels, f->outputs[i].alarm);
	}
}

const struct metric metrics_outputs[] = {
#define X(field, text)                              \
	{.name = "natmill_output_" #field "_total", \
	 .type = "counter",                         \
	 .labels = "output",                        \
	 .help = text,                              \
	 .write = write_total,                      \
	 .offset = offsetof(struct output_totals, field)},
	OUTPUT_STATS(X)
#undef X
		{"natmill_output_delivery_seconds", "histogram", "output",
		 "from the first attempt to deliver a batch until the output has it, retries included",
		 write_latency, 0},
	{"natmill_output_failures", "gauge", "output",
	 "attempts in a row that did not succeed, of the worst worker; 0 = it works, or has nothing to do; "
	 "natmill_ready is 0 after 5 s of them",
	 write_failures, 0},
	{"natmill_output_alarm", "gauge", "output",
	 "1 = it does not work until somebody does something: see the log; natmill_ready is 0 at once",
	 write_alarm, 0},
	{.name = NULL},
};
