/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads a configuration for a reload, into memory of its own; see config_source.h.
 */
#include "cli/config_source.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "cli/config.h"

/* What the engine gets, and what it points into. */
struct again {
	struct engine_config engine; /* first: the engine gives it back */
	struct loaded_config loaded;
};

static void unload(void *ctx, struct engine_config *config)
{
	(void)ctx;
	struct again *a = (struct again *)config;
	config_unload(&a->loaded);
	free(a);
}

static struct engine_config *load(void *ctx, uint32_t number, struct errlist *errors)
{
	struct again *a = xcalloc(1, sizeof *a);
	int rc = config_load_number(&a->loaded, ctx, number, errors);
	a->engine = config_engine(&a->loaded);
	if (rc == 0)
		return &a->engine;
	unload(ctx, &a->engine);
	return NULL;
}

struct engine_source config_source(const char *path)
{
	return (struct engine_source){.ctx = (void *)(uintptr_t)path, .load = load, .unload = unload};
}
