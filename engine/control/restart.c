/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that differ between two config structs: those that a reload changes, and those that are read
 * only at start; see settings_changed and settings_restart in settings.h.
 */
#include <stdio.h>
#include <string.h>

#include "control/settings.h"

#define PATH_SIZE 160

struct changes {
	struct strbuf *names;
	bool reloadable; /* which ones are asked for */
	size_t n;
};

static void add(struct changes *c, const char *path, const char *name)
{
	strbuf_printf(c->names, "%s%s%s%s", c->n > 0 ? ", " : "", path,
		      path[0] != '\0' && name[0] != '\0' ? "." : "", name);
	c->n++;
}

static void compare_rows(struct changes *c, const char *path, const struct option *rows, const void *now,
			 const void *next)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		if (row->reloadable == c->reloadable && !option_equal(row, now, next))
			add(c, path, row->name);
}

/* Entries of the same type or name. */
static void compare_items(struct changes *c, const struct section *s, const char *path,
			  const struct settings_item *now, const struct settings_item *next)
{
	if (now->type != next->type && s->reloadable == c->reloadable)
		add(c, path, "type");
	if (now->common != NULL && next->common != NULL)
		compare_rows(c, path, s->rows, now->common, next->common);
	if (now->type == next->type && now->own != NULL && next->own != NULL)
		compare_rows(c, path, now->type->rows, now->own, next->own);
}

static const struct settings_item *partner(const struct section *s, const struct settings_list *list,
					   size_t i, const char *name)
{
	if (s->kind == SECTION_LIST)
		return i < list->n ? &list->items[i] : NULL;
	for (size_t j = 0; j < list->n; j++)
		if (strcmp(list->items[j].name, name) == 0)
			return &list->items[j];
	return NULL;
}

static void compare_lists(struct changes *c, const struct section *s, const struct settings_list *now,
			  const struct settings_list *next)
{
	bool same = now->n == next->n;
	for (size_t i = 0; i < now->n; i++) {
		const struct settings_item *other = partner(s, next, i, now->items[i].name);
		char path[PATH_SIZE];
		if (s->kind == SECTION_LIST)
			snprintf(path, sizeof path, "%s[%zu]", s->name, i);
		else
			snprintf(path, sizeof path, "%s.'%.60s'", s->name, now->items[i].name);
		if (other != NULL)
			compare_items(c, s, path, &now->items[i], other);
		same = same && other != NULL;
	}
	if (!same && s->reloadable == c->reloadable)
		add(c, s->name, "");
}

static size_t compare_sections(const struct section *sections, const void *now, const void *next,
			       bool reloadable, struct strbuf *names)
{
	struct changes c = {.names = names, .reloadable = reloadable};
	for (const struct section *s = sections; s->name != NULL; s++) {
		const void *a = (const char *)now + s->offset;
		const void *b = (const char *)next + s->offset;
		if (s->kind == SECTION_PLAIN)
			compare_rows(&c, s->name, s->rows, a, b);
		else if (s->kind == SECTION_TYPED)
			compare_items(&c, s, s->name, a, b);
		else
			compare_lists(&c, s, a, b);
	}
	return c.n;
}

size_t settings_restart(const struct section *sections, const void *now, const void *next,
			struct strbuf *names)
{
	return compare_sections(sections, now, next, false, names);
}

size_t settings_changed(const struct section *sections, const void *now, const void *next,
			struct strbuf *names)
{
	return compare_sections(sections, now, next, true, names);
}
