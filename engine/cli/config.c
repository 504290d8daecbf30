/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins option rows, loads the configuration, resolves topics and outputs; see config.h.
 */
#include "cli/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/near.h"
#include "cli/commands.h"
#include "cli/config_refuse.h"
#include "cli/registry.h"

struct output_common {
	char *name;
	int mode;
	const struct node *filters;
};

static const struct option output_common_rows[] = {
	{.name = "name",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct output_common, name),
	 .help = "Name of the output in metrics and messages, key of its watermarks. Default: its type."},
	{.name = "mode",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct output_common, mode),
	 .fallback = "required",
	 .choices = "required|best_effort",
	 .help = "`required`: nothing goes on before it has the batch. `best_effort`: a few attempts, then "
		 "its "
		 "events are dropped and counted."},
	{.name = "filters",
	 .type = OPTION_NODE,
	 .offset = offsetof(struct output_common, filters),
	 .reloadable = true,
	 .help = "What events pass on their way to this output, in this order, such as `[{ match_kv: { key: "
		 "type, "
		 "value: session-mapping } }, { drop_destination: }]`. Other outputs are not concerned."},
	{.name = NULL},
};

#define TYPES_MAX 32
static struct section_type output_types[TYPES_MAX];
static struct section_type store_types[TYPES_MAX] = {
	{.name = "table",
	 .help = "In the database of the first transactional output, in the same transaction."}};

static const struct section sections[] = {
	{.name = "",
	 .kind = SECTION_PLAIN,
	 .rows = engine_options,
	 .offset = offsetof(struct config, engine),
	 .size = sizeof(struct engine_settings),
	 .help = "General."},
	{.name = "kafka",
	 .kind = SECTION_PLAIN,
	 .rows = kafka_options,
	 .offset = offsetof(struct config, kafka),
	 .size = sizeof(struct kafka_settings),
	 .help = "Where messages come from."},
	{.name = "batch",
	 .kind = SECTION_PLAIN,
	 .rows = batch_options,
	 .offset = offsetof(struct config, batch),
	 .size = sizeof(struct batch_settings),
	 .help = "How messages are gathered."},
	{.name = "topics",
	 .kind = SECTION_NAMED,
	 .rows = topic_options,
	 .offset = offsetof(struct config, topics),
	 .size = sizeof(struct topic_settings),
	 .shorthand = "vendors",
	 .reloadable = true,
	 .help = "Topics by name or ^regex. Default: the topics that the scripts declare. With entries only "
		 "those are read; the entry `\"*\": {}` adds all topics that scripts declare and no other "
		 "entry "
		 "names, with its own options."},
	{.name = "outputs",
	 .kind = SECTION_LIST,
	 .rows = output_common_rows,
	 .types = output_types,
	 .offset = offsetof(struct config, outputs),
	 .size = sizeof(struct output_common),
	 .required = true,
	 .help = "Where events go."},
	{.name = "dead_letters",
	 .kind = SECTION_TYPED,
	 .types = store_types,
	 .offset = offsetof(struct config, dead_letters),
	 .help = "Where records go that no script could read, and events that an output refused for good. "
		 "Default: a "
		 "table beside the first transactional output, else the Kafka topic `cgnat.dead`."},
	{.name = "log",
	 .kind = SECTION_PLAIN,
	 .rows = log_options,
	 .offset = offsetof(struct config, log),
	 .size = sizeof(struct log_settings),
	 .help = "Log lines."},
	{.name = "http",
	 .kind = SECTION_PLAIN,
	 .rows = http_options,
	 .offset = offsetof(struct config, server),
	 .size = sizeof(struct server_settings),
	 .help = "What a running natmill tells of itself over HTTP."},
	{.name = "control",
	 .kind = SECTION_PLAIN,
	 .rows = control_options,
	 .offset = offsetof(struct config, server),
	 .size = sizeof(struct server_settings),
	 .help = "How commands reach a running natmill."},
	{.name = NULL},
};

const struct section *config_sections(void)
{
	size_t outputs = 0;
	size_t stores = 1;
	for (size_t i = 0; registry_outputs[i] != NULL && i < TYPES_MAX - 2; i++) {
		const struct output_type *t = registry_outputs[i];
		struct section_type row = {.name = t->name,
					   .rows = t->options,
					   .size = t->options_size,
					   .help = t->help};
		if (t->takes_events)
			output_types[outputs++] = row;
		else
			store_types[stores++] = row;
	}
	output_types[outputs] = (struct section_type){0};
	store_types[stores] = (struct section_type){0};
	return sections;
}

/* The output behind a name that settings_load has accepted: it knows no others. */
static const struct output_type *type_named(const char *name, bool takes_events)
{
	size_t i = 0;
	while (registry_outputs[i]->takes_events != takes_events ||
	       strcmp(registry_outputs[i]->name, name) != 0)
		i++;
	return registry_outputs[i];
}

/* What every event needs cannot be hidden from an output whose tables need it: each event would be refused.
 */
static void refuse_hidden(const struct loaded_config *c, const struct sink_config *sink,
			  const struct output_common *common, struct errlist *errs)
{
	bool tables = sink->type->transactional && !sink->type->group_marks;
	uint32_t hides = sink->filter != NULL && tables ? filter_hides(sink->filter) : 0;
	for (int f = 0; f < FIELD_COUNT; f++)
		if ((hides >> f & 1) != 0 && event_fields[f].required != 0) {
			settings_refuse(c->settings, errs, &common->filters,
					"its filters hide %s, which the tables of %s need",
					event_fields[f].name, sink->type->name);
			return;
		}
}

/* An output or store in Kafka writes to the cluster that natmill reads from, unless it is told another one.
 */
static void lend_kafka(const struct config *config, const struct option *rows, void *options)
{
	const struct option *brokers = option_find(rows, "brokers");
	const struct option *properties = option_find(rows, "properties");
	if (brokers == NULL || properties == NULL || *(char **)((char *)options + brokers->offset) != NULL)
		return;
	option_set(brokers, options, config->kafka.brokers, NULL);
	const struct text_map *own =
		(const struct text_map *)(const void *)((char *)options + properties->offset);
	for (size_t i = 0; i < config->kafka.properties.n; i++)
		if (text_map_get(own, config->kafka.properties.items[i].key) == NULL)
			option_put(properties, options, config->kafka.properties.items[i].key,
				   config->kafka.properties.items[i].value);
}

static void resolve_outputs(struct loaded_config *c, struct errlist *errs)
{
	const struct settings_list *list = &c->config.outputs;
	for (size_t i = 0; i < list->n; i++) {
		const struct settings_item *item = &list->items[i];
		const struct output_common *common = item->common;
		if (c->sink_count == OUTPUTS_MAX - 1) {
			settings_refuse(c->settings, errs, item, "at most %d outputs", OUTPUTS_MAX - 1);
			return;
		}
		struct sink_config sink = {
			.type = type_named(item->type->name, true),
			.name = common->name != NULL ? common->name : item->type->name,
			.options = item->own,
			.best_effort = common->mode == 1,
		};
		if (sink.type->variant != NULL)
			sink.type = sink.type->variant(item->own);
		lend_kafka(&c->config, sink.type->options, item->own);
		if (sink.type->group_marks && sinks_commit_group(c->sinks, c->sink_count))
			settings_refuse(
				c->settings, errs, item,
				"a second output with a Kafka transaction: the group's offsets fit into one; "
				"set transactional: false");
		if (common->filters != NULL)
			sink.filter = c->filters[c->sink_count] = filter_new(common->filters, errs);
		refuse_hidden(c, &sink, common, errs);
		if (sink.best_effort && sink.type->transactional)
			settings_refuse(c->settings, errs, &common->mode,
					"%s keeps watermarks and must be `required`", sink.type->name);
		for (size_t k = 0; k < c->sink_count; k++)
			if (strcmp(c->sinks[k].name, sink.name) == 0)
				settings_refuse(c->settings, errs, item,
						"two outputs are named '%s'; give one of them another `name`",
						sink.name);
		c->sinks[c->sink_count++] = sink;
	}
}

/* Two transactional outputs into one place would wait for each other within a batch. */
static void refuse_same_place(struct loaded_config *c, struct errlist *errs)
{
	for (size_t i = 0; i < c->sink_count; i++) {
		const struct option *path = option_find(c->sinks[i].type->options, "path");
		for (size_t k = 0; path != NULL && k < i; k++)
			if (c->sinks[k].type == c->sinks[i].type && c->sinks[i].type->transactional &&
			    option_equal(path, c->sinks[k].options, c->sinks[i].options))
				settings_refuse(c->settings, errs, &c->config.outputs.items[i],
						"outputs '%s' and '%s' have the same path; give each its own",
						c->sinks[k].name, c->sinks[i].name);
	}
}

static void resolve_store(struct loaded_config *c, struct errlist *errs)
{
	const struct settings_item *item = &c->config.dead_letters;
	bool table = false;
	for (size_t i = 0; i < c->sink_count; i++)
		table = table || (c->sinks[i].type->transactional && c->sinks[i].type->keeps_dead);
	bool asks_table = item->type != NULL && strcmp(item->type->name, "table") == 0;
	if (asks_table && !table)
		settings_refuse(
			c->settings, errs, item,
			"dead letters in a table need a transactional output; use type kafka or file");
	if (asks_table || (item->type == NULL && table))
		return;
	const struct output_type *type = type_named(item->type != NULL ? item->type->name : "kafka", false);
	void *options = item->own;
	if (item->type == NULL) {
		options = c->default_store = xcalloc(1, type->options_size);
		c->default_store_rows = type->options;
		option_defaults(type->options, options);
	}
	lend_kafka(&c->config, type->options, options);
	c->sinks[c->sink_count++] =
		(struct sink_config){.type = type, .name = "dead_letters", .options = options};
}

/* What only the output itself can tell of its options: an address that is none, a property nobody knows. */
static void refuse_options(struct loaded_config *c, struct errlist *errs)
{
	for (size_t i = 0; i < c->sink_count; i++) {
		const struct sink_config *sink = &c->sinks[i];
		const struct output_env env = {.name = sink->name,
					       .cluster_id = "",
					       .group = c->config.kafka.group};
		const struct settings_list *outputs = &c->config.outputs;
		struct err e = {0};
		struct output *o = sink->type->create(sink->options, &env, &e);
		if (o != NULL)
			sink->type->close(o);
		else
			settings_refuse(c->settings, errs,
					i < outputs->n ? &outputs->items[i] : &c->config.dead_letters, "%s",
					e.msg);
	}
}

/* Filters written in Lua belong to the generation, as all scripts do. */
static void add_filters(struct loaded_config *c, struct errlist *errs)
{
	uint32_t hidden;
	const char *path;
	const char **paths = NULL;
	size_t n = 0;
	for (size_t i = 0; i < c->sink_count; i++)
		for (size_t k = 0; c->sinks[i].filter != NULL &&
				   (path = filter_script(c->sinks[i].filter, k, &hidden)) != NULL;
		     k++) {
			paths = xrealloc(paths, (n + 1) * sizeof *paths);
			paths[n++] = path;
		}
	generation_add_filters(c->generation, paths, n, errs);
	free(paths);
}

static int load(struct loaded_config *c, const struct settings_source *src, uint32_t number,
		struct errlist *errs)
{
	*c = (struct loaded_config){.file = src->path};
	c->settings = settings_load(config_sections(), &c->config, sizeof c->config, src, errs);
	if (c->settings == NULL)
		return -1;
	c->topics = config_topics_new(&c->config.topics, c->settings, errs);
	config_refuse_properties(c, errs);
	resolve_outputs(c, errs);
	refuse_same_place(c, errs);
	config_refuse_stall_order(c, errs);
	config_refuse_server(c, errs);
	if (errs->n == 0)
		resolve_store(c, errs);
	if (errs->n == 0)
		refuse_options(c, errs);
	const char *folder =
		c->config.engine.vendors != NULL ? c->config.engine.vendors : cli_default_vendors();
	size_t n;
	const struct topic_config *topics = config_topics_rows(c->topics, &n);
	const char *const *names;
	c->generation = generation_load(folder, topics, n, number, errs);
	if (c->generation != NULL)
		add_filters(c, errs);
	if (c->generation != NULL && generation_topics(c->generation, &names) == 0)
		errlist_add(errs, ERR_CONFIG,
			    "%s: no script names a topic, so nothing would be read; add :topics to a script, "
			    "or the "
			    "section topics",
			    folder);
	return errs->n > 0 || c->generation == NULL ? -1 : 0;
}

int config_load(struct loaded_config *c, const char *path, struct errlist *errs)
{
	return config_load_number(c, path, 1, errs);
}

int config_load_number(struct loaded_config *c, const char *path, uint32_t number, struct errlist *errs)
{
	struct settings_source src = {.path = path, .env = environ};
	if (path == NULL && access(CONFIG_DEFAULT_FILE, F_OK) == 0)
		src.path = CONFIG_DEFAULT_FILE;
	return load(c, &src, number, errs);
}

int config_load_text(struct loaded_config *c, const char *name, const char *text, size_t len,
		     struct errlist *errs)
{
	struct settings_source src = {.path = name, .text = text, .len = len};
	return load(c, &src, 1, errs);
}

void config_unload(struct loaded_config *c)
{
	generation_unref(c->generation);
	config_topics_free(c->topics);
	for (size_t i = 0; i < OUTPUTS_MAX; i++)
		filter_free(c->filters[i]);
	if (c->default_store != NULL)
		option_free(c->default_store_rows, c->default_store);
	free(c->default_store);
	settings_free(c->settings);
	*c = (struct loaded_config){0};
}

int config_fail(struct errlist *errs)
{
	int status = 1;
	for (size_t i = 0; i < errs->n; i++)
		status = cli_fail(&errs->items[i]);
	if (errs->more > 0)
		fprintf(stderr, "natmill: and %zu more errors\n", errs->more);
	errlist_free(errs);
	return status;
}

struct engine_config config_engine(const struct loaded_config *c)
{
	return (struct engine_config){
		.kafka = &c->config.kafka,
		.engine = &c->config.engine,
		.setup = {.generation = c->generation,
			  .batch = &c->config.batch,
			  .outputs = c->sinks,
			  .output_count = c->sink_count},
		.sections = sections,
		.values = &c->config,
		.server = &c->config.server,
		.file = c->file,
	};
}
