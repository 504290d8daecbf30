/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes into a file of samples what the script makes of the lines that say nothing about it yet. For
 * natmill test --fill; a person looks at the result.
 */
#ifndef NATMILL_SCRIPT_SAMPLES_FILL_H
#define NATMILL_SCRIPT_SAMPLES_FILL_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "script/generation.h"

struct samples_filled {
	size_t filled; /* lines that now have their events, or `ignored` */
	size_t left;   /* lines that the script cannot read: commented out */
};

/* Fills the file beside script i of g. The file is replaced at once, and only when something changes; all
 * that a person wrote stays. Adds the file's path to path, and to report a line for each that is left, with
 * the reason. 0, or -1 with e. */
int samples_fill(struct generation *g, size_t i, struct strbuf *path, struct strbuf *report,
		 struct samples_filled *counts, struct err *e);

#endif
