/* SPDX-License-Identifier: Apache-2.0
 *
 * File, variables and rows joined; see settings.h.
 */
#include "control/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "control/bind.h"
#include "control/envtree.h"
#include "control/expand.h"
#include "control/yaml.h"

struct settings {
	const struct section *sections;
	void *config;
	size_t config_size;
	char *name;         /* of the file, the source of its nodes */
	struct texts names; /* of the variables, the source of theirs */
	struct node *root;
	struct origins origins;
};

/* The file's tree, an empty one without a file, NULL on an error. */
static struct node *read_tree(const struct settings *s, const struct settings_source *src,
			      struct errlist *errs)
{
	if (src->text != NULL)
		return yaml_parse(src->text, src->len, s->name, errs);
	if (src->path == NULL)
		return node_new(NODE_MAP, s->name);
	struct strbuf text = {0};
	struct err e = {0};
	struct node *root = NULL;
	if (file_read(src->path, YAML_MAX_BYTES, &text, &e) != 0)
		errlist_add(errs, e.code, "%s", e.msg);
	else
		root = yaml_parse(text.data != NULL ? text.data : "", text.len, s->name, errs);
	strbuf_free(&text);
	return root;
}

/* A file of comments only holds "nothing", which is an empty map. */
static struct node *as_map(struct node *root, struct errlist *errs)
{
	if (root == NULL || root->kind == NODE_MAP)
		return root;
	struct node *empty = node_is_null(root) ? node_new(NODE_MAP, root->source) : NULL;
	char where[NODE_WHERE_MAX];
	if (empty == NULL)
		errlist_add(errs, ERR_CONFIG, "%s: must be a map of options, such as 'workers: 4'",
			    node_where(root, where));
	node_free(root);
	return empty;
}

struct settings *settings_load(const struct section *sections, void *config, size_t config_size,
			       const struct settings_source *src, struct errlist *errs)
{
	struct settings *s = xcalloc(1, sizeof *s);
	size_t errors = errs->n + errs->more;
	memset(config, 0, config_size);
	s->sections = sections;
	s->config = config;
	s->config_size = config_size;
	s->name = xstrdup(src->path != NULL ? src->path : "configuration");
	s->root = as_map(read_tree(s, src, errs), errs);
	if (s->root != NULL) {
		struct binder b = {.errs = errs, .origins = &s->origins};
		expand_tree(s->root, src->env, errs);
		envtree_apply(sections, s->root, src->env, src->env_allowed, &s->names, errs);
		bind_defaults(sections, config);
		bind_tree(&b, sections, config, s->root);
	}
	if (errs->n + errs->more == errors)
		return s;
	settings_free(s);
	return NULL;
}

char *settings_glance(const struct section *sections, const struct settings_source *src, const char *section,
		      const char *option)
{
	static const struct option name_list[] = {{.name = "names", .type = OPTION_TEXTS}, {0}};
	char name[] = "configuration";
	struct settings s = {.name = name};
	struct errlist errs = {0};
	s.root = as_map(read_tree(&s, src, &errs), &errs);
	if (s.root == NULL)
		s.root = node_new(NODE_MAP, s.name); /* there still is the environment */
	expand_tree(s.root, src->env, &errs);
	envtree_apply(sections, s.root, src->env, src->env_allowed, &s.names, &errs);
	const struct node *map = node_get(s.root, section);
	const struct node *found = map != NULL && map->kind == NODE_MAP ? node_get(map, option) : NULL;
	bool given = found != NULL && found->kind == NODE_SCALAR && !node_is_null(found);
	char *text = given ? xstrdup(found->text) : NULL;
	node_free(s.root);
	option_free(name_list, &s.names);
	errlist_free(&errs);
	return text;
}

void settings_free(struct settings *s)
{
	static const struct option name_list[] = {{.name = "names", .type = OPTION_TEXTS}, {0}};
	if (s == NULL)
		return;
	bind_free(s->sections, s->config);
	memset(s->config, 0, s->config_size);
	node_free(s->root);
	option_free(name_list, &s->names);
	free(s->origins.items);
	free(s->name);
	free(s);
}

static const struct node *find_origin(const struct settings *s, const void *field)
{
	for (size_t i = 0; i < s->origins.n; i++)
		if (s->origins.items[i].field == field)
			return s->origins.items[i].node;
	return NULL;
}

const char *settings_where(const struct settings *s, const void *field, char buf[SETTINGS_WHERE_MAX])
{
	const struct node *node = find_origin(s, field);
	if (node == NULL)
		snprintf(buf, SETTINGS_WHERE_MAX, "default");
	else
		node_where(node, buf);
	return buf;
}

bool settings_given(const struct settings *s, const void *field)
{
	return find_origin(s, field) != NULL;
}

int settings_refuse(const struct settings *s, struct errlist *errs, const void *field, const char *fmt, ...)
{
	char where[SETTINGS_WHERE_MAX];
	char text[ERR_MSG_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return errlist_add(errs, ERR_CONFIG, "%s: %s", settings_where(s, field, where), text);
}
