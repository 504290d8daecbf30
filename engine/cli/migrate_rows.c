/* SPDX-License-Identifier: Apache-2.0
 *
 * Old keys by a table; see migrate_rows.h.
 */
#include "cli/migrate_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "base/quantity.h"

#define KEYS_MAX 64 /* of a table */

struct walk {
	struct migrate_plan *p;
	const struct migrate_row *row;
	const struct node *key; /* its place; NULL for a fallback */
	const struct node *value;
	struct node *new;
	const struct migrate_owner *owner;
};

static const char *kind_name(const struct node *node)
{
	return node->kind == NODE_MAP ? "a map" : "a list";
}

/* What a value must be; it is not shown, for it may be a secret in the wrong place. */
static void wrong(const struct walk *w, const char *must)
{
	migrate_wrong(w->p, w->value, "%s must be %s, is %s: the old consumer does not start with it either",
		      w->row->old, must,
		      w->value->kind != NODE_SCALAR ? kind_name(w->value) : "another text");
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 12;
}

static void take_number(const struct walk *w)
{
	if (!is_number(w->value->text) && !migrate_is_reference(w->value->text))
		wrong(w, "a whole number");
	else if (w->row->as == MIGRATE_NUMBER)
		migrate_put(w->new, w->row->new, w->value->text);
}

static void take_seconds(const struct walk *w)
{
	char text[QUANTITY_MAX];
	char *end;
	double seconds = strtod(w->value->text, &end);
	if (end == w->value->text || *end != '\0' || !(seconds >= 0 && seconds <= 1e6))
		wrong(w, "a number of seconds");
	else
		migrate_put(w->new, w->row->new,
			    quantity_duration_text((int64_t)(seconds * 1000 + 0.5), text));
}

/* As YAML 1.1 of the old consumer reads them. */
static void take_flag(const struct walk *w)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
	size_t i = 0;
	while (i < sizeof words / sizeof *words && strcasecmp(words[i], w->value->text) != 0)
		i++;
	if (i == sizeof words / sizeof *words)
		wrong(w, "true or false");
	else
		migrate_put(w->new, w->row->new, i % 2 == 1 ? "true" : "false");
}

static void put_text(const struct walk *w, const char *path, const char *old)
{
	char *text = migrate_text(old);
	migrate_put(w->new, path, text);
	free(text);
}

static void take_texts(const struct walk *w)
{
	struct strbuf all = {0};
	bool texts = w->value->kind == NODE_SCALAR;
	if (texts)
		strbuf_adds(&all, w->value->text);
	for (size_t i = 0; w->value->kind == NODE_LIST && i < w->value->n; i++) {
		texts = w->value->items[i]->kind == NODE_SCALAR;
		if (!texts)
			break;
		strbuf_printf(&all, "%s%s", i > 0 ? "," : "", w->value->items[i]->text);
	}
	if (!texts || all.len == 0)
		wrong(w, "a text or a list of texts");
	else
		put_text(w, w->row->new, all.data);
	strbuf_free(&all);
}

static void take_map(const struct walk *w)
{
	bool texts = w->value->kind == NODE_MAP;
	for (size_t i = 0; texts && i < w->value->n; i++)
		texts = w->value->items[i]->kind == NODE_SCALAR;
	if (!texts) {
		wrong(w, "a map of texts");
		return;
	}
	struct node *map = node_new(NODE_MAP, w->value->source);
	for (size_t i = 0; i < w->value->n; i++) {
		const char *key = w->value->keys[i]->text;
		char *text = migrate_text(w->value->items[i]->text);
		node_append(map, node_scalar(map->source, key, strlen(key)),
			    node_scalar(map->source, text, strlen(text)));
		free(text);
	}
	migrate_put_node(w->new, w->row->new, map);
}

static void take_scalar(const struct walk *w)
{
	if (w->value->kind != NODE_SCALAR) {
		wrong(w, "one value");
		return;
	}
	switch (w->row->as) {
	case MIGRATE_NUMBER:
	case MIGRATE_COUNT:
		take_number(w);
		break;
	case MIGRATE_SECONDS:
		take_seconds(w);
		break;
	case MIGRATE_FLAG:
		take_flag(w);
		break;
	case MIGRATE_SECRET:
		if (w->value->text[0] != '\0')
			migrate_secret(w->p, w->new, w->row->new, w->owner->name, w->value->text);
		break;
	case MIGRATE_TEXT:
		put_text(w, w->row->new, w->value->text);
		break;
	default:
		break;
	}
}

static void take(const struct walk *w)
{
	switch (w->row->as) {
	case MIGRATE_DROPPED:
		migrate_note(w->p, w->key, "%s is not carried over: %s", w->row->old, w->row->why);
		break;
	case MIGRATE_SILENT:
	case MIGRATE_BRANCH:
		break;
	case MIGRATE_ROWS:
		if (w->value->kind == NODE_MAP)
			migrate_rows(w->p, w->row->rows, w->value, w->new, w->owner);
		else
			wrong(w, "a map");
		break;
	case MIGRATE_TEXTS:
		take_texts(w);
		break;
	case MIGRATE_MAP:
		take_map(w);
		break;
	default:
		take_scalar(w);
	}
	if (w->row->why != NULL && w->row->as != MIGRATE_DROPPED)
		migrate_note(w->p, w->key, "%s: %s", w->row->old, w->row->why);
}

static const struct migrate_row *find(const struct migrate_row *rows, const char *key)
{
	for (; rows->old != NULL; rows++)
		if (strcmp(rows->old, key) == 0)
			return rows;
	return NULL;
}

static void note_unknown(struct migrate_plan *p, const struct migrate_row *rows, const struct node *old,
			 const struct migrate_owner *owner)
{
	const char *names[KEYS_MAX];
	size_t n = 0;
	for (const struct migrate_row *row = rows; row->old != NULL && n < KEYS_MAX; row++)
		names[n++] = row->old;
	for (size_t i = 0; i < old->n; i++) {
		const char *key = old->keys[i]->text;
		if (find(rows, key) != NULL)
			continue;
		const char *near = near_name(key, names, n);
		migrate_open(p, old->keys[i], "%.80s is not known in %s and is not carried over%s%s%s", key,
			     owner->title, near != NULL ? "; is it meant to be " : "",
			     near != NULL ? near : "", near != NULL ? "?" : "");
	}
}

void migrate_rows(struct migrate_plan *p, const struct migrate_row *rows, const struct node *old,
		  struct node *new, const struct migrate_owner *owner)
{
	for (const struct migrate_row *row = rows; row->old != NULL; row++) {
		long i = node_index(old, row->old);
		bool given = i >= 0 && !node_is_null(old->items[i]);
		if (given) {
			take(&(struct walk){p, row, old->keys[i], old->items[i], new, owner});
			continue;
		}
		if (row->required)
			migrate_wrong(p, old, "%s lacks %s: the old consumer does not start without it",
				      owner->title, row->old);
		else if (row->fallback != NULL)
			migrate_put(new, row->new, row->fallback);
	}
	if (old != NULL)
		note_unknown(p, rows, old, owner);
}

char *migrate_part(const struct node *old, const char *key, const char *fallback)
{
	const struct node *value = node_get(old, key);
	if (value != NULL && value->kind == NODE_SCALAR && !node_is_null(value))
		return migrate_text(value->text);
	return fallback != NULL ? xstrdup(fallback) : NULL;
}
