/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of requests and the list of those that are acknowledged; see http_identity.h.
 */
#include "outputs/http_identity.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define DONE_MAX 4096       /* keys; a batch of more requests is sent anew from the one it forgets */
#define RANGE_PARTITIONS 32 /* named in the header */

/* The offsets that a request has of one partition. */
struct span {
	const char *topic;
	int32_t partition;
	int64_t first;
	int64_t last;
};

void http_identity_free(struct http_identity *h)
{
	strbuf_free(&h->places);
	strbuf_free(&h->headers);
	free(h->done);
	*h = (struct http_identity){0};
}

/* The span of the message's partition, a new one when there is none; NULL when there are enough. */
static struct span *span_of(struct span *spans, size_t *count, const struct message *m)
{
	for (size_t i = 0; i < *count; i++)
		if (spans[i].partition == m->partition && strcmp(spans[i].topic, m->topic) == 0)
			return &spans[i];
	if (*count == RANGE_PARTITIONS)
		return NULL;
	struct span *s = &spans[(*count)++];
	*s = (struct span){m->topic, m->partition, m->offset, m->offset};
	return s;
}

/* Adds the event's place; a topic's name only where it changes. */
static void add_place(struct strbuf *out, const struct message *m, uint32_t index, const char **topic)
{
	if (*topic == NULL || strcmp(*topic, m->topic) != 0) {
		strbuf_add(out, m->topic, strlen(m->topic) + 1);
		*topic = m->topic;
	}
	strbuf_add(out, &m->partition, sizeof m->partition);
	strbuf_add(out, &m->offset, sizeof m->offset);
	strbuf_add(out, &index, sizeof index);
}

static void write_headers(struct http_identity *h, const struct span *spans, size_t count, bool more)
{
	strbuf_reset(&h->headers);
	strbuf_adds(&h->headers, "Idempotency-Key: ");
	for (size_t i = 0; i < HTTP_KEY_BYTES; i++)
		strbuf_printf(&h->headers, "%02x", h->key[i]);
	strbuf_addc(&h->headers, '\0');
	size_t at = h->headers.len;
	strbuf_adds(&h->headers, "Natmill-Range: ");
	for (size_t i = 0; i < count; i++)
		strbuf_printf(&h->headers, "%s%s/%" PRId32 "/%" PRId64 "-%" PRId64, i > 0 ? ", " : "",
			      spans[i].topic, spans[i].partition, spans[i].first, spans[i].last);
	if (more)
		strbuf_adds(&h->headers, ", more");
	h->range = h->headers.data + at;
}

void http_identity_of(struct http_identity *h, const struct output_env *env, const struct output_range *range,
		      size_t n)
{
	struct span spans[RANGE_PARTITIONS];
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct span *at = NULL;
	const char *topic = NULL;
	size_t count = 0;
	bool more = false;
	strbuf_reset(&h->places);
	strbuf_add(&h->places, env->cluster_id, strlen(env->cluster_id) + 1);
	strbuf_add(&h->places, env->name, strlen(env->name) + 1);
	for (size_t i = 0; i < n; i++) {
		const struct event *ev = &range->batch->events[range->pick[i]];
		const struct message *m = batch_message_of(range->batch, ev);
		add_place(&h->places, m, ev->index, &topic);
		if (at == NULL || at->partition != m->partition || at->topic != m->topic)
			at = span_of(spans, &count, m);
		more = more || at == NULL;
		if (at != NULL && m->offset < at->first)
			at->first = m->offset;
		if (at != NULL && m->offset > at->last)
			at->last = m->offset;
	}
	if (EVP_Digest(h->places.data, h->places.len, digest, NULL, EVP_sha256(), NULL) != 1)
		abort(); /* out of memory */
	memcpy(h->key, digest, sizeof h->key);
	write_headers(h, spans, count, more);
}

const char *http_identity_key_header(const struct http_identity *h)
{
	return h->headers.data;
}

const char *http_identity_range_header(const struct http_identity *h)
{
	return h->range;
}

bool http_identity_is_done(const struct http_identity *h)
{
	for (size_t i = 0; i < h->done_count; i++)
		if (memcmp(h->done + i * HTTP_KEY_BYTES, h->key, HTTP_KEY_BYTES) == 0)
			return true;
	return false;
}

void http_identity_done(struct http_identity *h)
{
	if (h->done_count == DONE_MAX)
		return;
	if (h->done_count == h->done_max) {
		h->done_max = h->done_max == 0 ? 64 : h->done_max * 2;
		h->done = xrealloc(h->done, h->done_max * HTTP_KEY_BYTES);
	}
	memcpy(h->done + h->done_count++ * HTTP_KEY_BYTES, h->key, HTTP_KEY_BYTES);
}

void http_identity_forget(struct http_identity *h)
{
	h->done_count = 0;
}
