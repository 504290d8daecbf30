/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration to structs: values, places, every form of error, what takes a restart. Variables in
 * values and secrets have test_settings_text.c, the environment test_envtree.c.
 */
#include "tests/unit/settings_load.h"

#include "base/node.h"

static const char design[] = "kafka:\n"
			     "  brokers: localhost:9094\n"
			     "  properties: { security.protocol: SASL_SSL }\n"
			     "workers: 4\n"
			     "batch: { messages: 10000, wait: 1s }\n"
			     "topics:\n"
			     "  cgnat.syslog.all: [nfware, a10]\n"
			     "  cgnat.netflow.all: { host: 192.0.2.1, zone: UTC }\n"
			     "outputs:\n"
			     "  - type: postgresql\n"
			     "    url: postgresql://cgnat@localhost/cgnat\n"
			     "    password: ${SET}\n"
			     "    filters: [ { exclude_by_kv: { key: vrf_id, value: \"9\" } } ]\n"
			     "  - { type: sqlite, path: x.db, mode: best_effort, sync: false }\n"
			     "dead_letters: { type: stdout }\n";

static void values_and_places(void **state)
{
	(void)state;
	struct config c;
	struct settings *s = good(&c, design);
	assert_string_equal(c.kafka.brokers, "localhost:9094");
	from(s, &c.kafka.brokers, "n.yaml:2:12");
	assert_string_equal(text_map_get(&c.kafka.properties, "security.protocol"), "SASL_SSL");
	from(s, &c.kafka.properties.items[0], "n.yaml:3:36");
	assert_string_equal(c.kafka.group, "natmill");
	from(s, &c.kafka.group, "default");
	assert_false(settings_given(s, &c.kafka.group));
	assert_true(settings_given(s, &c.top.workers));
	assert_int_equal(c.top.workers, 4);
	assert_int_equal(c.top.memory, 100000000);
	assert_int_equal(c.batch.wait, 1000);
	assert_int_equal(c.batch.messages, 10000);
	settings_free(s);
	struct config zero = {0};
	assert_memory_equal(&c, &zero, sizeof c);
}

static void entries_and_places(void **state)
{
	(void)state;
	struct config c;
	struct settings *s = good(&c, design);
	assert_int_equal(c.topics.n, 2);
	assert_string_equal(c.topics.items[0].name, "cgnat.syslog.all");
	const struct topic *topic = c.topics.items[0].common;
	assert_int_equal(topic->vendors.n, 2);
	assert_string_equal(topic->vendors.items[1], "a10");
	from(s, &topic->vendors.items[1], "n.yaml:7:30");
	from(s, &c.topics.items[1], "n.yaml:8:3");
	topic = c.topics.items[1].common;
	assert_string_equal(topic->host, "192.0.2.1");
	assert_int_equal(c.outputs.n, 2);
	assert_string_equal(c.outputs.items[0].type->name, "postgresql");
	const struct postgresql *pg = c.outputs.items[0].own;
	assert_string_equal(pg->password.text, "value");
	assert_int_equal(pg->columns.n, 2);
	const struct output_common *common = c.outputs.items[0].common;
	assert_int_equal(common->mode, 0);
	const struct node *kv = node_get(common->filters->items[0], "exclude_by_kv");
	assert_string_equal(node_get(kv, "value")->text, "9");
	from(s, &common->filters, "n.yaml:13:14");
	const struct sqlite *sqlite = c.outputs.items[1].own;
	assert_false(sqlite->sync);
	common = c.outputs.items[1].common;
	assert_int_equal(common->mode, 1);
	from(s, &c.outputs.items[1], "n.yaml:14:5");
	assert_string_equal(c.dead_letters.type->name, "stdout");
	assert_null(c.dead_letters.own);
	settings_free(s);
}

static void absent_and_empty_sections(void **state)
{
	(void)state;
	struct config c;
	struct settings *s = good(&c, MINIMAL "batch:\ntopics: ~\n");
	assert_int_equal(c.batch.messages, 30000);
	assert_null(c.dead_letters.type);
	assert_int_equal(c.topics.n, 0);
	settings_free(s);
	refused("", "n.yaml: kafka.brokers is missing; set it, or NATMILL_KAFKA_BROKERS",
		"n.yaml: outputs must have at least one entry", NULL);
	refused("outputs: []\nkafka: {brokers: k}\n", "n.yaml:1:10: outputs must have at least one entry",
		NULL);
	refused("[1]", "n.yaml:1:1: must be a map of options, such as 'workers: 4'", NULL);
}

static void unknown_keys(void **state)
{
	(void)state;
	refused(MINIMAL "workrs: 4\n", "n.yaml:3:1: unknown key 'workrs'; did you mean 'workers'?", NULL);
	refused(MINIMAL "ouputs: []\n", "n.yaml:3:1: unknown key 'ouputs'; did you mean 'outputs'?", NULL);
	/* the key that was meant is not also called missing */
	refused("kafka: {brokes: k}\noutputs: [{type: stdout}]\n",
		"n.yaml:1:9: unknown key 'brokes' in kafka; did you mean 'brokers'?", NULL);
	refused("kafka: {brokers: k, pasword_file: x}\noutputs: [{type: stdout}]\n",
		"n.yaml:1:21: unknown key 'pasword_file' in kafka; did you mean 'password_file'?", NULL);
	refused(MINIMAL "batch: {zzz: 1}\n", "n.yaml:3:9: unknown key 'zzz' in batch; known: messages, wait",
		NULL);
	refused("kafka: {brokers: k}\noutputs: [{type: stdout, pat: x}]\n",
		"n.yaml:2:26: unknown key 'pat' in outputs[0]; known: type, name, mode, filters", NULL);
	refused(MINIMAL "topics: {t: {zoone: UTC}}\n",
		"n.yaml:3:14: unknown key 'zoone' in topics.'t'; did you mean 'zone'?", NULL);
	refused(MINIMAL "\"\\e[2J\": 1\n",
		"n.yaml:3:1: unknown key '?[2J'; known: kafka, batch, topics, outputs, dead_letters, "
		"vendors, workers, "
		"memory",
		NULL);
}

static void wrong_kinds(void **state)
{
	(void)state;
	refused(MINIMAL "workers: [4]\n", "n.yaml:3:10: workers must be a single value, is a list", NULL);
	refused(MINIMAL "workers: {a: 4}\n", "n.yaml:3:10: workers must be a single value, is a map", NULL);
	refused(MINIMAL "workers:\n", "n.yaml:3:9: workers has no value; give one or remove the key", NULL);
	refused(MINIMAL "batch: 4\n", "n.yaml:3:8: batch must be a map, such as { option: value }", NULL);
	refused(MINIMAL "topics: 4\n", "n.yaml:3:9: topics must be a map, each key a name", NULL);
	refused(MINIMAL "topics: {t: x}\n", "n.yaml:3:13: topics.'t' must be a list or a map", NULL);
	refused(MINIMAL "topics: {t: {vendors: x}}\n",
		"n.yaml:3:23: topics.'t'.vendors must be a list, such as [a, b]", NULL);
	refused(MINIMAL "topics: {t: [[x]]}\n",
		"n.yaml:3:14: topics.'t'.vendors must be a single value, is a list", NULL);
	refused(MINIMAL "topics: {'': [x]}\n", "n.yaml:3:10: topics has an entry without name", NULL);
	refused("kafka: {brokers: k, properties: [a]}\noutputs: {type: stdout}\n",
		"n.yaml:1:33: kafka.properties must be a map, such as { key: value }",
		"n.yaml:2:10: outputs must be a list; begin each entry with '- type:'", NULL);
	refused("kafka: {brokers: k, properties: {a: {b: c}}}\noutputs: [stdout]\n",
		"n.yaml:1:37: kafka.properties.a must be a single value, is a map",
		"n.yaml:2:11: outputs[0] must be a map with a type, such as { type: ... }", NULL);
}

static void wrong_values(void **state)
{
	(void)state;
	refused(MINIMAL "workers: 0\n", "n.yaml:3:10: workers must be from 1 to 64, is '0'", NULL);
	refused(MINIMAL "workers: four\n", "n.yaml:3:10: workers must be a whole number, is 'four'", NULL);
	refused(MINIMAL "batch: {wait: 2m}\n", "n.yaml:3:15: batch.wait must be from 1ms to 1m, is '2m'",
		NULL);
	refused(MINIMAL "memory: 1MB\n", "n.yaml:3:9: memory must be at least 1MiB, is '1MB'", NULL);
	refused("kafka: {brokers: ''}\noutputs: [{type: stdout, mode: any}]\n",
		"n.yaml:1:18: kafka.brokers must not be empty",
		"n.yaml:2:32: outputs[0].mode must be one of required, best_effort, is 'any'", NULL);
}

static void types(void **state)
{
	(void)state;
	refused("kafka: {brokers: k}\noutputs: [{type: redis, hosts: []}]\n",
		"n.yaml:2:32: outputs[0].hosts must have at least one entry", NULL);
	refused("kafka: {brokers: k}\noutputs: [{type: sqlit, path: x}]\n",
		"n.yaml:2:18: unknown type 'sqlit' in outputs[0]; did you mean 'sqlite'?", NULL);
	refused("kafka: {brokers: k}\noutputs: [{path: x}]\ndead_letters: {type: oracle}\n",
		"n.yaml:2:11: outputs[0] has no type; give one of sqlite, postgresql, stdout, redis",
		"n.yaml:3:22: unknown type 'oracle' in dead_letters; known: sqlite, postgresql, stdout, "
		"redis",
		NULL);
	refused("kafka: {brokers: k}\noutputs:\n- type: [a]\n- type: sqlite\n",
		"n.yaml:3:9: outputs[0] must have as type one of sqlite, postgresql, stdout, redis",
		"n.yaml:4:3: outputs[1].path is missing; set it, or NATMILL_OUTPUTS_1_PATH", NULL);
}

static void every_error_is_told(void **state)
{
	(void)state;
	struct strbuf text = {0};
	for (int i = 0; i < 3 * ERRLIST_MAX; i++)
		strbuf_printf(&text, "unknown%d: 1\n", i);
	struct config c;
	struct errlist errs = {0};
	assert_null(load(&c, text.data, &errs));
	assert_int_equal(errs.n, ERRLIST_MAX);
	assert_int_equal(errs.more, 2 * ERRLIST_MAX + 2);
	errlist_free(&errs);
	strbuf_free(&text);
}

static void a_key_given_twice(void **state)
{
	(void)state;
	refused(MINIMAL "outputs: [{type: sqlite, path: a}]\nworkers: 2\nworkers: 3\n",
		"n.yaml:3:1: key 'outputs' is given twice; remove one",
		"n.yaml:5:1: key 'workers' is given twice; remove one", NULL);
	refused("kafka: {brokers: k, properties: {a: 1, a: 2}}\noutputs: [{type: stdout}]\n",
		"n.yaml:1:40: key 'a' is given twice; remove one", NULL);
}

static void readers_refuse_with_the_place(void **state)
{
	(void)state;
	struct config c;
	struct errlist errs = {0};
	struct settings *s = good(&c, design);
	assert_int_equal(settings_refuse(s, &errs, &c.topics.items[0], "no such vendor '%s'", "x"), -1);
	assert_string_equal(errs.items[0].msg, "n.yaml:7:3: no such vendor 'x'");
	errlist_free(&errs);
	settings_free(s);
}

static void restart_names(const char *text, const char *expected)
{
	struct config now;
	struct config next;
	struct settings *a = good(&now, design);
	struct settings *b = good(&next, text);
	struct strbuf names = {0};
	size_t n = settings_restart(schema, &now, &next, &names);
	assert_string_equal(names.data != NULL ? names.data : "", expected);
	assert_int_equal(n > 0, expected[0] != '\0');
	strbuf_free(&names);
	settings_free(a);
	settings_free(b);
}

static void what_takes_a_restart(void **state)
{
	(void)state;
	restart_names(design, "");
	restart_names("kafka: {brokers: other, password: x}\nworkers: 4\nmemory: 7MB\n"
		      "outputs:\n- {type: postgresql, url: u, password: y, filters: [a]}\n"
		      "- {type: sqlite, path: x.db, mode: best_effort}\ndead_letters: {type: stdout}\n",
		      "kafka.brokers, kafka.properties"); /* all else there is reloadable */
	restart_names(
		"kafka: {brokers: 'localhost:9094', properties: {security.protocol: SASL_SSL}}\nworkers: 5\n"
		"outputs:\n- {type: sqlite, path: x}\ndead_letters: {type: sqlite, path: y}\n",
		"workers, outputs[0].type, outputs, dead_letters.type");
	restart_names(
		"kafka: {brokers: 'localhost:9094', properties: {security.protocol: SASL_SSL}}\nworkers: 4\n"
		"outputs:\n- {type: postgresql, url: u, password: p, name: z}\n"
		"- {type: sqlite, path: y.db, mode: best_effort}\ndead_letters: {type: stdout}\n",
		"outputs[0].name, outputs[1].path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_places),
		cmocka_unit_test(entries_and_places),
		cmocka_unit_test(absent_and_empty_sections),
		cmocka_unit_test(unknown_keys),
		cmocka_unit_test(wrong_kinds),
		cmocka_unit_test(wrong_values),
		cmocka_unit_test(types),
		cmocka_unit_test(every_error_is_told),
		cmocka_unit_test(a_key_given_twice),
		cmocka_unit_test(readers_refuse_with_the_place),
		cmocka_unit_test(what_takes_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
