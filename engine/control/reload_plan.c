/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a reload before anything is swapped; see reload_plan.h.
 */
#include "control/reload_plan.h"

#include <string.h>

#include "control/settings.h"
#include "script/compare.h"
#include "script/samples.h"

/* What is read only at start, by name. */
static int refuse_restart(const struct engine_config *now, const struct engine_config *next,
			  struct errlist *errors)
{
	struct strbuf names = {0};
	size_t n = settings_restart(now->sections, now->values, next->values, &names);
	if (n > 0)
		errlist_add(errors, ERR_CONFIG, "%s: %s changed and needs a restart", names.data,
			    n == 1 ? "has" : "have");
	strbuf_free(&names);
	return n > 0 ? -1 : 0;
}

/* Workers swap outputs by their places. Rows that need a restart have told of any other difference. */
static int refuse_outputs(const struct engine_config *now, const struct engine_config *next,
			  struct errlist *errors)
{
	const struct setup *a = &now->setup;
	const struct setup *b = &next->setup;
	bool same = a->output_count == b->output_count;
	for (size_t i = 0; same && i < a->output_count; i++)
		same = a->outputs[i].type == b->outputs[i].type &&
		       strcmp(a->outputs[i].name, b->outputs[i].name) == 0;
	return same ? 0 : errlist_add(errors, ERR_CONFIG, "outputs: have changed and need a restart");
}

/* The gate: every script gives what its samples say. */
static int run_samples(struct generation *g, const _Atomic bool *stop, struct strbuf *text,
		       struct errlist *errors)
{
	struct samples_counts counts = {0};
	struct strbuf report = {0};
	int rc = 0;
	for (size_t i = 0; i < generation_script_count(g) && !atomic_load(stop); i++)
		if (samples_run(g, i, &report, &counts, errors) != 0)
			rc = -1;
	if (counts.failed > 0) {
		strbuf_add(text, report.data, report.len);
		rc = errlist_add(errors, ERR_SCRIPT, "%zu of %zu samples fail", counts.failed,
				 counts.failed + counts.passed);
	}
	strbuf_free(&report);
	return rc;
}

static void tell_changes(const struct engine_config *now, const struct engine_config *next,
			 struct strbuf *text)
{
	size_t before = text->len;
	struct strbuf names = {0};
	if (settings_changed(now->sections, now->values, next->values, &names) > 0)
		strbuf_printf(text, "configuration: changed %s\n", names.data);
	strbuf_free(&names);
	generation_compare(now->setup.generation, next->setup.generation, text);
	if (text->len == before)
		strbuf_adds(text, "nothing has changed\n");
}

struct engine_config *reload_plan(const struct reload_world *world, struct strbuf *text,
				  struct errlist *errors)
{
	const struct engine_config *now = world->now;
	struct engine_config *next = world->source->load(world->source->ctx, world->number, errors);
	if (next == NULL)
		return NULL;
	int rc = refuse_restart(now, next, errors);
	if (rc == 0)
		rc = refuse_outputs(now, next, errors);
	if (rc == 0)
		rc = run_samples(next->setup.generation, world->seen.stop, text, errors);
	if (rc == 0)
		tell_changes(now, next, text);
	if (rc == 0)
		rc = shadow_run(&now->setup, &next->setup, &world->seen, text, errors);
	if (rc == 0)
		return next;
	world->source->unload(world->source->ctx, next);
	return NULL;
}
