/* SPDX-License-Identifier: Apache-2.0
 *
 * The producer's queue of the output `kafka`: bounded by the engine's memory budget, unless the configuration
 * says otherwise, and so are the records that it can take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "outputs/kafka.h"
#include "outputs/kafka_conf.h"
#include "stream/settings.h"

/* Of an output with that share: its queue in KB, and the largest record that it takes. */
static void open_with(int64_t queue_bytes, const char *property, int64_t *kbytes, int64_t *record)
{
	struct kafka_options options = {0};
	const struct output_env env = {.name = "out", .cluster_id = "", .queue_bytes = queue_bytes};
	struct err e = {0};
	option_defaults(kafka_output.options, &options);
	assert_int_equal(option_set(option_find(kafka_output.options, "brokers"), &options, "b:1", NULL), 0);
	if (property != NULL)
		option_put(option_find(kafka_output.options, "properties"), &options,
			   "queue.buffering.max.kbytes", property);
	struct kafka *s = (struct kafka *)kafka_output.create(&options, &env, &e);
	if (s == NULL)
		fail_msg("%s", e.msg);
	*kbytes = kafka_conf_number(s->conf, "queue.buffering.max.kbytes");
	*record = s->max_bytes;
	kafka_output.close((struct output *)s);
	option_free(kafka_output.options, &options);
}

static void queue_is_of_the_budget(void **state)
{
	int64_t kbytes;
	int64_t record;
	(void)state;
	open_with(2 << 20, NULL, &kbytes, &record);
	assert_int_equal(kbytes, 2048);
	assert_int_equal(record, 2 << 20);
	open_with(0, NULL, &kbytes, &record);
	assert_int_equal(kbytes, 16384);
	assert_int_equal(record, 16 << 20);
	open_with(2 << 20, "65536", &kbytes, &record);
	assert_int_equal(kbytes, 65536);
	assert_int_equal(record, 16 << 20);
}

static void budget_is_divided(void **state)
{
	struct engine_settings settings = {.workers = 4, .memory = 100000000};
	(void)state;
	assert_int_equal(settings_memory_share(&settings).queue, 1 << 20);
	settings = (struct engine_settings){.workers = 2, .memory = 256000000};
	assert_int_equal(settings_memory_share(&settings).queue, 128000000 / 24);
	settings.memory = 1000000000000;
	assert_int_equal(settings_memory_share(&settings).queue, 16 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(queue_is_of_the_budget),
					   cmocka_unit_test(budget_is_divided)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
