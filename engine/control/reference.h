/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of all options, made of the rows: Markdown for docs/configuration.md, plain lines for
 * --help. Called by `natmill check --reference` and `natmill run --help`.
 */
#ifndef NATMILL_CONTROL_REFERENCE_H
#define NATMILL_CONTROL_REFERENCE_H

#include <stdio.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "control/section.h"

#define REFERENCE_BEGIN "<!-- options: begin (made by natmill check --reference) -->\n"
#define REFERENCE_END "<!-- options: end -->\n"

/* The tables in Markdown, a section after the other, without the two marks. */
void reference_markdown(const struct section *sections, struct strbuf *out);

/* The page with everything between its two marks made anew: `page` is the present text of
 * docs/configuration.md, NULL is an empty one. -1 when the marks are not there. */
int reference_page(const struct section *sections, const char *page, struct strbuf *out, struct err *e);

/* One line an option, for a terminal. */
void reference_help(const struct section *sections, FILE *out);

#endif
