/* SPDX-License-Identifier: Apache-2.0
 *
 * The top level of the old configuration; see migrate_general.h. With a file the old consumer takes nothing
 * from its environment, not even what the file lacks: so the group, and with it the offsets, are those of the
 * file.
 */
#include "cli/migrate_general.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/migrate_env.h"
#include "cli/migrate_handler.h"
#include "cli/migrate_outputs.h"
#include "cli/migrate_rows.h"

#define WORKERS_MAX 256
#define BATCH_MAX 1000000

static const struct migrate_row rows[] = {
	{.old = "kafka_bootstrap_servers",
	 .as = MIGRATE_TEXTS,
	 .new = "kafka/brokers",
	 .fallback = "localhost:9094"},
	{.old = "kafka_group_id", .as = MIGRATE_TEXT, .new = "kafka/group", .fallback = "syslog-consumers"},
	{.old = "kafka_max_records_poll",
	 .as = MIGRATE_DROPPED,
	 .why = "a batch ends with batch.messages messages, or after batch.wait"},
	{.old = "processes", .as = MIGRATE_NUMBER, .new = "workers"},
	{.old = "batch_size", .as = MIGRATE_NUMBER, .new = "batch/messages"},
	{.old = "metrics_port", .as = MIGRATE_COUNT},
	{.old = "handler", .as = MIGRATE_BRANCH},
	{.old = "outputs", .as = MIGRATE_BRANCH},
	{0},
};

/* A map of the variables as the file would have them. */
static struct node *from_environment(const struct node *env)
{
	struct node *map = node_new(NODE_MAP, env->source);
	for (size_t i = 0; i < env->n; i++) {
		const struct node *var = env->keys[i];
		const char *key = migrate_env_key(var->text);
		if (key == NULL || *key == '\0')
			continue;
		struct node *name = node_scalar(var->source, key, strlen(key));
		struct node *value =
			node_scalar(var->source, env->items[i]->text, strlen(env->items[i]->text));
		name->line = value->line = var->line;
		name->column = value->column = var->column;
		value->plain = value->text[0] == '\0'; /* empty counts as not set */
		node_append(map, name, value);
	}
	return map;
}

/* Variables that had no effect, and still have none. */
static void note_ignored(struct migrate_plan *p, const struct node *file, const struct node *env)
{
	for (size_t i = 0; i < env->n; i++) {
		const char *key = migrate_env_key(env->keys[i]->text);
		const struct node *value = key != NULL ? node_get(file, key) : NULL;
		if (key == NULL || *key == '\0' || node_equal(value, env->items[i]))
			continue;
		migrate_note(
			p, env->keys[i],
			"%s is not carried over: with a configuration file the old consumer does not look at "
			"it, and takes %s",
			env->keys[i]->text,
			value != NULL ? "what the file says" : "its default, for the file lacks it");
	}
}

/* Names of a file of variables that are not the consumer's, in one note. */
static void note_others(struct migrate_plan *p, const struct node *env)
{
	struct strbuf names = {0};
	for (size_t i = 0; i < env->n; i++)
		if (migrate_env_key(env->keys[i]->text) == NULL)
			strbuf_printf(&names, "%s%s", names.len > 0 ? ", " : "", env->keys[i]->text);
	if (names.len > 0)
		migrate_note(p, NULL,
			     "variables that the old consumer does not know, and that are not carried over: "
			     "%s",
			     names.data);
	strbuf_free(&names);
}

static void bound(struct migrate_plan *p, const struct node *old, const char *key, struct node *map,
		  const char *option, long max)
{
	char text[32];
	const struct node *value = node_get(map, option);
	if (value == NULL || migrate_is_reference(value->text))
		return;
	long n = strtol(value->text, NULL, 10);
	if (n >= 1 && n <= max)
		return;
	snprintf(text, sizeof text, "%ld", n < 1 ? 1 : max);
	migrate_note(p, node_get(old, key), "%s: %ld is written %s, for natmill takes 1 to %ld", key, n, text,
		     max);
	migrate_put(map, option, text);
}

/* Where Prometheus finds it: the old consumer listened on all addresses. */
static void put_listen(struct migrate_plan *p, const struct node *old)
{
	char *port = migrate_part(old, "metrics_port", "4499");
	struct strbuf listen = {0};
	strbuf_printf(&listen, "0.0.0.0:%s", port);
	migrate_put(p->tree, "http/listen", listen.data);
	strbuf_free(&listen);
	free(port);
}

void migrate_general(struct migrate_plan *p, const struct node *file, const struct node *env)
{
	static const struct migrate_owner owner = {"the configuration", ""};
	struct node *variables = file == NULL ? from_environment(env) : NULL;
	const struct node *old = file != NULL ? file : variables;
	migrate_rows(p, rows, old, p->tree, &owner);
	bound(p, old, "processes", p->tree, "workers", WORKERS_MAX);
	bound(p, old, "batch_size", node_get(p->tree, "batch"), "messages", BATCH_MAX);
	if (file != NULL) {
		note_ignored(p, file, env);
		if (node_get(file, "handler") == NULL)
			migrate_wrong(p, file,
				      "handler is missing: the old consumer does not start without it");
		if (node_get(file, "outputs") == NULL)
			migrate_wrong(p, file,
				      "outputs is missing: the old consumer does not start without it");
	}
	note_others(p, env);
	migrate_handler(p, node_get(old, "handler"));
	migrate_outputs(p, node_get(old, "outputs"));
	put_listen(p, old);
	node_free(variables);
}
