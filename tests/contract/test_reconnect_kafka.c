/* SPDX-License-Identifier: Apache-2.0
 *
 * What test_reconnect.c does, for what waits for Kafka longer than its rounds would allow: the output `kafka`
 * whose brokers are not there, and the engine's own consumer, whose broker goes and comes back while it
 * reads. For valgrind in ./run test --all, and the sanitizers always.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "outputs/kafka.h"
#include "tests/contract/fixture.h"
#include "tests/unit/consumer_rig.h"

#define ROUNDS 3
#define NOWHERE "127.0.0.1:1"
#define AWAY_TURNS 20

static void try_nowhere(const struct output_type *type, const struct kafka_options *options,
			const struct output_env *env, struct fixture_host *host)
{
	struct output_result r;
	struct err e = {0};
	struct batch b;
	batch_init(&b, 16, 1u << 16);
	fixture_fill(&b, 0, 0, 8);
	struct output *o = type->create(options, env, &e);
	assert_non_null(o);
	for (int twice = 0; twice < 2; twice++) {
		host->give_up_after = host->waits + 3;
		type->open(o, &r);
		if (r.verdict == OUTPUT_OK && fixture_begin(o, type, &r) == OUTPUT_OK)
			fixture_write(o, type, &b, &r);
		assert_int_equal(r.verdict, OUTPUT_RETRY);
		type->abort(o);
	}
	type->close(o);
	batch_free(&b);
}

static void output_while_it_is_away(void **state)
{
	(void)state;
	struct kafka_options options = {0};
	struct fixture_host host;
	fixture_host_init(&host);
	const struct output_env env = {.name = "out", .cluster_id = "", .host = &host.host, .group = "group"};
	option_defaults(kafka_output.options, &options);
	assert_int_equal(option_set(option_find(kafka_output.options, "brokers"), &options, NOWHERE, NULL),
			 0);
	for (int round = 0; round < ROUNDS; round++) {
		options.transactional = round % 2 == 0;
		try_nowhere(kafka_output.variant(&options), &options, &env, &host);
	}
	option_free(kafka_output.options, &options);
}

static void read_more(struct world *w, struct member *m)
{
	produce(w, 0, 10);
	until_got(m, 0, m->got[0] + 10);
}

static void consumer_comes_and_goes(void **state)
{
	(void)state;
	struct world w;
	struct member m;
	int64_t next = 0;
	open_world(&w, STRATEGY_COOPERATIVE_STICKY);
	option_put(option_find(kafka_options, "properties"), &w.settings, "session.timeout.ms",
		   "20000"); /* valgrind is slow */
	for (int round = 0; round < ROUNDS; round++) {
		join(&w, &m);
		until_assigned(&m, 4);
		for (int32_t partition = 0; partition < 4; partition++)
			place(&m, partition, partition == 0 ? next : 0);
		assign(&m);
		read_more(&w, &m);
		rd_kafka_mock_broker_set_down(w.cluster, 1);
		for (int i = 0; i < AWAY_TURNS; i++)
			turn(&m);
		rd_kafka_mock_broker_set_up(w.cluster, 1);
		read_more(&w, &m);
		next += 20;
		leave(&m);
	}
	close_world(&w);
}

static void consumer_while_it_is_away(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, STRATEGY_RANGE);
	option_set(option_find(kafka_options, "brokers"), &w.settings, NOWHERE, NULL);
	w.settings.connect_timeout_ms = 300;
	for (int round = 0; round < ROUNDS; round++) {
		struct member m = {.world = &w};
		struct err e = {0};
		const struct consumer_config config = {.settings = &w.settings,
						       .prefetch = 1 << 20,
						       .fetch = 1 << 18,
						       .topics = w.topics,
						       .topic_count = 1,
						       .stats = &m.stats,
						       .stop = &w.stop};
		assert_int_equal(consumer_open(&m.c, &config, &e), -1);
		assert_string_not_equal(e.msg, "");
	}
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_while_it_is_away),
		cmocka_unit_test(consumer_comes_and_goes),
		cmocka_unit_test(consumer_while_it_is_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
