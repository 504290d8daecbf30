/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of natmill top: rows of text made of two answers of GET /status. Used by top_frame.c only.
 * Owner: whoever called top_tables(); top_tables_free() frees them.
 */
#ifndef NATMILL_CLI_TOP_ROWS_H
#define NATMILL_CLI_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/node.h"
#include "base/strbuf.h"

enum { TOP_OUTPUTS, TOP_PARTITIONS, TOP_VENDORS, TOP_WORKERS, TOP_TABLES };

struct top_row {
	struct strbuf text;
	double rank; /* greater comes first */
	bool bad;    /* wants a look */
};

struct top_table {
	const char *name; /* "outputs" */
	struct strbuf head;
	struct top_row *rows;
	size_t n;
};

/* Two answers of one process; before NULL or seconds 0: no rates. */
struct top_span {
	const struct node *now;
	const struct node *before;
	double seconds;
};

struct top_span top_span(const struct node *now, const struct node *before);

void top_tables(const struct top_span *span, struct top_table tables[TOP_TABLES]);
void top_tables_free(struct top_table tables[TOP_TABLES]);

/* Growth of a counter a second; negative when it is not known. then may be NULL. */
double top_rate(const struct top_span *span, const struct node *now, const struct node *then,
		const char *key);

/* Adds a number so that it takes few characters: 950, 12.3k, 4.1M; "-" when it is negative. */
void top_number(struct strbuf *out, double v);

#endif
