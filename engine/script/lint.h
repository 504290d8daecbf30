/* SPDX-License-Identifier: Apache-2.0
 *
 * What natmill check warns of: scripts that load and pass their samples, and still are probably not what was
 * meant. A warning is one line, "vendors/nfware.lua:12: warning: ...".
 */
#ifndef NATMILL_SCRIPT_LINT_H
#define NATMILL_SCRIPT_LINT_H

#include <stddef.h>

#include "base/strbuf.h"
#include "script/generation.h"

/* Looks at script i of the generation; adds the warnings to report and returns their number. Takes a fraction
 * of a second where the script has a handler and samples. */
size_t lint_run(struct generation *g, size_t i, struct strbuf *report);

/* For script/ only. */
struct host;
struct script;
struct rule;

/* Begins a warning about a rule; line 0 = the whole script. */
void lint_begin(const struct script *s, int line, struct strbuf *report);

/* Templates with ${...} and .*, which mean nothing there. */
size_t lint_stray(const struct script *s, struct strbuf *report);

/* Templates that an earlier rule leaves no line to. */
size_t lint_shadows(struct host *h, const struct script *s, struct strbuf *report);

/* Handlers that the JIT compiler does not take: runs the script's samples many times. */
size_t lint_jit(struct generation *g, size_t i, struct strbuf *report);

#endif
