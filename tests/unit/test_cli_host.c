/* SPDX-License-Identifier: Apache-2.0
 *
 * The host of commands: a wait ends when something is ready, at its deadline, or by a signal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli_host.h"

static void ready_or_at_the_deadline(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	int64_t start = clock_mono_ms();
	assert_int_equal(output_wait(cli_host(), fds[0], POLLIN, start + 250), 0);
	assert_true(clock_mono_ms() - start >= 250); /* longer than a slice */
	assert_int_equal(output_wait(cli_host(), -1, 0, start), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(output_wait(cli_host(), fds[0], POLLIN, clock_mono_ms() + 60000), POLLIN);
	assert_int_equal(output_wait(cli_host(), fds[0], POLLIN, start),
			 POLLIN); /* the deadline has passed */
	close(fds[0]);
	close(fds[1]);
}

/* The last one: what is asked stays asked. */
static void signal_ends_a_wait(void **state)
{
	(void)state;
	cli_host_catch_signals();
	assert_int_equal(atomic_load(cli_host_stop()), 0);
	int64_t start = clock_mono_ms();
	alarm(30); /* a wait that does not end fails the test */
	pid_t self = getpid();
	pid_t child = fork();
	if (child == 0) {
		usleep(150 * 1000);
		kill(self, SIGTERM);
		_exit(0);
	}
	assert_int_equal(output_wait(cli_host(), -1, 0, start + 60000), -1);
	assert_true(clock_mono_ms() - start < 20000);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_not_equal(atomic_load(cli_host_stop()), 0);
	assert_int_equal(output_wait(cli_host(), -1, 0, start), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_or_at_the_deadline),
		cmocka_unit_test(signal_ends_a_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
