/* SPDX-License-Identifier: Apache-2.0
 *
 * The workers' counters, added up: a row for each of stream/stats.h.
 */
#include "control/exposition.h"
#include "control/metrics.h"

static void write_total(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	const char *totals = (const char *)&f->totals;
	exposition_count(out, row->name, NULL, *(const uint64_t *)(const void *)(totals + row->offset));
}

const struct metric metrics_totals[] = {
#define X(field, text)                       \
	{.name = "natmill_" #field "_total", \
	 .type = "counter",                  \
	 .labels = "",                       \
	 .help = text,                       \
	 .write = write_total,               \
	 .offset = offsetof(struct engine_totals, field)},
	WORKER_STATS(X)
#undef X
		{.name = NULL},
};
