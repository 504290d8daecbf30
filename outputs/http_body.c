/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of requests; see http_body.h.
 */
#include "outputs/http_body.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_WINDOW (15 + 16) /* the largest, with gzip's header */
#define GZIP_MEMORY 8
#define GZIP_LEVEL 3 /* beyond that a third more time for a twentieth less bytes */
#define ZSTD_LEVEL 1

struct http_packer {
	enum http_packing packing;
	z_stream gzip;
	ZSTD_CCtx *zstd;
	struct strbuf packed;
};

struct http_packer *http_packer_new(enum http_packing packing)
{
	struct http_packer *p = xcalloc(1, sizeof *p);
	p->packing = packing;
	if (packing == HTTP_GZIP && deflateInit2(&p->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
						 Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory */
	if (packing == HTTP_ZSTD && (p->zstd = ZSTD_createCCtx()) == NULL)
		abort();
	return p;
}

void http_packer_free(struct http_packer *p)
{
	if (p == NULL)
		return;
	if (p->packing == HTTP_GZIP)
		deflateEnd(&p->gzip);
	ZSTD_freeCCtx(p->zstd);
	strbuf_free(&p->packed);
	free(p);
}

const char *http_packer_header(const struct http_packer *p)
{
	return p->packing == HTTP_GZIP   ? "Content-Encoding: gzip"
	       : p->packing == HTTP_ZSTD ? "Content-Encoding: zstd"
					 : NULL;
}

/* Both libraries tell beforehand how much room is enough, so packing cannot fail. */
static size_t pack_gzip(struct http_packer *p, const struct strbuf *plain)
{
	union {
		const char *read;
		Bytef *z; /* zlib does not write there, but its type says so */
	} in = {.read = plain->data};
	deflateReset(&p->gzip);
	uLong bound = deflateBound(&p->gzip, plain->len);
	p->gzip.next_out = (Bytef *)strbuf_reserve(&p->packed, bound);
	p->gzip.avail_out = (uInt)bound;
	p->gzip.next_in = in.z;
	p->gzip.avail_in = (uInt)plain->len;
	if (deflate(&p->gzip, Z_FINISH) != Z_STREAM_END)
		abort();
	return p->gzip.total_out;
}

static size_t pack_zstd(struct http_packer *p, const struct strbuf *plain)
{
	size_t bound = ZSTD_compressBound(plain->len);
	char *to = strbuf_reserve(&p->packed, bound);
	size_t n = ZSTD_compressCCtx(p->zstd, to, bound, plain->data, plain->len, ZSTD_LEVEL);
	if (ZSTD_isError(n))
		abort();
	return n;
}

void http_pack(struct http_packer *p, const struct strbuf *plain, const char **body, size_t *len)
{
	*body = plain->data;
	*len = plain->len;
	if (p->packing == HTTP_PLAIN)
		return;
	strbuf_reset(&p->packed);
	*len = p->packing == HTTP_GZIP ? pack_gzip(p, plain) : pack_zstd(p, plain);
	*body = p->packed.data;
}

static void add_identity(const struct batch *b, const struct event *ev, struct strbuf *out)
{
	const struct message *m = batch_message_of(b, ev);
	out->len--; /* the closing brace */
	strbuf_printf(out,
		      ",\"topic\":\"%s\",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"index\":%" PRIu32
		      "}",
		      m->topic, m->partition, m->offset, ev->index);
}

size_t http_body_json(enum http_format format, bool identity, const struct output_range *range, size_t most,
		      size_t max, struct strbuf *out)
{
	const struct batch *b = range->batch;
	size_t n = 0;
	strbuf_reset(out);
	if (format == HTTP_JSON_ARRAY)
		strbuf_addc(out, '[');
	for (; n < most && n < range->n; n++) {
		const struct event *ev = &b->events[range->pick[n]];
		size_t before = out->len;
		if (format == HTTP_JSON_ARRAY && n > 0)
			strbuf_addc(out, ',');
		event_json(ev, b->arena.data, b->arena.len, out);
		if (identity)
			add_identity(b, ev, out);
		if (format == HTTP_JSON_LINES)
			strbuf_addc(out, '\n');
		if (n > 0 && out->len + 1 > max) {
			out->len = before;
			break;
		}
	}
	if (format == HTTP_JSON_ARRAY)
		strbuf_addc(out, ']');
	return n;
}
