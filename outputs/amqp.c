/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `amqp`: each event as a persistent JSON message to an exchange of RabbitMQ, stored when the
 * broker has confirmed it. At least once; the message id is the event's identity, by which receivers tell
 * repeated ones. This file: settings and life of the output; the rest is in amqp_*.c.
 */
#include "outputs/amqp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/tls_rows.h"

#define NAME_MAX_BYTES 255 /* AMQP's limit of names and routing keys */

static void close_output(struct output *o);

static int check_length(const char *option, const char *text, struct err *e)
{
	if (strlen(text) <= NAME_MAX_BYTES)
		return 0;
	return err_set(e, ERR_CONFIG, "%s: is longer than %d bytes", option, NAME_MAX_BYTES);
}

static int settle(struct amqp *s, struct err *e)
{
	const struct amqp_options *o = s->options;
	if (address_parse(o->address, o->tls ? "5671" : "5672", &s->address, e) != 0)
		return -1;
	if (s->address.local)
		return err_set(e, ERR_CONFIG, "address: RabbitMQ has no local socket");
	snprintf(s->where, sizeof s->where, "%s:%s", s->address.host, s->address.port);
	if (by_type_fill(&s->keys, o->routing_key, '.', &o->routing_keys, "routing_keys", e) != 0)
		return -1;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		if (check_length("routing_keys", s->keys.names[type], e) != 0)
			return -1;
	return check_length("exchange", o->exchange, e);
}

static struct output *create(const void *options, const struct output_env *env, struct err *e)
{
	struct amqp *s = xcalloc(1, sizeof *s);
	s->options = options;
	s->env = env;
	s->fd = -1;
	if (settle(s, e) == 0)
		return (struct output *)s;
	close_output((struct output *)s);
	return NULL;
}

static void close_output(struct output *o)
{
	struct amqp *s = (struct amqp *)o;
	amqp_hang_up(s, true);
	by_type_free(&s->keys);
	strbuf_free(&s->json);
	strbuf_free(&s->id);
	free(s->run.events);
	free(s->run.fate);
	free(s->confirmed);
	free(s);
}

static void open_output(struct output *o, struct output_result *r)
{
	struct amqp *s = (struct amqp *)o;
	s->position = 0;
	if (amqp_dial(s, r) == 0)
		output_ok(r, 0);
}

static void begin(struct output *o, struct output_result *r)
{
	static const char doing[] = "beginning a batch";
	struct amqp *s = (struct amqp *)o;
	bool heard;
	s->position = 0;
	if (s->conn == NULL)
		amqp_lost(s, doing, "not connected", r);
	else if (amqp_listen(s, doing, &heard, r) == 0 && s->blocked)
		output_retry(r, true, "amqp %s: the broker takes nothing: %s", s->where, s->blocked_why);
	else if (s->conn != NULL)
		output_ok(r, 0);
}

/* Done with the batch: what was confirmed of it need not be known any longer. */
static void commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct amqp *s = (struct amqp *)o;
	if (s->confirmed != NULL)
		memset(s->confirmed, 0, s->confirmed_max * sizeof *s->confirmed);
	output_no_commit(o, moves, n, r);
}

#define FIELD(name) offsetof(struct amqp_options, name)
static const struct option rows[] = {
	{.name = "address",
	 .type = OPTION_TEXT,
	 .offset = FIELD(address),
	 .fallback = "localhost",
	 .reloadable = true,
	 .help = "The broker: `host:port` or `[2001:db8::1]:port`; the port is 5672, with TLS 5671, unless "
		 "given."},
	{.name = "virtual_host",
	 .type = OPTION_TEXT,
	 .offset = FIELD(virtual_host),
	 .fallback = "/",
	 .reloadable = true,
	 .help = "The virtual host."},
	{.name = "user",
	 .type = OPTION_TEXT,
	 .offset = FIELD(user),
	 .fallback = "guest",
	 .reloadable = true,
	 .help = "User name. The broker's own `guest` comes in from the same machine only."},
	{.name = "password",
	 .type = OPTION_SECRET,
	 .offset = FIELD(password),
	 .fallback = "guest",
	 .reloadable = true,
	 .help = "Password of the user."},
	{.name = "tls",
	 .type = OPTION_BOOL,
	 .offset = FIELD(tls),
	 .fallback = "false",
	 .reloadable = true,
	 .help = "Connects through TLS; the broker's certificate must be made out to the name in `address`."},
	TLS_ROWS(struct amqp_options, tls_ca, tls_certificate, tls_key),
	{.name = "exchange",
	 .type = OPTION_TEXT,
	 .offset = FIELD(exchange),
	 .fallback = "cgnat.events",
	 .reloadable = true,
	 .help = "The exchange; empty: the broker's own, which routes to the queue that the routing key "
		 "names."},
	{.name = "exchange_type",
	 .type = OPTION_TEXT,
	 .offset = FIELD(exchange_type),
	 .fallback = "topic",
	 .reloadable = true,
	 .help = "Its type."},
	{.name = "declare",
	 .type = OPTION_BOOL,
	 .offset = FIELD(declare),
	 .fallback = "true",
	 .reloadable = true,
	 .help = "Makes the exchange, durable, when it is missing. A user who may not do that can still use "
		 "one "
		 "that is there."},
	{.name = "routing_key",
	 .type = OPTION_TEXT,
	 .offset = FIELD(routing_key),
	 .fallback = "cgnat.events",
	 .reloadable = true,
	 .help = "What routing keys begin with; by default the type follows, as in "
		 "`cgnat.events.sessionmapping`."},
	{.name = "routing_keys",
	 .type = OPTION_MAP,
	 .offset = FIELD(routing_keys),
	 .reloadable = true,
	 .help = "Instead: a routing key for each type, `session-mapping: nat.sessions`; types that it lacks "
		 "get `routing_key` alone."},
	{.name = "mandatory",
	 .type = OPTION_BOOL,
	 .offset = FIELD(mandatory),
	 .fallback = "true",
	 .reloadable = true,
	 .help = "An event for which no queue is bound is kept back, with an alarm; false: the broker drops "
		 "it."},
	{.name = "heartbeat",
	 .type = OPTION_DURATION,
	 .offset = FIELD(heartbeat),
	 .fallback = "0s",
	 .min = 0,
	 .max = 3600000,
	 .reloadable = true,
	 .help = "Both sides hang up when the other is silent for twice as long, and natmill is silent while "
		 "there "
		 "are no events. 0: TCP's own keepalive alone."},
	{.name = "connect_timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(connect_timeout),
	 .fallback = "5s",
	 .min = 100,
	 .max = 60000,
	 .reloadable = true,
	 .help = "How long connecting may take, and each step of logging in."},
	{.name = "timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(timeout),
	 .fallback = "10s",
	 .min = 100,
	 .max = 600000,
	 .reloadable = true,
	 .help = "How long the broker may be silent while confirms are due; then the connection is made "
		 "anew."},
	{.name = NULL},
};

const struct output_type amqp_output = {
	.name = "amqp",
	.help = "Messages to RabbitMQ, confirmed by the broker; at least once.",
	.takes_events = true,
	.options = rows,
	.options_size = sizeof(struct amqp_options),
	.create = create,
	.close = close_output,
	.open = open_output,
	.begin = begin,
	.write = amqp_write,
	.commit = commit,
	.abort = output_no_abort,
};
