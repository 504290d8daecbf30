/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock that outputs of several workers share: one holder, found by name, and waits that the engine can
 * end.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "output/lock.h"
#include "tests/contract/fixture.h"

static void one_holder_by_name(void **state)
{
	(void)state;
	struct fixture_host host;
	fixture_host_init(&host);
	struct lock *a = lock_get("a");
	struct lock *again = lock_get("a");
	struct lock *b = lock_get("b");
	assert_ptr_equal(a, again);
	assert_ptr_not_equal(a, b);
	assert_int_equal(lock_take(a, &host.host, 0), 1);
	assert_int_equal(lock_take(b, &host.host, 0), 1);
	assert_int_equal(lock_take(again, &host.host, clock_mono_ms() + 5), 0);
	lock_release(a);
	assert_int_equal(lock_take(again, &host.host, 0), 1);
	lock_release(again);
	lock_release(b);
	lock_put(again);
	assert_int_equal(lock_take(a, &host.host, 0), 1); /* a user is left: still there */
	lock_release(a);
	lock_put(a);
	lock_put(b);
	lock_put(NULL);
}

static void wait_is_given_up(void **state)
{
	(void)state;
	struct fixture_host host;
	fixture_host_init(&host);
	host.give_up_after = 0;
	struct lock *l = lock_get("l");
	assert_int_equal(lock_take(l, &host.host, INT64_MAX), 1); /* free: no wait */
	assert_int_equal(lock_take(l, &host.host, INT64_MAX), -1);
	lock_release(l);
	lock_put(l);
}

#define THREADS 4
#define ROUNDS 2000

static struct lock *shared;
static unsigned long counter; /* guarded by the lock alone; the thread sanitizer watches */

static void *count(void *arg)
{
	struct fixture_host host;
	(void)arg;
	fixture_host_init(&host);
	for (int i = 0; i < ROUNDS; i++) {
		if (lock_take(shared, &host.host, clock_mono_ms() + 30000) != 1)
			return NULL;
		counter++;
		lock_release(shared);
	}
	return NULL;
}

static void threads_take_turns(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	shared = lock_get("shared");
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lock_put(shared);
	assert_int_equal(counter, THREADS * ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_holder_by_name),
		cmocka_unit_test(wait_is_given_up),
		cmocka_unit_test(threads_take_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
