/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `redis`: each event as the value of a key, `SET <prefix>:<field> <json>`, in pipelines; stored
 * when the server has answered OK. At least once, and harmless when repeated: the last event of a key wins.
 * This file: settings and life of the output; the rest is in redis_*.c.
 */
#include "outputs/redis.h"

#include <stdio.h>
#include <stdlib.h>

#include "output/tls_rows.h"

static void redis_close(struct output *o);

static int settle(struct redis *s, struct err *e)
{
	const struct redis_options *o = s->options;
	if (address_parse(o->address, "6379", &s->address, e) != 0 || redis_plan_keys(s, e) != 0)
		return -1;
	snprintf(s->where, sizeof s->where, "%s%s%s/%lld", s->address.host, s->address.local ? "" : ":",
		 s->address.port, (long long)o->database);
	if (o->user != NULL && o->password.text == NULL)
		return err_set(e, ERR_CONFIG, "user: needs a password, too");
	if (o->tls && s->address.local)
		return err_set(e, ERR_CONFIG, "tls: a local socket has none");
	return o->tls ? redis_tls_check(o, e) : 0;
}

static struct output *redis_create(const void *options, const struct output_env *env, struct err *e)
{
	struct redis *s = xcalloc(1, sizeof *s);
	s->options = options;
	s->env = env;
	s->fd = -1;
	if (settle(s, e) == 0)
		return (struct output *)s;
	redis_close((struct output *)s);
	return NULL;
}

static void redis_close(struct output *o)
{
	struct redis *s = (struct redis *)o;
	redis_disconnect(s);
	by_type_free(&s->prefixes);
	strbuf_free(&s->out);
	strbuf_free(&s->value);
	strbuf_free(&s->key);
	free(s);
}

static void redis_open(struct output *o, struct output_result *r)
{
	struct redis *s = (struct redis *)o;
	s->probe = false;
	if (redis_dial(s, r) == 0)
		output_ok(r, 0);
}

static void redis_begin(struct output *o, struct output_result *r)
{
	struct redis *s = (struct redis *)o;
	s->probe = false;
	if (redis_is_alive(s))
		output_ok(r, 0);
	else
		redis_lost(s, "beginning a batch", "the connection is lost", r);
}

#define FIELD(name) offsetof(struct redis_options, name)
static const struct option rows[] = {
	{.name = "address",
	 .type = OPTION_TEXT,
	 .offset = FIELD(address),
	 .fallback = "localhost:6379",
	 .reloadable = true,
	 .help = "The server: `host:port`, `[2001:db8::1]:port`, or a local socket as `unix:/path`."},
	{.name = "user",
	 .type = OPTION_TEXT,
	 .offset = FIELD(user),
	 .reloadable = true,
	 .help = "User name, where the server has an access list; it needs the commands SET and SELECT."},
	{.name = "password",
	 .type = OPTION_SECRET,
	 .offset = FIELD(password),
	 .reloadable = true,
	 .help = "Password of the user, or of the server."},
	{.name = "database",
	 .type = OPTION_INT,
	 .offset = FIELD(database),
	 .fallback = "0",
	 .min = 0,
	 .max = 65535,
	 .reloadable = true,
	 .help = "Number of the database."},
	{.name = "tls",
	 .type = OPTION_BOOL,
	 .offset = FIELD(tls),
	 .fallback = "false",
	 .reloadable = true,
	 .help = "Connects through TLS; the server's certificate is checked."},
	TLS_ROWS(struct redis_options, tls_ca, tls_certificate, tls_key),
	{.name = "tls_server_name",
	 .type = OPTION_TEXT,
	 .offset = FIELD(tls_server_name),
	 .reloadable = true,
	 .help = "Whom the server's certificate must name. Default: the host of `address`."},
	{.name = "key_prefix",
	 .type = OPTION_TEXT,
	 .offset = FIELD(key_prefix),
	 .fallback = "cgnat:events",
	 .reloadable = true,
	 .help = "What keys begin with; by default the type follows, as in `cgnat:events:sessionmapping`."},
	{.name = "key_prefixes",
	 .type = OPTION_MAP,
	 .offset = FIELD(key_prefixes),
	 .reloadable = true,
	 .help = "Instead: a prefix for each type, `session-mapping: nat:sessions`; types that it lacks get "
		 "`key_prefix` alone."},
	{.name = "key_field",
	 .type = OPTION_TEXT,
	 .offset = FIELD(key_field),
	 .fallback = "src_ip",
	 .reloadable = true,
	 .help = "The field whose value ends the key; an event without it uses `src_ip`. `identity` gives "
		 "each "
		 "event a key of its own, made of cluster, topic, partition, offset and index."},
	{.name = "key_ttl",
	 .type = OPTION_INT,
	 .offset = FIELD(key_ttl),
	 .fallback = "0",
	 .min = 0,
	 .max = 3155760000,
	 .reloadable = true,
	 .help = "Seconds after which a key goes away; 0: never."},
	{.name = "connect_timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(connect_timeout),
	 .fallback = "5s",
	 .min = 100,
	 .max = 60000,
	 .reloadable = true,
	 .help = "How long one attempt to connect and log in may take."},
	{.name = "timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(timeout),
	 .fallback = "10s",
	 .min = 100,
	 .max = 600000,
	 .reloadable = true,
	 .help = "How long the server may be silent while answers are due; then the connection is made "
		 "anew."},
	{.name = NULL},
};

const struct output_type redis_output = {
	.name = "redis",
	.help = "Keys of Redis; at least once, the last event of a key wins.",
	.takes_events = true,
	.options = rows,
	.options_size = sizeof(struct redis_options),
	.create = redis_create,
	.close = redis_close,
	.open = redis_open,
	.begin = redis_begin,
	.write = redis_write,
	.commit = output_no_commit,
	.abort = output_no_abort,
};
