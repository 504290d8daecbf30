/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `amqp` does when its broker is full, short of memory, frozen, killed, or takes the exchange
 * or the connection away. On a real one.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_amqp.h"
#include "tests/contract/rabbit_server.h"
#include "tests/contract/steps.h"

#define QUEUE DRIVER_AMQP_QUEUE
#define EXCHANGE "cgnat.events"
#define EVENTS 2000
#define LOOK_US 20000

static int set_up(void **state)
{
	return steps_set_up(state, &amqp_driver);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* At least once: repeated messages count as one. */
static void assert_stored_at_least_once(struct fixture *f)
{
	struct strbuf found = {0};
	struct strbuf once = {0};
	struct strbuf expected = {0};
	f->driver->read(f, &found);
	char **lines = xcalloc(found.len + 1, sizeof *lines);
	size_t n = 0;
	for (char *line = strtok(found.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof *lines, compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			strbuf_printf(&once, "%s\n", lines[i]);
	fixture_expect(&f->batch, &expected);
	fixture_assert_lines(&once, &expected);
	strbuf_free(&found);
	free(lines);
}

/* A queue that takes no more says no to each message; what it took is not sent again. */
static void full_queue(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	rabbit_ctl("set_policy full '^%s$' '{\"max-length\":100,\"overflow\":\"reject-publish\"}' --apply-to "
		   "queues",
		   QUEUE);
	fixture_fill(&f->batch, 0, 0, EVENTS);
	steps_attempt(f, &r);
	steps_assert_retry(&r, true, false, "is a queue full");
	f->type->abort(f->output);
	steps_attempt(f, &r);
	steps_assert_retry(&r, true, false, "is a queue full");
	rabbit_ctl("clear_policy full");
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch); /* each exactly once */
}

static void broker_short_of_memory(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	int64_t deadline = clock_mono_ms() + 20000;
	rabbit_ctl("set_vm_memory_high_watermark 0");
	fixture_fill(&f->batch, 0, 0, EVENTS);
	while (steps_attempt(f, &r) == OUTPUT_OK && clock_mono_ms() < deadline)
		fixture_commit(f->output, f->type, 0, 0, EVENTS, &r); /* it is told a little later */
	struct output_result again;
	f->type->abort(f->output);
	steps_attempt(f, &again);
	rabbit_ctl("set_vm_memory_high_watermark 0.6");
	steps_assert_retry(&r, true, false, "the broker takes nothing: low on memory");
	steps_assert_retry(&again, true, false, "the broker takes nothing: low on memory");
	deadline = clock_mono_ms() + 20000;
	while (steps_attempt(f, &r) != OUTPUT_OK && clock_mono_ms() < deadline) {
		f->type->abort(f->output);
		usleep(LOOK_US);
	}
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_stored_at_least_once(f);
}

static void killed_broker_keeps_what_it_confirmed(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, EVENTS);
	fixture_deliver(f, 0, EVENTS);
	rabbit_kill();
	steps_attempt(f, &r);
	steps_assert_retry(&r, false, true, "");
	f->type->open(f->output, &r);
	steps_assert_retry(&r, false, true, "connecting");
	rabbit_start();
	steps_try_again(f, &r);
	assert_stored_at_least_once(f);
}

/* The messages confirmed before a crash are on its disk. */
static void confirmed_is_durable(void **state)
{
	struct fixture *f = *state;
	fixture_fill(&f->batch, 0, 0, EVENTS);
	fixture_deliver(f, 0, EVENTS);
	rabbit_kill();
	rabbit_start();
	cases_assert_stored(f, &f->batch);
}

static void frozen_broker(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_result opened;
	fixture_option(f, "timeout", "300ms");
	fixture_option(f, "connect_timeout", "300ms");
	fixture_fill(&f->batch, 0, 0, EVENTS);
	f->driver->block(f);
	int64_t start = clock_mono_ms();
	steps_attempt(f, &r);
	bool late = clock_mono_ms() - start >= 290;
	start = clock_mono_ms();
	f->type->open(f->output, &opened);
	int64_t took = clock_mono_ms() - start;
	f->driver->unblock(f);
	fixture_option(f, "timeout", "10s");
	fixture_option(f, "connect_timeout", "5s");
	assert_true(late);
	assert_in_range(took, 0, 2000);
	steps_assert_retry(&r, false, true, "no answer in time");
	cases_assert_verdict(&opened, OUTPUT_RETRY);
	steps_try_again(f, &opened);
	assert_stored_at_least_once(f);
}

/* While it connects, the engine can have its worker back at once. */
static void given_up_while_connecting(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->driver->block(f);
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	f->type->open(f->output, &r);
	int64_t took = clock_mono_ms() - start;
	f->host.give_up_after = UINT32_MAX;
	f->driver->unblock(f);
	assert_in_range(took, 0, 2000);
	steps_assert_retry(&r, false, true, "stopped meanwhile");
	fixture_fill(&f->batch, 0, 0, EVENTS);
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void deleted_exchange_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	rabbit_delete_exchange(EXCHANGE);
	fixture_fill(&f->batch, 0, 0, EVENTS);
	steps_attempt(f, &r);
	steps_assert_retry(&r, true, true, "no exchange 'cgnat.events'");
	rabbit_declare(EXCHANGE, "topic");
	rabbit_bind(QUEUE, EXCHANGE, "#");
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

static void connection_taken_away(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	rabbit_ctl("close_all_connections maintenance");
	fixture_begin(f->output, f->type, &r);
	steps_assert_retry(&r, false, true, "maintenance");
	fixture_fill(&f->batch, 0, 0, EVENTS);
	steps_try_again(f, &r);
	cases_assert_stored(f, &f->batch);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, steps_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(full_queue),
		CASE(broker_short_of_memory),
		CASE(frozen_broker),
		CASE(given_up_while_connecting),
		CASE(confirmed_is_durable),
		CASE(killed_broker_keeps_what_it_confirmed),
		CASE(connection_taken_away),
		CASE(deleted_exchange_is_an_alarm),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
