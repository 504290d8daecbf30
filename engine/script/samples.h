/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the samples of a vendor script and reports what differs. Used by natmill test, natmill check and a
 * reload.
 */
#ifndef NATMILL_SCRIPT_SAMPLES_H
#define NATMILL_SCRIPT_SAMPLES_H

#include <stddef.h>

#include "base/errlist.h"
#include "base/strbuf.h"
#include "script/generation.h"

struct samples_counts {
	size_t passed;
	size_t failed;
	size_t not_yet; /* lines that are commented out until the script reads them */
};

/* Runs the samples beside script i in a fresh host without JIT, raises the counts, and adds to report a
 * readable difference for each that fails, or a note when there is no file of samples. 0, also when some
 * failed; -1 with errors when they cannot be run: a line of the file is wrong. */
int samples_run(struct generation *g, size_t i, struct strbuf *report, struct samples_counts *counts,
		struct errlist *errors);

#endif
