/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares an event as JSON with the one that a sample expects, whatever the order of members and the blanks.
 */
#ifndef NATMILL_SCRIPT_SAMPLE_DIFF_H
#define NATMILL_SCRIPT_SAMPLE_DIFF_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Both are flat JSON objects. True when they have the same members; else false, and report has a line for
 * each member that only one of them has: "  - ..." expected, "  + ..." got. */
bool sample_diff(const char *expected, size_t expected_len, const char *got, size_t got_len,
		 struct strbuf *report);

#endif
