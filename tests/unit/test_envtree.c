/* SPDX-License-Identifier: Apache-2.0
 *
 * Options from the environment: alone, over a file, for every kind of section; and unknown variables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/envtree.h"
#include "control/settings.h"
#include "tests/unit/settings_schema.h"

#define E(text) ((char[]){text})
#define NEEDED E("NATMILL_KAFKA_BROKERS=k"), E("NATMILL_OUTPUTS_0_TYPE=stdout")

static const char *const allowed[] = {"NATMILL_CONFIG", NULL};

static struct settings *load(struct config *c, const char *text, char *const *env, struct errlist *errs)
{
	struct settings_source src = {
		.path = text != NULL ? "n.yaml" : NULL,
		.text = text,
		.len = text != NULL ? strlen(text) : 0,
		.env = env,
		.env_allowed = allowed,
	};
	return settings_load(schema, c, sizeof *c, &src, errs);
}

static struct settings *good(struct config *c, const char *text, char *const *env)
{
	struct errlist errs = {0};
	struct settings *s = load(c, text, env, &errs);
	if (errs.n > 0)
		fail_msg("%s", errs.items[0].msg);
	return s;
}

/* One more variable beside the needed ones, refused with this message. */
static void refused(char *variable, const char *message)
{
	char *const env[] = {NEEDED, variable, NULL};
	struct config c;
	struct errlist errs = {0};
	assert_null(load(&c, NULL, env, &errs));
	assert_int_equal(errs.n, 1);
	assert_string_equal(errs.items[0].msg, message);
	errlist_free(&errs);
}

static void from(const struct settings *s, const void *field, const char *where)
{
	char buf[SETTINGS_WHERE_MAX];
	assert_string_equal(settings_where(s, field, buf), where);
}

static void no_file_at_all(void **state)
{
	(void)state;
	char *const env[] = {
		E("NATMILL_OUTPUTS_0_PATH=/var/x.db"),
		E("NATMILL_OUTPUTS_0_TYPE=sqlite"),
		E("NATMILL_OUTPUTS_1_TYPE=postgresql"),
		E("NATMILL_OUTPUTS_1_URL=u"),
		E("NATMILL_OUTPUTS_1_PASSWORD=p"),
		E("NATMILL_OUTPUTS_1_COLUMNS=src_ip, host"),
		E("NATMILL_OUTPUTS_1_FILTERS=[ { a: 1 } ]"),
		E("NATMILL_KAFKA_BROKERS=a:1,b:2"),
		E("NATMILL_KAFKA_PROPERTIES_SECURITY_PROTOCOL=SASL_SSL"),
		E("NATMILL_KAFKA_PROPERTIES_A__B_C=${NOT_EXPANDED}"),
		E("NATMILL_WORKERS=3"),
		E("NATMILL_BATCH_WAIT=2s"),
		E("NATMILL_TOPICS={cgnat.a: [x], cgnat.b: {zone: UTC}}"),
		E("NATMILL_DEAD_LETTERS_TYPE=sqlite"),
		E("NATMILL_DEAD_LETTERS_PATH=dead.db"),
		E("PATH=/bin"),
		E("NATMILL_CONFIG=x"),
		E("NATMILL_KAFKA_GROUP="),
		NULL,
	};
	struct config c;
	struct settings *s = good(&c, NULL, env);
	assert_string_equal(((const struct sqlite *)c.outputs.items[0].own)->path, "/var/x.db");
	const struct postgresql *pg = c.outputs.items[1].own;
	assert_string_equal(pg->password.text, "p");
	assert_int_equal(pg->columns.n, 2);
	assert_string_equal(pg->columns.items[1], "host");
	const struct output_common *common = c.outputs.items[1].common;
	assert_string_equal(node_get(common->filters->items[0], "a")->text, "1");
	from(s, &common->filters, "NATMILL_OUTPUTS_1_FILTERS:1:1");
	assert_string_equal(c.kafka.brokers, "a:1,b:2");
	assert_string_equal(c.kafka.group, "natmill"); /* empty is not set */
	assert_string_equal(text_map_get(&c.kafka.properties, "security.protocol"), "SASL_SSL");
	assert_string_equal(text_map_get(&c.kafka.properties, "a_b.c"), "${NOT_EXPANDED}");
	assert_int_equal(c.top.workers, 3);
	from(s, &c.top.workers, "NATMILL_WORKERS");
	assert_int_equal(c.batch.wait, 2000);
	assert_int_equal(c.topics.n, 2);
	assert_string_equal(((const struct sqlite *)c.dead_letters.own)->path, "dead.db");
	settings_free(s);
}

static void the_environment_is_stronger(void **state)
{
	(void)state;
	const char *file = "kafka: {brokers: file, group: file, properties: {a: file, b: file}}\n"
			   "workers: 2\nbatch:\ntopics: {old: [x]}\n"
			   "outputs: [{type: sqlite, path: file}]\n";
	char *const env[] = {
		E("NATMILL_KAFKA_BROKERS=env"),
		E("NATMILL_KAFKA_PROPERTIES_B=env"),
		E("NATMILL_WORKERS=5"),
		E("NATMILL_OUTPUTS_0_PATH=env"),
		E("NATMILL_OUTPUTS_1_TYPE=stdout"),
		E("NATMILL_TOPICS={new: [y]}"),
		E("NATMILL_BATCH_MESSAGES=7"),
		NULL,
	};
	struct config c;
	struct settings *s = good(&c, file, env);
	assert_string_equal(c.kafka.brokers, "env");
	assert_string_equal(c.kafka.group, "file");
	assert_string_equal(text_map_get(&c.kafka.properties, "a"), "file");
	assert_string_equal(text_map_get(&c.kafka.properties, "b"), "env");
	assert_int_equal(c.top.workers, 5);
	assert_int_equal(c.batch.messages, 7);
	assert_int_equal(c.outputs.n, 2);
	assert_string_equal(((const struct sqlite *)c.outputs.items[0].own)->path, "env");
	assert_int_equal(c.topics.n, 1);
	assert_string_equal(c.topics.items[0].name, "new");
	settings_free(s);
}

static void a_secret_of_the_environment_replaces_both_ways(void **state)
{
	(void)state;
	const char *file = "kafka: {brokers: k, password_file: /nonexistent}\noutputs: [{type: stdout}]\n";
	char *const env[] = {E("NATMILL_KAFKA_PASSWORD=p"), NULL};
	struct config c;
	struct settings *s = good(&c, file, env);
	assert_string_equal(c.kafka.password.text, "p");
	from(s, &c.kafka.password, "NATMILL_KAFKA_PASSWORD");
	settings_free(s);
	char *const both[] = {E("NATMILL_KAFKA_PASSWORD_FILE=/x"), E("NATMILL_KAFKA_PASSWORD=p"), NULL};
	struct errlist errs = {0};
	assert_null(load(&c, file, both, &errs));
	assert_int_equal(errs.n, 1);
	assert_string_equal(errs.items[0].msg,
			    "NATMILL_KAFKA_PASSWORD_FILE: kafka.password_file and the secret "
			    "itself are both given; keep one");
	errlist_free(&errs);
}

static void unknown_variables(void **state)
{
	(void)state;
	refused(E("NATMILL_KAFKA_BROKRES=x"),
		"NATMILL_KAFKA_BROKRES: unknown environment variable; did you mean NATMILL_KAFKA_BROKERS?");
	refused(E("NATMILL_OUTPUTS_0_PAHT=x"),
		"NATMILL_OUTPUTS_0_PAHT: unknown environment variable; did you mean NATMILL_OUTPUTS_0_PATH?");
	refused(E("NATMILL_workers=x"),
		"NATMILL_workers: unknown environment variable; did you mean NATMILL_WORKERS?");
	refused(E("NATMILL_=x"),
		"NATMILL_: unknown environment variable; natmill run --help lists the options");
	refused(E("NATMILL_KAFKA_PASSWORD_FILES=x"), "NATMILL_KAFKA_PASSWORD_FILES: unknown environment "
						     "variable; did you mean NATMILL_KAFKA_PASSWORD_FILE?");
	refused(E("NATMILL_KAFKA=x"),
		"NATMILL_KAFKA: unknown environment variable; natmill run --help lists the options");
	refused(E("NATMILL_BATCHES_ARE_NO_OPTION=x"), "NATMILL_BATCHES_ARE_NO_OPTION: unknown environment "
						      "variable; natmill run --help lists the options");
}

static void wrong_values(void **state)
{
	(void)state;
	refused(E("NATMILL_WORKERS=many"), "NATMILL_WORKERS: workers must be a whole number, is 'many'");
	refused(E("NATMILL_OUTPUTS_7_TYPE=stdout"),
		"NATMILL_OUTPUTS_7_TYPE: outputs has 1 entries (at most 64); the next begins with "
		"NATMILL_OUTPUTS_1_TYPE");
	refused(E("NATMILL_OUTPUTS_1_PATH=x"),
		"NATMILL_OUTPUTS_1_PATH: outputs has 1 entries (at most 64); the next begins with "
		"NATMILL_OUTPUTS_1_TYPE");
	refused(E("NATMILL_OUTPUTS_1_TYPE=oracle"), "NATMILL_OUTPUTS_1_TYPE: unknown type 'oracle' in "
						    "outputs[1]; known: sqlite, postgresql, stdout, redis");
	refused(E("NATMILL_OUTPUTS_1_TYPE=sqlite"),
		"NATMILL_OUTPUTS_1_TYPE: outputs[1].path is missing; set it, or NATMILL_OUTPUTS_1_PATH");
	refused(E("NATMILL_TOPICS={a: [x"),
		"NATMILL_TOPICS:2:1: not valid YAML: did not find expected ',' or ']' "
		"while parsing a flow sequence");
	refused(E("NATMILL_TOPICS={a: x}"), "NATMILL_TOPICS:1:5: topics.'a' must be a list or a map");
	refused(E("NATMILL_OUTPUTS_0_PATH=x"),
		"NATMILL_OUTPUTS_0_PATH: the type given there has no such option");
	refused(E("NATMILL_DEAD_LETTERS_PATH=x"), "NATMILL_DEAD_LETTERS_PATH: dead_letters has no type; give "
						  "one of sqlite, postgresql, stdout, redis");
}

static void service_links_are_left_alone(void **state)
{
	(void)state;
	char *const env[] = {
		NEEDED,
		E("NATMILL_SERVICE_HOST=10.0.0.1"),
		E("NATMILL_SERVICE_PORT=4499"),
		E("NATMILL_SERVICE_PORT_HTTP=4499"),
		E("NATMILL_PORT=tcp://10.0.0.1:4499"),
		E("NATMILL_PORT_4499_TCP=tcp://10.0.0.1:4499"),
		E("NATMILL_PORT_4499_TCP_PROTO=tcp"),
		E("NATMILL_PORT_4499_TCP_ADDR=10.0.0.1"),
		E("NATMILL_OTHER_PORT=udp://10.0.0.1:1"),
		NULL,
	};
	struct config c;
	settings_free(good(&c, NULL, env));
}

static void entries_come_in_numeric_order(void **state)
{
	(void)state;
	static char names[12][40];
	char *env[14] = {NULL};
	for (int i = 0; i < 12; i++) {
		snprintf(names[i], sizeof names[i], "NATMILL_OUTPUTS_%d_TYPE=stdout", 11 - i);
		env[i] = names[i];
	}
	env[12] = E("NATMILL_KAFKA_BROKERS=k");
	struct config c;
	struct settings *s = good(&c, NULL, env);
	assert_int_equal(c.outputs.n, 12);
	settings_free(s);
}

static void a_whole_list(void **state)
{
	(void)state;
	char *const env[] = {E("NATMILL_OUTPUTS_1_PATH=changed"), E("NATMILL_KAFKA_BROKERS=k"),
			     E("NATMILL_OUTPUTS=[{type: stdout}, {type: sqlite, path: x}]"), NULL};
	struct config c;
	struct settings *s = good(&c, "outputs: [{type: sqlite, path: file}]\n", env);
	assert_int_equal(c.outputs.n, 2);
	assert_string_equal(((const struct sqlite *)c.outputs.items[1].own)->path, "changed");
	settings_free(s);
}

static void wrong_kinds_of_the_file_stay_errors(void **state)
{
	(void)state;
	char *const env[] = {E("NATMILL_BATCH_WAIT=1s"), E("NATMILL_OUTPUTS_0_TYPE=stdout"),
			     E("NATMILL_KAFKA_PROPERTIES_A=b"), NULL};
	struct config c;
	struct errlist errs = {0};
	assert_null(load(&c, "batch: 3\noutputs: 4\nkafka: {brokers: k, properties: 5}\n", env, &errs));
	assert_int_equal(errs.n, 3);
	assert_string_equal(errs.items[0].msg,
			    "n.yaml:3:33: kafka.properties must be a map, such as { key: value }");
	errlist_free(&errs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_at_all),
		cmocka_unit_test(the_environment_is_stronger),
		cmocka_unit_test(a_secret_of_the_environment_replaces_both_ways),
		cmocka_unit_test(unknown_variables),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(service_links_are_left_alone),
		cmocka_unit_test(entries_come_in_numeric_order),
		cmocka_unit_test(a_whole_list),
		cmocka_unit_test(wrong_kinds_of_the_file_stay_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
