/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole configuration: joins the option rows of all layers and outputs, loads file and environment,
 * resolves topics and outputs. Used by run, check and demo.
 */
#ifndef NATMILL_CLI_CONFIG_H
#define NATMILL_CLI_CONFIG_H

#include "base/errlist.h"
#include "cli/config_topics.h"
#include "control/engine.h"
#include "control/logging.h"
#include "control/settings.h"
#include "script/generation.h"

#define CONFIG_DEFAULT_FILE "natmill.yaml"

struct config {
	/* Filled by the rows: */
	struct engine_settings engine;
	struct kafka_settings kafka;
	struct batch_settings batch;
	struct log_settings log;
	struct server_settings server; /* of the sections http and control */
	struct settings_list topics;
	struct settings_list outputs;
	struct settings_item dead_letters;
};

struct loaded_config {
	struct config config;
	const char *file; /* as given, or CONFIG_DEFAULT_FILE; NULL = none. Not owned */
	struct settings *settings;
	struct sink_config sinks[OUTPUTS_MAX];
	size_t sink_count;
	struct filter *filters[OUTPUTS_MAX]; /* of the sinks; NULL = none */
	struct config_topics *topics;
	struct generation *generation;
	void *default_store; /* options of the dead-letter store that nothing in the configuration names */
	const struct option *default_store_rows;
};

/* All sections, for the reference page and --help. */
const struct section *config_sections(void);

/* path NULL: CONFIG_DEFAULT_FILE if it is there, else only the environment. Loads scripts too. 0, or -1 with
 * every error in errs; config_unload is legal after both. */
int config_load(struct loaded_config *c, const char *path, struct errlist *errs);

/* The same as generation of that number. */
int config_load_number(struct loaded_config *c, const char *path, uint32_t number, struct errlist *errs);

/* The same from a text that needs no file (demo). */
int config_load_text(struct loaded_config *c, const char *name, const char *text, size_t len,
		     struct errlist *errs);

void config_unload(struct loaded_config *c);

/* Prints each error as "natmill: ..." to standard error; returns the exit status 1. */
int config_fail(struct errlist *errs);

/* What engine_run needs, out of a loaded configuration. */
struct engine_config config_engine(const struct loaded_config *c);

#endif
