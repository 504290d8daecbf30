/* SPDX-License-Identifier: Apache-2.0
 *
 * A reload as a plan, without threads: reads everything again, refuses what cannot change live, runs every
 * script on its samples, compares, tries out on messages really seen. Touches nothing that runs. Called by
 * control/reload; tests call it alone.
 */
#ifndef NATMILL_CONTROL_RELOAD_PLAN_H
#define NATMILL_CONTROL_RELOAD_PLAN_H

#include "base/errlist.h"
#include "base/strbuf.h"
#include "control/engine.h"
#include "control/shadow.h"

/* What it is made of. */
struct reload_world {
	const struct engine_config *now;
	const struct engine_source *source;
	uint32_t number;          /* of the next generation */
	struct shadow_input seen; /* its stop ends the whole plan, early */
};

/* Returns the next configuration (free with source->unload) with lines in text that tell what changes, or
 * NULL with every reason in errors; text may then have lines about samples that failed. */
struct engine_config *reload_plan(const struct reload_world *world, struct strbuf *text,
				  struct errlist *errors);

#endif
