/* SPDX-License-Identifier: Apache-2.0
 *
 * The watchdog's decision, with made-up times: when it raises the alarm, has the consumer made anew and ends
 * the process; what counts as progress, and what is a known cause.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/watchdog.h"

#define ALARM_MS 30000
#define RESTART_MS 60000
#define EXIT_MS 300000

static const struct kafka_settings limits = {.stall_alarm_ms = ALARM_MS,
					     .stall_restart_ms = RESTART_MS,
					     .stall_exit_ms = EXIT_MS};

/* Two partitions: 0 is under test, 1 is well. */
struct scene {
	struct watchdog w;
	struct partitions parts;
	bool held;
	bool backlogged;
};

static void open_scene(struct scene *s)
{
	*s = (struct scene){0};
	watchdog_init(&s->w, &limits);
	for (int32_t i = 0; i < 2; i++) {
		struct partition *p = partitions_add(&s->parts, "a", i);
		p->state = PARTITION_READING;
		p->settled = 10;
	}
}

static struct partition *tested(struct scene *s)
{
	return s->parts.items[0];
}

/* One look, so much later; partition 0 is seen so. */
static enum watch_verdict look(struct scene *s, int64_t later_ms, enum watch_sight sight)
{
	struct watch_view view;
	watchdog_pass(&s->w, later_ms, s->held, s->backlogged);
	for (size_t i = 0; i < s->parts.n && !s->held; i++)
		watchdog_note(&s->w, s->parts.items[i], i == 0 ? sight : WATCH_CAUGHT_UP);
	watchdog_sum(&s->w, &s->parts, &view);
	return watchdog_decide(&s->w, &view);
}

/* The consumer is made anew: the partitions come anew too. */
static void make_anew(struct scene *s)
{
	partitions_free(&s->parts);
	for (int32_t i = 0; i < 2; i++)
		partitions_add(&s->parts, "a", i)->settled = 10;
	watchdog_made_anew(&s->w);
}

static enum readiness readiness(const struct scene *s)
{
	return (enum readiness)atomic_load(&s->w.readiness);
}

static void alarm_then_anew_then_end(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	assert_int_equal(look(&s, 0, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(look(&s, ALARM_MS - 1, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(readiness(&s), READY);
	assert_int_equal(look(&s, 1, WATCH_BEHIND), WATCH_ALARM);
	assert_int_equal(readiness(&s), NOT_READY_STALLED);
	assert_int_equal(look(&s, RESTART_MS - ALARM_MS - 1, WATCH_BEHIND), WATCH_GO_ON); /* told once */
	assert_int_equal(look(&s, 1, WATCH_BEHIND), WATCH_ANEW);
	make_anew(&s);
	assert_int_equal(look(&s, 100, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(look(&s, EXIT_MS - RESTART_MS - 101, WATCH_BEHIND), WATCH_GO_ON); /* once */
	assert_int_equal(readiness(&s), NOT_READY_STALLED);
	assert_int_equal(look(&s, 1, WATCH_BEHIND), WATCH_END);
	partitions_free(&s.parts);
}

static void progress_ends_the_stall(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_BEHIND);
	assert_int_equal(look(&s, ALARM_MS, WATCH_BEHIND), WATCH_ALARM);
	tested(&s)->settled++;
	assert_int_equal(look(&s, 1000, WATCH_BEHIND), WATCH_RECOVERED);
	assert_int_equal(readiness(&s), READY);
	assert_int_equal(look(&s, ALARM_MS - 1, WATCH_BEHIND), WATCH_GO_ON); /* counted from the progress */
	assert_int_equal(look(&s, 1, WATCH_BEHIND), WATCH_ALARM);
	assert_int_equal(look(&s, RESTART_MS - ALARM_MS, WATCH_BEHIND), WATCH_ANEW); /* again */
	make_anew(&s);
	look(&s, 0, WATCH_UNKNOWN);
	assert_int_equal(look(&s, 1000, WATCH_CAUGHT_UP), WATCH_RECOVERED);
	partitions_free(&s.parts);
}

/* A new consumer alone is no sign of life. */
static void made_anew_proves_nothing(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_BEHIND);
	look(&s, ALARM_MS, WATCH_BEHIND);
	partitions_free(&s.parts); /* lost for want of an answer */
	assert_int_equal(look(&s, RESTART_MS, WATCH_BEHIND), WATCH_ANEW);
	make_anew(&s);
	assert_int_equal(look(&s, 0, WATCH_UNKNOWN), WATCH_GO_ON);
	assert_int_equal(look(&s, 1000, WATCH_UNKNOWN), WATCH_GO_ON);
	assert_int_equal(readiness(&s), NOT_READY_STALLED);
	partitions_free(&s.parts); /* all went to others: theirs to watch, after a while */
	assert_int_equal(look(&s, ALARM_MS, WATCH_UNKNOWN), WATCH_GO_ON); /* the group may take its time */
	assert_int_equal(look(&s, EXIT_MS - RESTART_MS, WATCH_UNKNOWN), WATCH_RECOVERED);
}

static void idle_is_no_stall(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&s, ALARM_MS / 2, WATCH_CAUGHT_UP), WATCH_GO_ON);
	assert_int_equal(readiness(&s), READY);
	partitions_free(&s.parts);
}

static void slow_is_no_stall(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	for (int i = 0; i < 100; i++) {
		tested(&s)->settled++;
		assert_int_equal(look(&s, ALARM_MS - 1, WATCH_BEHIND), WATCH_GO_ON);
	}
	partitions_free(&s.parts);
}

/* Kafka away for hours: an alarm and one new consumer, but no restart loop; the time does not count when it
 * is back. */
static void outage_of_kafka_does_not_end_the_process(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_UNKNOWN);
	assert_int_equal(look(&s, ALARM_MS, WATCH_UNKNOWN), WATCH_ALARM);
	assert_int_equal(look(&s, RESTART_MS, WATCH_UNKNOWN), WATCH_ANEW);
	make_anew(&s);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(look(&s, 5000, WATCH_UNKNOWN), WATCH_GO_ON);
	assert_int_equal(readiness(&s), NOT_READY_STALLED);
	assert_int_equal(look(&s, 5000, WATCH_BEHIND), WATCH_GO_ON);
	tested(&s)->settled++;
	assert_int_equal(look(&s, 5000, WATCH_BEHIND), WATCH_RECOVERED);
	partitions_free(&s.parts);
}

static void outputs_that_hold_are_a_known_cause(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_BEHIND);
	s.held = true;
	assert_int_equal(look(&s, 1000, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(look(&s, ALARM_MS - 1001, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(readiness(&s), READY);
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&s, EXIT_MS, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(readiness(&s), NOT_READY_OUTPUT);
	s.held = false;
	tested(&s)->settled++;
	assert_int_equal(look(&s, 1000, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(readiness(&s), READY);
	partitions_free(&s.parts);
}

/* Their time does not count; what stood still before goes on standing still. */
static void outputs_that_hold_now_and_then_hide_no_stall(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_BEHIND);
	for (int64_t counted = 6000; counted <= RESTART_MS; counted += 6000) {
		s.held = true;
		assert_int_equal(look(&s, 4000, WATCH_BEHIND), WATCH_GO_ON);
		assert_int_equal(readiness(&s), counted > ALARM_MS ? NOT_READY_STALLED : READY);
		s.held = false;
		assert_int_equal(look(&s, 6000, WATCH_BEHIND), counted == ALARM_MS     ? WATCH_ALARM
							       : counted == RESTART_MS ? WATCH_ANEW
										       : WATCH_GO_ON);
	}
	partitions_free(&s.parts);
}

/* Not even an alarm, however long; what stands still afterwards is told. */
static void a_backlog_is_a_known_cause(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_BEHIND);
	s.backlogged = true;
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&s, EXIT_MS, WATCH_BEHIND), WATCH_GO_ON);
	assert_int_equal(readiness(&s), READY);
	s.backlogged = false;
	assert_int_equal(look(&s, ALARM_MS, WATCH_BEHIND), WATCH_ALARM);
	partitions_free(&s.parts);
}

static void stopped_partitions_are_a_known_cause(void **state)
{
	(void)state;
	struct scene s;
	open_scene(&s);
	look(&s, 0, WATCH_UNKNOWN);
	tested(&s)->state = PARTITION_STOPPED;
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&s, EXIT_MS, WATCH_UNKNOWN), WATCH_GO_ON);
	assert_int_equal(readiness(&s), NOT_READY_STOPPED);
	tested(&s)->state = PARTITION_WAITING; /* looked at again */
	assert_int_equal(look(&s, 1000, WATCH_UNKNOWN), WATCH_GO_ON);
	partitions_free(&s.parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarm_then_anew_then_end),
		cmocka_unit_test(progress_ends_the_stall),
		cmocka_unit_test(made_anew_proves_nothing),
		cmocka_unit_test(idle_is_no_stall),
		cmocka_unit_test(slow_is_no_stall),
		cmocka_unit_test(outage_of_kafka_does_not_end_the_process),
		cmocka_unit_test(outputs_that_hold_are_a_known_cause),
		cmocka_unit_test(outputs_that_hold_now_and_then_hide_no_stall),
		cmocka_unit_test(a_backlog_is_a_known_cause),
		cmocka_unit_test(stopped_partitions_are_a_known_cause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
