/* SPDX-License-Identifier: Apache-2.0
 *
 * One row describes one option: its name, its type, where its value lies in a plain struct, its
 * default, its bounds and its help text. The layer or output that reads a value owns the row, as a
 * static array that ends with a row without name; control joins the arrays, reads YAML and the
 * environment by them, and prints the reference from them. Adding an option is adding one row.
 * Texts, lists and maps in a struct belong to the struct: option_free gives them back.
 */
#ifndef NATMILL_BASE_OPTION_H
#define NATMILL_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct node; /* base/node.h */

enum option_type {
	OPTION_TEXT,     /* char *; NULL when not set and without default */
	OPTION_INT,      /* int64_t */
	OPTION_BOOL,     /* bool: true or false */
	OPTION_DURATION, /* int64_t, milliseconds: "250ms", "5s", "2m", "1h", "7d" */
	OPTION_SIZE,     /* int64_t, bytes: "100MB" (10^6), "64KiB" (2^10), "4096" */
	OPTION_CHOICE,   /* int: index into choices; without default and not set: -1 */
	OPTION_SECRET,   /* struct secret (base/secret.h), never shown anywhere; a row NAME also accepts
			  * NAME_file, a path */
	OPTION_TEXTS,    /* struct texts; in the environment separated by commas */
	OPTION_MAP,      /* struct text_map, text to text; the values are never shown */
	OPTION_NODE,     /* const struct node *: whatever stood there, checked by whoever reads it; it
			  * belongs to the loaded settings, not to the struct */
};

struct option {
	const char *name; /* as in YAML: lower case and underscores; NULL ends the array */
	enum option_type type;
	size_t offset;        /* offsetof(struct ..., field) */
	const char *fallback; /* the default, written as in YAML (a list with commas); NULL = none */
	const char *choices;  /* OPTION_CHOICE: "a|b|c" */
	int64_t min, max;     /* INT, DURATION, SIZE: bounds, both included; both 0 = no bounds
			       * (a duration and a size are never negative) */
	bool required;        /* must be given; such a row has no default */
	bool reloadable;      /* takes effect on reload; otherwise a change needs a restart */
	const char *help;     /* one or two short sentences, for the reference page and --help */
};

struct texts {
	char **items;
	size_t n;
};

struct text_pair {
	char *key;
	char *value;
};

struct text_map {
	struct text_pair *items; /* in the order written; no key twice */
	size_t n;
};

/* Puts every default into base, which is zeroed memory. A default that its own row refuses is a
 * mistake in the program and ends it; a unit test over all rows finds it first. */
void option_defaults(const struct option *rows, void *base);

/* Frees what the rows' values own and zeroes them. rows may be NULL. */
void option_free(const struct option *rows, void *base);

/* Sets a value from its text and frees the former one. Not for MAP and NODE. On failure: -1, the
 * value unchanged, and a message that follows the option's name: "must be ..., is '...'". */
int option_set(const struct option *row, void *base, const char *text, struct err *e);

/* SECRET: the file's text now, and its path for later. -1 with e: the file cannot be used; the value is as
 * before. */
int option_set_file(const struct option *row, void *base, const char *path, struct err *e);

/* TEXTS: makes the list empty; adds one text. MAP: makes it empty; sets one key. */
void option_clear(const struct option *row, void *base);
void option_add(const struct option *row, void *base, const char *text);
void option_put(const struct option *row, void *base, const char *key, const char *value);

/* OPTION_NODE: stores the pointer. */
void option_set_node(const struct option *row, void *base, const struct node *node);

/* The row of that name, or NULL. rows may be NULL. */
const struct option *option_find(const struct option *rows, const char *name);

/* True when both structs have the same value. */
bool option_equal(const struct option *row, const void *a, const void *b);

/* The value under the key, or NULL. */
const char *text_map_get(const struct text_map *map, const char *key);

/* The text of choice i of the row ("a|b|c"), for messages: its length in *len; NULL when i is out of range.
 */
const char *option_choice(const struct option *row, int i, size_t *len);

/* "from 1 to 64", "at least 10ms", or "" for a row without bounds; returns buf. */
#define OPTION_BOUNDS_MAX 80
const char *option_bounds(const struct option *row, char buf[OPTION_BOUNDS_MAX]);

/* A type's name as the reference shows it: "text", "duration", ... */
const char *option_type_name(enum option_type type);

#endif
