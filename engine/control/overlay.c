/* SPDX-License-Identifier: Apache-2.0
 *
 * One environment variable into the tree; see overlay.h. The names are matched by the option rows,
 * because an underscore may be part of a name ("dead_letters") or stand between two.
 */
#include "control/overlay.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "control/yaml.h"

#define LIST_MAX 64 /* entries of a list section that the environment can reach */

struct overlay {
	struct node *root;
	struct errlist *errs;
	const struct variable *var; /* the one being applied */
};

/* What follows "PREFIX_" in text, or NULL. An empty prefix fits everything. */
static const char *behind(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	if (n == 0)
		return text;
	return strncmp(text, prefix, n) == 0 && text[n] == '_' ? text + n + 1 : NULL;
}

static struct node *from_env(struct node *node)
{
	node->env = true;
	return node;
}

/* Puts item under the key, in place of what was there. */
static void put(struct overlay *o, struct node *map, const char *key, struct node *item)
{
	long old = node_index(map, key);
	if (old >= 0)
		node_remove(map, (size_t)old);
	node_append(map, from_env(node_scalar(o->var->name, key, strlen(key))), from_env(item));
}

/* The map or list under the key, made when it is missing or left empty. NULL when something else stands
 * there: the reader of the tree complains about that. */
static struct node *inner(struct overlay *o, struct node *map, const char *key, enum node_kind kind)
{
	struct node *found = node_get(map, key);
	if (found != NULL && !node_is_null(found))
		return found->kind == kind ? found : NULL;
	found = node_new(kind, o->var->name);
	put(o, map, key, found);
	return found;
}

/* The variable's text read as YAML. */
static void put_yaml(struct overlay *o, struct node *map, const char *key)
{
	struct node *tree = yaml_parse(o->var->value, strlen(o->var->value), o->var->name, o->errs);
	if (tree != NULL)
		put(o, map, key, tree);
}

static void put_texts(struct overlay *o, struct node *map, const struct option *row)
{
	if (o->var->value[0] == '[') {
		put_yaml(o, map, row->name);
		return;
	}
	struct texts parts = {0};
	const struct option list = {.name = row->name, .type = OPTION_TEXTS};
	option_set(&list, &parts, o->var->value, NULL);
	struct node *node = node_new(NODE_LIST, o->var->name);
	for (size_t i = 0; i < parts.n; i++)
		node_append(node, NULL,
			    from_env(node_scalar(o->var->name, parts.items[i], strlen(parts.items[i]))));
	option_free((const struct option[]){list, {0}}, &parts);
	put(o, map, row->name, node);
}

static void put_scalar(struct overlay *o, struct node *map, const char *key)
{
	put(o, map, key, node_scalar(o->var->name, o->var->value, strlen(o->var->value)));
}

/* A secret replaces the file's other way of giving it: password the password_file, and the reverse. */
static void put_secret(struct overlay *o, struct node *map, const char *key, const char *other)
{
	long i = node_index(map, other);
	if (i >= 0 && !map->items[i]->env)
		node_remove(map, (size_t)i);
	put_scalar(o, map, key);
}

/* "security_protocol" to "security.protocol"; two underscores are one underscore. */
static void put_property(struct overlay *o, struct node *map, const struct option *row, const char *rest)
{
	char key[ENV_NAME_MAX];
	size_t n = 0;
	for (; *rest != '\0'; rest++) {
		bool two = rest[0] == '_' && rest[1] == '_';
		key[n++] = rest[0] != '_' || two ? rest[0] : '.';
		rest += two;
	}
	key[n] = '\0';
	struct node *properties = inner(o, map, row->name, NODE_MAP);
	if (properties != NULL)
		put_scalar(o, properties, key);
}

/* True when the rest of the name is exactly this row's. */
static bool apply_row(struct overlay *o, struct node *map, const struct option *row, const char *rest)
{
	char file[ENV_NAME_MAX];
	snprintf(file, sizeof file, "%.200s_file", row->name);
	if (row->type == OPTION_SECRET && strcmp(rest, file) == 0) {
		put_secret(o, map, file, row->name);
		return true;
	}
	if (strcmp(rest, row->name) != 0)
		return false;
	if (row->type == OPTION_SECRET)
		put_secret(o, map, row->name, file);
	else if (row->type == OPTION_TEXTS)
		put_texts(o, map, row);
	else if (row->type == OPTION_MAP || row->type == OPTION_NODE)
		put_yaml(o, map, row->name);
	else
		put_scalar(o, map, row->name);
	return true;
}

static bool apply_rows(struct overlay *o, struct node *map, const struct option *rows, const char *rest)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		if (apply_row(o, map, row, rest))
			return true;
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++) {
		const char *key = row->type == OPTION_MAP ? behind(rest, row->name) : NULL;
		if (key == NULL || *key == '\0')
			continue;
		put_property(o, map, row, key);
		return true;
	}
	return false;
}

static bool apply_typed(struct overlay *o, const struct section *s, struct node *map, const char *rest)
{
	if (strcmp(rest, "type") == 0) {
		put_scalar(o, map, "type");
		return true;
	}
	if (apply_rows(o, map, s->rows, rest))
		return true;
	const struct node *type = node_get(map, "type");
	if (type == NULL)
		return true; /* the reader of the tree tells what is missing */
	for (const struct section_type *t = s->types; t->name != NULL; t++)
		if (type->kind == NODE_SCALAR && strcmp(t->name, type->text) == 0)
			return apply_rows(o, map, t->rows, rest);
	return true; /* the type is wrong, and that is the error that will be told */
}

static bool apply_list(struct overlay *o, const struct section *s, const char *rest)
{
	char *end;
	unsigned long index = strtoul(rest, &end, 10);
	if (rest[0] < '0' || rest[0] > '9' || end - rest > 3 || *end != '_')
		return false;
	struct node *list = inner(o, o->root, s->name, NODE_LIST);
	if (list == NULL)
		return true;
	if (index > list->n || index >= LIST_MAX || (index == list->n && strcmp(end + 1, "type") != 0)) {
		char next[24];
		char env[ENV_NAME_MAX];
		snprintf(next, sizeof next, "%zu", list->n);
		errlist_add(o->errs, ERR_CONFIG,
			    "%s: %s has %zu entries (at most %d); the next begins with %s", o->var->name,
			    s->name, list->n, LIST_MAX, envtree_name(s, next, "type", env));
		return true;
	}
	if (index == list->n)
		node_append(list, NULL, from_env(node_new(NODE_MAP, o->var->name)));
	struct node *entry = list->items[index];
	return entry->kind == NODE_MAP ? apply_typed(o, s, entry, end + 1) : true;
}

static bool apply_section(struct overlay *o, const struct section *s, const char *rest)
{
	bool whole = strcmp(rest, s->name) == 0 && (s->kind == SECTION_LIST || s->kind == SECTION_NAMED);
	if (whole) {
		put_yaml(o, o->root, s->name);
		return true;
	}
	rest = behind(rest, s->name);
	if (rest == NULL || *rest == '\0' || s->kind == SECTION_NAMED)
		return false;
	if (s->kind == SECTION_LIST)
		return apply_list(o, s, rest);
	if (s->name[0] == '\0')
		return apply_rows(o, o->root, s->rows, rest);
	/* the section's map is made only once something goes into it */
	struct node *map = node_get(o->root, s->name);
	if (map != NULL && !node_is_null(map) && map->kind != NODE_MAP)
		return true;
	size_t before = o->root->n;
	map = inner(o, o->root, s->name, NODE_MAP);
	bool m = s->kind == SECTION_TYPED ? apply_typed(o, s, map, rest) : apply_rows(o, map, s->rows, rest);
	if (!m && o->root->n > before)
		node_remove(o->root, o->root->n - 1);
	return m;
}

bool overlay_apply(const struct section *sections, struct node *root, const struct variable *var,
		   struct errlist *errs)
{
	struct overlay o = {.root = root, .errs = errs, .var = var};
	for (const struct section *s = sections; s->name != NULL; s++)
		if (apply_section(&o, s, var->rest))
			return true;
	return false;
}
