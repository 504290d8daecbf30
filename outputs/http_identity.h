/* SPDX-License-Identifier: Apache-2.0
 *
 * The identity of a request: which events it carries. A key made of the identity of each of its events, the
 * same whenever the same events are sent again; and the list of requests of the batch under way that the
 * server has acknowledged, so that a later request's failure does not make the engine send them again. For
 * outputs over HTTP; belongs to one output of one worker.
 */
#ifndef NATMILL_OUTPUTS_HTTP_IDENTITY_H
#define NATMILL_OUTPUTS_HTTP_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "output/output.h"

#define HTTP_KEY_BYTES 16

struct http_identity {
	struct strbuf places;  /* of the request's events, as they are hashed */
	struct strbuf headers; /* "Idempotency-Key: ..." NUL "Natmill-Range: ..." NUL */
	const char *range;     /* the second of them */
	unsigned char key[HTTP_KEY_BYTES];
	unsigned char *done; /* keys acknowledged since the last commit */
	size_t done_count;
	size_t done_max;
};

void http_identity_free(struct http_identity *h); /* h may be zeroed */

/* Makes the request of the first n events of the range the current one; n > 0. */
void http_identity_of(struct http_identity *h, const struct output_env *env, const struct output_range *range,
		      size_t n);

/* Its headers, valid until the next http_identity_of. The range is cut behind some partitions. */
const char *http_identity_key_header(const struct http_identity *h);
const char *http_identity_range_header(const struct http_identity *h);

/* Is it acknowledged already; it is now; the batch is done. */
bool http_identity_is_done(const struct http_identity *h);
void http_identity_done(struct http_identity *h);
void http_identity_forget(struct http_identity *h);

#endif
