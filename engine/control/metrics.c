/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes through the rows of all metrics; see metrics.h.
 */
#include "control/metrics.h"

#include "control/exposition.h"

static const struct metric *const tables[] = {metrics_totals, metrics_vendors, metrics_outputs,
					      metrics_partitions, metrics_process};

#define TABLES (sizeof tables / sizeof tables[0])

void metrics_show(struct request *r, void *engine)
{
	struct strbuf out = {0};
	struct figures f;
	figures_take(&f, engine);
	for (size_t t = 0; t < TABLES; t++)
		for (const struct metric *row = tables[t]; row->name != NULL; row++) {
			exposition_head(&out, row->name, row->type, row->help);
			row->write(&out, row, &f);
		}
	figures_free(&f);
	request_type(r, EXPOSITION_TYPE);
	request_write(r, out.data, out.len);
	strbuf_free(&out);
}

void metrics_reference(struct strbuf *out)
{
	strbuf_adds(out, "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n");
	for (size_t t = 0; t < TABLES; t++)
		for (const struct metric *row = tables[t]; row->name != NULL; row++)
			strbuf_printf(out, "| `%s` | %s | %s | %s |\n", row->name, row->type, row->labels,
				      row->help);
}
