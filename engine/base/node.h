/* SPDX-License-Identifier: Apache-2.0
 *
 * A small tree of values that somebody wrote: YAML files and environment variables become one,
 * and every value knows where it came from. control/yaml makes it; option rows and the filters
 * read it. A node owns its children, keys and text; the name of its source belongs to the maker.
 */
#ifndef NATMILL_BASE_NODE_H
#define NATMILL_BASE_NODE_H

#include <stdbool.h>
#include <stddef.h>

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

#define NODE_WHERE_MAX 256

struct node {
	enum node_kind kind;
	bool plain;         /* scalar written without quotes: may mean "nothing" */
	bool env;           /* came from the environment */
	const char *source; /* file or environment variable; outlives the node; never NULL */
	size_t line;        /* from 1; 0 = the source has no lines */
	size_t column;      /* from 1, in characters */
	char *text;         /* scalar: UTF-8 without NUL bytes, NUL-terminated; else NULL */
	size_t n;           /* list, map: entries */
	struct node **keys; /* map: scalars; list: NULL */
	struct node **items;
};

/* A new node at no place; free with node_free. source is not copied. */
struct node *node_new(enum node_kind kind, const char *source);

/* A scalar that holds a copy of n bytes of text. */
struct node *node_scalar(const char *source, const char *text, size_t n);

void node_free(struct node *node); /* NULL is legal */

/* Appends to a list (key NULL) or map; the parent owns key and item from now on. */
void node_append(struct node *parent, struct node *key, struct node *item);

/* Takes entry i out and frees it. */
void node_remove(struct node *parent, size_t i);

/* The entry's index under the key, or -1; the entry, or NULL. map may be NULL or no map. */
long node_index(const struct node *map, const char *key);
struct node *node_get(const struct node *map, const char *key);

/* True for a value left out: an empty unquoted scalar, ~ or null. */
bool node_is_null(const struct node *node);

/* True when both say the same, wherever they came from. NULL equals NULL. */
bool node_equal(const struct node *a, const struct node *b);

/* "natmill.yaml:12:5" or "NATMILL_WORKERS" into buf; returns buf. */
const char *node_where(const struct node *node, char buf[NODE_WHERE_MAX]);

#endif
