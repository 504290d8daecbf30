/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /metrics, and the table of docs/metrics.md, of the same rows: a metric is one row. A counter that gets
 * a row in stream/stats.h is here by itself.
 */
#ifndef NATMILL_CONTROL_METRICS_H
#define NATMILL_CONTROL_METRICS_H

#include "control/figures.h"
#include "control/server.h"

struct metric {
	const char *name;   /* NULL ends a table */
	const char *type;   /* "counter", "gauge", "histogram" */
	const char *labels; /* for the page: "vendor, type"; "" = none */
	const char *help;
	void (*write)(struct strbuf *out, const struct metric *row, const struct figures *f);
	size_t offset; /* for write: of its value in a struct of totals */
};

/* The tables, in the order of the page. */
extern const struct metric metrics_totals[];     /* metrics_totals.c: sums of the workers' counters */
extern const struct metric metrics_vendors[];    /* metrics_vendors.c: by vendor and device */
extern const struct metric metrics_outputs[];    /* metrics_outputs.c */
extern const struct metric metrics_partitions[]; /* metrics_partitions.c */
extern const struct metric metrics_process[];    /* metrics_process.c: workers, memory, generation, process */

/* The context is the struct engine. */
void metrics_show(struct request *r, void *engine);

/* All rows as a table in Markdown. */
void metrics_reference(struct strbuf *out);

#endif
