/* SPDX-License-Identifier: Apache-2.0
 *
 * Delivery of a batch: order, retries, giving up, fencing, lost answers, watermarks. Refused events are in
 * test_deliver_refuse.c.
 */
#include "tests/unit/deliver_rig.h"

static void all_outputs_take_it(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	rig_start(&r);
	struct partition *one = rig_partition(&r, 1, 10);
	struct partition *two = rig_partition(&r, 2, 0);
	struct partition *idle = rig_partition(&r, 3, 7);
	rig_begin_batch(&r);
	rig_fill(&r, one, 5);
	rig_fill(&r, two, 3);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(db, 1, 10, 15, 1);
	rig_assert_stored(db, 2, 0, 3, 1);
	rig_assert_stored(plain, 1, 10, 15, 1);
	assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 1), 15);
	assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 2), 3);
	assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 3), 7);
	assert_int_equal(capture_find_mark(db, "db", RIG_TOPIC, 1)->timestamp, 1000014);
	assert_int_equal(one->settled, 15);
	assert_int_equal(two->settled, 3);
	assert_int_equal(idle->settled, 7);
	assert_int_equal(one->taken[0], 15);
	assert_int_equal(one->taken[1], 15);
	assert_int_equal(stats_get(&r.stats[0].stored), 8);
	assert_int_equal(stats_get(&r.worker.retries), 0);
	rig_assert_accounts(&r);
	rig_close(&r);
}

/* What may repeat comes first, what is exactly once last; the store of its own before all. */
static void order_is_kept(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	struct capture *store = rig_add(&r, &capture_dead_output, "dead_letters");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	rig_begin_batch(&r);
	rig_fill(&r, p, 2);
	rig_dead(&r, 1);
	r.host.allowed = 0; /* the first backoff gives up */
	store->plan.retry_dead = 1;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(plain->calls.write + db->calls.begin, 0);
	r.host = (struct rig_host){.host = {.wait = rig_wait}};
	plain->plan.retry_write = 1;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(store->letter_count, 1);
	assert_int_equal(db->calls.begin, 0);
	r.host = (struct rig_host){.host = {.wait = rig_wait}};
	db->plan.retry_commit = 1;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(plain->row_count, 2);
	assert_int_equal(db->row_count, 0);
	assert_int_equal(db->letter_count, 0); /* there is a store of its own */
	assert_int_equal(p->settled, 0);
	rig_close(&r);
}

static void retries_until_it_works(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	db->plan = (struct capture_plan){.retry_open = 1,
					 .retry_begin = 2,
					 .retry_write = 3,
					 .retry_dead = 1,
					 .retry_commit = 2,
					 .reopen = true,
					 .alarm = true};
	rig_begin_batch(&r);
	rig_fill(&r, p, 100);
	rig_dead(&r, 7);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(stats_get(&r.worker.retries), 9);
	assert_int_equal(r.host.backoffs, 9);
	rig_assert_stored(db, 0, 0, 100, 1);
	assert_int_equal(db->letter_count, 1);
	rig_assert_stored(plain, 0, 0, 100, 1); /* not asked again while the database failed */
	assert_int_equal(plain->calls.write, 1);
	assert_false(r.sinks.items[1].alarm);
	assert_int_equal(p->settled, 100);
	rig_assert_accounts(&r);
	rig_close(&r);
}

/* The alarm stands as long as the output fails. */
static struct sink shown; /* when the host waited last */

static int looking_wait(struct output_host *host, int fd, short events, int64_t deadline_ms)
{
	const struct rig *r = (struct rig *)host;
	shown = r->sinks.items[0];
	if (shown.failures > 0)
		assert_true(sinks_fail(&r->sinks)); /* no stall: the watchdog knows the cause */
	return rig_wait(host, fd, events, deadline_ms);
}

static void alarm_is_shown_while_it_is_tried(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 1);
	r.host.allowed = 3;
	r.host.host.wait = looking_wait;
	db->plan = (struct capture_plan){.retry_begin = 100, .alarm = true};
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_true(shown.alarm);
	assert_int_equal(shown.failures, 4);
	assert_false(r.sinks.items[0].alarm); /* and no longer */
	assert_int_equal(r.sinks.items[0].failures, 0);
	assert_false(sinks_fail(&r.sinks)); /* what stands still from here on is a stall */
	rig_close(&r);
}

static void given_up_leaves_nothing(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	rig_begin_batch(&r);
	rig_fill(&r, p, 10);
	db->plan.wait_in_commit = true;
	r.host.gave_up = true; /* the output's own wait hears it */
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(db->row_count, 0);
	assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 0), 0);
	assert_int_equal(p->taken[0], 0);
	assert_int_equal(p->settled, 0);
	assert_int_equal(stats_get(&r.stats[0].offered), 0);
	assert_int_equal(r.sinks.items[0].failures, 0); /* it did not fail */
	assert_int_equal(db->calls.abort, 1);
	rig_close(&r);
}

/* Many small writes: the group is served between them, and a stop is heard. */
static void stop_is_heard_between_writes(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	rig_begin_batch(&r);
	rig_fill(&r, p, 100);
	db->plan.write_most = 1;
	r.host.gave_up = true;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(db->calls.write, 1);
	r.host.gave_up = false;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(db, 0, 0, 100, 1);
	rig_close(&r);
}

static void fenced_moves_nothing(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *late = rig_add(&r, &capture_output, "late");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	rig_begin_batch(&r);
	rig_fill(&r, p, 10);
	capture_set_watermark(db, "db", RIG_TOPIC, 0, 5); /* another owner was faster */
	r.sinks.items[0].failures = 1;                    /* at an attempt before */
	assert_int_equal(rig_deliver(&r), DELIVER_FENCED);
	assert_false(sinks_fail(&r.sinks));
	assert_int_equal(db->row_count, 0);
	assert_int_equal(late->calls.begin, 0);
	assert_int_equal(p->taken[0], 0);
	assert_int_equal(p->settled, 0);
	assert_int_equal(r.host.backoffs, 0);
	rig_close(&r);
}

/* As worker and start do it after DELIVER_FENCED: forget the batch, read the rows, take up what they say. */
static void take_up_anew(struct rig *r, struct partition *p)
{
	struct output_result result;
	struct position row = {.topic = p->topic, .partition = p->id, .offset = 0};
	sink_open(&r->sinks.items[0], &result);
	r->sinks.items[0].type->positions(r->sinks.items[0].out, &row, 1, &result);
	assert_int_equal(result.verdict, OUTPUT_OK);
	p->next = p->settled = p->taken[0] = row.offset;
}

/* COMMIT was done, its answer was lost. The attempt that follows expects the old offset, so it is fenced by
 * what this very worker has stored; the rows then say where to go on. */
static void lost_answer_is_neither_loss_nor_double(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	db->plan.lose_answer = 1;
	rig_begin_batch(&r);
	rig_fill(&r, p, 10);
	rig_dead(&r, 3);
	assert_int_equal(rig_deliver(&r), DELIVER_FENCED);
	take_up_anew(&r, p);
	assert_int_equal(p->next, 10);
	rig_begin_batch(&r);
	rig_fill(&r, p, 10);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(db, 0, 0, 20, 1);
	assert_int_equal(db->row_count, 20);
	assert_int_equal(db->letter_count, 1);
	assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 0), 20);
	rig_close(&r);
}

/* An output that is further on is not given those events again. */
static void watermark_ahead_is_skipped(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *ahead = rig_add(&r, &capture_output, "ahead");
	struct capture *behind = rig_add(&r, &capture_output, "behind");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	struct partition *q = rig_partition(&r, 1, 0);
	p->taken[0] = 6;
	capture_set_watermark(ahead, "ahead", RIG_TOPIC, 0, 6);
	rig_begin_batch(&r);
	rig_fill(&r, p, 4); /* all of it is there already */
	rig_fill(&r, q, 1);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(capture_watermark(ahead, "ahead", RIG_TOPIC, 0), 6);
	rig_begin_batch(&r);
	rig_fill(&r, p, 4); /* half of it */
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(ahead, 0, 0, 6, 0);
	rig_assert_stored(ahead, 0, 6, 8, 1);
	rig_assert_stored(ahead, 1, 0, 1, 1);
	rig_assert_stored(behind, 0, 0, 8, 1);
	assert_int_equal(capture_watermark(ahead, "ahead", RIG_TOPIC, 0), 8);
	assert_int_equal(capture_watermark(behind, "behind", RIG_TOPIC, 0), 8);
	assert_int_equal(stats_get(&r.stats[0].skipped), 6);
	assert_int_equal(stats_get(&r.stats[0].stored), 3);
	assert_int_equal(p->settled, 8);
	rig_assert_accounts(&r);
	rig_close(&r);
}

static void best_effort_is_dropped_and_counted(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *extra = rig_add(&r, &capture_plain_output, "extra");
	r.configs[1].best_effort = true;
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	extra->plan.retry_write = DELIVER_BEST_EFFORT_ATTEMPTS;
	for (int i = 0; i < 2; i++) {
		rig_begin_batch(&r);
		rig_fill(&r, p, 10);
		assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	}
	assert_int_equal(stats_get(&r.stats[0].dropped), 10);
	assert_int_equal(stats_get(&r.stats[0].stored), 10);
	assert_int_equal(stats_get(&r.stats[0].offered), 20);
	rig_assert_stored(db, 0, 0, 20, 1);
	rig_assert_stored(extra, 0, 0, 10, 0);
	rig_assert_stored(extra, 0, 10, 20, 1);
	assert_int_equal(p->settled, 20);
	rig_assert_accounts(&r);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_outputs_take_it),
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(retries_until_it_works),
		cmocka_unit_test(alarm_is_shown_while_it_is_tried),
		cmocka_unit_test(given_up_leaves_nothing),
		cmocka_unit_test(stop_is_heard_between_writes),
		cmocka_unit_test(fenced_moves_nothing),
		cmocka_unit_test(lost_answer_is_neither_loss_nor_double),
		cmocka_unit_test(watermark_ahead_is_skipped),
		cmocka_unit_test(best_effort_is_dropped_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
