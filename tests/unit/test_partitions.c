/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of owned partitions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stream/partitions.h"

static void finds_by_topic_and_number(void **state)
{
	(void)state;
	struct partitions t = {0};
	char name[] = "a";
	struct partition *a0 = partitions_add(&t, name, 0);
	name[0] = 'b'; /* the name was copied */
	struct partition *b0 = partitions_add(&t, name, 0);
	struct partition *a1 = partitions_add(&t, "a", 1);
	assert_int_equal(t.n, 3);
	assert_ptr_equal(partitions_find(&t, "a", 0), a0);
	assert_ptr_equal(partitions_find(&t, "b", 0), b0);
	assert_ptr_equal(partitions_find(&t, "a", 1), a1);
	assert_null(partitions_find(&t, "b", 1));
	assert_null(partitions_find(&t, "ab", 0));
	assert_int_equal(a0->state, PARTITION_WAITING);
	assert_int_equal(a0->committed, -1);
	assert_int_equal(a0->batch_end, -1);
	partitions_free(&t);
	assert_int_equal(t.n, 0);
}

static void one_that_is_there_stays_as_it_is(void **state)
{
	(void)state;
	struct partitions t = {0};
	struct partition *p = partitions_add(&t, "a", 0);
	p->state = PARTITION_READING;
	p->next = 42;
	assert_ptr_equal(partitions_add(&t, "a", 0), p);
	assert_int_equal(p->next, 42);
	assert_int_equal(t.n, 1);
	partitions_free(&t);
}

/* Others keep pointers while the table grows and shrinks. */
static void addresses_are_stable(void **state)
{
	(void)state;
	struct partitions t = {0};
	struct partition *kept[100];
	for (int32_t i = 0; i < 100; i++)
		kept[i] = partitions_add(&t, "a", i);
	for (int32_t i = 0; i < 100; i += 2)
		kept[i]->revoked = true;
	partitions_drop_revoked(&t);
	assert_int_equal(t.n, 50);
	for (int32_t i = 1; i < 100; i += 2)
		assert_ptr_equal(partitions_find(&t, "a", i), kept[i]);
	assert_null(partitions_find(&t, "a", 0));
	partitions_free(&t);
}

static void restart_spares_the_stopped(void **state)
{
	(void)state;
	struct partitions t = {0};
	static const enum partition_state states[] = {PARTITION_WAITING, PARTITION_POSITIONED,
						      PARTITION_READING, PARTITION_STOPPED};
	for (int32_t i = 0; i < 4; i++)
		partitions_add(&t, "a", i)->state = states[i];
	assert_int_equal(partitions_count(&t, PARTITION_READING), 1);
	partitions_restart(&t);
	assert_int_equal(partitions_count(&t, PARTITION_WAITING), 3);
	assert_int_equal(partitions_find(&t, "a", 3)->state, PARTITION_STOPPED);
	partitions_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_topic_and_number),
		cmocka_unit_test(one_that_is_there_stays_as_it_is),
		cmocka_unit_test(addresses_are_stable),
		cmocka_unit_test(restart_spares_the_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
