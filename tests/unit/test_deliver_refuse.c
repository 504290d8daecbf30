/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that an output refuses for good: bisecting, dead letters, and when it is the output that refuses.
 */
#include "tests/unit/deliver_rig.h"

static bool is_one(const struct message *m, const struct event *ev)
{
	(void)ev;
	return m->offset == 7777;
}

static bool is_scattered(const struct message *m, const struct event *ev)
{
	(void)ev;
	return m->offset % 1000 == 999;
}

static bool is_any(const struct message *m, const struct event *ev)
{
	(void)m;
	(void)ev;
	return true;
}

static bool is_third(const struct message *m, const struct event *ev)
{
	(void)ev;
	return m->offset % 10 == 3;
}

static void bisecting_finds_the_bad_ones(void **state)
{
	(void)state;
	static const struct {
		bool (*bad)(const struct message *m, const struct event *ev);
		size_t bad_count;
	} cases[] = {{is_one, 1}, {is_scattered, 10}};
	for (size_t k = 0; k < 2; k++) {
		struct rig r;
		rig_open(&r);
		struct capture *db = rig_add(&r, &capture_output, "db");
		rig_start(&r);
		db->plan = (struct capture_plan){.bad = cases[k].bad, .reject_range = true};
		struct partition *p = rig_partition(&r, 0, 0);
		rig_begin_batch(&r);
		rig_fill(&r, p, 10000);
		assert_int_equal(rig_deliver(&r), DELIVER_DONE);
		assert_int_equal(db->row_count, 10000 - cases[k].bad_count);
		assert_int_equal(db->letter_count, cases[k].bad_count);
		for (size_t i = 0; i < db->letter_count; i++) {
			const struct capture_letter *l = &db->letters[i];
			struct message m = {.offset = l->offset};
			assert_true(cases[k].bad(&m, NULL));
			assert_string_equal(l->output, "db");
			assert_string_equal(l->reason, "capture: this one is bad");
			assert_int_equal(capture_count(db, RIG_TOPIC, 0, l->offset, 0), 0);
		}
		/* Down to the one and up again: three times log2(10000) calls for each. */
		assert_in_range(db->calls.write, 2, 42 * cases[k].bad_count);
		assert_int_equal(capture_watermark(db, "db", RIG_TOPIC, 0), 10000);
		assert_int_equal(stats_get(&r.stats[0].rejected), cases[k].bad_count);
		rig_assert_accounts(&r);
		rig_close(&r);
	}
}

/* An output that says itself which one it is: no bisecting. */
static void single_verdicts_need_no_bisecting(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	db->plan.bad = is_one;
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 10000);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(db->letter_count, 1);
	assert_int_equal(db->letters[0].offset, 7777);
	assert_int_equal(db->calls.write, 3);
	rig_close(&r);
}

/* What an undone attempt refused is refused anew, not twice. */
static void letters_of_an_undone_attempt_are_gone(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	plain->plan.bad = is_third;
	db->plan = (struct capture_plan){.bad = is_third, .retry_commit = 5, .retry_dead = 5};
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 100);
	rig_dead(&r, 0);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(r.batch.dead_count, 21); /* the handler's, and ten of each output */
	assert_int_equal(db->letter_count, 21);
	assert_int_equal(stats_get(&r.stats[0].rejected), 10);
	assert_int_equal(stats_get(&r.stats[1].rejected), 10);
	rig_assert_accounts(&r);
	rig_close(&r);
}

/* A thousand attempts do not fill the arena with reasons that nobody needs. */
static void reasons_do_not_pile_up(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	db->plan = (struct capture_plan){.bad = is_third, .retry_commit = 1000};
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 20);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_in_range(r.batch.arena.len, 1, 200);
	assert_string_equal(db->letters[1].reason, "capture: this one is bad");
	rig_close(&r);
}

static void rule_of_too_many(void **state)
{
	(void)state;
	assert_false(deliver_output_refuses(0, 0));
	assert_false(deliver_output_refuses(100, 100));
	assert_true(deliver_output_refuses(101, 101));
	assert_false(deliver_output_refuses(100, 10000));
	assert_true(deliver_output_refuses(101, 10000));
	assert_false(deliver_output_refuses(300, 30000));
	assert_true(deliver_output_refuses(301, 30000));
}

/* Everything is refused: the table is wrong, not the data. An alarm, no dead letters, and nothing is lost. */
static void output_that_refuses_all_is_retried(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	db->plan = (struct capture_plan){.bad = is_any, .reject_range = true};
	rig_begin_batch(&r);
	rig_fill(&r, p, 1000);
	r.host.allowed = 2;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(db->letter_count, 0);
	assert_int_equal(db->row_count, 0);
	assert_true(r.host.alarmed);
	assert_false(r.sinks.items[0].open); /* it is opened anew, and sees tables that are mended */
	assert_int_equal(p->settled, 0);
	db->plan.bad = NULL; /* mended, and read again */
	r.host = (struct rig_host){.host = {.wait = rig_wait}, .allowed = 2};
	rig_begin_batch(&r);
	p->next = 0;
	rig_fill(&r, p, 1000);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(db, 0, 0, 1000, 1);
	assert_int_equal(db->letter_count, 0);
	rig_close(&r);
}

/* The store of its own comes first in the order; what later outputs refuse reaches it all the same, before
 * their commit. */
static void rejects_reach_a_store_before(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *store = rig_add(&r, &capture_dead_output, "dead_letters");
	rig_start(&r);
	struct partition *p = rig_partition(&r, 0, 0);
	plain->plan.bad = db->plan.bad = is_one;
	rig_begin_batch(&r);
	p->next = p->settled = p->taken[0] = p->taken[1] = p->taken[2] = 7770;
	capture_set_watermark(db, "db", RIG_TOPIC, 0, 7770);
	rig_fill(&r, p, 10);
	rig_dead(&r, 1);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(store->letter_count, 3);
	assert_string_equal(store->letters[0].output, "");
	assert_string_equal(store->letters[1].output, "plain");
	assert_string_equal(store->letters[2].output, "db");
	assert_int_equal(db->letter_count, 0);
	assert_int_equal(stats_get(&r.stats[0].offered), 0); /* a store takes no events */
	rig_assert_accounts(&r);
	rig_close(&r);
}

/* The store is the first database; what outputs before and behind it refuse reaches it. */
static void rejects_reach_a_store_in_between(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *first = rig_add(&r, &capture_output, "first");
	struct capture *second = rig_add(&r, &capture_output, "second");
	struct capture *plain = rig_add(&r, &capture_plain_output, "plain");
	rig_start(&r);
	plain->plan.bad = second->plan.bad = is_third;
	second->plan.retry_commit = 1;
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 10);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(first->letter_count, 2);
	assert_string_equal(first->letters[0].output, "plain");
	assert_string_equal(first->letters[1].output, "second");
	assert_int_equal(second->letter_count, 0);
	assert_int_equal(first->row_count, 10);
	assert_int_equal(second->row_count, 9);
	assert_int_equal(capture_watermark(first, "first", RIG_TOPIC, 0),
			 10); /* moved once, not by the letters */
	rig_close(&r);
}

/* No commit while the letters are not safe; the output is not blamed for it. */
static void letters_are_safe_before_the_commit(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	struct capture *store = rig_add(&r, &capture_dead_output, "dead_letters");
	rig_start(&r);
	db->plan.bad = is_third;
	store->plan = (struct capture_plan){.retry_dead = 2, .reopen = true};
	struct partition *p = rig_partition(&r, 0, 0);
	rig_begin_batch(&r);
	rig_fill(&r, p, 10);
	r.host.allowed = 1;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(db->row_count, 0);
	assert_int_equal(db->calls.commit, 0);
	assert_int_equal(db->calls.open, 1);
	assert_int_equal(store->calls.open, 2);
	r.host = (struct rig_host){.host = {.wait = rig_wait}};
	rig_begin_batch(&r);
	p->next = 0;
	rig_fill(&r, p, 10);
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(db->row_count, 9);
	assert_int_equal(store->letter_count, 1);
	rig_close(&r);
}

static unsigned completed;

static void complete(struct message *m)
{
	completed++;
	m->header_count = 0;
}

/* Only the messages of dead letters are asked for their headers. */
static void headers_are_asked_for_letters_only(void **state)
{
	(void)state;
	struct rig r;
	rig_open(&r);
	struct capture *db = rig_add(&r, &capture_output, "db");
	rig_start(&r);
	r.d.headers = complete;
	db->plan.bad = is_third;
	rig_begin_batch(&r);
	rig_fill(&r, rig_partition(&r, 0, 0), 10);
	rig_dead(&r, 5);
	completed = 0;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(completed, 2);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bisecting_finds_the_bad_ones),
		cmocka_unit_test(single_verdicts_need_no_bisecting),
		cmocka_unit_test(letters_of_an_undone_attempt_are_gone),
		cmocka_unit_test(reasons_do_not_pile_up),
		cmocka_unit_test(rule_of_too_many),
		cmocka_unit_test(output_that_refuses_all_is_retried),
		cmocka_unit_test(rejects_reach_a_store_before),
		cmocka_unit_test(rejects_reach_a_store_in_between),
		cmocka_unit_test(letters_are_safe_before_the_commit),
		cmocka_unit_test(headers_are_asked_for_letters_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
