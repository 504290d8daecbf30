/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client knows that nobody may read: its password and token, read anew for each request, and a
 * server's answer without them. Used by http_client.c; belongs to one client.
 */
#ifndef NATMILL_OUTPUTS_HTTP_SECRETS_H
#define NATMILL_OUTPUTS_HTTP_SECRETS_H

#include "outputs/http_client.h"

/* As they were for the request under way. */
struct http_secrets {
	char *password; /* NULL: none */
	char *token;
	struct text_map headers; /* those of the configuration, each with its value */
};

/* Takes up what they are now. -1 with e: a file cannot be used. */
int http_secrets_read(struct http_secrets *x, const struct http_settings *s, struct err *e);
void http_secrets_free(struct http_secrets *x);

/* Puts stars over all secrets in the text: password, token, values of headers and of the url's query; as
 * they are, as JSON, percent and base64 write them, user and password together as basic authentication
 * does. Also over the begin of one, of 8 bytes or more, at the end of the text, where it was cut off. */
void http_secrets_hide(const struct http_secrets *x, const struct http_settings *s, char *text);

#endif
