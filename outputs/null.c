/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `null`: takes every event and forgets it. For measuring what comes before the outputs, and for
 * trying scripts on live traffic; the engine's own counters tell what it took.
 */
#include <stdlib.h>

#include "base/strbuf.h"
#include "output/output.h"

struct null {
	const struct output_env *env;
};

static struct output *null_create(const void *options, const struct output_env *env, struct err *e)
{
	(void)options;
	(void)e;
	struct null *s = xcalloc(1, sizeof *s);
	s->env = env;
	return (struct output *)s;
}

static void null_close(struct output *o)
{
	free(o);
}

static void null_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	(void)o;
	output_ok(r, range->n);
}

static const struct option null_options[] = {{.name = NULL}};

const struct output_type null_output = {
	.name = "null",
	.help = "Takes every event and forgets it.",
	.takes_events = true,
	.options = null_options,
	.create = null_create,
	.close = null_close,
	.open = output_nothing,
	.begin = output_nothing,
	.write = null_write,
	.commit = output_no_commit,
	.abort = output_no_abort,
};
