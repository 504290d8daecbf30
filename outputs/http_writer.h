/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes ranges of events to a web server, some a request, for the outputs http and influxdb: requests that
 * the server finds too large are made smaller, and those it has acknowledged are not sent again while their
 * batch is under way. What a body holds and what an answer means is the output's. Belongs to one output of
 * one worker.
 */
#ifndef NATMILL_OUTPUTS_HTTP_WRITER_H
#define NATMILL_OUTPUTS_HTTP_WRITER_H

#include "outputs/http_body.h"
#include "outputs/http_client.h"
#include "outputs/http_identity.h"
#include "outputs/http_judge.h"

struct http_writer {
	/* The output's, set before the first write and kept: */
	const char *url;
	const char *method;
	const char *type; /* "Content-Type: ..." */
	bool tells_range; /* with the headers that name the request's events */
	/* Fills body (emptied before) with the first events, as http_body_json() says; returns how many. 0
	 * with r: the first one has a verdict of its own. */
	size_t (*fill)(struct http_writer *w, const struct output_range *range, struct output_result *r);
	enum http_meaning (*judge)(long status, const char *body);

	/* The writer's: */
	const struct output_env *env;
	struct http_client *client;
	struct http_packer *packer;
	struct http_identity identity;
	struct strbuf body;
	size_t bytes_max; /* of a body: as configured, less when the server has refused that */
	long status;      /* of the last answer */
};

/* As http_client_new(). w zeroed but for the output's members. 0, or -1 with e; http_writer_free after both.
 */
int http_writer_init(struct http_writer *w, const struct http_settings *s, enum http_packing packing,
		     const struct output_env *env, const char *scheme, struct err *e);
void http_writer_free(struct http_writer *w);

/* As the contract's write and commit. */
void http_writer_write(struct http_writer *w, const struct output_range *range, struct output_result *r);
void http_writer_commit(struct http_writer *w, size_t n, struct output_result *r);

#endif
