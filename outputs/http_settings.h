/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks what the configuration says about a server; used by http_client.c.
 */
#ifndef NATMILL_OUTPUTS_HTTP_SETTINGS_H
#define NATMILL_OUTPUTS_HTTP_SETTINGS_H

#include "outputs/http_client.h"

/* The url, the headers and the credentials: 0 with the url as messages may show it in where, or -1 with e,
 * which repeats nothing that may be secret. name: of the output. */
int http_settings_check(const struct http_settings *s, const char *name, char *where, size_t size,
			struct err *e);

/* How long the name of the header is that the key means. *file: its value lies in a file (NAME_file). */
size_t http_settings_header(const char *key, bool *file);

/* Can it stand in a header: no line end or other control character. */
bool http_settings_is_clean(const char *text);

#endif
