/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's outputs: their order, the place of the dead-letter store, failures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream/sinks.h"
#include "tests/contract/capture.h"

static const struct output_type keeps_no_dead = {.name = "keeps_no_dead",
						 .transactional = true,
						 .takes_events = true};

static const struct output_type commits_the_group = {.name = "commits_the_group",
						     .transactional = true,
						     .group_marks = true,
						     .takes_events = true};

static struct sink_config of(const struct output_type *type, const char *name)
{
	return (struct sink_config){.type = type, .name = name};
}

static void assert_order(const struct sink_config *configs, size_t n, const char *names, int store)
{
	const struct sink_config *order[OUTPUTS_MAX];
	assert_int_equal(sinks_order(configs, n, order), store);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(order[i]->name[0], names[i]);
}

static void order_of_delivery(void **state)
{
	(void)state;
	const struct sink_config mixed[] = {of(&capture_output, "b"), of(&capture_plain_output, "p"),
					    of(&capture_output, "c"), of(&capture_dead_output, "d"),
					    of(&capture_plain_output, "q")};
	assert_order(mixed, 5, "dpqbc", 0);
	assert_order(mixed, 3, "pbc", 1); /* no store of its own: the first database */
	assert_order(mixed + 1, 1, "p", -1);
	assert_order(mixed, 0, "", -1);
	const struct sink_config silent[] = {of(&keeps_no_dead, "k"), of(&capture_output, "b")};
	assert_order(silent, 2, "kb", 1);
	assert_order(silent, 1, "k", -1);
	const struct sink_config last[] = {of(&commits_the_group, "g"), of(&capture_output, "b"),
					   of(&capture_plain_output, "p")};
	assert_order(last, 3, "pbg", 1);
}

static struct output *create_fails(const void *options, const struct output_env *env, struct err *e)
{
	(void)options;
	(void)env;
	err_set(e, ERR_CONFIG, "no");
	return NULL;
}

static void what_was_made_is_closed_when_one_fails(void **state)
{
	(void)state;
	struct output_type broken = capture_output;
	broken.create = create_fails;
	struct capture *c = capture_new();
	struct capture_options options = {c};
	struct sink_config configs[] = {{.type = &capture_plain_output, .name = "good", .options = &options},
					{.type = &broken, .name = "bad", .options = &options}};
	struct output_stats stats[OUTPUTS_MAX];
	const struct output_env env = {.cluster_id = "cluster"};
	struct sinks s;
	struct err e = {0};
	assert_int_equal(sinks_create(&s, configs, 2, stats, &env, &e), -1);
	assert_string_equal(e.msg, "output bad: no");
	assert_int_equal(s.n, 0);
	assert_int_equal(c->calls.create, 1);
	assert_int_equal(c->calls.close, 1);
	assert_int_equal(sinks_create(&s, configs, OUTPUTS_MAX + 1, stats, &env, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	capture_free(c);
}

static void failures_are_remembered(void **state)
{
	(void)state;
	struct capture *c = capture_new();
	struct capture_options options = {c};
	struct sink_config config = {.type = &capture_output, .name = "db", .options = &options};
	struct output_stats stats[OUTPUTS_MAX];
	const struct output_env env = {.cluster_id = "cluster"};
	struct sinks s;
	struct err e;
	struct output_result r;
	assert_int_equal(sinks_create(&s, &config, 1, stats, &env, &e), 0);
	struct sink *k = &s.items[0];
	c->plan.retry_open = 1;
	sink_open(k, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_false(k->open);
	assert_in_range(sink_failed(k, &r), 25, 50);
	assert_in_range(k->failing_ms, 1, INT64_MAX);
	k->failing_ms -= 1000; /* some time ago */
	int64_t began = k->failing_ms;
	sink_open(k, &r);
	sink_open(k, &r); /* once is enough */
	assert_int_equal(c->calls.open, 2);
	output_retry(&r, true, "table is missing");
	assert_in_range(sink_failed(k, &r), 50, 100);
	assert_true(k->open);
	assert_true(k->alarm);
	assert_int_equal(k->failing_ms, began);
	r.reopen = true;
	sink_failed(k, &r);
	assert_false(k->open);
	assert_int_equal(k->failures, 3);
	assert_int_equal(c->calls.abort, 3);
	sink_worked(k);
	assert_int_equal(k->failures, 0);
	assert_false(k->alarm);
	sinks_close(&s);
	capture_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_delivery),
		cmocka_unit_test(what_was_made_is_closed_when_one_fails),
		cmocka_unit_test(failures_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
