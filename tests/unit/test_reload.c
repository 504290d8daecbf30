/* SPDX-License-Identifier: Apache-2.0
 *
 * The reload's thread: tickets and their answers, what the answer tells of the workers, and when generations
 * are given back. The test is the worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "control/reload_run.h"
#include "stream/swap.h"
#include "tests/unit/reload_rig.h"

#define LONG_MS 20000

struct reload_rig {
	struct rig rig;
	struct engine_config *first;
	struct service service;
	struct worker_config shared;
	struct worker w;
	struct reload *reload;
	struct strbuf text;
};

static int set_up(void **state)
{
	struct reload_rig *r = xcalloc(1, sizeof *r);
	struct errlist errors = {0};
	struct err e;
	r->first = rig_open(&r->rig);
	r->reload = reload_new(r->first, &r->service, &e);
	assert_non_null(r->reload);
	r->shared = (struct worker_config){.names = account_names_new(), .told_fd = reload_fd(r->reload)};
	r->w.config = &r->shared;
	r->w.setup = &r->first->setup;
	r->w.host = worker_host(r->first->setup.generation, &errors);
	handover_init(&r->w.handover, &r->first->setup, r->shared.told_fd);
	assert_int_equal(reload_start(r->reload, &r->w, 1, &e), 0);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct reload_rig *r = *state;
	reload_stop(r->reload);
	assert_true(reload_join(r->reload, LONG_MS));
	host_free(r->w.host);
	handover_end(&r->w.handover);
	reload_free(r->reload);
	account_names_free(r->shared.names);
	rig_close(&r->rig, r->first);
	strbuf_free(&r->text);
	free(r);
	return 0;
}

/* The worker between two batches, until the ticket is answered. */
static enum reload_outcome outcome(struct reload_rig *r, uint64_t ticket)
{
	int64_t deadline = clock_mono_ms() + LONG_MS;
	enum reload_outcome o = RELOAD_UNDER_WAY;
	strbuf_reset(&r->text);
	while (o == RELOAD_UNDER_WAY && clock_mono_ms() < deadline) {
		swap_between_batches(&r->w);
		o = reload_outcome(r->reload, ticket, 5, &r->text);
	}
	return o;
}

static uint32_t newest(struct reload_rig *r)
{
	struct generation *g = reload_generation(r->reload);
	uint32_t number = generation_number(g);
	generation_unref(g);
	return number;
}

static void until(_Atomic int *value, int wanted)
{
	int64_t deadline = clock_mono_ms() + LONG_MS;
	while (atomic_load(value) != wanted) {
		assert_true(clock_mono_ms() < deadline);
		usleep(1000);
	}
}

static void done_is_told_when_the_worker_has_it(void **state)
{
	struct reload_rig *r = *state;
	struct reload_times t;
	reload_times(r->reload, &t);
	assert_true(t.attempts == 0 && t.attempt_us == 0 && t.success_us > 0 && t.generation == 1);
	r->rig.values.memory = 11;
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE);
	assert_string_equal(r->text.data, "configuration: changed memory\n"
					  "shadow run: 0 messages last seen, so nothing to compare\n"
					  "generation 2\nworker 0: live\n");
	assert_int_equal(generation_number(r->w.setup->generation), 2);
	assert_int_equal(newest(r), 2);
	reload_times(r->reload, &t);
	assert_true(t.attempts == 1 && t.refused == 0 && t.generation == 2);
	assert_true(t.success_us >= t.attempt_us && t.attempt_us > 0);
}

static void a_refusal_changes_nothing(void **state)
{
	struct reload_rig *r = *state;
	struct reload_times before;
	struct reload_times t;
	reload_times(r->reload, &before);
	r->rig.broken = true;
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_REFUSED);
	assert_string_equal(r->text.data, "n.yaml:3: broken\nrefused: generation 1 goes on\n");
	assert_ptr_equal(r->w.setup, &r->first->setup);
	assert_int_equal(newest(r), 1);
	reload_times(r->reload, &t);
	assert_true(t.attempts == 1 && t.refused == 1 && t.generation == 1);
	assert_int_equal(t.success_us, before.success_us);
	r->rig.broken = false;
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE); /* the number was not used up */
	assert_int_equal(newest(r), 2);
}

/* Whoever asks while one is under way needs another that begins afterwards; all of them the same one. */
static void those_who_come_meanwhile_share_the_next(void **state)
{
	struct reload_rig *r = *state;
	atomic_store(&r->rig.hold, true);
	uint64_t ticket = reload_ask(r->reload);
	until(&r->rig.loads, 2);
	uint64_t next[3];
	for (size_t i = 0; i < 3; i++)
		next[i] = reload_ask(r->reload);
	assert_int_equal(reload_outcome(r->reload, ticket, 0, &r->text), RELOAD_UNDER_WAY);
	atomic_store(&r->rig.hold, false);
	assert_int_equal(outcome(r, ticket), RELOAD_DONE);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(outcome(r, next[i]), RELOAD_DONE);
	assert_int_equal(atomic_load(&r->rig.loads), 3);
	assert_int_equal(newest(r), 3);
}

/* A batch under way, in an output that retries: the answer does not wait for it, and says so. What it was
 * made by is not given back meanwhile. */
static void what_waits_is_told(void **state)
{
	struct reload_rig *r = *state;
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE);
	const struct setup *second = r->w.setup;
	strbuf_reset(&r->text);
	atomic_store(&r->w.watchdog.readiness, NOT_READY_OUTPUT);
	uint64_t ticket = reload_ask(r->reload);
	int64_t deadline = clock_mono_ms() + LONG_MS;
	while (!swap_between_attempts(&r->w.output_host)) {
		assert_true(clock_mono_ms() < deadline);
		usleep(1000);
	}
	assert_int_equal(reload_outcome(r->reload, ticket, LONG_MS, &r->text), RELOAD_DONE);
	assert_non_null(strstr(r->text.data,
			       "worker 0: settings of outputs live, scripts and filters pending: "
			       "they wait for the batch under way, which an output retries\n"));
	r->rig.broken = true; /* the thread has looked at what is used when it answers the next */
	assert_int_equal(reload_outcome(r->reload, reload_ask(r->reload), LONG_MS, &r->text), RELOAD_REFUSED);
	assert_ptr_equal(r->w.setup, second);
	assert_int_equal(atomic_load(&r->rig.given_back), 0);
}

/* As soon as no worker uses anything of a generation it is given back, and not before. */
static void generations_go_when_nobody_uses_them(void **state)
{
	struct reload_rig *r = *state;
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE);
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE);
	assert_int_equal(newest(r), 3);
	/* Each output is as at the start, so the second is nobody's any more; the third runs. */
	until(&r->rig.given_back, 1);
	assert_int_equal(outcome(r, reload_ask(r->reload)), RELOAD_DONE);
	until(&r->rig.given_back, 2);
}

static void the_end_comes_before_requests(void **state)
{
	struct reload_rig *r = *state;
	reload_stop(r->reload);
	assert_true(reload_join(r->reload, LONG_MS));
	assert_int_equal(reload_outcome(r->reload, reload_ask(r->reload), 10, &r->text), RELOAD_UNDER_WAY);
	assert_true(reload_join(r->reload, LONG_MS));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(done_is_told_when_the_worker_has_it),     TEST(a_refusal_changes_nothing),
		TEST(those_who_come_meanwhile_share_the_next), TEST(what_waits_is_told),
		TEST(generations_go_when_nobody_uses_them),    TEST(the_end_comes_before_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
