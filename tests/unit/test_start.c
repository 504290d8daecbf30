/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a partition starts: a table of what Kafka and the outputs may say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stream/start.h"

#define GO PARTITION_POSITIONED
#define STOP PARTITION_STOPPED
#define FIRST START_EARLIEST
#define LAST START_LATEST

struct row {
	int64_t offset;
	const char *topic_id;
	bool born;
};

struct start_case {
	const char *name;
	/* Kafka */
	int64_t low, high, committed;
	int64_t settled; /* by this worker before */
	const char *topic_id;
	/* outputs */
	size_t rows;
	struct row row[3];
	bool others; /* there are required outputs without rows */
	enum start_at start;
	/* expected */
	enum partition_state state;
	int64_t offset;
	int64_t gap;
	int decided; /* place of the row that decided; -1 none */
};

/* clang-format off */
static const struct start_case cases[] = {
	/* without rows */
	{"nothing known", 0, 100, -1, -1, "", 0, {{0}}, true, FIRST, GO, 0, 0, -1},
	{"nothing known, log cut", 40, 100, -1, -1, "", 0, {{0}}, true, FIRST, GO, 40, 0, -1},
	{"nothing known, latest", 0, 100, -1, -1, "", 0, {{0}}, true, LAST, GO, 100, 0, -1},
	{"committed", 0, 100, 60, -1, "", 0, {{0}}, true, FIRST, GO, 60, 0, -1},
	{"committed wins over latest", 0, 100, 60, -1, "", 0, {{0}}, true, LAST, GO, 60, 0, -1},
	{"committed 0 is known", 0, 100, 0, -1, "", 0, {{0}}, true, LAST, GO, 0, 0, -1},
	{"committed at the end", 0, 100, 100, -1, "", 0, {{0}}, true, FIRST, GO, 100, 0, -1},
	{"committed below the log", 40, 100, 30, -1, "", 0, {{0}}, true, FIRST, GO, 40, 10, -1},
	{"committed above the log", 0, 100, 101, -1, "", 0, {{0}}, true, FIRST, STOP, 101, 0, -1},
	{"only best_effort outputs", 0, 100, 60, -1, "", 0, {{0}}, false, FIRST, GO, 60, 0, -1},
	{"empty log", 0, 0, -1, -1, "", 0, {{0}}, true, FIRST, GO, 0, 0, -1},
	{"settled, commit failed", 0, 100, 40, 60, "", 0, {{0}}, true, FIRST, GO, 60, 0, -1},
	{"settled, never committed, latest", 0, 100, -1, 60, "", 0, {{0}}, true, LAST, GO, 60, 0, -1},
	{"settled by the former owner", 0, 100, 80, 60, "", 0, {{0}}, true, FIRST, GO, 80, 0, -1},
	/* one row */
	{"born", 0, 100, 60, -1, "T", 1, {{60, "T", true}}, false, FIRST, GO, 60, 0, 0},
	{"row ahead of the group", 0, 100, 60, -1, "T", 1, {{80, "T", false}}, false, FIRST, GO, 80, 0, 0},
	{"row behind the group", 0, 100, 60, -1, "T", 1, {{20, "T", false}}, false, FIRST, GO, 20, 0, 0},
	{"row wins over latest", 0, 100, -1, -1, "T", 1, {{20, "T", false}}, false, LAST, GO, 20, 0, 0},
	{"row below the log", 40, 100, 60, -1, "T", 1, {{20, "T", false}}, false, FIRST, GO, 40, 20, 0},
	{"row at the end", 0, 100, 60, -1, "T", 1, {{100, "T", false}}, false, FIRST, GO, 100, 0, 0},
	{"row above the end", 0, 100, 60, -1, "T", 1, {{101, "T", false}}, false, FIRST, STOP, 101, 0, 0},
	{"everything was deleted", 100, 100, -1, -1, "T", 1,
	 {{90, "T", false}}, false, FIRST, GO, 100, 10, 0},
	{"settled, row behind", 0, 100, 40, 60, "T", 1, {{50, "T", false}}, true, FIRST, GO, 50, 0, 0},
	/* the topic's id */
	{"made anew", 0, 100, -1, -1, "U", 1, {{20, "T", false}}, false, FIRST, STOP, 20, 0, 0},
	{"made anew, row at 0", 0, 100, -1, -1, "U", 1, {{0, "T", false}}, false, FIRST, STOP, 0, 0, 0},
	{"id not told", 0, 100, -1, -1, "", 1, {{20, "T", false}}, false, FIRST, GO, 20, 0, 0},
	{"id not kept", 0, 100, -1, -1, "T", 1, {{20, "", false}}, false, FIRST, GO, 20, 0, 0},
	/* several outputs */
	{"lowest row", 0, 100, 90, -1, "T", 3,
	 {{50, "T", false}, {30, "T", false}, {70, "T", false}}, false, FIRST, GO, 30, 0, 1},
	{"one added later", 0, 100, 60, -1, "T", 2,
	 {{80, "T", false}, {60, "T", true}}, false, FIRST, GO, 60, 0, 1},
	{"second above the end", 0, 100, 60, -1, "T", 2,
	 {{10, "T", false}, {101, "T", false}}, false, FIRST, STOP, 10, 0, 1},
	{"second of another topic", 0, 100, 60, -1, "U", 2,
	 {{10, "U", false}, {50, "T", false}}, false, FIRST, STOP, 10, 0, 1},
	{"rows and others, group behind", 0, 100, 40, -1, "T", 1,
	 {{80, "T", false}}, true, FIRST, GO, 40, 0, -1},
	{"rows and others, row behind", 0, 100, 60, -1, "T", 1,
	 {{20, "T", false}}, true, FIRST, GO, 20, 0, 0},
	{"others, group unknown, latest", 0, 100, -1, -1, "T", 1,
	 {{80, "T", false}}, true, LAST, GO, 80, 0, 0},
	{"others, group above the end", 0, 100, 101, -1, "T", 1,
	 {{80, "T", false}}, true, FIRST, GO, 80, 0, 0},
};
/* clang-format on */

static void choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct start_case *c = &cases[i];
		struct offsets kafka = {.low = c->low,
					.high = c->high,
					.committed = c->committed,
					.settled = c->settled,
					.known = true};
		snprintf(kafka.topic_id, sizeof kafka.topic_id, "%s", c->topic_id);
		struct position row[3];
		const struct position *rows[3] = {&row[0], &row[1], &row[2]};
		for (size_t k = 0; k < c->rows; k++) {
			row[k] = (struct position){.offset = c->row[k].offset, .born = c->row[k].born};
			snprintf(row[k].topic_id, sizeof row[k].topic_id, "%s", c->row[k].topic_id);
		}
		struct start_choice got = start_choose(&kafka, rows, c->rows, c->others, c->start);
		const struct position *decided = c->decided >= 0 ? rows[c->decided] : NULL;
		if (got.state != c->state || got.offset != c->offset || got.gap != c->gap ||
		    got.row != decided)
			fail_msg("%s: state %d, offset %lld, gap %lld, row %td", c->name, (int)got.state,
				 (long long)got.offset, (long long)got.gap,
				 got.row != NULL ? got.row - row : -1);
		assert_int_equal(got.alarm != NULL, c->state == STOP);
	}
}

/* Where a partition without rows starts, and what is told of it. */
static void added(void **state)
{
	static const struct {
		bool added;
		enum start_at start;
		int64_t committed, settled, offset;
		enum start_from from;
	} table[] = {
		{false, FIRST, -1, -1, 40, START_FROM_EARLIEST},
		{false, LAST, -1, -1, 100, START_FROM_LATEST},
		{true, FIRST, -1, -1, 40, START_FROM_ADDED},
		{true, LAST, -1, -1, 40, START_FROM_ADDED},
		{true, LAST, 60, -1, 60, START_FROM_GROUP},
		{true, LAST, -1, 70, 70, START_FROM_GROUP},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct offsets kafka = {.low = 40,
					.high = 100,
					.committed = table[i].committed,
					.settled = table[i].settled,
					.added = table[i].added,
					.known = true};
		struct start_choice choice = start_choose(&kafka, NULL, 0, true, table[i].start);
		assert_int_equal(choice.offset, table[i].offset);
		assert_int_equal(start_from(&kafka, &choice, table[i].start), table[i].from);
	}
	struct offsets unknown = {.high = 100, .committed = -1, .settled = -1, .known = true};
	struct position row = {.offset = 20};
	const struct position *rows[] = {&row};
	struct start_choice choice = start_choose(&unknown, rows, 1, false, LAST);
	assert_int_equal(start_from(&unknown, &choice, LAST), START_FROM_OUTPUTS);
	row.born = true;
	assert_int_equal(start_from(&unknown, &choice, LAST), START_FROM_LATEST);
}

/* What counts as added, once it was asked what there was. */
static void former(void **state)
{
	char known[] = "known";
	char new[] = "new";
	struct former_topic topics[] = {{known, 2, true}, {new, 2, false}};
	const struct former none = {0};
	const struct former f = {.items = topics, .n = 2, .asked = true};
	(void)state;
	assert_false(former_added(&none, "known", 5));
	assert_true(former_added(&f, "known", 0));
	assert_true(former_added(&f, "known", 2));
	assert_false(former_added(&f, "new", 0));
	assert_false(former_added(&f, "new", 1));
	assert_true(former_added(&f, "new", 2));
	assert_true(former_added(&f, "made since", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(added),
		cmocka_unit_test(former),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
