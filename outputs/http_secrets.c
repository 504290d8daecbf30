/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets of an HTTP client; see http_secrets.h. A secret may be part of another: all are looked for in the
 * untouched text, and the stars go over a copy.
 */
#include "outputs/http_secrets.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "outputs/http_settings.h"

#define SECRET_MIN 4 /* bytes; what is shorter is in every text */
#define BEGIN_MIN 8  /* bytes of a secret that was cut off */

/* The text as it came, and its copy with stars. */
struct hiding {
	const char *text;
	size_t n;
	char *stars;
};

static void hide_bytes(const struct hiding *h, const char *word, size_t n)
{
	if (n < SECRET_MIN)
		return;
	const char *end = h->text + h->n;
	for (const char *at = h->text; (at = memmem(at, (size_t)(end - at), word, n)) != NULL; at++)
		memset(h->stars + (at - h->text), '*', n);
	for (size_t part = n - 1; part >= BEGIN_MIN; part--)
		if (part <= h->n && memcmp(end - part, word, part) == 0)
			memset(h->stars + h->n - part, '*', part);
}

static void hide_base64(const struct hiding *h, const char *word, size_t n)
{
	unsigned char *coded = xmalloc(n / 3 * 4 + 5);
	int len = EVP_EncodeBlock(coded, (const unsigned char *)word, (int)n);
	while (len > 0 && coded[len - 1] == '=') /* some leave them out */
		len--;
	hide_bytes(h, (const char *)coded, (size_t)len);
	free(coded);
}

/* As in a url: its hexadecimal digits in either case, and the blank as a plus sign, too. */
static void hide_percent(const struct hiding *h, const char *word)
{
	char *coded = curl_easy_escape(NULL, word, 0);
	if (coded == NULL)
		return;
	hide_bytes(h, coded, strlen(coded));
	for (char *at = coded; (at = strchr(at, '%')) != NULL; at++)
		for (int i = 1; i <= 2; i++)
			at[i] = at[i] >= 'A' && at[i] <= 'F' ? (char)(at[i] - 'A' + 'a') : at[i];
	hide_bytes(h, coded, strlen(coded));
	struct strbuf form = {0};
	for (const char *at = coded; *at != '\0'; at++) {
		bool blank = strncmp(at, "%20", 3) == 0;
		strbuf_addc(&form, blank ? '+' : *at);
		at += blank ? 2 : 0;
	}
	hide_bytes(h, form.data, form.len);
	strbuf_free(&form);
	curl_free(coded);
}

static void hide_json(const struct hiding *h, const char *word)
{
	struct strbuf coded = {0};
	strbuf_add_json(&coded, word, strlen(word));
	hide_bytes(h, coded.data + 1, coded.len - 2);
	strbuf_free(&coded);
}

static void hide(const struct hiding *h, const char *word)
{
	if (word == NULL || strlen(word) < SECRET_MIN)
		return;
	hide_bytes(h, word, strlen(word));
	hide_base64(h, word, strlen(word));
	hide_percent(h, word);
	hide_json(h, word);
}

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
		hide(h, raw.data);
		hide(h, meant);
		curl_free(meant);
		strbuf_free(&raw);
		at += n;
	}
}

static void hide_credentials(const struct hiding *h, const char *user, const char *password)
{
	struct strbuf both = {0};
	if (user == NULL)
		return;
	strbuf_printf(&both, "%s:%s", user, password != NULL ? password : "");
	hide_base64(h, both.data, both.len);
	strbuf_free(&both);
}

void http_secrets_hide(const struct http_secrets *x, const struct http_settings *s, char *text)
{
	char *untouched = xstrdup(text);
	struct hiding h = {.text = untouched, .n = strlen(untouched), .stars = text};
	hide(&h, x->token);
	hide(&h, x->password);
	hide_credentials(&h, s->user, x->password);
	for (size_t i = 0; i < s->headers.n; i++)
		hide(&h, s->headers.items[i].value);
	hide_query(&h, s->url);
	secret_forget(untouched);
}

void http_secrets_free(struct http_secrets *x)
{
	secret_forget(x->password);
	secret_forget(x->token);
	*x = (struct http_secrets){0};
}

static int read_one(const struct secret *s, const char *name, char **text, struct err *e)
{
	struct err why = {0};
	if (secret_now(s, text, &why) == 0 && (*text == NULL || http_settings_is_clean(*text)))
		return 0;
	if (why.code == ERR_NONE)
		err_set(&why, ERR_CONFIG, "names a file with a line end or another control character in it");
	return err_set(e, why.code, "%s_file %s", name, why.msg);
}

int http_secrets_read(struct http_secrets *x, const struct http_settings *s, struct err *e)
{
	http_secrets_free(x);
	if (read_one(&s->password, "password", &x->password, e) != 0)
		return -1;
	return read_one(&s->token, "token", &x->token, e);
}
