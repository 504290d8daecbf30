/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of natmill migrate; see migrate_plan.h.
 */
#include "cli/migrate_plan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define SOURCE "natmill.yaml"

static const struct option texts_row[] = {{.name = "texts", .type = OPTION_TEXTS}, {0}};

void migrate_plan_init(struct migrate_plan *p)
{
	*p = (struct migrate_plan){.tree = node_new(NODE_MAP, SOURCE)};
}

void migrate_plan_free(struct migrate_plan *p)
{
	errlist_free(&p->errs);
	node_free(p->tree);
	option_free(texts_row, &p->open);
	option_free(texts_row, &p->notes);
	for (size_t i = 0; i < p->file_count; i++) {
		free(p->files[i].path);
		if (p->files[i].secret && p->files[i].text.data != NULL)
			secret_forget(p->files[i].text.data);
		else
			strbuf_free(&p->files[i].text);
	}
	free(p->files);
	strbuf_free(&p->variables);
	*p = (struct migrate_plan){0};
}

/* "WHERE: TEXT", to be freed. */
static char *sentence(const struct node *node, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static char *sentence(const struct node *node, const char *fmt, va_list ap)
{
	char where[NODE_WHERE_MAX];
	char text[ERR_MSG_MAX];
	struct strbuf out = {0};
	vsnprintf(text, sizeof text, fmt, ap);
	if (node != NULL)
		strbuf_printf(&out, "%s: ", node_where(node, where));
	strbuf_adds(&out, text);
	return out.data;
}

void migrate_wrong(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = sentence(node, fmt, ap);
	va_end(ap);
	errlist_add(&p->errs, ERR_CONFIG, "%s", text);
	free(text);
}

void migrate_note(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = sentence(node, fmt, ap);
	va_end(ap);
	option_add(texts_row, &p->notes, text);
	free(text);
}

void migrate_open(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = sentence(node, fmt, ap);
	va_end(ap);
	option_add(texts_row, &p->open, text);
	free(text);
}

/* The map that the path's last part belongs into; *last is that part. */
static struct node *way(struct node *map, const char *path, const char **last)
{
	for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		struct node *key = node_scalar(SOURCE, path, (size_t)(slash - path));
		struct node *next = node_get(map, key->text);
		if (next != NULL) {
			node_free(key);
		} else {
			next = node_new(NODE_MAP, SOURCE);
			node_append(map, key, next);
		}
		map = next;
	}
	*last = path;
	return map;
}

void migrate_put_node(struct node *map, const char *path, struct node *value)
{
	const char *name;
	struct node *in = way(map, path, &name);
	long there = node_index(in, name);
	if (there >= 0) {
		node_free(in->items[there]);
		in->items[there] = value;
		return;
	}
	node_append(in, node_scalar(SOURCE, name, strlen(name)), value);
}

void migrate_put(struct node *map, const char *path, const char *value)
{
	migrate_put_node(map, path, node_scalar(SOURCE, value, strlen(value)));
}

struct migrate_file *migrate_file(struct migrate_plan *p, const char *path, bool secret)
{
	p->files = xrealloc(p->files, (p->file_count + 1) * sizeof *p->files);
	struct migrate_file *file = &p->files[p->file_count++];
	*file = (struct migrate_file){.path = xstrdup(path), .secret = secret};
	return file;
}

/* The length of ${NAME} or ${NAME:-default} at text, as control/expand.c reads it; 0: it is none. */
static size_t reference(const char *text)
{
	size_t n = 2;
	if (strncmp(text, "${", 2) != 0 || (!isalpha((unsigned char)text[2]) && text[2] != '_'))
		return 0;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	if (strncmp(text + n, ":-", 2) == 0)
		n += strcspn(text + n, "}");
	return text[n] == '}' ? n + 1 : 0;
}

bool migrate_is_reference(const char *text)
{
	size_t n = reference(text);
	return n > 0 && text[n] == '\0';
}

bool migrate_has_reference(const char *text)
{
	while (*text != '\0' && reference(text) == 0)
		text++;
	return *text != '\0';
}

char *migrate_text(const char *old)
{
	struct strbuf out = {0};
	strbuf_adds(&out, "");
	while (*old != '\0') {
		size_t n = reference(old);
		if (n == 0 && strncmp(old, "${", 2) == 0)
			strbuf_addc(&out, '$');
		n = n > 0 ? n : 1;
		strbuf_add(&out, old, n);
		old += n;
	}
	return out.data != NULL ? out.data : xstrdup("");
}

void migrate_secret(struct migrate_plan *p, struct node *map, const char *path, const char *owner,
		    const char *value)
{
	char option[256];
	char file[300];
	if (migrate_is_reference(value)) {
		migrate_put(map, path, value);
		return;
	}
	const char *slash = strrchr(path, '/');
	snprintf(option, sizeof option, "%s_file", path);
	snprintf(file, sizeof file, MIGRATE_SECRETS "/%s-%s", owner, slash != NULL ? slash + 1 : path);
	for (char *c = file + strlen(MIGRATE_SECRETS) + 1; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
			*c = '_';
	migrate_put(map, option, file);
	if (strstr(value, "${") != NULL)
		migrate_open(p, NULL,
			     "%s holds ${...} among other text as it was: natmill fills in nothing in files",
			     file);
	struct migrate_file *f = migrate_file(p, file, true);
	strbuf_adds(&f->text, value);
	strbuf_addc(&f->text, '\n');
}

void migrate_variable(struct migrate_plan *p, struct node *map, const char *path, const char *name,
		      const char *value)
{
	char text[128];
	snprintf(text, sizeof text, "${%s}", name);
	migrate_put(map, path, text);
	setenv(name, value, 1); /* for the check in the end */
	strbuf_printf(&p->variables, "%s='", name);
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			strbuf_adds(&p->variables, "'\\''");
		else
			strbuf_addc(&p->variables, *value);
	}
	strbuf_adds(&p->variables, "'\n");
}
