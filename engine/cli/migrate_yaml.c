/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree as YAML; see migrate_yaml.h.
 */
#include "cli/migrate_yaml.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Can it stand without quotes, in a flow too, and mean itself? */
static bool is_plain(const char *text)
{
	static const char *const words[] = {"null", "Null", "NULL", "true", "false", "yes", "no"};
	size_t n = strlen(text);
	if (n == 0 || (!isalnum((unsigned char)text[0]) && text[0] != '/' && text[0] != '^'))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i]) == 0)
			return i >= 3; /* a flag is written as one */
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("_./:@%+-^", text[i]) == NULL)
			return false;
	return text[n - 1] != ':';
}

static void add_scalar(const char *text, struct strbuf *out)
{
	if (is_plain(text))
		strbuf_adds(out, text);
	else
		strbuf_add_json(out, text, strlen(text));
}

static void add_flow(const struct node *node, struct strbuf *out)
{
	if (node->kind == NODE_SCALAR) {
		if (node_is_null(node) && node->plain)
			strbuf_adds(out, "null");
		else
			add_scalar(node->text, out);
		return;
	}
	bool map = node->kind == NODE_MAP;
	strbuf_adds(out, map ? "{" : "[");
	for (size_t i = 0; i < node->n; i++) {
		strbuf_adds(out, i > 0 ? ", " : map ? " " : "");
		if (map) {
			add_scalar(node->keys[i]->text, out);
			strbuf_adds(out, ": ");
		}
		add_flow(node->items[i], out);
	}
	strbuf_adds(out, map && node->n > 0 ? " }" : map ? "}" : "]");
}

static void add_indent(struct strbuf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		strbuf_adds(out, "  ");
}

static bool is_flow(const struct node *node)
{
	if (node->kind == NODE_SCALAR || node->n == 0)
		return true;
	for (size_t i = 0; i < node->n; i++)
		if (node->kind == NODE_MAP || node->items[i]->kind != NODE_SCALAR)
			return false;
	return true;
}

static void add_map(const struct node *map, int depth, bool begun, struct strbuf *out);

/* flow: its entries stand in one line each. */
static void add_list(const struct node *list, int depth, bool flow, struct strbuf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		add_indent(out, depth);
		strbuf_adds(out, "- ");
		if (!flow && list->items[i]->kind == NODE_MAP && list->items[i]->n > 0) {
			add_map(list->items[i], depth + 1, true, out);
			continue;
		}
		add_flow(list->items[i], out);
		strbuf_addc(out, '\n');
	}
}

/* begun: the first line has its indentation. */
static void add_map(const struct node *map, int depth, bool begun, struct strbuf *out)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct node *item = map->items[i];
		if (i > 0 || !begun)
			add_indent(out, depth);
		add_scalar(map->keys[i]->text, out);
		if (is_flow(item)) {
			strbuf_adds(out, ": ");
			add_flow(item, out);
			strbuf_addc(out, '\n');
			continue;
		}
		strbuf_adds(out, ":\n");
		if (item->kind == NODE_MAP)
			add_map(item, depth + 1, false, out);
		else
			add_list(item, depth + 1, strcmp(map->keys[i]->text, "filters") == 0, out);
	}
}

void migrate_yaml(const struct node *map, struct strbuf *out)
{
	add_map(map, 0, false, out);
}
