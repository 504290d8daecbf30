/* SPDX-License-Identifier: Apache-2.0
 *
 * Url and headers without the secrets in them; see migrate_http.h.
 */
#include "cli/migrate_http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcasecmp(name, *names) != 0)
		names++;
	return *names != NULL;
}

/* NAME of a variable for a secret of this output. */
static void variable_name(char *to, size_t size, const char *output)
{
	snprintf(to, size, "%s_URL", output);
	for (; *to != '\0'; to++)
		*to = isalnum((unsigned char)*to) ? (char)toupper((unsigned char)*to) : '_';
}

static void put_text(struct node *new, const char *option, const char *old)
{
	char *text = migrate_text(old);
	migrate_put(new, option, text);
	free(text);
}

/* Puts in the bytes that percent signs stand for in a url; not in a reference. */
static void decode(char *text)
{
	char *to = text;
	if (migrate_is_reference(text))
		return;
	for (; *text != '\0'; to++) {
		char hex[3] = {0};
		if (*text == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2]))
			memcpy(hex, text + 1, 2);
		*to = hex[0] != '\0' ? (char)strtol(hex, NULL, 16) : *text;
		text += hex[0] != '\0' ? 3 : 1;
	}
	*to = '\0';
}

/* What stands before the @ of a url: user and password. */
static void take_login(struct migrate_plan *p, struct node *new, const char *name, const char *login,
		       size_t n)
{
	char *text = xmalloc(n + 1);
	memcpy(text, login, n);
	text[n] = '\0';
	char *colon = strchr(text, ':');
	if (colon != NULL)
		*colon = '\0';
	decode(text);
	put_text(new, "user", text);
	if (colon != NULL) {
		decode(colon + 1);
		migrate_secret(p, new, "password", name, colon + 1);
	}
	free(text);
}

/* A query may be a secret: it goes into a variable, with what stands before it unless ${NAME} is in that. */
static void take_query(struct migrate_plan *p, const struct node *old, struct node *new, const char *name,
		       char *url, char *query)
{
	struct strbuf text = {0};
	char variable[80];
	variable_name(variable, sizeof variable, name);
	if (migrate_has_reference(query)) {
		put_text(new, "url", url);
		migrate_open(
			p, old,
			"the query of url has ${...} in it and stays in natmill.yaml: if the rest of it is "
			"a secret, put that into a variable, too");
		return;
	}
	bool apart = migrate_has_reference(url);
	migrate_variable(p, new, "url", variable, apart ? query : url);
	if (apart) {
		*query = '\0';
		put_text(new, "url", url);
		strbuf_printf(&text, "%s${%s}", node_get(new, "url")->text, variable);
		migrate_put(new, "url", text.data);
		strbuf_free(&text);
	}
	migrate_note(p, old,
		     "the query of url may be a secret: natmill.yaml asks for ${%s}, "
		     "which " MIGRATE_VARIABLES " holds",
		     variable);
}

static void take_url(struct migrate_plan *p, const struct node *old, struct node *new, const char *name)
{
	struct strbuf url = {0};
	const char *text = old->text;
	const char *host = strstr(text, "://");
	host = host != NULL ? host + 3 : text;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));
	strbuf_add(&url, text, (size_t)(host - text));
	strbuf_adds(&url, at != NULL ? at + 1 : host);
	if (at != NULL)
		take_login(p, new, name, host, (size_t)(at - host));
	char *query = strchr(url.data, '?');
	if (query != NULL)
		take_query(p, old, new, name, url.data, query);
	else
		put_text(new, "url", url.data);
	strbuf_free(&url);
}

/* What no header of natmill's own and no harmless one holds may be a key: it goes into a file. */
static void take_header(struct migrate_plan *p, const struct node *key, const struct node *value,
			struct node *new, const char *name)
{
	static const char *const own[] = {"Content-Length",   "Transfer-Encoding",
					  "Content-Encoding", "Connection",
					  "Expect",           NULL};
	static const char *const harmless[] = {"Accept", "Accept-Language", "Content-Type",    "User-Agent",
					       "Host",   "Cache-Control",   "Accept-Encoding", NULL};
	char path[256];
	const char *text = value->text;
	snprintf(path, sizeof path, "headers/%s", key->text);
	if (is_one_of(key->text, own))
		migrate_note(p, key, "header %.80s is not carried over: natmill sets it itself", key->text);
	else if (strcasecmp(key->text, "Authorization") == 0 && strncasecmp(text, "Bearer ", 7) == 0 &&
		 node_get(new, "user") == NULL)
		migrate_secret(p, new, "token", name, text + 7 + strspn(text + 7, " "));
	else if (is_one_of(key->text, harmless))
		migrate_put(new, path, text);
	else if (text[0] != '\0')
		migrate_secret(p, new, path, name, text);
	else
		migrate_note(p, key, "header %.80s is empty and is not carried over", key->text);
}

void migrate_http(struct migrate_plan *p, const struct node *options, struct node *new, const char *name)
{
	const struct node *url = node_get(options, "url");
	const struct node *headers = node_get(options, "headers");
	if (url != NULL && url->kind == NODE_SCALAR && !node_is_null(url))
		take_url(p, url, new, name);
	if (headers == NULL || node_is_null(headers))
		return;
	if (headers->kind != NODE_MAP) {
		migrate_wrong(p, headers, "headers must be a map from name to text");
		return;
	}
	for (size_t i = 0; i < headers->n; i++) {
		const struct node *key = headers->keys[i];
		if (headers->items[i]->kind != NODE_SCALAR || strchr(key->text, '/') != NULL)
			migrate_wrong(p, key, "headers must be a map from name to text");
		else
			take_header(p, key, headers->items[i], new, name);
	}
}
