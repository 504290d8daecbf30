/* SPDX-License-Identifier: Apache-2.0
 *
 * The consumer against librdkafka's mock cluster in this process: what a real group seldom does in a test
 * run. Partitions that are taken up at different times, taken up again, revoked while they wait; commits that
 * fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/consumer_rig.h"

static enum strategy strategies[] = {STRATEGY_ROUNDROBIN, STRATEGY_COOPERATIVE_STICKY};

/* Partition 1 is placed when 0 is being read already: eager strategies replace the whole assignment for that.
 */
static void taken_up_one_after_the_other(void **state)
{
	(void)state;
	for (size_t s = 0; s < 2; s++) {
		struct world w;
		struct member m;
		open_world(&w, strategies[s]);
		join(&w, &m);
		until_assigned(&m, 4);
		produce(&w, 0, 10);
		produce(&w, 1, 10);
		place(&m, 0, 0);
		assign(&m);
		until_got(&m, 0, 10);
		assert_int_equal(m.got[1], 0);
		place(&m, 1, 0);
		assign(&m);
		produce(&w, 0, 5);
		until_got(&m, 1, 10);
		until_got(&m, 0, 15);
		assert_int_equal(stats_get(&m.stats.gaps) + stats_get(&m.stats.repeated), 0);
		leave(&m);
		close_world(&w);
	}
}

/* As after a batch that was given up: everything again from where it stood. */
static void taken_up_again(void **state)
{
	(void)state;
	for (size_t s = 0; s < 2; s++) {
		struct world w;
		struct member m;
		open_world(&w, strategies[s]);
		join(&w, &m);
		until_assigned(&m, 4);
		for (unsigned round = 0; round < 3; round++) {
			for (int32_t i = 0; i < 4; i++)
				place(&m, i, (int64_t)m.got[i]);
			assign(&m);
			produce(&w, 0, 10);
			produce(&w, 3, 10);
			until_got(&m, 0, 10 * (round + 1));
			until_got(&m, 3, 10 * (round + 1));
			consumer_restart(&m.c);
			assert_int_equal(partitions_count(&m.c.parts, PARTITION_WAITING), 4);
		}
		leave(&m);
		close_world(&w);
	}
}

/* A second member comes while the first reads only one of its partitions: the others cannot be taken out of
 * librdkafka's assignment, but the answer must be given all the same. */
static void revoked_while_they_wait(void **state)
{
	(void)state;
	for (size_t s = 0; s < 2; s++) {
		struct world w;
		struct member first;
		struct member second;
		open_world(&w, strategies[s]);
		join(&w, &first);
		until_assigned(&first, 4);
		place(&first, 0, 0);
		assign(&first);
		partitions_find(&first.c.parts, TOPIC, 2)->state = PARTITION_STOPPED;
		join(&w, &second);
		int64_t deadline = clock_mono_ms() + WAIT_MS;
		while (first.c.parts.n != 2 || second.c.parts.n != 2) {
			assert_true(clock_mono_ms() < deadline);
			turn(&first);
			turn(&second);
		}
		leave(&second);
		until_assigned(&first, 4);
		leave(&first);
		close_world(&w);
	}
}

/* Offsets that are not there are a gap; a second look at the same ones is dropped and counted. */
static void offsets_are_watched(void **state)
{
	(void)state;
	struct world w;
	struct member m;
	open_world(&w, STRATEGY_ROUNDROBIN);
	join(&w, &m);
	until_assigned(&m, 4);
	produce(&w, 0, 30);
	place(&m, 0, 10);
	partitions_find(&m.c.parts, TOPIC, 0)->next = 10;
	assign(&m);
	struct partition *p = partitions_find(&m.c.parts, TOPIC, 0);
	p->next = 5; /* as if 5 to 9 had been there yesterday */
	until_got(&m, 0, 20);
	assert_int_equal(stats_get(&m.stats.gaps), 1);
	assert_int_equal(stats_get(&m.stats.gap_messages), 5);
	consumer_restart(&m.c);
	place(&m, 0, 20);
	assign(&m);
	p->next = 25;
	until_got(&m, 0, 25);
	assert_int_equal(stats_get(&m.stats.repeated), 5);
	leave(&m);
	close_world(&w);
}

static int64_t committed(struct member *m, int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, TOPIC, partition);
	assert_int_equal(rd_kafka_committed(m->c.rk, list, WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
	int64_t offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return offset;
}

static void failed_commit_is_sent_again(void **state)
{
	(void)state;
	struct world w;
	struct member m;
	open_world(&w, STRATEGY_ROUNDROBIN);
	join(&w, &m);
	until_assigned(&m, 4);
	produce(&w, 0, 10);
	place(&m, 0, 0);
	assign(&m);
	until_got(&m, 0, 10);
	rd_kafka_mock_push_request_errors(w.cluster, 8 /* OffsetCommit */, 1,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	consumer_commit(&m.c, 0);
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	while (!m.c.commit_failed) {
		assert_true(clock_mono_ms() < deadline);
		turn(&m);
	}
	assert_int_not_equal(committed(&m, 0), 10);
	consumer_commit(&m.c, WAIT_MS);
	assert_int_equal(committed(&m, 0), 10);
	assert_int_equal(stats_get(&m.stats.commits), 2);
	consumer_commit(&m.c, WAIT_MS); /* nothing new: not sent */
	assert_int_equal(stats_get(&m.stats.commits), 2);
	leave(&m);
	close_world(&w);
}

/* The broker goes away: leaving the group has a bound. */
static void leaving_has_a_bound(void **state)
{
	(void)state;
	struct world w;
	struct member m;
	open_world(&w, STRATEGY_ROUNDROBIN);
	option_put(option_find(kafka_options, "properties"), &w.settings, "session.timeout.ms", "30000");
	join(&w, &m);
	until_assigned(&m, 4);
	produce(&w, 0, 10);
	place(&m, 0, 0);
	assign(&m);
	until_got(&m, 0, 10);
	rd_kafka_mock_broker_set_down(w.cluster, 1);
	int64_t start = clock_mono_ms();
	consumer_commit(&m.c, 100);
	leave(&m);
	assert_in_range(clock_mono_ms() - start, 0, 5000);
	rd_kafka_mock_broker_set_up(w.cluster, 1);
	close_world(&w);
}

static void connecting_can_be_stopped(void **state)
{
	(void)state;
	struct world w;
	struct member m = {0};
	struct err e = {0};
	open_world(&w, STRATEGY_ROUNDROBIN);
	w.stop = 1;
	const struct consumer_config config = {.settings = &w.settings,
					       .prefetch = 1 << 20,
					       .fetch = 1 << 18,
					       .stats = &m.stats,
					       .stop = &w.stop};
	int64_t start = clock_mono_ms();
	assert_int_equal(consumer_open(&m.c, &config, &e), -1);
	assert_int_equal(e.code, ERR_NONE);
	assert_null(m.c.rk);
	assert_in_range(clock_mono_ms() - start, 0, 5000);
	close_world(&w);
}

/* Not with librdkafka's timer of a second, by which most of these would have waited. */
static void broker_is_looked_for_at_once(void **state)
{
	(void)state;
	struct world w;
	unsigned late = 0;
	open_world(&w, STRATEGY_ROUNDROBIN);
	for (int i = 0; i < 5; i++) {
		struct member m;
		int64_t start = clock_mono_ms();
		join(&w, &m);
		late += clock_mono_ms() - start >= 900;
		leave(&m);
	}
	assert_in_range(late, 0, 2);
	close_world(&w);
}

#define METADATA 3 /* number of the API in Kafka's protocol */

/* A broker that is slow is not asked again each time that nothing was heard for a moment. */
static void slow_broker_is_asked_few_questions(void **state)
{
	(void)state;
	struct world w;
	struct member m;
	size_t n;
	size_t asked = 0;
	open_world(&w, STRATEGY_ROUNDROBIN);
	rd_kafka_mock_broker_set_rtt(w.cluster, -1, 500);
	rd_kafka_mock_start_request_tracking(w.cluster);
	join(&w, &m);
	rd_kafka_mock_request_t **requests = rd_kafka_mock_get_requests(w.cluster, &n);
	for (size_t i = 0; i < n; i++)
		asked += rd_kafka_mock_request_api_key(requests[i]) == METADATA;
	rd_kafka_mock_request_destroy_array(requests, n);
	assert_in_range(asked, 1, 3);
	rd_kafka_mock_stop_request_tracking(w.cluster);
	rd_kafka_mock_broker_set_rtt(w.cluster, -1, 0);
	leave(&m);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_up_one_after_the_other),
		cmocka_unit_test(taken_up_again),
		cmocka_unit_test(revoked_while_they_wait),
		cmocka_unit_test(offsets_are_watched),
		cmocka_unit_test(failed_commit_is_sent_again),
		cmocka_unit_test(leaving_has_a_bound),
		cmocka_unit_test(connecting_can_be_stopped),
		cmocka_unit_test(broker_is_looked_for_at_once),
		cmocka_unit_test(slow_broker_is_asked_few_questions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
