/* SPDX-License-Identifier: Apache-2.0
 *
 * The handover of a reload to a worker: what it takes between attempts and what only between batches, what it
 * holds on to, and that nothing is lost or freed too early whatever comes when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "stream/swap.h"
#include "tests/unit/reload_rig.h"

struct worker_rig {
	struct rig rig;
	struct engine_config *first;
	struct worker_config shared;
	struct worker w;
};

static int set_up(void **state)
{
	struct worker_rig *r = xcalloc(1, sizeof *r);
	struct errlist errors = {0};
	struct err e;
	r->first = rig_open(&r->rig);
	r->shared = (struct worker_config){.names = account_names_new(), .told_fd = eventfd(0, EFD_NONBLOCK)};
	const struct setup *setup = &r->first->setup;
	r->w.config = &r->shared;
	r->w.setup = setup;
	r->w.host = worker_host(setup->generation, &errors);
	r->w.next_start_ms = 1000;
	handover_init(&r->w.handover, setup, r->shared.told_fd);
	assert_non_null(r->w.host);
	assert_int_equal(sinks_create(&r->w.sinks, setup->outputs, setup->output_count, r->w.output_stats,
				      &(struct output_env){.cluster_id = ""}, &e),
			 0);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct worker_rig *r = *state;
	sinks_close(&r->w.sinks);
	host_free(r->w.host);
	handover_end(&r->w.handover);
	partitions_free(&r->w.consumer.parts);
	close(r->shared.told_fd);
	account_names_free(r->shared.names);
	rig_close(&r->rig, r->first);
	free(r);
	return 0;
}

/* The next configuration, offered; the test gives it back. */
static struct engine_config *offer(struct worker_rig *r, uint32_t number)
{
	struct errlist errors = {0};
	struct engine_config *next = rig_load(&r->rig, number, &errors);
	assert_non_null(next);
	struct host *host = worker_host(next->setup.generation, &errors);
	assert_non_null(host);
	handover_offer(&r->w.handover, &next->setup, host);
	return next;
}

/* As the reload sees it. */
static void assert_pending(struct worker_rig *r, bool outputs, bool scripts)
{
	struct handover_pending p = handover_pending(&r->w.handover);
	assert_int_equal(p.outputs, outputs);
	assert_int_equal(p.scripts, scripts);
}

static uint64_t told(struct worker_rig *r)
{
	uint64_t n = 0;
	ssize_t got = read(r->shared.told_fd, &n, sizeof n);
	return got == (ssize_t)sizeof n ? n : 0;
}

static bool holds(struct worker_rig *r, const struct engine_config *c)
{
	return handover_holds(&r->w.handover, &c->setup);
}

static int64_t setting(const struct worker_rig *r, size_t place)
{
	return ((const struct rig_output *)r->w.sinks.items[place].out)->options->setting;
}

/* The batch under way keeps its scripts; an output whose settings are the same is not touched. */
static void attempts_take_settings_of_outputs(void **state)
{
	struct worker_rig *r = *state;
	struct host *host = r->w.host;
	const struct output *untouched = r->w.sinks.items[0].out;
	assert_false(swap_between_attempts(&r->w.output_host)); /* nothing is offered */
	r->rig.settings[1] = 5;
	r->w.sinks.items[1].open = true;
	struct engine_config *next = offer(r, 2);
	assert_pending(r, true, true);
	assert_true(swap_between_attempts(&r->w.output_host));
	assert_false(swap_between_attempts(&r->w.output_host));
	assert_pending(r, false, true);
	assert_int_equal(told(r), 1);
	assert_int_equal(setting(r, 1), 5);
	assert_false(r->w.sinks.items[1].open);
	assert_ptr_equal(r->w.sinks.items[0].out, untouched);
	assert_int_equal(r->w.next_start_ms, 0); /* whoever waits for positions asks at once */
	assert_ptr_equal(r->w.host, host);
	assert_ptr_equal(r->w.setup, &r->first->setup);
	assert_true(holds(r, r->first) && holds(r, next));
	swap_between_batches(&r->w);
	rig_give_back(&r->rig, next);
}

/* Scripts, filters and what is counted by. An output that was not made anew still uses the old settings. */
static void batches_take_the_rest(void **state)
{
	struct worker_rig *r = *state;
	struct host *old = r->w.host;
	r->rig.settings[0] = 5;
	r->rig.settings[1] = 6;
	struct engine_config *next = offer(r, 2);
	swap_between_batches(&r->w);
	assert_pending(r, false, false);
	assert_int_equal(told(r), 2);
	assert_ptr_equal(r->w.setup, &next->setup);
	assert_ptr_equal(r->w.delivery.generation, next->setup.generation);
	assert_ptr_equal(r->w.delivery.scripts, r->w.host);
	assert_ptr_equal(r->w.handover.left, old);
	assert_int_equal(r->w.accounts.generation, 2);
	assert_false(r->w.subscribe);
	for (size_t i = 0; i < RIG_OUTPUTS; i++)
		assert_ptr_equal(r->w.sinks.items[i].config, &next->setup.outputs[i]);
	handover_clear(&r->w.handover);
	assert_null(r->w.handover.left);

	r->rig.settings[1] = 7;
	struct engine_config *third = offer(r, 3);
	swap_between_batches(&r->w);
	assert_true(holds(r, next)); /* by the first output, whose settings are the same */
	assert_true(holds(r, third));
	assert_int_equal(setting(r, 0), 5);

	r->rig.settings[0] = 8;
	struct engine_config *fourth = offer(r, 4);
	swap_between_batches(&r->w);
	assert_false(holds(r, next)); /* it may go */
	assert_true(holds(r, third) && holds(r, fourth));
	rig_give_back(&r->rig, next);
	rig_give_back(&r->rig, third);
	rig_give_back(&r->rig, fourth);
}

static void the_last_offer_counts(void **state)
{
	struct worker_rig *r = *state;
	r->rig.settings[0] = 5;
	struct engine_config *second = offer(r, 2);
	r->rig.settings[0] = 6;
	struct engine_config *third = offer(r, 3); /* frees the host that was never taken */
	assert_false(holds(r, second));
	rig_give_back(&r->rig, second);
	swap_between_batches(&r->w);
	assert_int_equal(setting(r, 0), 6);
	assert_ptr_equal(r->w.setup, &third->setup);
	struct engine_config *fourth = offer(r, 4); /* frees the host that was left and not cleared */
	swap_between_attempts(&r->w.output_host);
	assert_true(holds(r, third) && holds(r, fourth));
	rig_give_back(&r->rig, third);
	rig_give_back(&r->rig, fourth);
}

static void an_output_that_cannot_be_made_goes_on(void **state)
{
	struct worker_rig *r = *state;
	const struct output *out = r->w.sinks.items[1].out;
	r->rig.settings[0] = 5;
	r->rig.settings[1] = -1;
	struct engine_config *next = offer(r, 2);
	swap_between_batches(&r->w);
	assert_pending(r, false, false);
	assert_int_equal(setting(r, 0), 5);
	assert_ptr_equal(r->w.sinks.items[1].out, out);
	assert_int_equal(setting(r, 1), 0);
	assert_true(holds(r, r->first)); /* its settings are in use */
	rig_give_back(&r->rig, next);
}

/* What the scripts do not read is not waited for. */
static void topics_that_nobody_reads_are_left_out(void **state)
{
	struct worker_rig *r = *state;
	struct partitions *parts = &r->w.consumer.parts;
	struct partition *read = partitions_add(parts, RIG_TOPIC, 0);
	struct partition *gone = partitions_add(parts, "t.gone", 0);
	struct partition *stopped = partitions_add(parts, "t.gone", 1);
	read->state = gone->state = PARTITION_WAITING;
	stopped->state = PARTITION_STOPPED;
	swap_leave_out(&r->w);
	assert_int_equal(read->state, PARTITION_WAITING);
	assert_int_equal(gone->state, PARTITION_LEFT_OUT);
	assert_int_equal(stopped->state, PARTITION_STOPPED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attempts_take_settings_of_outputs),
		TEST(batches_take_the_rest),
		TEST(the_last_offer_counts),
		TEST(an_output_that_cannot_be_made_goes_on),
		TEST(topics_that_nobody_reads_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
