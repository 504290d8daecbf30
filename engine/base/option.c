/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of option rows: set from text, compared, freed; see option.h.
 */
#include "base/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/node.h"
#include "base/quantity.h"
#include "base/secret.h"
#include "base/strbuf.h"

#define SHOWN_MAX 40 /* bytes of a wrong value that a message repeats */

/* Where a row's value lies, as a pointer to its type. The struct was laid out for that type. */
#define FIELD(row, base, type) ((type *)(void *)((char *)(base) + (row)->offset))
#define CONST_FIELD(row, base, type) ((type const *)(const void *)((const char *)(base) + (row)->offset))

const struct option *option_find(const struct option *rows, const char *name)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

const char *option_type_name(enum option_type type)
{
	static const char *const names[] = {
		[OPTION_TEXT] = "text",         [OPTION_INT] = "number", [OPTION_BOOL] = "true or false",
		[OPTION_DURATION] = "duration", [OPTION_SIZE] = "size",  [OPTION_CHOICE] = "choice",
		[OPTION_SECRET] = "secret",     [OPTION_TEXTS] = "list", [OPTION_MAP] = "map",
		[OPTION_NODE] = "tree",
	};
	return names[type];
}

const char *option_choice(const struct option *row, int i, size_t *len)
{
	const char *p = row->choices;
	for (; p != NULL && i > 0; i--) {
		p = strchr(p, '|');
		p = p != NULL ? p + 1 : NULL;
	}
	if (p == NULL || i < 0)
		return NULL;
	*len = strcspn(p, "|");
	return p;
}

/* A wrong value for a message: short, and nothing that would move a terminal's cursor. */
static const char *shown(const char *text, char buf[SHOWN_MAX + 4])
{
	size_t n = strnlen(text, SHOWN_MAX + 1);
	size_t keep = n > SHOWN_MAX ? SHOWN_MAX : n;
	if (n > keep) /* do not cut inside a UTF-8 sequence */
		while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
			keep--;
	for (size_t i = 0; i < keep; i++)
		buf[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	memcpy(buf + keep, n > SHOWN_MAX ? "..." : "", n > SHOWN_MAX ? 4 : 1);
	return buf;
}

static int refuse(const char *must, const char *text, struct err *e)
{
	char buf[SHOWN_MAX + 4];
	return err_set(e, ERR_CONFIG, "must be %s, is '%s'", must, shown(text, buf));
}

static void bound_text(const struct option *row, int64_t bound, char buf[QUANTITY_MAX])
{
	if (row->type == OPTION_DURATION)
		quantity_duration_text(bound, buf);
	else if (row->type == OPTION_SIZE)
		quantity_size_text(bound, buf);
	else
		snprintf(buf, QUANTITY_MAX, "%" PRId64, bound);
}

const char *option_bounds(const struct option *row, char buf[OPTION_BOUNDS_MAX])
{
	char min[QUANTITY_MAX];
	char max[QUANTITY_MAX];
	buf[0] = '\0';
	if (row->min == 0 && row->max == 0)
		return buf;
	bound_text(row, row->min, min);
	bound_text(row, row->max, max);
	if (row->max == INT64_MAX)
		snprintf(buf, OPTION_BOUNDS_MAX, "at least %s", min);
	else
		snprintf(buf, OPTION_BOUNDS_MAX, "from %s to %s", min, max);
	return buf;
}

static int set_number(const struct option *row, int64_t *field, const char *text, struct err *e)
{
	static const char *const forms[] = {
		[OPTION_INT] = "a whole number",
		[OPTION_DURATION] = "a duration such as 250ms, 5s, 2m, 1h or 7d",
		[OPTION_SIZE] = "a size such as 64KiB, 100MB or 1GB",
	};
	int64_t value = 0;
	int rc = row->type == OPTION_INT        ? quantity_int(text, &value)
		 : row->type == OPTION_DURATION ? quantity_duration(text, &value)
						: quantity_size(text, &value);
	if (rc != 0)
		return refuse(forms[row->type], text, e);
	bool bounded = row->min != 0 || row->max != 0;
	if (!bounded || (value >= row->min && value <= row->max)) {
		*field = value;
		return 0;
	}
	char must[OPTION_BOUNDS_MAX];
	return refuse(option_bounds(row, must), text, e);
}

static int set_choice(const struct option *row, int *field, const char *text, struct err *e)
{
	size_t len = 0;
	const char *choice;
	for (int i = 0; (choice = option_choice(row, i, &len)) != NULL; i++) {
		if (strlen(text) == len && memcmp(choice, text, len) == 0) {
			*field = i;
			return 0;
		}
	}
	char must[256] = "one of ";
	size_t at = strlen(must);
	for (int i = 0; (choice = option_choice(row, i, &len)) != NULL && at < sizeof must; i++)
		at += (size_t)snprintf(must + at, sizeof must - at, "%s%.*s", i > 0 ? ", " : "", (int)len,
				       choice);
	return refuse(must, text, e);
}

static int set_bool(bool *field, const char *text, struct err *e)
{
	bool yes = strcmp(text, "true") == 0;
	if (!yes && strcmp(text, "false") != 0)
		return refuse("true or false", text, e);
	*field = yes;
	return 0;
}

/* "a, b": blanks round each part fall away, empty parts too. */
static void set_texts(const struct option *row, void *base, const char *text)
{
	option_clear(row, base);
	while (*text != '\0') {
		text += strspn(text, ", ");
		size_t len = strcspn(text, ",");
		size_t keep = len;
		while (keep > 0 && text[keep - 1] == ' ')
			keep--;
		char *part = xmalloc(keep + 1);
		memcpy(part, text, keep);
		part[keep] = '\0';
		if (keep > 0)
			option_add(row, base, part);
		free(part);
		text += len;
	}
}

/* Takes over both texts. */
static void put_secret(struct secret *field, char *text, char *file)
{
	secret_forget(field->text);
	free(field->file);
	*field = (struct secret){text, file};
}

int option_set_file(const struct option *row, void *base, const char *path, struct err *e)
{
	char *text;
	if (secret_read_file(path, &text, e) != 0)
		return -1;
	put_secret(FIELD(row, base, struct secret), text, xstrdup(path));
	return 0;
}

int option_set(const struct option *row, void *base, const char *text, struct err *e)
{
	switch (row->type) {
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_SIZE:
		return set_number(row, FIELD(row, base, int64_t), text, e);
	case OPTION_CHOICE:
		return set_choice(row, FIELD(row, base, int), text, e);
	case OPTION_BOOL:
		return set_bool(FIELD(row, base, bool), text, e);
	case OPTION_TEXTS:
		set_texts(row, base, text);
		return 0;
	case OPTION_TEXT:
		if (row->required && *text == '\0')
			return err_set(e, ERR_CONFIG, "must not be empty");
		free(*FIELD(row, base, char *));
		*FIELD(row, base, char *) = xstrdup(text);
		return 0;
	case OPTION_SECRET:
		if (row->required && *text == '\0')
			return err_set(e, ERR_CONFIG, "must not be empty");
		put_secret(FIELD(row, base, struct secret), xstrdup(text), NULL);
		return 0;
	case OPTION_MAP:
	case OPTION_NODE:
		break;
	}
	return err_set(e, ERR_CONFIG, "must be a map or a list, is a single value");
}

void option_clear(const struct option *row, void *base)
{
	if (row->type == OPTION_TEXTS) {
		struct texts *texts = FIELD(row, base, struct texts);
		for (size_t i = 0; i < texts->n; i++)
			free(texts->items[i]);
		free(texts->items);
		*texts = (struct texts){0};
	} else if (row->type == OPTION_MAP) {
		struct text_map *map = FIELD(row, base, struct text_map);
		for (size_t i = 0; i < map->n; i++) {
			free(map->items[i].key);
			free(map->items[i].value);
		}
		free(map->items);
		*map = (struct text_map){0};
	}
}

void option_add(const struct option *row, void *base, const char *text)
{
	struct texts *texts = FIELD(row, base, struct texts);
	texts->items = xrealloc(texts->items, (texts->n + 1) * sizeof *texts->items);
	texts->items[texts->n++] = xstrdup(text);
}

void option_put(const struct option *row, void *base, const char *key, const char *value)
{
	struct text_map *map = FIELD(row, base, struct text_map);
	for (size_t i = 0; i < map->n; i++) {
		if (strcmp(map->items[i].key, key) == 0) {
			free(map->items[i].value);
			map->items[i].value = xstrdup(value);
			return;
		}
	}
	map->items = xrealloc(map->items, (map->n + 1) * sizeof *map->items);
	map->items[map->n++] = (struct text_pair){.key = xstrdup(key), .value = xstrdup(value)};
}

void option_set_node(const struct option *row, void *base, const struct node *node)
{
	*FIELD(row, base, const struct node *) = node;
}

void option_defaults(const struct option *rows, void *base)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++) {
		struct err e = {0};
		if (row->type == OPTION_CHOICE)
			*FIELD(row, base, int) = -1;
		if (row->fallback == NULL || option_set(row, base, row->fallback, &e) == 0)
			continue;
		fprintf(stderr, "natmill: the default of option '%s' %s\n", row->name, e.msg);
		abort();
	}
}

void option_free(const struct option *rows, void *base)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++) {
		switch (row->type) {
		case OPTION_TEXT:
			free(*FIELD(row, base, char *));
			*FIELD(row, base, char *) = NULL;
			break;
		case OPTION_SECRET:
			put_secret(FIELD(row, base, struct secret), NULL, NULL);
			break;
		case OPTION_TEXTS:
		case OPTION_MAP:
			option_clear(row, base);
			break;
		case OPTION_NODE:
			*FIELD(row, base, const struct node *) = NULL;
			break;
		default: /* numbers own nothing */
			break;
		}
	}
}

static bool text_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool secret_equal(const struct secret *a, const struct secret *b)
{
	return text_equal(a->text, b->text) && text_equal(a->file, b->file);
}

static bool texts_equal(const struct texts *a, const struct texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

const char *text_map_get(const struct text_map *map, const char *key)
{
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return map->items[i].value;
	return NULL;
}

/* The order of the keys does not matter. */
static bool maps_equal(const struct text_map *a, const struct text_map *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const char *other = text_map_get(b, a->items[i].key);
		if (other == NULL || strcmp(a->items[i].value, other) != 0)
			return false;
	}
	return true;
}

bool option_equal(const struct option *row, const void *a, const void *b)
{
	switch (row->type) {
	case OPTION_SECRET:
		return secret_equal(CONST_FIELD(row, a, struct secret), CONST_FIELD(row, b, struct secret));
	case OPTION_TEXT:
		return text_equal(*CONST_FIELD(row, a, char *), *CONST_FIELD(row, b, char *));
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_SIZE:
		return *CONST_FIELD(row, a, int64_t) == *CONST_FIELD(row, b, int64_t);
	case OPTION_BOOL:
		return *CONST_FIELD(row, a, bool) == *CONST_FIELD(row, b, bool);
	case OPTION_CHOICE:
		return *CONST_FIELD(row, a, int) == *CONST_FIELD(row, b, int);
	case OPTION_TEXTS:
		return texts_equal(CONST_FIELD(row, a, struct texts), CONST_FIELD(row, b, struct texts));
	case OPTION_MAP:
		return maps_equal(CONST_FIELD(row, a, struct text_map), CONST_FIELD(row, b, struct text_map));
	case OPTION_NODE:
		break;
	}
	return node_equal(*CONST_FIELD(row, a, struct node *), *CONST_FIELD(row, b, struct node *));
}
