/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `influxdb`: events as points of InfluxDB 1.x or 2.x, by line protocol over HTTP, some a request.
 * A request counts when the server says 2xx: it has the points in its log then. Sent again, a point
 * overwrites itself, because its identity is part of it (influxdb.h).
 */
#include "outputs/influxdb.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "outputs/http_writer.h"

struct influxdb_options {
	struct http_settings http;
	char *database;
	char *retention_policy;
	bool create_database;
	char *organization;
	char *bucket;
	struct texts tags;
	int64_t slots;
	int compression; /* enum http_packing, as far as InfluxDB knows it */
	int64_t request_events;
	int64_t request_bytes;
};

struct influxdb {
	struct http_writer writer; /* first: it is cast back */
	const struct influxdb_options *options;
	struct influxdb_form form;
	struct strbuf write_url;
	struct strbuf query_url;
};

static void influxdb_close(struct output *o)
{
	struct influxdb *x = (struct influxdb *)o;
	http_writer_free(&x->writer);
	strbuf_free(&x->write_url);
	strbuf_free(&x->query_url);
	free(x);
}

/* Adds "&name=value", escaped. */
static void add_parameter(struct strbuf *url, const char *name, const char *value)
{
	char *text = value != NULL ? curl_easy_escape(NULL, value, 0) : NULL;
	if (text != NULL)
		strbuf_printf(url, "&%s=%s", name, text);
	curl_free(text);
}

static void make_urls(struct influxdb *x)
{
	const struct influxdb_options *s = x->options;
	size_t len = strlen(s->http.url);
	while (len > 0 && s->http.url[len - 1] == '/')
		len--;
	strbuf_add(&x->write_url, s->http.url, len);
	strbuf_add(&x->query_url, s->http.url, len);
	strbuf_adds(&x->query_url, "/query");
	if (s->bucket != NULL) {
		strbuf_adds(&x->write_url, "/api/v2/write?precision=ns");
		add_parameter(&x->write_url, "org", s->organization);
		add_parameter(&x->write_url, "bucket", s->bucket);
	} else {
		strbuf_adds(&x->write_url, "/write?precision=n");
		add_parameter(&x->write_url, "db", s->database);
		add_parameter(&x->write_url, "rp", s->retention_policy);
	}
}

static int check(const struct influxdb_options *s, const struct output_env *env, struct err *e)
{
	if (strpbrk(s->http.url, "?#") != NULL)
		return err_set(e, ERR_CONFIG, "output %s: url must be like http://host:8086, without a query",
			       env->name);
	if (s->bucket != NULL && (s->organization == NULL || s->create_database))
		return err_set(e, ERR_CONFIG,
			       "output %s: a bucket needs an organization, and has to be there already: "
			       "create_database is for 1.x",
			       env->name);
	if (s->bucket == NULL && s->organization != NULL)
		return err_set(e, ERR_CONFIG, "output %s: there is an organization, but no bucket",
			       env->name);
	return 0;
}

static size_t fill(struct http_writer *w, const struct output_range *range, struct output_result *r)
{
	const struct influxdb *x = (const struct influxdb *)w;
	const size_t most = (size_t)x->options->request_events;
	const struct batch *b = range->batch;
	struct output_result refused;
	size_t n = 0;
	for (; n < most && n < range->n; n++) {
		size_t before = w->body.len;
		if (!influxdb_line(&x->form, b, &b->events[range->pick[n]], &w->body, n == 0 ? r : &refused))
			break; /* it gets a verdict of its own when it is the first */
		if (n > 0 && w->body.len > w->bytes_max) {
			w->body.len = before;
			break;
		}
	}
	return n;
}

static struct output *influxdb_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct influxdb_options *s = options;
	struct influxdb *x = xcalloc(1, sizeof *x);
	x->options = s;
	x->form.slots = s->slots;
	if (check(s, env, e) == 0 && influxdb_form_tags(&s->tags, &x->form, e) == 0 &&
	    http_writer_init(&x->writer, &s->http, (enum http_packing)s->compression, env, "Token", e) == 0) {
		make_urls(x);
		x->writer.url = x->write_url.data;
		x->writer.method = "POST";
		x->writer.type = "Content-Type: text/plain; charset=utf-8";
		x->writer.fill = fill;
		x->writer.judge = influxdb_judge;
		return (struct output *)x;
	}
	influxdb_close((struct output *)x);
	return NULL;
}

/* Adds the name as InfluxQL quotes it. */
static void add_name(struct strbuf *out, const char *name)
{
	strbuf_addc(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *name);
	}
	strbuf_addc(out, '"');
}

/* Without harm when it is there already. 0, or -1 with r. */
static int create_database(struct influxdb *x, struct output_result *r)
{
	struct http_answer a;
	char words[ERR_MSG_MAX];
	struct http_request q = {.url = x->query_url.data,
				 .method = "POST",
				 .headers = {"Content-Type: application/x-www-form-urlencoded"}};
	struct strbuf statement = {0};
	strbuf_adds(&statement, "CREATE DATABASE ");
	add_name(&statement, x->options->database);
	strbuf_reset(&x->writer.body);
	strbuf_adds(&x->writer.body, "pretty=false");
	add_parameter(&x->writer.body, "q", statement.data);
	strbuf_free(&statement);
	q.body = x->writer.body.data;
	q.len = x->writer.body.len;
	if (http_client_send(x->writer.client, &q, &a, r) != 0)
		return -1;
	enum http_meaning meaning = http_judge(a.status, a.body);
	if (meaning == HTTP_TAKEN && strstr(a.body, "\"error\"") == NULL)
		return 0;
	output_retry(r, meaning != HTTP_LATER, "creating the database: %s",
		     http_client_words(x->writer.client, &a, words, sizeof words));
	return -1;
}

static void influxdb_open(struct output *o, struct output_result *r)
{
	struct influxdb *x = (struct influxdb *)o;
	x->writer.bytes_max = (size_t)x->options->request_bytes;
	if (x->options->create_database && create_database(x, r) != 0)
		return;
	output_ok(r, 0);
}

static void influxdb_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct influxdb *x = (struct influxdb *)o;
	x->writer.status = 0;
	http_writer_write(&x->writer, range, r);
	if (r->verdict == OUTPUT_RETRY && x->writer.status == 404) /* the database is gone */
		r->reopen = x->options->create_database;
}

static void influxdb_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	(void)moves;
	http_writer_commit(&((struct influxdb *)o)->writer, n, r);
}

#define FIELD(name) offsetof(struct influxdb_options, name)
static const struct option influxdb_rows[] = {
	{.name = "url",
	 .type = OPTION_TEXT,
	 .offset = FIELD(http.url),
	 .fallback = "http://localhost:8086",
	 .reloadable = true,
	 .help = "The server, without a path of its interface."},
	{.name = "database",
	 .type = OPTION_TEXT,
	 .offset = FIELD(database),
	 .fallback = "cgnat",
	 .reloadable = true,
	 .help = "The database of a 1.x server."},
	{.name = "create_database",
	 .type = OPTION_BOOL,
	 .offset = FIELD(create_database),
	 .fallback = "false",
	 .reloadable = true,
	 .help = "Makes the database when it is missing."},
	{.name = "retention_policy",
	 .type = OPTION_TEXT,
	 .offset = FIELD(retention_policy),
	 .reloadable = true,
	 .help = "Default: the database's own default."},
	{.name = "bucket",
	 .type = OPTION_TEXT,
	 .offset = FIELD(bucket),
	 .reloadable = true,
	 .help = "The bucket of a 2.x server, instead of `database`; with `organization` and `token`."},
	{.name = "organization",
	 .type = OPTION_TEXT,
	 .offset = FIELD(organization),
	 .reloadable = true,
	 .help = "The organization that `bucket` belongs to."},
	{.name = "tags",
	 .type = OPTION_TEXTS,
	 .offset = FIELD(tags),
	 .fallback = "host,event,protocol",
	 .reloadable = true,
	 .help = "The fields that are tags (indexed); all others are fields. InfluxDB keeps every "
		 "combination "
		 "of tags in memory: addresses and ports do not belong here."},
	{.name = "slots",
	 .type = OPTION_INT,
	 .offset = FIELD(slots),
	 .fallback = "64",
	 .min = 1,
	 .max = 100000,
	 .reloadable = true,
	 .help = "Most values of the tag `slot`, by which events of one time stay apart: so many thousand "
		 "messages of one partition within one second, where a device tells whole seconds."},
	{.name = "compression",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(compression),
	 .fallback = "none",
	 .choices = "none|gzip",
	 .reloadable = true,
	 .help = "How requests are packed."},
	{.name = "request_events",
	 .type = OPTION_INT,
	 .offset = FIELD(request_events),
	 .fallback = "5000",
	 .min = 1,
	 .max = 1000000,
	 .reloadable = true,
	 .help = "Most events of a request."},
	{.name = "request_bytes",
	 .type = OPTION_SIZE,
	 .offset = FIELD(request_bytes),
	 .fallback = "4MB",
	 .min = 1,
	 .max = 1000000000,
	 .reloadable = true,
	 .help = "Most bytes of a request. After an answer 413 natmill sends less by itself."},
	HTTP_CLIENT_ROWS(struct influxdb_options),
	{.name = NULL},
};

const struct output_type influxdb_output = {
	.name = "influxdb",
	.help = "Points of InfluxDB by line protocol; at least once, and what is repeated overwrites itself.",
	.takes_events = true,
	.options = influxdb_rows,
	.options_size = sizeof(struct influxdb_options),
	.create = influxdb_create,
	.close = influxdb_close,
	.open = influxdb_open,
	.begin = output_nothing,
	.write = influxdb_write,
	.commit = influxdb_commit,
	.abort = output_no_abort,
};
