/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests out of ranges of events, and verdicts out of answers; see http_writer.h.
 */
#include "outputs/http_writer.h"

int http_writer_init(struct http_writer *w, const struct http_settings *s, enum http_packing packing,
		     const struct output_env *env, const char *scheme, struct err *e)
{
	w->env = env;
	w->packer = http_packer_new(packing);
	w->client = http_client_new(s, env, scheme, e);
	return w->client != NULL ? 0 : -1;
}

void http_writer_free(struct http_writer *w)
{
	http_client_free(w->client);
	http_packer_free(w->packer);
	http_identity_free(&w->identity);
	strbuf_free(&w->body);
}

/* Sends the body as it is. 0 with a, or -1 with r. */
static int send_body(struct http_writer *w, struct http_answer *a, struct output_result *r)
{
	const char *packed = http_packer_header(w->packer);
	struct http_request q = {.url = w->url, .method = w->method, .headers = {w->type}};
	size_t n = 1;
	if (w->tells_range) {
		q.headers[n++] = http_identity_key_header(&w->identity);
		q.headers[n++] = http_identity_range_header(&w->identity);
	}
	q.headers[n] = packed;
	http_pack(w->packer, &w->body, &q.body, &q.len);
	if (http_client_send(w->client, &q, a, r) != 0)
		return -1;
	w->status = a->status;
	return 0;
}

/* The verdict about the n events of the request. */
static void conclude(struct http_writer *w, const struct http_answer *a, size_t n, struct output_result *r)
{
	char words[ERR_MSG_MAX];
	http_client_words(w->client, a, words, sizeof words);
	switch (w->judge(a->status, a->body)) {
	case HTTP_TAKEN:
		http_identity_done(&w->identity);
		output_ok(r, n);
		break;
	case HTTP_TOO_LARGE:
	case HTTP_REFUSED:
		output_reject(r, n, "%s", words);
		break;
	case HTTP_LATER:
		output_retry(r, false, "%s", words);
		break;
	case HTTP_NEEDS_HUMAN:
		output_retry(r, true, "%s", words);
		break;
	}
}

void http_writer_write(struct http_writer *w, const struct output_range *range, struct output_result *r)
{
	struct http_answer a;
	output_ok(r, 0);
	while (range->n > 0) {
		strbuf_reset(&w->body);
		size_t n = w->fill(w, range, r);
		if (n == 0)
			return;
		http_identity_of(&w->identity, w->env, range, n);
		if (http_identity_is_done(&w->identity)) {
			output_ok(r, n);
			return;
		}
		if (send_body(w, &a, r) != 0)
			return;
		if (n == 1 || w->judge(a.status, a.body) != HTTP_TOO_LARGE) {
			conclude(w, &a, n, r);
			return;
		}
		w->bytes_max = w->body.len / 2; /* fewer events, since more than one was more */
	}
}

void http_writer_commit(struct http_writer *w, size_t n, struct output_result *r)
{
	http_identity_forget(&w->identity);
	output_ok(r, n);
}
