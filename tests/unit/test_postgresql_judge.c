/* SPDX-License-Identifier: Apache-2.0
 *
 * What errors of PostgreSQL mean for delivery: a table, since retry is a pure predicate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "outputs/postgresql.h"

enum { AGAIN = 0, DATA = 1, ALARM = 2, ANEW = 4, MEND = ALARM | ANEW };

static const struct {
	const char *state;
	int constrained;
	int verdict;
} rows[] = {
	/* the event is to blame */
	{"22001", 0, DATA}, /* text too long */
	{"22003", 0, DATA}, /* number out of range */
	{"22021", 0, MEND}, /* no UTF-8: the column's type has changed, texts were checked before */
	{"22P05", 0, DATA}, /* untranslatable character */
	{"23502", 1, DATA}, /* NOT NULL */
	{"23502", 0, DATA},
	{"23503", 1, DATA}, /* foreign key */
	{"23505", 1, DATA}, /* unique */
	{"23514", 1, DATA}, /* CHECK */
	{"23P01", 1, DATA}, /* exclusion */
	{"54000", 0, DATA}, /* index row too long */
	{"P0001", 0, DATA}, /* a trigger's RAISE */
	/* the table is */
	{"23514", 0, MEND}, /* no partition for the row */
	{"22P03", 0, MEND}, /* the column's type has changed */
	{"22P04", 0, MEND},
	{"08P01", 0, MEND},
	{"42P01", 0, MEND},  /* no such table */
	{"42703", 0, MEND},  /* no such column */
	{"42501", 0, MEND},  /* no right to */
	{"3F000", 0, MEND},  /* no such schema */
	{"3D000", 0, MEND},  /* no such database */
	{"28P01", 0, MEND},  /* wrong password */
	{"28000", 0, MEND},  /* login refused */
	{"25006", 0, MEND},  /* read-only */
	{"53100", 0, ALARM}, /* disk full */
	/* nobody is: again */
	{"40001", 0, AGAIN}, /* serialisation */
	{"40P01", 0, AGAIN}, /* deadlock */
	{"53200", 0, AGAIN}, /* out of memory */
	{"55P03", 0, AGAIN}, /* lock not to be had */
	{"55006", 0, AGAIN}, /* object in use */
	{"57014", 0, AGAIN}, /* cancelled */
	/* again, on another connection */
	{"53300", 0, ANEW}, /* too many connections */
	{"57P01", 0, ANEW}, /* shut down */
	{"57P02", 0, ANEW},
	{"57P03", 0, ANEW},
	{"08006", 0, ANEW},
	{"08003", 0, ANEW},
	{"25P02", 0, ANEW},
	{"25P03", 0, ANEW}, /* idle in transaction for too long */
	{NULL, 0, ANEW},    /* the server said nothing */
	/* unknown: never the data */
	{"XX000", 0, MEND},
	{"58030", 0, MEND},
	{"0A000", 0, MEND},
	{"ZZZZZ", 0, MEND},
	{"", 0, MEND},
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct postgresql_verdict v = postgresql_judge(rows[i].state, rows[i].constrained);
		int found = (v.data ? DATA : 0) | (v.alarm ? ALARM : 0) | (v.reopen ? ANEW : 0);
		if (found != rows[i].verdict)
			fail_msg("%s: %d instead of %d", rows[i].state, found, rows[i].verdict);
	}
}

static void state_in_a_message(void **state)
{
	char found[6] = "";
	(void)state;
	assert_true(postgresql_find_state(
		"connection to server at \"127.0.0.1\", port 54321 failed: FATAL:  28P01: "
		"password authentication failed for user \"a\"\nLOCATION:  x, y.c:1\n",
		found));
	assert_string_equal(found, "28P01");
	assert_true(
		postgresql_find_state("first: FATAL:  57P03: starting\nsecond: FATAL:  3D000: no database",
				      found));
	assert_string_equal(found, "3D000");
	assert_false(
		postgresql_find_state("connection to server at \"::1\", port 5432 failed: Connection refused",
				      found));
	assert_false(postgresql_find_state("FATAL:  28P0", found));
	assert_false(postgresql_find_state("FATAL:  28p01: small letters", found));
	assert_false(postgresql_find_state("", found));
}

static void row_in_a_context(void **state)
{
	(void)state;
	assert_int_equal(postgresql_find_row("COPY session_mapping, line 17", "session_mapping"), 17);
	assert_int_equal(postgresql_find_row("COPY session_mapping, line 3, column x_port",
					     "session_mapping"),
			 3);
	assert_int_equal(postgresql_find_row("COPY session_mapping, line 3\nmore", "session_mapping"), 3);
	assert_int_equal(postgresql_find_row("COPY session_mapping2, line 3", "session_mapping"), 0);
	assert_int_equal(postgresql_find_row("PL/pgSQL function refuse() line 3 at RAISE", "session_mapping"),
			 0);
	assert_int_equal(postgresql_find_row("COPY session_mapping", "session_mapping"), 0);
	assert_int_equal(postgresql_find_row(NULL, "session_mapping"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(state_in_a_message),
		cmocka_unit_test(row_in_a_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
