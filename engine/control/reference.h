/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the documentation, made of the rows that the program goes by: options in Markdown for
 * docs/configuration.md and as plain lines for --help, fields for docs/vendor-scripts.md. Called by
 * `natmill check --reference` and `natmill run --help`.
 */
#ifndef NATMILL_CONTROL_REFERENCE_H
#define NATMILL_CONTROL_REFERENCE_H

#include <stdio.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "control/section.h"

#define REFERENCE_BEGIN "<!-- options: begin (made by natmill check --reference) -->\n"
#define REFERENCE_END "<!-- options: end -->\n"
#define METRICS_BEGIN "<!-- metrics: begin (made by natmill check --reference) -->\n"
#define METRICS_END "<!-- metrics: end -->\n"
#define FIELDS_BEGIN "<!-- fields: begin (made by natmill check --reference) -->\n"
#define FIELDS_END "<!-- fields: end -->\n"

/* The tables in Markdown, a section after the other, without the two marks. */
void reference_markdown(const struct section *sections, struct strbuf *out);

/* The table of the fields of an event, in Markdown. */
void reference_fields(struct strbuf *out);

/* The page with everything between its two marks made anew: `page` is the present text of
 * docs/configuration.md, docs/vendor-scripts.md or docs/metrics.md, NULL is an empty one. -1 when it has no
 * marks. */
int reference_page(const struct section *sections, const char *page, struct strbuf *out, struct err *e);

/* One line an option, for a terminal. */
void reference_help(const struct section *sections, FILE *out);

#endif
