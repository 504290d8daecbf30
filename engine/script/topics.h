/* SPDX-License-Identifier: Apache-2.0
 *
 * Which scripts no topic reaches: what natmill check warns of, and what natmill try says of a topic that the
 * configuration leaves out.
 */
#ifndef NATMILL_SCRIPT_TOPICS_H
#define NATMILL_SCRIPT_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "script/generation.h"

/* Adds a warning for each script that neither declares a topic nor is named by the configuration, and one for
 * all those whose topics the configuration leaves out. Returns the number of warnings. */
size_t topics_lint(const struct generation *g, struct strbuf *report);

/* Is any of these n topics one of the ^regex, which some script or the configuration has? */
bool topics_fit(const char *pattern, char *const *names, size_t n);

/* The first script that declares the topic; NULL = none. Where host_route finds nothing all the same, the
 * configuration's topics leave it out. */
const char *topics_declaring(const struct generation *g, const char *topic);

#endif
