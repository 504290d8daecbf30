/* SPDX-License-Identifier: Apache-2.0
 *
 * The shadow run of a reload: the scripts that run and those that shall run next read the same messages, the
 * last ones really seen, and what would differ is told by vendor and field. Both without JIT, so that an
 * endless function is ended. Called by control/reload_plan on the reload's thread.
 */
#ifndef NATMILL_CONTROL_SHADOW_H
#define NATMILL_CONTROL_SHADOW_H

#include "base/errlist.h"
#include "base/strbuf.h"
#include "script/generation.h"
#include "stream/seen.h"

/* Adds to out a line about the whole and one for each vendor with a difference. -1 with errors: one of the
 * hosts broke. */
int shadow_run(struct generation *now, struct generation *next, const struct seen_message *messages, size_t n,
	       struct strbuf *out, struct errlist *errors);

#endif
