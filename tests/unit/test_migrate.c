/* SPDX-License-Identifier: Apache-2.0
 *
 * Old keys to new ones, without files: what each type of output becomes, what is told, what is wrong; the
 * tree as YAML and back; the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/migrate_env.h"
#include "cli/migrate_general.h"
#include "cli/migrate_yaml.h"
#include "control/yaml.h"

#define HANDLER "handler: {type: NFWareSyslogHandler}\n"

static struct node *parsed(const char *text)
{
	struct errlist errs = {0};
	struct node *root = yaml_parse(text, strlen(text), "old.yaml", &errs);
	if (errs.n > 0)
		fail_msg("%s", errs.items[0].msg);
	return root;
}

/* The plan of a file (NULL: none) and an environment, to be freed. */
static struct migrate_plan planned(const char *text, const char *variables)
{
	struct migrate_plan p;
	struct node *file = text != NULL ? parsed(text) : NULL;
	struct node *env = parsed(variables);
	migrate_plan_init(&p);
	migrate_general(&p, file, env);
	node_free(file);
	node_free(env);
	return p;
}

static bool has(const struct texts *list, const char *words)
{
	for (size_t i = 0; i < list->n; i++)
		if (strstr(list->items[i], words) != NULL)
			return true;
	return false;
}

/* The outputs of the new configuration, for the old list, are `new`. */
static void outputs_become(const char *old, const char *new)
{
	struct strbuf text = {0};
	struct strbuf yaml = {0};
	strbuf_printf(&text, HANDLER "outputs:\n%s", old);
	struct migrate_plan p = planned(text.data, "{}");
	if (p.errs.n > 0)
		fail_msg("%s", p.errs.items[0].msg);
	struct node *wrapped = node_new(NODE_MAP, "x");
	struct node *outputs = node_get(p.tree, "outputs");
	node_append(wrapped, node_scalar("x", "outputs", 7), outputs);
	migrate_yaml(wrapped, &yaml);
	assert_string_equal(yaml.data, new);
	struct node *again = parsed(yaml.data);
	assert_true(node_equal(again, wrapped));
	node_free(again);
	wrapped->items[0] = NULL; /* the plan's */
	node_free(wrapped);
	strbuf_free(&yaml);
	strbuf_free(&text);
	migrate_plan_free(&p);
}

static void each_output(void **state)
{
	(void)state;
	outputs_become("- {type: TimeScaleDBOutput, options: {address: db, port: 5432, username: 'a b', "
		       "password: x}}\n",
		       "outputs:\n  - type: postgresql\n    url: postgresql://a%20b@db:5432/cgnat\n"
		       "    password_file: secrets/postgresql-password\n    null_port: 0\n");
	outputs_become(
		"- {type: TimeScaleDBOutput, options: {address: '2001:db8::1', port: '${PORT}', username: u, "
		"password: '${PW}', database: d/e}}\n",
		"outputs:\n  - type: postgresql\n    url: \"postgresql://u@[2001:db8::1]:${PORT}/d%2Fe\"\n"
		"    password: \"${PW}\"\n    null_port: 0\n");
	outputs_become("- {type: x.y.HTTPOutput, options: {url: 'http://u:p@h/x', timeout: 0.5, headers: "
		       "{Accept: a, "
		       "X-Key: k}}}\n",
		       "outputs:\n  - type: http\n    url: http://h/x\n    timeout: 500ms\n    user: u\n"
		       "    password_file: secrets/http-password\n    headers:\n      Accept: a\n"
		       "      X-Key_file: secrets/http-X-Key\n");
	outputs_become(
		"- {type: RedisOutput, options: {host: r, key_ttl: 9, key_event_map: {session-mapping: s}, "
		"redis_extra_config: {db: 3, ssl: True, socket_timeout: 2}}}\n",
		"outputs:\n  - type: redis\n    address: r:6379\n    key_ttl: 9\n    key_prefixes:\n"
		"      session-mapping: s\n    database: 3\n    tls: true\n    timeout: 2s\n");
	outputs_become(
		"- {type: RedisOutput, options: {host: r, redis_extra_config: {unix_socket_path: /run/r}}}\n",
		"outputs:\n  - type: redis\n    address: unix:/run/r\n");
	outputs_become(
		"- {type: InfluxV1Output, options: {address: i, port: 8086, username: u, password: ''}}\n",
		"outputs:\n  - type: influxdb\n    url: http://i:8086\n    user: u\n");
	outputs_become("- {type: BlackholeOutput}\n", "outputs:\n  - type: \"null\"\n");
}

static void kafka_outputs(void **state)
{
	(void)state;
	/* In the cluster of the messages the first one is a transaction; there can be but one. */
	outputs_become("- {type: KafkaOutput, options: {bootstrap_servers: [\"localhost:9094\"], "
		       "default_topic: d}}\n"
		       "- {type: KafkaOutput, options: {bootstrap_servers: \"localhost:9094\", topic: t}}\n"
		       "- {type: KafkaOutput, options: {bootstrap_servers: \"other:1\", topic_event_map: {}, "
		       "default_topic: d}}\n"
		       "- {type: KafkaOutput, options: {bootstrap_servers: \"other:1\", topic_event_map: "
		       "{session-mapping: s}, default_topic: d, producer_extra_config: {linger_ms: 5}}}\n",
		       "outputs:\n  - type: kafka\n"
		       "  - type: kafka\n    name: kafka-2\n    brokers: localhost:9094\n    topic: t\n"
		       "    transactional: false\n"
		       "  - type: kafka\n    name: kafka-3\n    brokers: other:1\n    topic: d\n"
		       "    transactional: false\n"
		       "  - type: kafka\n    name: kafka-4\n    brokers: other:1\n    topic_event_map:\n"
		       "      session-mapping: s\n    properties:\n      linger.ms: 5\n    default_topic: d\n"
		       "    transactional: false\n");
}

static void amqp_outputs(void **state)
{
	(void)state;
	outputs_become(
		"- {type: AMQPOutput, options: {host: h, default_routing_key: unused, "
		"connection_extra_config: "
		"{ssl: {ca_certs: /ca}, heartbeat: 30}}}\n",
		"outputs:\n  - type: amqp\n    address: h:5672\n    heartbeat: 30s\n    mandatory: false\n"
		"    tls: true\n    tls_ca: /ca\n");
	outputs_become(
		"- {type: AMQPOutput, options: {host: h, port: 1, routing_key: one}}\n",
		"outputs:\n  - type: amqp\n    address: h:1\n    routing_keys:\n      session-mapping: one\n"
		"      port-mapping: one\n      port-block-mapping: one\n      address-mapping: one\n"
		"    mandatory: false\n");
	outputs_become(
		"- {type: AMQPOutput, options: {host: h, default_routing_key: d, routing_key_event_map: "
		"{port-mapping: p}}}\n",
		"outputs:\n  - type: amqp\n    address: h:5672\n    routing_keys:\n      port-mapping: p\n"
		"    routing_key: d\n    mandatory: false\n");
}

static void filters(void **state)
{
	(void)state;
	outputs_become(
		"- type: BlackholeOutput\n"
		"  preprocessors:\n"
		"  - {name: filter_keys, arguments: {keys: [src_ip, direction, type]}}\n"
		"  - {name: match_kvs, arguments: {kvs: {dst_port: 443, type: session-mapping}}}\n"
		"  - {name: key_exists, arguments: {key: dst_port, ignore_none: True}}\n"
		"  - {name: match_kv, arguments: {key: vrf_id, value: null}}\n"
		"  - {name: exclude_by_kv_values, arguments: {key: vrf_id, values: ['a: b', \"9\"]}}\n",
		"outputs:\n  - type: \"null\"\n    filters:\n"
		"      - { filter_keys: { keys: [src_ip, type] } }\n"
		"      - { match_kvs: { kvs: { dst_port: 443, type: session-mapping } } }\n"
		"      - { key_exists: { key: dst_port, ignore_none: true } }\n"
		"      - { exclude_by_kv_values: { key: vrf_id, values: [\"a: b\", 9] } }\n");
	/* The tables need host: the old consumer failed at each event with it. */
	outputs_become("- type: TimeScaleDBOutput\n"
		       "  options: {address: d, port: 1, username: u, password: p}\n"
		       "  preprocessors: [{name: filter_keys, arguments: {keys: [src_ip, type]}}]\n",
		       "outputs:\n  - type: postgresql\n    url: postgresql://u@d:1/cgnat\n"
		       "    password_file: secrets/postgresql-password\n    null_port: 0\n");
}

static void all_is_told(void **state)
{
	(void)state;
	struct migrate_plan p =
		planned("kafka_bootstrap_servers: k:1\n"
			"kafka_max_records_poll: 500\n"
			"procesess: 4\n"
			"processes: 999\n"
			"handler: {type: JuniperJUNOSSyslogHandler, options: {x: 1}}\n"
			"outputs:\n"
			"- type: TimeScaleDBOutput\n"
			"  options: {address: d, port: 1, username: u, password: secret, batch_size: 5}\n"
			"  preprocessors: [{name: nope}]\n"
			"- {type: my.OwnOutput}\n",
			"{KAFKA_GROUP_ID: other, KAFKA_BOOTSTRAP_SERVERS: k:1, GF_ADMIN: x}");
	assert_int_equal(p.errs.n, 0);
	assert_true(has(&p.open,
			"old.yaml:3:1: procesess is not known in the configuration and is not carried over; "
			"is it meant to be processes?"));
	assert_true(has(&p.open, "old.yaml:5:54: x is not known in the handler's options"));
	assert_true(has(&p.open,
			"old.yaml:9:19: filter nope is not carried over, the output gets more than before"));
	assert_true(has(&p.open, "old.yaml:10:10: the output OwnOutput is none of the suite's"));
	assert_true(has(&p.notes, "old.yaml:2:1: kafka_max_records_poll is not carried over: a batch ends"));
	assert_true(has(&p.notes, "old.yaml:4:12: processes: 999 is written 256"));
	assert_true(has(&p.notes, "cgnat.syslog.juniper_junos"));
	assert_true(has(&p.notes, "old.yaml:8:65: batch_size is not carried over"));
	assert_true(has(&p.notes,
			"old.yaml:1:2: KAFKA_GROUP_ID is not carried over: with a configuration file the old "
			"consumer does not look at it, and takes its default"));
	assert_false(has(&p.notes, "KAFKA_BOOTSTRAP_SERVERS"));
	assert_true(has(&p.notes, "GF_ADMIN"));
	assert_false(has(&p.notes, "secret") || has(&p.open, "secret"));
	assert_string_equal(node_get(node_get(p.tree, "kafka"), "group")->text, "syslog-consumers");
	assert_int_equal(node_get(p.tree, "topics")->n, 2);
	migrate_plan_free(&p);
}

static void environment_alone(void **state)
{
	(void)state;
	struct migrate_plan p =
		planned(NULL, "{KAFKA_GROUP_ID: g, PROCESSES: '3', METRICS_PORT: '9000', BATCH_SIZE: ''}");
	assert_int_equal(p.errs.n, 0);
	assert_string_equal(node_get(node_get(p.tree, "kafka"), "brokers")->text, "localhost:9094");
	assert_string_equal(node_get(node_get(p.tree, "kafka"), "group")->text, "g");
	assert_string_equal(node_get(p.tree, "workers")->text, "3");
	assert_string_equal(node_get(node_get(p.tree, "http"), "listen")->text, "0.0.0.0:9000");
	assert_null(node_get(p.tree, "batch"));
	assert_true(has(&p.open, "there is no handler"));
	assert_true(has(&p.open, "there is no output"));
	migrate_plan_free(&p);
}

static void is_wrong(const char *text, const char *words)
{
	struct migrate_plan p = planned(text, "{}");
	bool told = false;
	for (size_t i = 0; i < p.errs.n; i++)
		told = told || strstr(p.errs.items[i].msg, words) != NULL;
	if (!told)
		fail_msg("%s: %s", text, p.errs.n > 0 ? p.errs.items[0].msg : "nothing is wrong");
	for (size_t i = 0; i < p.errs.n; i++)
		assert_null(strstr(p.errs.items[i].msg, "s3cret"));
	migrate_plan_free(&p);
}

static void wrong_kinds_and_names(void **state)
{
	(void)state;
	is_wrong("kafka_group_id: [a]\n" HANDLER "outputs: []\n",
		 "old.yaml:1:17: kafka_group_id must be one value");
	is_wrong("batch_size: many\n" HANDLER "outputs: []\n", "batch_size must be a whole number");
	is_wrong("processes: -1\n" HANDLER "outputs: []\n", "processes must be a whole number");
	is_wrong("kafka_group_id: a\n", "handler is missing");
	is_wrong(HANDLER, "outputs is missing");
	is_wrong(HANDLER "outputs: {a: b}\n", "outputs must be a list");
	is_wrong(HANDLER "outputs: [x]\n", "an output must be a map");
	is_wrong(HANDLER "outputs: [{options: {}}]\n", "an output lacks type");
	is_wrong(HANDLER "outputs: [{type: KafkaOutput}]\n",
		 "the options of KafkaOutput lacks bootstrap_servers");
	is_wrong(HANDLER "outputs: [{type: KafkaOutput, options: [x]}]\n", "options must be a map");
	is_wrong(HANDLER
		 "outputs: [{type: TimeScaleDBOutput, options: {address: a, port: x, username: u, password: "
		 "[s3cret]}}]\n",
		 "password must be one value, is a list");
	is_wrong(HANDLER
		 "outputs: [{type: TimeScaleDBOutput, options: {address: a, port: s3cret, username: u, "
		 "password: p}}]\n",
		 "port must be a whole number");
	is_wrong(HANDLER "outputs: [{type: HTTPOutput, options: {url: u, headers: [s3cret]}}]\n",
		 "headers must be");
	is_wrong(HANDLER "outputs: [{type: HTTPOutput, options: {url: u, timeout: s3cret}}]\n",
		 "number of seconds");
	is_wrong(HANDLER "outputs: [{type: BlackholeOutput, preprocessors: {a: b}}]\n",
		 "preprocessors must be");
	is_wrong(HANDLER "outputs: [{type: BlackholeOutput, preprocessors: [a]}]\n",
		 "a preprocessor must be");
	is_wrong("handler: x\noutputs: []\n", "handler must be a map");
	is_wrong("handler: {options: {}}\noutputs: []\n", "handler lacks type");
	is_wrong("handler: {type: NFWareSyslogHandler, options: [a]}\noutputs: []\n",
		 "options must be a map");
	is_wrong("handler: {type: NFWareSyslogHandler, options: {regex_patterns: {a: b}}}\noutputs: []\n",
		 "regex_patterns must be a list");
	is_wrong("handler: {type: NFWareSyslogHandler, options: {regex_patterns: [{regex: x}]}}\noutputs: "
		 "[]\n",
		 "each of regex_patterns");
}

static void texts_and_references(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"a", "a"},
					       {"", ""},
					       {"${A}x${B_1:-c d}", "${A}x${B_1:-c d}"},
					       {"a$b$", "a$b$"},
					       {"${1}", "$${1}"},
					       {"${A", "$${A"},
					       {"$${A}", "$${A}"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *text = migrate_text(pairs[i][0]);
		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
	assert_true(migrate_is_reference("${A}"));
	assert_false(migrate_is_reference("${A}b"));
	assert_false(migrate_is_reference("A"));
}

/* What is written is read again as the same texts. */
static void yaml_and_back(void **state)
{
	(void)state;
	static const char *const hard[] = {"null",  "~",        "",        "true", "no",  "- x",
					   "a: b",  "a #b",     "'",       "\"",   "\\",  "*a",
					   "&a",    "!a",       "%a",      "@a",   "`a",  "{",
					   "[a",    "a,b",      "a:",      "0x1f", "1e3", "line\nline",
					   "tab\t", "\xc3\xa4", " blank ", "?",    "|",   ">",
					   "=",     "<<"};
	struct strbuf out = {0};
	struct node *map = node_new(NODE_MAP, "x");
	struct node *list = node_new(NODE_LIST, "x");
	for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
		migrate_put(map, hard[i], hard[i]);
		node_append(list, NULL, node_scalar("x", hard[i], strlen(hard[i])));
	}
	migrate_put_node(map, "filters/deep/list", list);
	migrate_yaml(map, &out);
	struct node *again = parsed(out.data);
	assert_true(node_equal(again, map));
	node_free(again);
	node_free(map);
	strbuf_free(&out);
}

/* The text of a file of the new folder. */
static const char *file_of(const struct migrate_plan *p, const char *path)
{
	for (size_t i = 0; i < p->file_count; i++)
		if (strcmp(p->files[i].path, path) == 0)
			return p->files[i].text.data;
	fail_msg("no file %s", path);
	return "";
}

/* Where a secret may stand in a url, none is left in natmill.yaml; the file holds it as the server knows it.
 */
static void secrets_of_urls(void **state)
{
	(void)state;
	outputs_become("- {type: HTTPOutput, options: {url: 'http://a%40b@h/x?key=s3cr$t'}}\n",
		       "outputs:\n  - type: http\n    url: \"${HTTP_URL}\"\n    user: a@b\n");
	outputs_become("- {type: HTTPOutput, options: {url: 'http://${HOST}/x?key=s3cret'}}\n",
		       "outputs:\n  - type: http\n    url: \"http://${HOST}/x${HTTP_URL}\"\n");
	struct migrate_plan p =
		planned(HANDLER "outputs: [{type: HTTPOutput, options: {url: 'http://u:p%40%3as%@h/x'}},"
				" {type: HTTPOutput, options: {url: 'http://h?a=${A}&b=s3cret'}}]",
			"{}");
	assert_string_equal(file_of(&p, "secrets/http-password"), "p@:s%\n");
	assert_true(has(&p.open, "the query of url has ${...} in it"));
	migrate_plan_free(&p);
}

/* A line end of any kind within a pattern does not end the comment that it stands in. */
static void patterns_stay_comments(void **state)
{
	(void)state;
	struct migrate_plan p =
		planned("handler: {type: MyHandler, options: {regex_patterns: [{handler: parse_port_mapping, "
			"regex: \"a\\rb()\\nc()\\r\\nd()\"}]}}\noutputs: []\n",
			"{}");
	assert_non_null(strstr(file_of(&p, "vendors/my.lua"), "\n-- a\n-- b()\n-- c()\n-- \n-- d()\n"));
	migrate_plan_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_output),
		cmocka_unit_test(kafka_outputs),
		cmocka_unit_test(amqp_outputs),
		cmocka_unit_test(filters),
		cmocka_unit_test(all_is_told),
		cmocka_unit_test(environment_alone),
		cmocka_unit_test(wrong_kinds_and_names),
		cmocka_unit_test(texts_and_references),
		cmocka_unit_test(yaml_and_back),
		cmocka_unit_test(secrets_of_urls),
		cmocka_unit_test(patterns_stay_comments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
