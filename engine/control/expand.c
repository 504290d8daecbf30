/* SPDX-License-Identifier: Apache-2.0
 *
 * Environment variables inside values; see expand.h.
 */
#include "control/expand.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "control/yaml.h"

const char *expand_getenv(char *const *env, const char *name, size_t len)
{
	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static int refuse(const struct node *node, struct errlist *errs, const char *what, const char *name,
		  size_t len)
{
	char where[NODE_WHERE_MAX];
	return errlist_add(errs, ERR_CONFIG, "%s: %s%.*s%s", node_where(node, where), what, (int)len, name,
			   len > 0 ? " is not set; set it, or write ${NAME:-default}" : "");
}

static size_t name_length(const char *text)
{
	size_t n = 0;
	for (;; n++) {
		char c = text[n];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
		if (!letter && (n == 0 || c < '0' || c > '9'))
			return n;
	}
}

/* What stands at text, behind "${": adds its value; returns what follows "}", NULL on an error. */
static const char *expand_one(const struct node *node, const char *text, char *const *env, struct strbuf *out,
			      struct errlist *errs)
{
	size_t len = name_length(text);
	const char *after = text + len;
	bool fallback = after[0] == ':' && after[1] == '-';
	const char *end = fallback ? strchr(after, '}') : after;
	if (len == 0 || end == NULL || *end != '}') {
		refuse(node, errs, "${ must go on with NAME} or NAME:-default}; a plain ${ is written $${",
		       "", 0);
		return NULL;
	}
	const char *value = expand_getenv(env, text, len);
	if (fallback && (value == NULL || *value == '\0'))
		strbuf_add(out, after + 2, (size_t)(end - after - 2));
	else if (value != NULL)
		strbuf_adds(out, value);
	else
		refuse(node, errs, "the variable ", text, len > 100 ? 100 : len);
	if (out->len > YAML_MAX_SCALAR) {
		refuse(node, errs, "this value is too long once its variables are filled in", "", 0);
		return NULL;
	}
	return end + 1;
}

static void expand_scalar(struct node *node, char *const *env, struct errlist *errs)
{
	if (strstr(node->text, "${") == NULL)
		return;
	struct strbuf out;
	strbuf_init(&out);
	const char *p = node->text;
	while (p != NULL && *p != '\0') {
		if (strncmp(p, "$${", 3) == 0) {
			strbuf_adds(&out, "${");
			p += 3;
		} else if (strncmp(p, "${", 2) == 0) {
			p = expand_one(node, p + 2, env, &out, errs);
		} else {
			strbuf_addc(&out, *p++);
		}
	}
	free(node->text);
	node->text = xstrdup(out.data != NULL ? out.data : "");
	node->plain = false; /* an empty variable is an empty text, not "nothing" */
	strbuf_free(&out);
}

void expand_tree(struct node *root, char *const *env, struct errlist *errs)
{
	if (root->kind == NODE_SCALAR)
		expand_scalar(root, env, errs);
	for (size_t i = 0; i < root->n; i++)
		expand_tree(root->items[i], env, errs);
}
