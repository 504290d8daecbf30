/* SPDX-License-Identifier: Apache-2.0
 *
 * Stars over secrets; see hide.h. A secret may be part of another: all are looked for in the untouched text,
 * and the stars go over a copy.
 */
#include "output/hide.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/strbuf.h"

#define SECRET_MIN 4 /* bytes; what is shorter is in every text */
#define BEGIN_MIN 8  /* bytes of a secret that was cut off */

void hide_begin(struct hiding *h, char *text)
{
	*h = (struct hiding){.text = text, .untouched = xstrdup(text), .n = strlen(text)};
}

void hide_end(struct hiding *h)
{
	secret_forget(h->untouched);
	h->untouched = NULL;
}

/* How many bytes of the word are at this place of the text. */
static size_t alike(const char *at, const char *word, size_t n)
{
	size_t i = 0;
	while (i < n && at[i] != '\0' && (at[i] == word[i] || ((unsigned char)word[i] < ' ' && at[i] == ' ')))
		i++;
	return i;
}

static void hide_bytes(const struct hiding *h, const char *word, size_t n)
{
	if (n < SECRET_MIN)
		return;
	for (size_t i = 0; i < h->n; i++) {
		size_t found = alike(h->untouched + i, word, n);
		char next = h->untouched[i + found];
		bool cut = found >= BEGIN_MIN && (next == '\0' || next == '\'' || next == '"');
		if (found == n || cut)
			memset(h->text + i, '*', found);
	}
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

/* As in a url: hexadecimal digits in either case, and the blank maybe as a plus sign. */
static void hide_percent(const struct hiding *h, const char *word, bool capitals, bool plus)
{
	struct strbuf coded = {0};
	for (const char *at = word; *at != '\0'; at++)
		if (isalnum((unsigned char)*at) || strchr("-._~", *at) != NULL)
			strbuf_addc(&coded, *at);
		else if (*at == ' ' && plus)
			strbuf_addc(&coded, '+');
		else
			strbuf_printf(&coded, capitals ? "%%%02X" : "%%%02x", (unsigned char)*at);
	hide_bytes(h, coded.data, coded.len);
	strbuf_free(&coded);
}

static void hide_json(const struct hiding *h, const char *word)
{
	struct strbuf coded = {0};
	strbuf_add_json(&coded, word, strlen(word));
	hide_bytes(h, coded.data + 1, coded.len - 2);
	strbuf_free(&coded);
}

void hide_word(const struct hiding *h, const char *word)
{
	if (word == NULL || strlen(word) < SECRET_MIN)
		return;
	hide_bytes(h, word, strlen(word));
	hide_base64(h, word, strlen(word));
	for (unsigned form = 0; form < 4; form++)
		hide_percent(h, word, (form & 1) != 0, (form & 2) != 0);
	hide_json(h, word);
}

void hide_basic(const struct hiding *h, const char *user, const char *password)
{
	struct strbuf both = {0};
	if (user == NULL)
		return;
	strbuf_printf(&both, "%s:%s", user, password != NULL ? password : "");
	hide_base64(h, both.data, both.len);
	strbuf_free(&both);
}

void hide_one(char *text, const char *word)
{
	struct hiding h;
	hide_begin(&h, text);
	hide_word(&h, word);
	hide_end(&h);
}
