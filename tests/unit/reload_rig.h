/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of reload: configurations made on demand, as the configuration file would give them, with a
 * folder of one vendor script, one option that takes a restart and one that does not, and outputs that do
 * nothing. Counts what is loaded and given back. Include after cmocka's headers.
 */
#ifndef NATMILL_TESTS_RELOAD_RIG_H
#define NATMILL_TESTS_RELOAD_RIG_H

#include <stdatomic.h>

#include "base/node.h"
#include "control/engine.h"
#include "control/yaml.h"
#include "tests/unit/script_fixture.h"

#define RIG_OUTPUTS 2
#define RIG_TOPIC "t.one"
#define RIG_SCRIPT                                                                      \
	"local t = vendor 't'\nt:topics '" RIG_TOPIC "'\nt:actions { A = 'created' }\n" \
	"t:address_mapping '{action} INT {src_ip} EXT {x_ip}'\nreturn t\n"
#define RIG_LINE "A INT 10.0.0.1 EXT 192.0.2.1"
#define RIG_MESSAGE "{\"ip\":\"192.0.2.9\",\"message\":\"" RIG_LINE "\"}"

struct rig_values {
	int64_t workers; /* takes a restart */
	int64_t memory;  /* does not */
};

struct rig_options {
	int64_t setting;
};

struct rig_output {
	const struct rig_options *options;
};

/* A configuration, as engine_source.load gives it. */
struct rig_config {
	struct engine_config config; /* first: it is cast back */
	struct rig_values values;
	struct batch_settings batch;
	struct rig_options options[RIG_OUTPUTS];
	struct sink_config sinks[RIG_OUTPUTS];
	struct filter *filter; /* of the second output */
};

struct rig {
	struct fixture scripts; /* only its folder */
	struct engine_source source;
	/* What is read next: */
	struct rig_values values;
	int64_t settings[RIG_OUTPUTS];
	size_t output_count;
	const char *second;  /* name of the second output */
	const char *filters; /* its filters, as YAML; NULL = none */
	const char *lua;     /* one of them is this file */
	bool broken;
	/* What was: */
	_Atomic int loads;
	_Atomic int made; /* by these */
	_Atomic int given_back;
	_Atomic bool hold; /* loads wait while it is set */
};

static const struct option rig_value_rows[] = {
	{.name = "workers", .type = OPTION_INT, .offset = offsetof(struct rig_values, workers), .max = 99},
	{.name = "memory",
	 .type = OPTION_INT,
	 .offset = offsetof(struct rig_values, memory),
	 .max = 99,
	 .reloadable = true},
	{.name = NULL},
};
static const struct section rig_sections[] = {
	{.name = "", .kind = SECTION_PLAIN, .rows = rig_value_rows, .size = sizeof(struct rig_values)},
	{.name = NULL},
};

/* An output that cannot be made with a setting below 0. */
HELPER struct output *rig_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct rig_options *own = options;
	(void)env;
	if (own->setting < 0) {
		err_set(e, ERR_CONFIG, "no such setting");
		return NULL;
	}
	struct rig_output *o = xcalloc(1, sizeof *o);
	o->options = own;
	return (struct output *)o;
}

HELPER void rig_output_close(struct output *o)
{
	free(o);
}

static const struct option rig_option_rows[] = {
	{.name = "setting", .type = OPTION_INT, .offset = offsetof(struct rig_options, setting)},
	{.name = NULL},
};
static const struct output_type rig_type = {
	.name = "rig",
	.options = rig_option_rows,
	.options_size = sizeof(struct rig_options),
	.takes_events = true,
	.create = rig_create,
	.close = rig_output_close,
	.open = output_nothing,
	.begin = output_nothing,
	.commit = output_no_commit,
	.abort = output_no_abort,
};

HELPER void rig_give_back(void *ctx, struct engine_config *config)
{
	struct rig *r = ctx;
	generation_unref(config->setup.generation);
	filter_free(((struct rig_config *)config)->filter);
	free(config);
	atomic_fetch_add(&r->given_back, 1);
}

HELPER struct engine_config *rig_load(void *ctx, uint32_t number, struct errlist *errors)
{
	struct rig *r = ctx;
	atomic_fetch_add(&r->loads, 1);
	while (atomic_load(&r->hold))
		usleep(1000);
	if (r->broken) {
		errlist_add(errors, ERR_CONFIG, "n.yaml:3: broken");
		return NULL;
	}
	struct generation *g = generation_load(r->scripts.dir, NULL, 0, number, errors);
	if (g == NULL)
		return NULL;
	struct rig_config *c = xcalloc(1, sizeof *c);
	atomic_fetch_add(&r->made, 1);
	c->values = r->values;
	for (size_t i = 0; i < RIG_OUTPUTS; i++) {
		c->options[i].setting = r->settings[i];
		c->sinks[i] = (struct sink_config){.type = &rig_type,
						   .name = i == 0 ? "first" : r->second,
						   .options = &c->options[i]};
	}
	if (r->filters != NULL) {
		struct node *list = yaml_parse(r->filters, strlen(r->filters), "n.yaml", errors);
		c->filter = filter_new(list, errors);
		node_free(list);
		assert_non_null(c->filter);
		c->sinks[1].filter = c->filter;
	}
	if (r->lua != NULL)
		assert_int_equal(generation_add_filters(g, &r->lua, 1, errors), 0);
	c->config = (struct engine_config){.setup = {.generation = g,
						     .batch = &c->batch,
						     .outputs = c->sinks,
						     .output_count = r->output_count},
					   .sections = rig_sections,
					   .values = &c->values,
					   .source = &r->source};
	return &c->config;
}

HELPER void rig_write(struct rig *r, const char *file, const char *text)
{
	fixture_write(&r->scripts, file, text, strlen(text));
}

/* The configuration of generation 1; give it back. */
HELPER struct engine_config *rig_open(struct rig *r)
{
	struct errlist errors = {0};
	*r = (struct rig){.values = {.workers = 2, .memory = 10}, .output_count = 2, .second = "second"};
	fixture_init(&r->scripts);
	r->source = (struct engine_source){.ctx = r, .load = rig_load, .unload = rig_give_back};
	rig_write(r, "t.lua", RIG_SCRIPT);
	struct engine_config *first = rig_load(r, 1, &errors);
	assert_non_null(first);
	return first;
}

/* Whatever was made must have been given back. */
HELPER void rig_close(struct rig *r, struct engine_config *first)
{
	rig_give_back(r, first);
	assert_int_equal(atomic_load(&r->given_back), atomic_load(&r->made));
	fixture_free(&r->scripts);
}

#endif
