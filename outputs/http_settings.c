/* SPDX-License-Identifier: Apache-2.0
 *
 * The url, headers and credentials of a server, as far as they can be checked without it; see
 * http_settings.h. Pure.
 */
#include "outputs/http_settings.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Bytes that would end a header's line, or the header's name. */
static bool is_clean(const char *text, const char *also)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f || strchr(also, *text) != NULL)
			return false;
	return true;
}

bool http_settings_is_clean(const char *text)
{
	return is_clean(text, "");
}

/* Headers that say how long the body is or how it is packed are made by natmill. */
static bool is_own(const char *name)
{
	static const char *const own[] = {"Content-Length", "Transfer-Encoding", "Content-Encoding",
					  "Connection", "Expect"};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcasecmp(name, own[i]) == 0)
			return true;
	return false;
}

size_t http_settings_header(const char *key, bool *file)
{
	size_t n = strlen(key);
	*file = n > strlen("_file") && strcmp(key + n - strlen("_file"), "_file") == 0;
	return *file ? n - strlen("_file") : n;
}

/* The value lies in a file. It may be another one later; what is wrong then is told by the request. */
static int check_file(const struct text_pair *one, const char *name, struct err *e)
{
	char *value;
	if (secret_read_file(one->value, &value, e) != 0)
		return err_prefix(e, "output %s: headers: %s", name, one->key);
	bool clean = is_clean(value, "");
	secret_forget(value);
	return clean ? 0
		     : err_set(e, ERR_CONFIG,
			       "output %s: headers: %s names a file with a line end or another control "
			       "character in it",
			       name, one->key);
}

static int check_header(const struct text_pair *one, const char *name, struct err *e)
{
	char header[128];
	bool file;
	size_t n = http_settings_header(one->key, &file);
	snprintf(header, sizeof header, "%.*s", (int)n, one->key);
	if (n == 0 || n >= sizeof header || !is_clean(header, " \t:\"(),/;<=>?@[\\]{}"))
		return err_set(e, ERR_CONFIG, "output %s: headers: '%.200s' is no name of a header", name,
			       one->key);
	if (!is_clean(one->value, ""))
		return err_set(e, ERR_CONFIG,
			       "output %s: headers: the value of %s has a line end or another control "
			       "character",
			       name, one->key);
	if (is_own(header))
		return err_set(e, ERR_CONFIG, "output %s: headers: %s is set by natmill itself", name,
			       header);
	return file ? check_file(one, name, e) : 0;
}

static int check_headers(const struct http_settings *s, const char *name, struct err *e)
{
	for (size_t i = 0; i < s->headers.n; i++)
		if (check_header(&s->headers.items[i], name, e) != 0)
			return -1;
	return 0;
}

static int check_credentials(const struct http_settings *s, const char *name, struct err *e)
{
	if (s->password.text != NULL && s->user == NULL)
		return err_set(e, ERR_CONFIG, "output %s: there is a password, but no user", name);
	if (s->token.text != NULL && s->user != NULL)
		return err_set(e, ERR_CONFIG, "output %s: choose either token or user and password", name);
	if (s->token.text != NULL && (s->token.text[0] == '\0' || !is_clean(s->token.text, "")))
		return err_set(e, ERR_CONFIG,
			       "output %s: the token is empty, or has a line end or another control "
			       "character",
			       name);
	if (s->user != NULL && strchr(s->user, ':') != NULL)
		return err_set(e, ERR_CONFIG, "output %s: user must not have a colon", name);
	if (s->tls_key != NULL && s->tls_certificate == NULL)
		return err_set(e, ERR_CONFIG, "output %s: there is a tls_key, but no tls_certificate", name);
	return 0;
}

static int take_apart(CURLU *u, const char *url, char *where, size_t size)
{
	char *user = NULL;
	char *shown = NULL;
	int rc = -1;
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	    curl_url_set(u, CURLUPART_QUERY, NULL, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &shown, 0) == CURLUE_OK) {
		snprintf(where, size, "%s", shown);
		rc = 0;
	}
	curl_free(user);
	curl_free(shown);
	return rc;
}

static int check_url(const struct http_settings *s, const char *name, char *where, size_t size, struct err *e)
{
	bool web = strncasecmp(s->url, "http://", 7) == 0 || strncasecmp(s->url, "https://", 8) == 0;
	CURLU *u = curl_url();
	int rc = u != NULL && web && is_clean(s->url, " ") ? take_apart(u, s->url, where, size) : -1;
	curl_url_cleanup(u);
	if (rc == 0)
		return 0;
	return err_set(e, ERR_CONFIG,
		       "output %s: url must be like http://host:8080/path or https://host/path; user and "
		       "password have options of their own",
		       name);
}

int http_settings_check(const struct http_settings *s, const char *name, char *where, size_t size,
			struct err *e)
{
	if (check_url(s, name, where, size, e) != 0 || check_headers(s, name, e) != 0)
		return -1;
	return check_credentials(s, name, e);
}
