/* SPDX-License-Identifier: Apache-2.0
 *
 * Old outputs to natmill's; see migrate_outputs.h. What a table of rows cannot say (migrate_output_rows.c),
 * such as an address made of host and port, the function of the type does.
 */
#include "cli/migrate_outputs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "cli/migrate_filters.h"
#include "cli/migrate_http.h"
#include "cli/migrate_output_rows.h"

struct job {
	struct migrate_plan *p;
	const struct node *old; /* the entry */
	const struct node *options;
	struct node *new;
	const char *name; /* unique, for names of secrets */
};

static const char *const event_types[] = {"session-mapping", "port-mapping", "port-block-mapping",
					  "address-mapping"};

/* host:port, [host]:port for IPv6. */
static void put_address(const struct job *j, const char *path, const char *scheme, const char *host_key,
			const char *port)
{
	char *host = migrate_part(j->options, host_key, "");
	char *number = migrate_part(j->options, "port", port);
	bool bare = strchr(host, ':') != NULL && host[0] != '[' && strchr(host, '$') == NULL;
	struct strbuf text = {0};
	strbuf_printf(&text, "%s%s%s%s:%s", scheme, bare ? "[" : "", host, bare ? "]" : "", number);
	migrate_put(j->new, path, text.data);
	strbuf_free(&text);
	free(host);
	free(number);
}

/* Percent signs for what has a meaning in a url; ${NAME} stays. */
static void add_part(struct strbuf *url, const char *text)
{
	bool reference = migrate_is_reference(text);
	for (; *text != '\0'; text++)
		if (reference || isalnum((unsigned char)*text) || strchr("-._~", *text) != NULL)
			strbuf_addc(url, *text);
		else
			strbuf_printf(url, "%%%02X", (unsigned char)*text);
}

static void finish_timescale(const struct job *j)
{
	char *host = migrate_part(j->options, "address", "");
	char *user = migrate_part(j->options, "username", "");
	char *port = migrate_part(j->options, "port", "5432");
	char *database = migrate_part(j->options, "database", "cgnat");
	bool bare = strchr(host, ':') != NULL && host[0] != '[' && strchr(host, '$') == NULL;
	struct strbuf url = {0};
	strbuf_adds(&url, "postgresql://");
	add_part(&url, user);
	strbuf_printf(&url, "@%s%s%s:%s/", bare ? "[" : "", host, bare ? "]" : "", port);
	add_part(&url, database);
	migrate_put(j->new, "url", url.data);
	migrate_put(j->new, "null_port", "0"); /* their tables want a number */
	strbuf_free(&url);
	free(host);
	free(user);
	free(port);
	free(database);
}

static void finish_http(const struct job *j)
{
	migrate_http(j->p, j->options, j->new, j->name);
}

/* Has an output before it the one Kafka transaction that there can be? */
static bool has_transaction(const struct migrate_plan *p)
{
	const struct node *outputs = node_get(p->tree, "outputs");
	for (size_t i = 0; outputs != NULL && i < outputs->n; i++) {
		const struct node *type = node_get(outputs->items[i], "type");
		if (strcmp(type->text, "kafka") == 0 && node_get(outputs->items[i], "transactional") == NULL)
			return true;
	}
	return false;
}

static void finish_kafka(const struct job *j)
{
	const struct node *map = node_get(j->options, "topic_event_map");
	bool emptied = map != NULL && (node_is_null(map) || (map->kind == NODE_MAP && map->n == 0));
	char *topic = migrate_part(j->options, "default_topic", "cgnat.events");
	bool given = node_get(j->new, "topic") != NULL;
	if (emptied && !given)
		migrate_put(j->new, "topic", topic); /* one for all, as it has no map */
	else if (map != NULL && !given)
		migrate_put(j->new, "default_topic", topic);
	free(topic);
	if (emptied && node_get(j->new, "topic_event_map") != NULL)
		node_remove(j->new, (size_t)node_index(j->new, "topic_event_map"));
	const struct node *brokers = node_get(j->new, "brokers");
	if (brokers == NULL) /* an error already */
		return;
	bool same = node_equal(brokers, node_get(node_get(j->p->tree, "kafka"), "brokers"));
	if (same && !has_transaction(j->p)) {
		node_remove(j->new, (size_t)node_index(j->new, "brokers"));
		migrate_note(
			j->p, j->old,
			"events and the group's offsets are one Kafka transaction now: readers with "
			"isolation.level=read_committed get each event once; `transactional: false` takes "
			"that away");
	} else {
		migrate_put(j->new, "transactional", "false");
	}
}

static void finish_redis(const struct job *j)
{
	const struct node *extra = node_get(j->options, "redis_extra_config");
	char *path = migrate_part(extra, "unix_socket_path", NULL);
	struct strbuf text = {0};
	if (path != NULL) {
		strbuf_printf(&text, "unix:%s", path);
		migrate_put(j->new, "address", text.data);
	} else {
		put_address(j, "address", "", "host", "6379");
	}
	strbuf_free(&text);
	free(path);
	const struct node *prefixes = node_get(j->new, "key_prefixes");
	if (prefixes != NULL && prefixes->n == 0)
		for (size_t i = 0; i < 4; i++) { /* without a map all keys began alike */
			char key[64];
			snprintf(key, sizeof key, "key_prefixes/%s", event_types[i]);
			migrate_put(j->new, key, "cgnat:events");
		}
}

static void put_amqp_tls(const struct job *j)
{
	const struct node *tls = node_get(node_get(j->options, "connection_extra_config"), "ssl");
	static const struct migrate_owner owner = {"ssl of AMQPOutput", ""};
	if (tls == NULL || node_is_null(tls) ||
	    (tls->kind == NODE_SCALAR && strcasecmp(tls->text, "false") == 0))
		return;
	migrate_put(j->new, "tls", "true");
	if (tls->kind == NODE_MAP)
		migrate_rows(j->p, migrate_amqp_tls_rows, tls, j->new, &owner);
}

static void finish_amqp(const struct job *j)
{
	char key[64];
	char *routing = migrate_part(j->options, "routing_key", NULL);
	char *other = migrate_part(j->options, "default_routing_key", "cgnat.events");
	const struct node *map = node_get(j->options, "routing_key_event_map");
	bool emptied = map != NULL && (node_is_null(map) || (map->kind == NODE_MAP && map->n == 0));
	put_address(j, "address", "", "host", "5672");
	if (routing == NULL && emptied)
		routing = xstrdup(other);
	for (size_t i = 0; routing != NULL && i < 4; i++) { /* one key for all types */
		snprintf(key, sizeof key, "routing_keys/%s", event_types[i]);
		migrate_put(j->new, key, routing);
	}
	if (routing == NULL && map != NULL)
		migrate_put(j->new, "routing_key", other);
	migrate_put(j->new, "mandatory", "false"); /* events that no queue wants went away before, too */
	put_amqp_tls(j);
	free(routing);
	free(other);
}

static void finish_influx(const struct job *j)
{
	put_address(j, "url", "http://", "address", "8086");
}

static const struct kind {
	const char *old;
	const char *type;
	const char *address; /* the option that stands first; finish puts it; NULL: none */
	const struct migrate_row *rows;
	void (*finish)(const struct job *j);
} kinds[] = {
	{"TimeScaleDBOutput", "postgresql", "url", migrate_timescale_rows, finish_timescale},
	{"HTTPWebhookOutput", "http", "url", migrate_http_rows, finish_http},
	{"HTTPOutput", "http", "url", migrate_http_rows, finish_http},
	{"KafkaOutput", "kafka", NULL, migrate_kafka_rows, finish_kafka},
	{"RedisOutput", "redis", "address", migrate_redis_rows, finish_redis},
	{"AMQPOutput", "amqp", "address", migrate_amqp_rows, finish_amqp},
	{"InfluxV1Output", "influxdb", "url", migrate_influx_rows, finish_influx},
	{"BlackholeOutput", "null", NULL, migrate_blackhole_rows, NULL},
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* The kind of the class, which may stand behind its module's name; NULL when it is none. */
static const struct kind *find_kind(struct migrate_plan *p, const struct node *type)
{
	const char *names[KINDS];
	const char *dot = strrchr(type->text, '.');
	const char *class = dot != NULL ? dot + 1 : type->text;
	for (size_t i = 0; i < KINDS; i++) {
		names[i] = kinds[i].old;
		if (strcmp(class, kinds[i].old) == 0)
			return &kinds[i];
	}
	const char *near = near_name(class, names, KINDS);
	migrate_open(p, type,
		     "the output %.80s is none of the suite's and is not carried over%s%s%s: docs/outputs.md "
		     "lists "
		     "natmill's",
		     class, near != NULL ? " (or is it meant to be " : "", near != NULL ? near : "",
		     near != NULL ? "?)" : "");
	return NULL;
}

static size_t count_type(const struct node *outputs, const char *type)
{
	size_t n = 0;
	for (size_t i = 0; i < outputs->n; i++)
		n += strcmp(node_get(outputs->items[i], "type")->text, type) == 0;
	return n;
}

/* The entry's kind and options; NULL when it has none that can be carried over, which was told. */
static const struct kind *read_entry(struct migrate_plan *p, const struct node *old,
				     const struct node **options)
{
	static const struct migrate_row rows[] = {{.old = "type", .as = MIGRATE_PART, .required = true},
						  {.old = "options", .as = MIGRATE_BRANCH},
						  {.old = "preprocessors", .as = MIGRATE_BRANCH},
						  {0}};
	static const struct migrate_owner owner = {"an output", ""};
	if (old->kind != NODE_MAP) {
		migrate_wrong(p, old, "an output must be a map with a type: the old consumer does not start");
		return NULL;
	}
	migrate_rows(p, rows, old, p->tree, &owner);
	const struct node *type = node_get(old, "type");
	*options = node_get(old, "options");
	if (type == NULL || type->kind != NODE_SCALAR)
		return NULL;
	if (*options == NULL || (*options)->kind == NODE_MAP || node_is_null(*options))
		return find_kind(p, type);
	migrate_wrong(p, *options, "options must be a map: the old consumer does not start with it");
	return NULL;
}

static void take_output(struct migrate_plan *p, const struct node *old, struct node *outputs)
{
	const struct node *options;
	const struct kind *kind = read_entry(p, old, &options);
	if (kind == NULL)
		return;
	char name[64];
	char title[64];
	size_t before = count_type(outputs, kind->type);
	struct node *new = node_new(NODE_MAP, outputs->source);
	snprintf(name, sizeof name, before > 0 ? "%s-%zu" : "%s", kind->type, before + 1);
	snprintf(title, sizeof title, "the options of %s", kind->old);
	migrate_put(new, "type", kind->type);
	if (before > 0)
		migrate_put(new, "name", name);
	if (kind->address != NULL)
		migrate_put(new, kind->address, "");
	struct node none = {.kind = NODE_MAP,
			    .source = old->source,
			    .line = old->line,
			    .column = old->column};
	struct job job = {p, old, options != NULL && options->kind == NODE_MAP ? options : &none, new, name};
	migrate_rows(p, kind->rows, job.options, new, &(struct migrate_owner){title, name});
	if (kind->finish != NULL)
		kind->finish(&job);
	migrate_filters(p, node_get(old, "preprocessors"), new, strcmp(kind->type, "postgresql") == 0);
	node_append(outputs, NULL, new);
}

/* Without a database there is no table for dead letters. */
static void put_letters(struct migrate_plan *p, const struct node *outputs)
{
	if (count_type(outputs, "postgresql") > 0)
		return;
	migrate_put(p->tree, "dead_letters/type", "kafka");
	migrate_put(p->tree, "dead_letters/topic", "cgnat.dead");
	migrate_open(p, NULL,
		     "no database keeps the dead letters: they go to the Kafka topic cgnat.dead, which must "
		     "be there; "
		     "or set dead_letters to { type: file, path: ... }");
}

void migrate_outputs(struct migrate_plan *p, const struct node *old)
{
	if (old != NULL && old->kind != NODE_LIST && !node_is_null(old)) {
		migrate_wrong(p, old, "outputs must be a list: the old consumer does not start with it");
		return;
	}
	migrate_put_node(p->tree, "outputs", node_new(NODE_LIST, p->tree->source));
	struct node *outputs = node_get(p->tree, "outputs");
	for (size_t i = 0; old != NULL && old->kind == NODE_LIST && i < old->n; i++)
		take_output(p, old->items[i], outputs);
	put_letters(p, outputs);
	if (outputs->n > 0)
		return;
	struct node *placeholder = node_new(NODE_MAP, outputs->source);
	migrate_put(placeholder, "type", "stdout");
	node_append(outputs, NULL, placeholder);
	migrate_open(
		p, old,
		"there is no output that could be carried over: events go to standard output. Name yours "
		"in natmill.yaml before natmill joins the old group, for what it has read is read");
}
