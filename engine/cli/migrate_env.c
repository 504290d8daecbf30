/* SPDX-License-Identifier: Apache-2.0
 *
 * The old consumer's environment; see migrate_env.h.
 */
#include "cli/migrate_env.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "control/yaml.h"

#define CONSUMER "cgn-ec-consumer" /* in the name of its image */

static const struct {
	const char *name;
	const char *key;
} known[] = {
	{"KAFKA_BOOTSTRAP_SERVERS", "kafka_bootstrap_servers"},
	{"KAFKA_GROUP_ID", "kafka_group_id"},
	{"KAFKA_MAX_RECORDS_POLL", "kafka_max_records_poll"},
	{"PROCESSES", "processes"},
	{"METRICS_PORT", "metrics_port"},
	{"BATCH_SIZE", "batch_size"},
	{"CONFIG_FILE", ""},
	{"PROMETHEUS_MULTIPROC_DIR", ""},
};

#define KNOWN (sizeof known / sizeof *known)

const char *migrate_env_key(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].key;
	return NULL;
}

/* The consumer's own spelling where it is one of its variables: it takes them in any case. */
static const char *spelling(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].name;
	return name;
}

static void add(struct node *map, const char *name, size_t n, const char *value, const struct node *at)
{
	char *text = xmalloc(n + 1);
	memcpy(text, name, n);
	text[n] = '\0';
	const char *written = spelling(text);
	long there = node_index(map, written);
	struct node *item = node_scalar(at->source, value, strlen(value));
	item->line = at->line;
	item->column = at->column;
	if (there >= 0) { /* the last one counts */
		node_free(map->items[there]);
		map->items[there] = item;
	} else {
		struct node *key = node_scalar(at->source, written, strlen(written));
		key->line = at->line;
		key->column = at->column;
		node_append(map, key, item);
	}
	free(text);
}

/* A value of a .env file: in quotes, or up to a comment; blanks at both ends do not count. */
static char *unquote(const char *text)
{
	text += strspn(text, " \t");
	size_t n = strlen(text);
	char quote = text[0];
	const char *end = quote == '"' || quote == '\'' ? strchr(text + 1, quote) : NULL;
	const char *comment = strstr(text, " #");
	char *out;
	if (end != NULL) {
		text++;
		n = (size_t)(end - text);
	} else {
		n = comment != NULL ? (size_t)(comment - text) : n;
		while (n > 0 && isspace((unsigned char)text[n - 1]))
			n--;
	}
	out = xmalloc(n + 1);
	memcpy(out, text, n);
	out[n] = '\0';
	return out;
}

/* One line of a .env file. */
static void add_line(struct node *map, char *line, const struct node *at, struct errlist *errs)
{
	line += strspn(line, " \t\xef\xbb\xbf");
	if (strncmp(line, "export ", 7) == 0)
		line += 7 + strspn(line + 7, " \t");
	if (*line == '\0' || *line == '#')
		return;
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	if (n == 0 || (line[n] != '=' && line[n] != '\0')) {
		errlist_add(errs, ERR_CONFIG, "%s:%zu: expected NAME=VALUE", at->source, at->line);
		return;
	}
	char *value = line[n] == '=' ? unquote(line + n + 1) : xstrdup("");
	add(map, line, n, value, at);
	free(value);
}

static void read_lines(struct node *map, struct strbuf *text, const char *path, struct errlist *errs)
{
	struct node at = {.source = path, .line = 1, .column = 1};
	char *line = text->data;
	for (char *end; line != NULL; line = end, at.line++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		add_line(map, line, &at, errs);
	}
}

/* environment: a map, or a list of NAME=VALUE. */
static void read_environment(struct node *map, const struct node *env, struct errlist *errs)
{
	char where[NODE_WHERE_MAX];
	for (size_t i = 0; i < env->n; i++) {
		const struct node *item = env->items[i];
		const char *equal =
			item->kind == NODE_SCALAR && env->kind == NODE_LIST ? strchr(item->text, '=') : NULL;
		if (item->kind != NODE_SCALAR)
			errlist_add(errs, ERR_CONFIG, "%s: expected one value", node_where(item, where));
		else if (env->kind == NODE_MAP)
			add(map, env->keys[i]->text, strlen(env->keys[i]->text),
			    node_is_null(item) ? "" : item->text, env->keys[i]);
		else if (equal != NULL)
			add(map, item->text, (size_t)(equal - item->text), equal + 1, item);
	}
}

/* Is it the consumer's service: by its image, else by a variable that only it knows? */
static bool is_consumer(const struct node *service)
{
	const struct node *image = node_get(service, "image");
	const struct node *env = node_get(service, "environment");
	if (image != NULL && image->kind == NODE_SCALAR && strstr(image->text, CONSUMER) != NULL)
		return true;
	for (size_t i = 0; env != NULL && i < env->n; i++) {
		const char *text = env->kind == NODE_MAP ? env->keys[i]->text : env->items[i]->text;
		if (text != NULL && strncasecmp(text, "KAFKA_MAX_RECORDS_POLL", 22) == 0)
			return true;
	}
	return false;
}

/* The environment of a whole compose file, of one service, or what stands there itself. */
static const struct node *find_environment(const struct node *root, const char *path, struct errlist *errs)
{
	const struct node *services = node_get(root, "services");
	const struct node *env = node_get(root, "environment");
	const struct node *found = NULL;
	if (services == NULL)
		return env != NULL ? env : root;
	for (size_t i = 0; i < services->n; i++) {
		if (!is_consumer(services->items[i]))
			continue;
		if (found != NULL)
			errlist_add(errs, ERR_CONFIG,
				    "%s: more than one service is the consumer: put the variables of one "
				    "into a file",
				    path);
		found = services->items[i];
	}
	if (found == NULL)
		errlist_add(errs, ERR_CONFIG, "%s: no service has an image " CONSUMER, path);
	return node_get(found, "environment");
}

static bool is_yaml(const char *path)
{
	static const char *const ends[] = {".yaml", ".yml", ".json"};
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(ends[i]);
		if (strlen(path) > n && strcasecmp(path + strlen(path) - n, ends[i]) == 0)
			return true;
	}
	return false;
}

static void read_file(struct node *map, const char *path, struct errlist *errs)
{
	struct strbuf text = {0};
	struct err e = {0};
	if (file_read(path, YAML_MAX_BYTES, &text, &e) != 0) {
		errlist_add(errs, e.code, "%s", e.msg);
	} else if (is_yaml(path)) {
		struct node *root = yaml_parse(text.data, text.len, path, errs);
		const struct node *env = root != NULL ? find_environment(root, path, errs) : NULL;
		if (env != NULL)
			read_environment(map, env, errs);
		node_free(root);
	} else {
		read_lines(map, &text, path, errs);
	}
	strbuf_free(&text);
}

/* Variables of this process that the consumer knows, and the file has not. */
static void read_process(struct node *map, char *const *env)
{
	static const struct node at = {.source = "the environment"};
	for (; *env != NULL; env++) {
		size_t n = strcspn(*env, "=");
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)n, *env);
		if (migrate_env_key(spelling(name)) != NULL && node_get(map, spelling(name)) == NULL &&
		    (*env)[n] == '=')
			add(map, *env, n, *env + n + 1, &at);
	}
}

struct node *migrate_env_read(const char *path, char *const *env, struct errlist *errs)
{
	struct node *map = node_new(NODE_MAP, "the environment");
	size_t before = errs->n;
	if (path != NULL)
		read_file(map, path, errs);
	size_t of_file = map->n;
	read_process(map, env);
	for (size_t i = 0; i < of_file; i++)
		setenv(map->keys[i]->text, map->items[i]->text, 0);
	if (errs->n == before)
		return map;
	node_free(map);
	return NULL;
}
