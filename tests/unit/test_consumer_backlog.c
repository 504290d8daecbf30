/* SPDX-License-Identifier: Apache-2.0
 *
 * When the prefetch counts as full: the watchdog takes it that nothing need come from the broker then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/consumer_rig.h"

#define SHORT 4
#define LONG 8000
#define SHORT_FEW 1000 /* of 8192 that the prefetch of the rig takes */
#define SHORT_MANY 20000
#define LONG_FEW 20 /* of 131 */
#define LONG_MANY 400
#define SETTLE_MS 500

static void start(struct world *w, struct member *m, size_t len)
{
	open_world(w, STRATEGY_ROUNDROBIN);
	join(w, m);
	until_assigned(m, 4);
	produce_long(w, 0, 10, len);
	place(m, 0, 0);
	place(m, 1, 0);
	assign(m);
	until_got(m, 0, 10); /* it knows now how long a message is */
	assert_false(consumer_backlogged(&m->c));
}

/* Lets librdkafka fetch until so many wait; nothing is taken. */
static void until_waiting(struct member *m, size_t n)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	while (rd_kafka_queue_length(m->c.data) < n) {
		assert_true(clock_mono_ms() < deadline);
		consumer_serve(&m->c, 10);
	}
}

static void until_backlogged(struct member *m)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	while (!consumer_backlogged(&m->c)) {
		assert_true(clock_mono_ms() < deadline);
		consumer_serve(&m->c, 10);
	}
}

/* Whatever librdkafka has of them after a while is no backlog. */
static void few_are_none(struct world *w, struct member *m, int few, size_t len)
{
	produce_long(w, 0, few, len);
	until_waiting(m, (size_t)few);
	int64_t until = clock_mono_ms() + SETTLE_MS;
	while (clock_mono_ms() < until) {
		assert_false(consumer_backlogged(&m->c));
		consumer_serve(&m->c, 10);
	}
	until_got(m, 0, 10 + (uint64_t)few);
}

static void check(int few, int many, size_t len)
{
	struct world w;
	struct member m;
	start(&w, &m, len);
	few_are_none(&w, &m, few, len);
	produce_long(&w, 1, many, len);
	until_backlogged(&m);
	assert_int_equal(m.got[1], 0);
	until_got(&m, 1, (uint64_t)many);
	assert_false(consumer_backlogged(&m.c));
	leave(&m);
	close_world(&w);
}

static void by_number(void **state)
{
	(void)state;
	check(SHORT_FEW, SHORT_MANY, SHORT);
}

static void by_bytes(void **state)
{
	(void)state;
	check(LONG_FEW, LONG_MANY, LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_number), cmocka_unit_test(by_bytes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
