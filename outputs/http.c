/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `http`: events as JSON to a web server, some a request. A request counts when its whole answer
 * says 2xx. At least once; each request tells which events it has (http_identity.h), so that the receiver can
 * know a repeated one. What the other answers mean: http_judge.c.
 */
#include <stdlib.h>

#include "outputs/http_body.h"
#include "outputs/http_client.h"
#include "outputs/http_identity.h"
#include "outputs/http_judge.h"

struct http_options {
	struct http_settings http;
	int method;      /* place in the row's choices */
	int format;      /* enum http_format */
	int compression; /* enum http_packing */
	bool identity;
	int64_t request_events;
	int64_t request_bytes;
};

struct http {
	const struct http_options *options;
	const struct output_env *env;
	struct http_client *client;
	struct http_packer *packer;
	struct http_identity identity;
	struct strbuf body;
	size_t bytes_max; /* of a body: as configured, less when the server has refused that */
};

static const char *const methods[] = {"POST", "PUT", "PATCH"};

static void http_close(struct output *o)
{
	struct http *h = (struct http *)o;
	http_client_free(h->client);
	http_packer_free(h->packer);
	http_identity_free(&h->identity);
	strbuf_free(&h->body);
	free(h);
}

static struct output *http_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct http_options *settings = options;
	struct http *h = xcalloc(1, sizeof *h);
	h->options = settings;
	h->env = env;
	h->packer = http_packer_new((enum http_packing)settings->compression);
	h->client = http_client_new(&settings->http, env, "Bearer", e);
	if (h->client != NULL)
		return (struct output *)h;
	http_close((struct output *)h);
	return NULL;
}

/* There is nothing to ask a server for that any server would answer. */
static void http_open(struct output *o, struct output_result *r)
{
	struct http *h = (struct http *)o;
	h->bytes_max = (size_t)h->options->request_bytes;
	output_ok(r, 0);
}

/* Sends the body as it is. 0 with a, or -1 with r. */
static int send_body(struct http *h, struct http_answer *a, struct output_result *r)
{
	const char *type = h->options->format == HTTP_JSON_ARRAY ? "Content-Type: application/json"
								 : "Content-Type: application/x-ndjson";
	struct http_request q = {.url = h->options->http.url,
				 .method = methods[h->options->method],
				 .headers = {type, http_identity_key_header(&h->identity),
					     http_identity_range_header(&h->identity),
					     http_packer_header(h->packer)}};
	http_pack(h->packer, &h->body, &q.body, &q.len);
	return http_client_send(h->client, &q, a, r);
}

/* The verdict about the n events of the request. */
static void conclude(struct http *h, const struct http_answer *a, size_t n, struct output_result *r)
{
	char words[ERR_MSG_MAX];
	http_client_words(h->client, a, words, sizeof words);
	switch (http_judge(a->status, a->body)) {
	case HTTP_TAKEN:
		http_identity_done(&h->identity);
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

/* One request; smaller ones as long as the server finds them too large. */
static void http_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct http *h = (struct http *)o;
	const size_t most = (size_t)h->options->request_events;
	struct http_answer a;
	output_ok(r, 0);
	while (range->n > 0) {
		size_t n = http_body_json((enum http_format)h->options->format, h->options->identity, range,
					  most, h->bytes_max, &h->body);
		http_identity_of(&h->identity, h->env, range, n);
		if (http_identity_is_done(&h->identity)) {
			output_ok(r, n);
			return;
		}
		if (send_body(h, &a, r) != 0)
			return;
		if (n == 1 || http_judge(a.status, a.body) != HTTP_TOO_LARGE) {
			conclude(h, &a, n, r);
			return;
		}
		h->bytes_max = h->body.len / 2; /* fewer events, since more than one was more */
	}
}

static void http_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct http *h = (struct http *)o;
	(void)moves;
	http_identity_forget(&h->identity);
	output_ok(r, n);
}

#define FIELD(name) offsetof(struct http_options, name)
static const struct option http_rows[] = {
	{.name = "url",
	 .type = OPTION_TEXT,
	 .offset = FIELD(http.url),
	 .required = true,
	 .help = "Where to: `http://host:8080/path` or `https://...`. Messages show it without its query."},
	{.name = "method",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(method),
	 .fallback = "post",
	 .choices = "post|put|patch",
	 .help = "The method of the requests."},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(format),
	 .fallback = "array",
	 .choices = "array|lines",
	 .help = "A request's body: one JSON array of events, or one event a line (application/x-ndjson)."},
	{.name = "compression",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(compression),
	 .fallback = "none",
	 .choices = HTTP_PACKINGS,
	 .help = "How bodies are packed (Content-Encoding). The server must know it."},
	{.name = "identity",
	 .type = OPTION_BOOL,
	 .offset = FIELD(identity),
	 .fallback = "false",
	 .help = "Each event gets the members topic, partition, offset and index: where it came from, by "
		 "which a receiver knows it again."},
	{.name = "request_events",
	 .type = OPTION_INT,
	 .offset = FIELD(request_events),
	 .fallback = "1000",
	 .min = 1,
	 .max = 1000000,
	 .help = "Most events of a request."},
	{.name = "request_bytes",
	 .type = OPTION_SIZE,
	 .offset = FIELD(request_bytes),
	 .fallback = "1000KB",
	 .min = 1,
	 .max = 1000000000,
	 .help = "Most bytes of a body before it is packed. After an answer 413 natmill sends less by "
		 "itself."},
	HTTP_CLIENT_ROWS(struct http_options),
	{.name = NULL},
};

const struct output_type http_output = {
	.name = "http",
	.help = "JSON to a web server, an array or lines a request; at least once.",
	.takes_events = true,
	.options = http_rows,
	.options_size = sizeof(struct http_options),
	.create = http_create,
	.close = http_close,
	.open = http_open,
	.begin = output_nothing,
	.write = http_write,
	.commit = http_commit,
	.abort = output_no_abort,
};
