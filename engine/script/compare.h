/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two generations, as lines for a human. Called by control/reload_plan.
 */
#ifndef NATMILL_SCRIPT_COMPARE_H
#define NATMILL_SCRIPT_COMPARE_H

#include "base/strbuf.h"
#include "script/generation.h"

/* Adds a line each about scripts, filters and topics that were changed, added or removed. Any thread. */
void generation_compare(const struct generation *now, const struct generation *next, struct strbuf *out);

#endif
