/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking calls on threads of their own: who owns what when they return, are late, or are no longer wanted;
 * and names looked up that way.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "output/aside.h"
#include "output/lookup.h"
#include "output/output.h"

struct waiter {
	struct output_host host;
	bool give_up;
};

static int wait_or_give_up(struct output_host *host, int fd, short events, int64_t deadline_ms)
{
	const struct waiter *w = (const struct waiter *)host;
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline_ms - clock_mono_ms();
	if (w->give_up)
		return -1;
	poll(&p, 1, left > 0 ? (int)left : 0);
	return p.revents;
}

/* A call that returns when it is let go. */
struct call {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool go;
	bool dropped;
	bool done;
};

static void block_until_go(void *arg)
{
	struct call *c = arg;
	pthread_mutex_lock(&c->mutex);
	while (!c->go)
		pthread_cond_wait(&c->changed, &c->mutex);
	c->done = true;
	pthread_mutex_unlock(&c->mutex);
}

static void drop(void *arg)
{
	struct call *c = arg;
	pthread_mutex_lock(&c->mutex);
	c->dropped = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->mutex);
}

static void let_go(struct call *c)
{
	pthread_mutex_lock(&c->mutex);
	c->go = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->mutex);
}

static void await_drop(struct call *c)
{
	pthread_mutex_lock(&c->mutex);
	while (!c->dropped)
		pthread_cond_wait(&c->changed, &c->mutex);
	pthread_mutex_unlock(&c->mutex);
}

static void returns_in_time(void **state)
{
	struct waiter w = {.host = {.wait = wait_or_give_up}};
	struct call c = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, false, false};
	(void)state;
	assert_int_equal(aside_run(&w.host, block_until_go, drop, &c, clock_mono_ms() + 20000), 1);
	assert_true(c.done);
	assert_false(c.dropped);
}

static void late_or_not_wanted(void **state)
{
	(void)state;
	for (int give_up = 0; give_up < 2; give_up++) {
		struct waiter w = {.host = {.wait = wait_or_give_up}, .give_up = give_up == 1};
		struct call c = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
		int64_t start = clock_mono_ms();
		int rc = aside_run(&w.host, block_until_go, drop, &c, start + 50);
		assert_int_equal(rc, give_up == 1 ? -1 : 0);
		assert_in_range(clock_mono_ms() - start, give_up == 1 ? 0 : 50, 5000);
		assert_false(c.dropped); /* it is still at work */
		let_go(&c);
		await_drop(&c);
		assert_true(c.done);
	}
}

static void names_and_addresses(void **state)
{
	struct waiter w = {.host = {.wait = wait_or_give_up}};
	struct addrinfo *found;
	(void)state;
	assert_int_equal(lookup_host(&w.host, "127.0.0.1", "80", clock_mono_ms() + 20000, &found), 0);
	freeaddrinfo(found);
	assert_int_equal(lookup_host(&w.host, "localhost", NULL, clock_mono_ms() + 20000, &found), 0);
	freeaddrinfo(found);
	assert_true(lookup_is_address("2001:db8::1"));
	assert_false(lookup_is_address("localhost"));
	w.give_up = true;
	assert_int_equal(lookup_host(&w.host, "::1", "80", clock_mono_ms(), &found), 0); /* without a wait */
	freeaddrinfo(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_in_time),
		cmocka_unit_test(late_or_not_wanted),
		cmocka_unit_test(names_and_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
