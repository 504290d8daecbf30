/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of written values; see node.h. Depth is bounded by whoever makes a tree (YAML_MAX_DEPTH),
 * so the functions here may call themselves.
 */
#include "base/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

struct node *node_new(enum node_kind kind, const char *source)
{
	struct node *node = xcalloc(1, sizeof *node);
	node->kind = kind;
	node->source = source;
	return node;
}

struct node *node_scalar(const char *source, const char *text, size_t n)
{
	struct node *node = node_new(NODE_SCALAR, source);
	node->text = xmalloc(n + 1);
	memcpy(node->text, text, n);
	node->text[n] = '\0';
	return node;
}

void node_free(struct node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->n; i++) {
		if (node->keys != NULL)
			node_free(node->keys[i]);
		node_free(node->items[i]);
	}
	free(node->keys);
	free(node->items);
	free(node->text);
	free(node);
}

/* Room for one more; grows when n is a power of two, so no capacity need be kept. After a removal
 * there may be more room than that, never less. */
static struct node **grow(struct node **list, size_t n)
{
	if ((n & (n - 1)) != 0)
		return list;
	return xrealloc(list, (n == 0 ? 1 : 2 * n) * sizeof(struct node *));
}

void node_append(struct node *parent, struct node *key, struct node *item)
{
	if (parent->kind == NODE_MAP) {
		parent->keys = grow(parent->keys, parent->n);
		parent->keys[parent->n] = key;
	}
	parent->items = grow(parent->items, parent->n);
	parent->items[parent->n++] = item;
}

void node_remove(struct node *parent, size_t i)
{
	size_t behind = parent->n - i - 1;
	if (parent->kind == NODE_MAP) {
		node_free(parent->keys[i]);
		memmove(parent->keys + i, parent->keys + i + 1, behind * sizeof(struct node *));
	}
	node_free(parent->items[i]);
	memmove(parent->items + i, parent->items + i + 1, behind * sizeof(struct node *));
	parent->n--;
}

long node_index(const struct node *map, const char *key)
{
	if (map == NULL || map->kind != NODE_MAP)
		return -1;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return (long)i;
	return -1;
}

struct node *node_get(const struct node *map, const char *key)
{
	long i = node_index(map, key);
	return i < 0 ? NULL : map->items[i];
}

bool node_is_null(const struct node *node)
{
	if (node->kind != NODE_SCALAR || !node->plain)
		return false;
	const char *t = node->text;
	return *t == '\0' || strcmp(t, "~") == 0 || strcmp(t, "null") == 0;
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (a->kind == NODE_SCALAR)
		return node_is_null(a) == node_is_null(b) && strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->n; i++) {
		if (a->kind == NODE_MAP && strcmp(a->keys[i]->text, b->keys[i]->text) != 0)
			return false;
		if (!node_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

const char *node_where(const struct node *node, char buf[NODE_WHERE_MAX])
{
	if (node->line == 0)
		snprintf(buf, NODE_WHERE_MAX, "%.200s", node->source);
	else
		snprintf(buf, NODE_WHERE_MAX, "%.200s:%zu:%zu", node->source, node->line, node->column);
	return buf;
}
