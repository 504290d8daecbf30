/* SPDX-License-Identifier: Apache-2.0
 *
 * A request's body: events as JSON, packed on demand. Buffers are kept from request to request. Belongs to
 * one output of one worker.
 */
#ifndef NATMILL_OUTPUTS_HTTP_BODY_H
#define NATMILL_OUTPUTS_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "output/output.h"

enum http_format { HTTP_JSON_ARRAY, HTTP_JSON_LINES };  /* order of the option's choices */
enum http_packing { HTTP_PLAIN, HTTP_GZIP, HTTP_ZSTD }; /* order of the option's choices */
#define HTTP_PACKINGS "none|gzip|zstd"

struct http_packer;

struct http_packer *http_packer_new(enum http_packing packing);
void http_packer_free(struct http_packer *p); /* NULL is legal */

/* Packs plain; *body and *len tell where the result lies: in plain, or in p until the next call. */
void http_pack(struct http_packer *p, const struct strbuf *plain, const char **body, size_t *len);

/* "Content-Encoding: gzip"; NULL for plain. */
const char *http_packer_header(const struct http_packer *p);

/* Writes the first events of the range into out (emptied before): at least one, at most `most`, and no more
 * bytes than max unless one event alone has more. identity: with the members topic, partition, offset and
 * index. Returns how many. */
size_t http_body_json(enum http_format format, bool identity, const struct output_range *range, size_t most,
		      size_t max, struct strbuf *out);

#endif
