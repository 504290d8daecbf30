/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections to the config struct; see bind.h.
 */
#include "control/bind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define PATH_SIZE 128

static const struct option name_list[] = {{.name = "names", .type = OPTION_TEXTS}, {0}};

static void *at_offset(void *config, const struct section *s)
{
	return (char *)config + s->offset;
}

/* A struct for rows, with their defaults; NULL for none. */
static void *new_struct(const struct option *rows, size_t size)
{
	if (size == 0)
		return NULL;
	void *base = xcalloc(1, size);
	option_defaults(rows, base);
	return base;
}

/* The type that an entry names, or NULL with an error. */
static const struct section_type *find_type(struct binder *b, const struct section *s, const char *path,
					    const struct node *map)
{
	const struct node *type = node_get(map, "type");
	struct texts known = {0};
	const struct section_type *found = NULL;
	for (const struct section_type *t = s->types; t->name != NULL; t++) {
		option_add(name_list, &known, t->name);
		if (type != NULL && type->kind == NODE_SCALAR && strcmp(type->text, t->name) == 0)
			found = t;
	}
	if (type != NULL && type->kind == NODE_SCALAR && found == NULL) {
		rows_unknown(b, type, "type", path, &known);
	} else if (found == NULL) {
		struct strbuf what = {0};
		strbuf_adds(&what, type == NULL ? "has no type; give one of " : "must have as type one of ");
		for (size_t i = 0; i < known.n; i++)
			strbuf_printf(&what, "%s%s", i > 0 ? ", " : "", known.items[i]);
		rows_refuse(b, type != NULL ? type : map, path, what.data);
		strbuf_free(&what);
	}
	option_free(name_list, &known);
	return found;
}

static void bind_typed(struct binder *b, const struct section *s, const char *index, const struct node *node,
		       struct settings_item *item)
{
	static const char *const others[] = {"type"};
	char path[PATH_SIZE];
	snprintf(path, sizeof path, index != NULL ? "%s[%s]" : "%s", s->name, index);
	if (node->kind != NODE_MAP) {
		rows_refuse(b, node, path, "must be a map with a type, such as { type: ... }");
		return;
	}
	rows_note(b, item, node);
	item->type = find_type(b, s, path, node);
	if (item->type == NULL)
		return;
	item->common = new_struct(s->rows, s->size);
	item->own = new_struct(item->type->rows, item->type->size);
	struct row_target targets[] = {{s->rows, item->common}, {item->type->rows, item->own}};
	struct row_place place = {.section = s,
				  .path = path,
				  .index = index,
				  .others = others,
				  .n_others = 1};
	rows_bind(b, &place, node, targets, 2);
}

static void bind_list(struct binder *b, const struct section *s, const struct node *node,
		      struct settings_list *list)
{
	if (node->kind != NODE_LIST) {
		rows_refuse(b, node, s->name, "must be a list; begin each entry with '- type:'");
		return;
	}
	list->items = xcalloc(node->n, sizeof *list->items);
	list->n = node->n;
	for (size_t i = 0; i < node->n; i++) {
		char index[24];
		snprintf(index, sizeof index, "%zu", i);
		bind_typed(b, s, index, node->items[i], &list->items[i]);
	}
}

static void bind_named_entry(struct binder *b, const struct section *s, const struct node *node,
			     struct settings_item *item)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s.'%.60s'", s->name, item->name);
	item->common = new_struct(s->rows, s->size);
	struct row_target target = {s->rows, item->common};
	struct row_place place = {.section = s, .path = path};
	if (node->kind == NODE_MAP)
		rows_bind(b, &place, node, &target, 1);
	else if (node->kind == NODE_LIST && s->shorthand != NULL)
		rows_value(b, path, option_find(s->rows, s->shorthand), item->common, node);
	else
		rows_refuse(b, node, path,
			    s->shorthand != NULL ? "must be a list or a map" : "must be a map");
}

static void bind_named(struct binder *b, const struct section *s, const struct node *node,
		       struct settings_list *list)
{
	if (node->kind != NODE_MAP) {
		rows_refuse(b, node, s->name, "must be a map, each key a name");
		return;
	}
	list->items = xcalloc(node->n, sizeof *list->items);
	list->n = node->n;
	for (size_t i = 0; i < node->n; i++) {
		struct settings_item *item = &list->items[i];
		item->name = xstrdup(node->keys[i]->text);
		rows_note(b, item, node->keys[i]);
		if (item->name[0] == '\0')
			rows_refuse(b, node->keys[i], s->name, "has an entry without name");
		bind_named_entry(b, s, node->items[i], item);
	}
}

static void bind_plain(struct binder *b, const struct section *s, void *base, const struct node *root,
		       const struct node *node)
{
	if (node != NULL && node->kind != NODE_MAP) {
		rows_refuse(b, node, s->name, "must be a map, such as { option: value }");
		return;
	}
	struct node nowhere = {.kind = NODE_MAP, .source = root->source};
	struct row_place place = {.section = s, .path = s->name, .at = &nowhere};
	struct row_target target = {s->rows, base};
	rows_bind(b, &place, node, &target, 1);
}

static void check_there(struct binder *b, const struct section *s, const struct node *root,
			const struct node *node)
{
	struct node nowhere = {.kind = NODE_MAP, .source = root->source};
	const struct node *at = node != NULL ? node : &nowhere;
	if (!s->required || s->kind == SECTION_PLAIN)
		return;
	if (s->kind == SECTION_TYPED && node == NULL)
		rows_refuse(b, at, s->name, "is missing; give it a type");
	else if (s->kind != SECTION_TYPED && at->kind != NODE_SCALAR && at->n == 0)
		rows_refuse(b, at, s->name, "must have at least one entry");
}

static void bind_section(struct binder *b, const struct section *s, void *config, const struct node *root)
{
	const struct node *node = node_get(root, s->name);
	if (node != NULL && node_is_null(node))
		node = NULL; /* "kafka:" with every line below it commented out */
	check_there(b, s, root, node);
	void *base = at_offset(config, s);
	if (s->kind == SECTION_PLAIN)
		bind_plain(b, s, base, root, node);
	else if (node == NULL)
		return;
	else if (s->kind == SECTION_TYPED)
		bind_typed(b, s, NULL, node, base);
	else if (s->kind == SECTION_LIST)
		bind_list(b, s, node, base);
	else
		bind_named(b, s, node, base);
}

/* The keys of the top level that are no sections. */
static void bind_top(struct binder *b, const struct section *top, const struct section *sections, void *base,
		     const struct node *root)
{
	struct texts names = {0};
	for (const struct section *s = sections; s->name != NULL; s++)
		if (s->name[0] != '\0')
			option_add(name_list, &names, s->name);
	struct node nowhere = {.kind = NODE_MAP, .source = root->source};
	struct row_place place = {
		.section = top,
		.path = "",
		.at = &nowhere,
		.others = (const char *const *)names.items,
		.n_others = names.n,
	};
	struct row_target target = {top->rows, base};
	rows_bind(b, &place, root, &target, 1);
	option_free(name_list, &names);
}

void bind_tree(struct binder *b, const struct section *sections, void *config, const struct node *root)
{
	static const struct section no_rows = {.name = ""};
	const struct section *top = &no_rows;
	for (const struct section *s = sections; s->name != NULL; s++)
		if (s->name[0] == '\0')
			top = s;
	bind_top(b, top, sections, at_offset(config, top), root);
	for (const struct section *s = sections; s->name != NULL; s++)
		if (s != top)
			bind_section(b, s, config, root);
}

void bind_defaults(const struct section *sections, void *config)
{
	for (const struct section *s = sections; s->name != NULL; s++)
		if (s->kind == SECTION_PLAIN)
			option_defaults(s->rows, at_offset(config, s));
}

static void free_item(const struct section *s, struct settings_item *item)
{
	if (item->common != NULL)
		option_free(s->rows, item->common);
	if (item->own != NULL)
		option_free(item->type->rows, item->own);
	free(item->common);
	free(item->own);
	free(item->name);
	*item = (struct settings_item){0};
}

void bind_free(const struct section *sections, void *config)
{
	for (const struct section *s = sections; s->name != NULL; s++) {
		void *base = at_offset(config, s);
		if (s->kind == SECTION_PLAIN) {
			option_free(s->rows, base);
		} else if (s->kind == SECTION_TYPED) {
			free_item(s, base);
		} else {
			struct settings_list *list = base;
			for (size_t i = 0; i < list->n; i++)
				free_item(s, &list->items[i]);
			free(list->items);
			*list = (struct settings_list){0};
		}
	}
}
