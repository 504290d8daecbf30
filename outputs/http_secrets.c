/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets of an HTTP client; see http_secrets.h.
 */
#include "outputs/http_secrets.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "output/hide.h"
#include "outputs/http_settings.h"

/* The values of the url's query, as written and as meant. */
static void hide_query(const struct hiding *h, const char *url)
{
	const char *at = strchr(url, '?');
	while (at != NULL && *at != '\0' && *at != '#') {
		size_t n = strcspn(++at, "&#");
		size_t name = strcspn(at, "=&#");
		const char *value = at + (name < n ? name + 1 : 0);
		int len = 0;
		struct strbuf raw = {0};
		strbuf_add(&raw, value, n - (size_t)(value - at));
		char *meant = curl_easy_unescape(NULL, raw.data, (int)raw.len, &len);
		hide_word(h, raw.data);
		hide_word(h, meant);
		curl_free(meant);
		strbuf_free(&raw);
		at += n;
	}
}

void http_secrets_hide(const struct http_secrets *x, const struct http_settings *s, char *text)
{
	struct hiding h;
	hide_begin(&h, text);
	hide_word(&h, x->token);
	hide_word(&h, x->password);
	hide_basic(&h, s->user, x->password);
	for (size_t i = 0; i < x->headers.n; i++)
		hide_word(&h, x->headers.items[i].value);
	hide_query(&h, s->url);
	hide_end(&h);
}

void http_secrets_free(struct http_secrets *x)
{
	secret_forget(x->password);
	secret_forget(x->token);
	for (size_t i = 0; i < x->headers.n; i++) {
		free(x->headers.items[i].key);
		secret_forget(x->headers.items[i].value);
	}
	free(x->headers.items);
	*x = (struct http_secrets){0};
}

/* -1 with e, which says what is wrong with the file behind the option NAME_file. */
static int take(int rc, const char *name, const char *text, struct err *why, struct err *e)
{
	if (rc == 0 && (text == NULL || http_settings_is_clean(text)))
		return 0;
	if (why->code == ERR_NONE)
		err_set(why, ERR_CONFIG, "names a file with a line end or another control character in it");
	return err_set(e, why->code, "%s_file %s", name, why->msg);
}

static int read_one(const struct secret *s, const char *name, char **text, struct err *e)
{
	struct err why = {0};
	int rc = secret_now(s, text, &why);
	return take(rc, name, *text, &why, e);
}

static int read_header(const struct text_pair *from, struct text_pair *to, struct err *e)
{
	struct err why = {0};
	bool file;
	to->key = xstrdup(from->key);
	to->key[http_settings_header(from->key, &file)] = '\0';
	to->value = NULL;
	if (!file)
		to->value = xstrdup(from->value);
	int rc = file ? secret_read_file(from->value, &to->value, &why) : 0;
	return take(rc, to->key, to->value, &why, e);
}

int http_secrets_read(struct http_secrets *x, const struct http_settings *s, struct err *e)
{
	http_secrets_free(x);
	if (read_one(&s->password, "password", &x->password, e) != 0 ||
	    read_one(&s->token, "token", &x->token, e) != 0)
		return -1;
	x->headers.items = xcalloc(s->headers.n + 1, sizeof *x->headers.items);
	while (x->headers.n < s->headers.n) {
		size_t i = x->headers.n++;
		if (read_header(&s->headers.items[i], &x->headers.items[i], e) != 0)
			return -1;
	}
	return 0;
}
