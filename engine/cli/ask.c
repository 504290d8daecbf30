/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP over the local socket of a running natmill, by libcurl; see ask.h.
 */
#include "cli/ask.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"

#define PAGE_S 10     /* a page is there at once */
#define OUTCOME_S 600 /* of a POST: a reload compiles, runs samples and waits for all workers */

void ask_init(struct ask *a, const char *file)
{
	if (file == NULL && access(CONFIG_DEFAULT_FILE, F_OK) == 0)
		file = CONFIG_DEFAULT_FILE;
	const struct settings_source src = {.path = file, .env = environ};
	char *option = settings_glance(config_sections(), &src, "control", "socket");
	char *group = settings_glance(config_sections(), &src, "kafka", "group");
	*a = (struct ask){.off = server_is_off(option)};
	if (!a->off)
		local_look(option, file, group != NULL ? group : "natmill", &a->paths);
	free(option);
	free(group);
}

struct answer {
	ask_sink sink;
	void *context;
	bool enough;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	a->enough = !a->sink(a->context, data, size * n);
	return a->enough ? 0 : size * n;
}

struct question {
	const char *method;
	const char *path;
	long limit_s; /* for the whole answer; 0 = none, it is a stream */
};

/* One path. CURLE_COULDNT_CONNECT: nobody listens there. why, empty before, is libcurl's text if it has one.
 */
static CURLcode ask_at(const char *socket, const struct question *q, struct answer *answer, long *status,
		       char why[CURL_ERROR_SIZE])
{
	struct strbuf url = {0};
	strbuf_printf(&url, "http://natmill%s", q->path);
	CURL *c = curl_easy_init();
	if (c == NULL) {
		strbuf_free(&url);
		return CURLE_OUT_OF_MEMORY;
	}
	curl_easy_setopt(c, CURLOPT_URL, url.data);
	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)PAGE_S);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, q->limit_s);
	if (strcmp(q->method, "POST") == 0) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, 0L);
	}
	CURLcode rc = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	curl_easy_cleanup(c);
	strbuf_free(&url);
	return rc;
}

static int refuse(const struct ask *a, bool forbidden, struct err *e)
{
	struct strbuf tried = {0};
	for (size_t i = 0; i < a->paths.n; i++)
		strbuf_printf(&tried, "%s%s", i > 0 ? ", " : "", a->paths.at[i]);
	if (forbidden)
		err_set(e, ERR_SYSTEM, "the natmill at %s is another user's: ask as that user", tried.data);
	else if (a->off)
		err_set(e, ERR_CONFIG,
			"the configuration has control.socket: off, so a running natmill cannot "
			"be asked");
	else
		err_set(e, ERR_SYSTEM,
			"no natmill runs with this configuration: nobody answers at %s; start it, or name "
			"its "
			"configuration with -c",
			tried.data);
	strbuf_free(&tried);
	return -1;
}

static bool ignore(void *context, const char *data, size_t n)
{
	(void)context;
	(void)data;
	(void)n;
	return true;
}

/* The kernel takes connections for a process that stands still: before a long wait it must say something. */
static CURLcode ask_alive(const char *socket, const struct question *q, struct answer *answer, long *status,
			  char why[CURL_ERROR_SIZE])
{
	static const struct question alive = {"GET", "/healthz", PAGE_S};
	struct answer none = {.sink = ignore};
	CURLcode rc = q->limit_s != PAGE_S ? ask_at(socket, &alive, &none, status, why) : CURLE_OK;
	*status = 0;
	return rc == CURLE_OK ? ask_at(socket, q, answer, status, why) : rc;
}

static int ask_within(const struct ask *a, const struct question *q, ask_sink sink, void *context,
		      long *status, struct err *e)
{
	bool forbidden = false;
	for (size_t i = 0; i < a->paths.n; i++) {
		char why[CURL_ERROR_SIZE] = "";
		struct answer answer = {.sink = sink, .context = context};
		CURLcode rc = ask_alive(a->paths.at[i], q, &answer, status, why);
		if (rc == CURLE_OK || answer.enough)
			return 0;
		forbidden |= rc == CURLE_COULDNT_CONNECT && access(a->paths.at[i], F_OK) == 0 &&
			     access(a->paths.at[i], W_OK) != 0;
		if (rc == CURLE_OPERATION_TIMEDOUT)
			return err_set(e, ERR_SYSTEM,
				       "the natmill at %s does not answer: it stands still, or is too busy",
				       a->paths.at[i]);
		if (rc != CURLE_COULDNT_CONNECT)
			return err_set(e, ERR_SYSTEM,
				       "the natmill at %s went away before its answer was over (%s)",
				       a->paths.at[i], why[0] != '\0' ? why : curl_easy_strerror(rc));
	}
	return refuse(a, forbidden, e);
}

int ask(const struct ask *a, const char *method, const char *path, ask_sink sink, void *context, long *status,
	struct err *e)
{
	return ask_within(a, &(struct question){method, path, 0}, sink, context, status, e);
}

static bool keep(void *context, const char *data, size_t n)
{
	strbuf_add(context, data, n);
	return true;
}

int ask_text(const struct ask *a, const char *method, const char *path, struct strbuf *out, long *status,
	     struct err *e)
{
	long limit_s = strcmp(method, "POST") == 0 ? OUTCOME_S : PAGE_S;
	return ask_within(a, &(struct question){method, path, limit_s}, keep, out, status, e);
}

void ask_arg(struct strbuf *path, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, (int)strlen(value));
	bool first = path->len == 0 || memchr(path->data, '?', path->len) == NULL;
	strbuf_printf(path, "%c%s=%s", first ? '?' : '&', name, escaped != NULL ? escaped : "");
	curl_free(escaped);
}
