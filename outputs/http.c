/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `http`: events as JSON to a web server, some a request. A request counts when its whole answer
 * says 2xx. At least once; each request tells which events it has (http_identity.h), so that the receiver can
 * know a repeated one. What the other answers mean: http_judge.c.
 */
#include <stdlib.h>

#include "outputs/http_writer.h"

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
	struct http_writer writer; /* first: it is cast back */
	const struct http_options *options;
};

static const char *const methods[] = {"POST", "PUT", "PATCH"};

static size_t fill(struct http_writer *w, const struct output_range *range, struct output_result *r)
{
	const struct http_options *o = ((const struct http *)w)->options;
	(void)r;
	return http_body_json((enum http_format)o->format, o->identity, range, (size_t)o->request_events,
			      w->bytes_max, &w->body);
}

static void http_close(struct output *o)
{
	struct http *h = (struct http *)o;
	http_writer_free(&h->writer);
	free(h);
}

static struct output *http_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct http_options *settings = options;
	struct http *h = xcalloc(1, sizeof *h);
	h->options = settings;
	h->writer.url = settings->http.url;
	h->writer.method = methods[settings->method];
	h->writer.type = settings->format == HTTP_JSON_ARRAY ? "Content-Type: application/json"
							     : "Content-Type: application/x-ndjson";
	h->writer.tells_range = true;
	h->writer.fill = fill;
	h->writer.judge = http_judge;
	if (http_writer_init(&h->writer, &settings->http, (enum http_packing)settings->compression, env,
			     "Bearer", e) == 0)
		return (struct output *)h;
	http_close((struct output *)h);
	return NULL;
}

/* There is nothing to ask a server for that any server would answer. */
static void http_open(struct output *o, struct output_result *r)
{
	struct http *h = (struct http *)o;
	h->writer.bytes_max = (size_t)h->options->request_bytes;
	output_ok(r, 0);
}

static void http_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	http_writer_write(&((struct http *)o)->writer, range, r);
}

static void http_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	(void)moves;
	http_writer_commit(&((struct http *)o)->writer, n, r);
}

#define FIELD(name) offsetof(struct http_options, name)
static const struct option http_rows[] = {
	{.name = "url",
	 .type = OPTION_TEXT,
	 .offset = FIELD(http.url),
	 .required = true,
	 .reloadable = true,
	 .help = "Where to: `http://host:8080/path` or `https://...`. Messages show it without its query."},
	{.name = "method",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(method),
	 .fallback = "post",
	 .choices = "post|put|patch",
	 .reloadable = true,
	 .help = "The method of the requests."},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(format),
	 .fallback = "array",
	 .choices = "array|lines",
	 .reloadable = true,
	 .help = "A request's body: one JSON array of events, or one event a line (application/x-ndjson)."},
	{.name = "compression",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(compression),
	 .fallback = "none",
	 .choices = HTTP_PACKINGS,
	 .reloadable = true,
	 .help = "How bodies are packed (Content-Encoding). The server must know it."},
	{.name = "identity",
	 .type = OPTION_BOOL,
	 .offset = FIELD(identity),
	 .fallback = "false",
	 .reloadable = true,
	 .help = "Each event gets the members topic, partition, offset and index: where it came from, by "
		 "which a receiver knows it again."},
	{.name = "request_events",
	 .type = OPTION_INT,
	 .offset = FIELD(request_events),
	 .fallback = "1000",
	 .min = 1,
	 .max = 1000000,
	 .reloadable = true,
	 .help = "Most events of a request."},
	{.name = "request_bytes",
	 .type = OPTION_SIZE,
	 .offset = FIELD(request_bytes),
	 .fallback = "1000KB",
	 .min = 1,
	 .max = 1000000000,
	 .reloadable = true,
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
