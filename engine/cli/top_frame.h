/* SPDX-License-Identifier: Apache-2.0
 *
 * What natmill top shows: two answers of GET /status, made into lines that fit a terminal of any size. Pure:
 * no terminal, no clock.
 */
#ifndef NATMILL_CLI_TOP_FRAME_H
#define NATMILL_CLI_TOP_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/node.h"
#include "base/strbuf.h"

struct top_frame {
	size_t width;       /* characters; longer lines are cut */
	size_t height;      /* lines; of long tables only the first rows are shown */
	bool colour;        /* with escape sequences */
	const char *notice; /* shown first, such as that natmill is waited for; NULL = none */
};

/* Adds the lines, each with its end. before: an earlier answer of the same process, for the rates; NULL or
 * another process' = none are shown. now: NULL = only the notice. */
void top_frame(const struct top_frame *f, const struct node *now, const struct node *before,
	       struct strbuf *out);

#endif
