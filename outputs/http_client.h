/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client that outputs share: one request at a time over kept connections, by libcurl's multi-socket
 * interface. All sockets of libcurl lie in one epoll descriptor, which is what output_wait() waits for: so
 * the engine serves its control queue during every wait. Belongs to one output of one worker.
 */
#ifndef NATMILL_OUTPUTS_HTTP_CLIENT_H
#define NATMILL_OUTPUTS_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "output/output.h"
#include "output/tls_rows.h"

#define HTTP_BODY_KEPT 1024 /* bytes of an answer's body that are kept */
#define HTTP_HEADERS_MAX 8  /* of a request, beside those of the configuration */

/* Settings that every output over HTTP has; their rows are HTTP_CLIENT_ROWS. */
struct http_settings {
	char *url;
	int64_t timeout;
	char *user;
	struct secret password;
	struct secret token;
	struct text_map headers;
	char *tls_ca;
	char *tls_certificate;
	char *tls_key;
	bool tls_verify;
};

/* The rows of settings, which lie in the member `http` of the struct `owner`. `url` is the output's own row.
 */
#define HTTP_CLIENT_ROWS(owner)                                                                        \
	{.name = "timeout",                                                                            \
	 .type = OPTION_DURATION,                                                                      \
	 .offset = offsetof(owner, http.timeout),                                                      \
	 .fallback = "5s",                                                                             \
	 .min = 100,                                                                                   \
	 .max = 600000,                                                                                \
	 .reloadable = true,                                                                           \
	 .help = "How long one request may take, from connecting to the end of the answer."},          \
		{.name = "user",                                                                       \
		 .type = OPTION_TEXT,                                                                  \
		 .offset = offsetof(owner, http.user),                                                 \
		 .reloadable = true,                                                                   \
		 .help = "Name for basic authentication."},                                            \
		{.name = "password",                                                                   \
		 .type = OPTION_SECRET,                                                                \
		 .offset = offsetof(owner, http.password),                                             \
		 .reloadable = true,                                                                   \
		 .help = "Password of the user."},                                                     \
		{.name = "token",                                                                      \
		 .type = OPTION_SECRET,                                                                \
		 .offset = offsetof(owner, http.token),                                                \
		 .reloadable = true,                                                                   \
		 .help = "Token in the header Authorization, instead of user and password."},          \
		{.name = "headers",                                                                    \
		 .type = OPTION_MAP,                                                                   \
		 .offset = offsetof(owner, http.headers),                                              \
		 .reloadable = true,                                                                   \
		 .help = "More headers of each request, a map from name to value. A name with "        \
			 "`_file` behind it takes its value from a file, read anew for each "          \
			 "request."},                                                                  \
		TLS_ROWS(owner, http.tls_ca, http.tls_certificate, http.tls_key),                      \
	{                                                                                              \
		.name = "tls_verify", .type = OPTION_BOOL, .offset = offsetof(owner, http.tls_verify), \
		.fallback = "true", .reloadable = true,                                                \
		.help = "Checks the server's certificate and its name. `false` is for tests only."     \
	}

/* One request. All pointers belong to the caller. */
struct http_request {
	const char *url; /* whole */
	const char *method;
	const char *body;
	size_t len;
	const char *headers[HTTP_HEADERS_MAX + 1]; /* "Name: value", NULL behind the last; one that the
						      configuration has too is left out */
};

/* A whole answer. */
struct http_answer {
	long status;
	char body[HTTP_BODY_KEPT + 1]; /* as much as was kept, NUL-terminated */
};

struct http_client;

/* Checks the settings; no connection yet. scheme: the word before the token ("Bearer"). NULL with e. */
struct http_client *http_client_new(const struct http_settings *s, const struct output_env *env,
				    const char *scheme, struct err *e);
void http_client_free(struct http_client *c); /* NULL is legal */

/* The url as messages show it: without user, query and fragment. */
const char *http_client_where(const struct http_client *c);

/* Sends and reads the whole answer, whatever its status: 0 with a. -1 with r (RETRY): no connection, half an
 * answer, too late, given up; or, without sending anything, because the server has asked to be left alone
 * for a while (Retry-After of an answer 429 or 503; at most five minutes are believed). */
int http_client_send(struct http_client *c, const struct http_request *q, struct http_answer *a,
		     struct output_result *r);

/* "http://host:80/path: the server answers 503: its words": the words bounded, printable and without the
 * client's own secrets. Returns buf. */
const char *http_client_words(const struct http_client *c, const struct http_answer *a, char *buf,
			      size_t size);

#endif
