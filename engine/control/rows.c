/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps to structs by option rows; see rows.h.
 */
#include "control/rows.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/strbuf.h"
#include "control/envtree.h"

#define PATH_MAX_SHOWN 192
#define KEY_SHOWN 80 /* characters of an unknown key that a message repeats */

static const struct option name_list[] = {{.name = "names", .type = OPTION_TEXTS}, {0}};

void rows_note(struct binder *b, const void *field, const struct node *node)
{
	struct origins *o = b->origins;
	if ((o->n & (o->n - 1)) == 0) /* full whenever n is a power of two */
		o->items = xrealloc(o->items, (o->n == 0 ? 1 : 2 * o->n) * sizeof *o->items);
	o->items[o->n++] = (struct origin){.field = field, .node = node};
}

void rows_refuse(struct binder *b, const struct node *node, const char *path, const char *what)
{
	char where[NODE_WHERE_MAX];
	errlist_add(b->errs, ERR_CONFIG, "%s: %s %s", node_where(node, where), path, what);
}

/* Keys are the writer's: nothing in them may move a terminal's cursor. */
static const char *clean(const char *text, char buf[KEY_SHOWN + 1])
{
	size_t n = strnlen(text, KEY_SHOWN);
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	buf[n] = '\0';
	return buf;
}

void rows_unknown(struct binder *b, const struct node *node, const char *what, const char *in,
		  const struct texts *known)
{
	if (b->errs->n == ERRLIST_MAX) { /* only counted: spare the search */
		b->errs->more++;
		return;
	}
	char where[NODE_WHERE_MAX];
	char key[KEY_SHOWN + 1];
	struct strbuf tail = {0};
	const char *near = near_name(node->text, (const char *const *)known->items, known->n);
	if (near != NULL)
		strbuf_printf(&tail, "; did you mean '%s'?", near);
	else
		strbuf_adds(&tail, "; known: ");
	for (size_t i = 0; near == NULL && i < known->n; i++)
		strbuf_printf(&tail, "%s%s", i > 0 ? ", " : "", known->items[i]);
	errlist_add(b->errs, ERR_CONFIG, "%s: unknown %s '%s'%s%s%s", node_where(node, where), what,
		    clean(node->text, key), in[0] != '\0' ? " in " : "", in, tail.data);
	strbuf_free(&tail);
}

static const char *join(const char *path, const char *name, char buf[PATH_MAX_SHOWN])
{
	snprintf(buf, PATH_MAX_SHOWN, "%.100s%s%.80s", path, path[0] != '\0' ? "." : "", name);
	return buf;
}

static void *field_of(const struct option *row, void *base)
{
	return (char *)base + row->offset;
}

static bool is_scalar(struct binder *b, const struct node *node, const char *path)
{
	if (node->kind != NODE_SCALAR)
		rows_refuse(b, node, path,
			    node->kind == NODE_LIST ? "must be a single value, is a list"
						    : "must be a single value, is a map");
	else if (node_is_null(node))
		rows_refuse(b, node, path, "has no value; give one or remove the key");
	return node->kind == NODE_SCALAR && !node_is_null(node);
}

static void bind_texts(struct binder *b, const char *path, const struct option *row, void *base,
		       const struct node *node)
{
	if (node->kind != NODE_LIST) {
		rows_refuse(b, node, path, "must be a list, such as [a, b]");
		return;
	}
	option_clear(row, base);
	for (size_t i = 0; i < node->n; i++) {
		if (!is_scalar(b, node->items[i], path))
			return;
		option_add(row, base, node->items[i]->text);
	}
	const struct texts *texts = field_of(row, base);
	for (size_t i = 0; i < texts->n; i++)
		rows_note(b, &texts->items[i], node->items[i]);
	if (row->required && texts->n == 0)
		rows_refuse(b, node, path, "must have at least one entry");
}

static void bind_map(struct binder *b, const char *path, const struct option *row, void *base,
		     const struct node *node)
{
	if (node->kind != NODE_MAP && !node_is_null(node)) {
		rows_refuse(b, node, path, "must be a map, such as { key: value }");
		return;
	}
	option_clear(row, base);
	for (size_t i = 0; i < node->n; i++) {
		char key[KEY_SHOWN + 1];
		char full[PATH_MAX_SHOWN];
		clean(node->keys[i]->text, key);
		if (!is_scalar(b, node->items[i], join(path, key, full)))
			return;
		option_put(row, base, node->keys[i]->text, node->items[i]->text);
	}
	/* a key given twice (an error already) has one pair for two nodes */
	const struct text_map *map = field_of(row, base);
	for (size_t i = 0; i < map->n && map->n == node->n; i++)
		rows_note(b, &map->items[i], node->items[i]);
}

void rows_value(struct binder *b, const char *path, const struct option *row, void *base,
		const struct node *node)
{
	char full[PATH_MAX_SHOWN];
	join(path, row->name, full);
	rows_note(b, field_of(row, base), node);
	if (row->type == OPTION_TEXTS) {
		bind_texts(b, full, row, base, node);
	} else if (row->type == OPTION_MAP) {
		bind_map(b, full, row, base, node);
	} else if (row->type == OPTION_NODE) {
		option_set_node(row, base, node_is_null(node) ? NULL : node);
	} else if (is_scalar(b, node, full)) {
		struct err e = {0};
		if (option_set(row, base, node->text, &e) != 0)
			rows_refuse(b, node, full, e.msg);
	}
}

/* password_file: the secret is what the file holds, less the newlines at its end. */
static void bind_secret_file(struct binder *b, const char *path, const struct option *row, void *base,
			     const struct node *node)
{
	char full[PATH_MAX_SHOWN];
	char name[PATH_MAX_SHOWN];
	snprintf(name, sizeof name, "%.120s_file", row->name);
	join(path, name, full);
	if (!is_scalar(b, node, full))
		return;
	struct err e = {0};
	if (option_set_file(row, base, node->text, &e) != 0)
		rows_refuse(b, node, full, e.msg);
	else
		rows_note(b, field_of(row, base), node);
}

/* True when name is SECRET_file for a row of that name, which is then in *row. */
static bool is_secret_file(const struct option *rows, const char *name, const struct option **row)
{
	char stem[PATH_MAX_SHOWN];
	size_t len = strlen(name);
	if (len <= 5 || len >= sizeof stem || strcmp(name + len - 5, "_file") != 0)
		return false;
	memcpy(stem, name, len - 5);
	stem[len - 5] = '\0';
	*row = option_find(rows, stem);
	return *row != NULL && (*row)->type == OPTION_SECRET;
}

/* Tries one entry on one array of rows. */
static bool bind_entry(struct binder *b, const char *path, const struct node *map, size_t i,
		       const struct row_target *t)
{
	const char *name = map->keys[i]->text;
	const struct option *row = option_find(t->rows, name);
	if (row != NULL) {
		rows_value(b, path, row, t->base, map->items[i]);
		return true;
	}
	if (!is_secret_file(t->rows, name, &row))
		return false;
	if (node_get(map, row->name) == NULL) {
		bind_secret_file(b, path, row, t->base, map->items[i]);
		return true;
	}
	char full[PATH_MAX_SHOWN];
	rows_refuse(b, map->keys[i], join(path, name, full),
		    "and the secret itself are both given; keep one");
	return true;
}

static void known_names(struct texts *out, const struct row_place *place, const struct row_target *targets,
			size_t n)
{
	for (size_t i = 0; i < place->n_others; i++)
		option_add(name_list, out, place->others[i]);
	for (size_t i = 0; i < n; i++) {
		for (const struct option *row = targets[i].rows; row != NULL && row->name != NULL; row++) {
			option_add(name_list, out, row->name);
			if (row->type != OPTION_SECRET)
				continue;
			char file[PATH_MAX_SHOWN];
			snprintf(file, sizeof file, "%.120s_file", row->name);
			option_add(name_list, out, file);
		}
	}
}

/* A required key that is there under a mistyped name got its message already. */
static bool is_mistyped(const struct node *map, const char *name, const struct texts *known)
{
	for (size_t i = 0; map != NULL && i < map->n && i < ERRLIST_MAX; i++) {
		const char *near = near_name(map->keys[i]->text, (const char *const *)known->items, known->n);
		if (near != NULL && strcmp(near, name) == 0)
			return true;
	}
	return false;
}

static void check_required(struct binder *b, const struct row_place *place, const struct node *map,
			   const struct option *row, const struct texts *known)
{
	char file[PATH_MAX_SHOWN];
	snprintf(file, sizeof file, "%.120s_file", row->name);
	bool secret = row->type == OPTION_SECRET;
	if (!row->required || node_get(map, row->name) != NULL || (secret && node_get(map, file) != NULL))
		return;
	if (is_mistyped(map, row->name, known))
		return;
	char full[PATH_MAX_SHOWN];
	char env[ENV_NAME_MAX];
	char what[ENV_NAME_MAX + PATH_MAX_SHOWN];
	bool in_env = place->section->kind != SECTION_NAMED;
	snprintf(what, sizeof what, "is missing; set it%s%s", in_env ? ", or " : "",
		 in_env ? envtree_name(place->section, place->index, row->name, env) : "");
	rows_refuse(b, map != NULL ? map : place->at, join(place->path, row->name, full), what);
}

static bool is_other(const struct row_place *place, const char *name)
{
	for (size_t i = 0; i < place->n_others; i++)
		if (strcmp(place->others[i], name) == 0)
			return true;
	return false;
}

void rows_bind(struct binder *b, const struct row_place *place, const struct node *map,
	       const struct row_target *targets, size_t n)
{
	struct texts known = {0};
	known_names(&known, place, targets, n);
	for (size_t i = 0; map != NULL && i < map->n; i++) {
		bool done = is_other(place, map->keys[i]->text);
		for (size_t t = 0; !done && t < n; t++)
			done = bind_entry(b, place->path, map, i, &targets[t]);
		if (!done)
			rows_unknown(b, map->keys[i], "key", place->path, &known);
	}
	for (size_t t = 0; t < n; t++)
		for (const struct option *row = targets[t].rows; row != NULL && row->name != NULL; row++)
			check_required(b, place, map, row, &known);
	option_free(name_list, &known);
}
