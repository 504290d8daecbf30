/* SPDX-License-Identifier: Apache-2.0
 *
 * The shadow run of a reload: the scripts that run and those that shall run next read the same messages, the
 * last ones really seen, the filters of both are asked of the events, and what would differ is told by
 * vendor, field and output. Both without JIT, so that an endless function is ended. Called by
 * control/reload_plan on the reload's thread.
 */
#ifndef NATMILL_CONTROL_SHADOW_H
#define NATMILL_CONTROL_SHADOW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/errlist.h"
#include "base/strbuf.h"
#include "stream/seen.h"
#include "stream/setup.h"

struct shadow_input {
	const struct seen_message *messages;
	size_t n;
	const _Atomic bool *stop; /* looked at between messages */
};

/* The outputs of both setups are the same ones. Adds to out a line about the whole and one for each vendor
 * with a difference. After a few seconds it leaves
 * the rest of the messages, and says so. -1 with errors: one of the hosts broke, or it was stopped. */
int shadow_run(const struct setup *now, const struct setup *next, const struct shadow_input *in,
	       struct strbuf *out, struct errlist *errors);

#endif
