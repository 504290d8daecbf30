/* SPDX-License-Identifier: Apache-2.0
 *
 * kill -9 of a process that writes through the output `file`, at random moments: afterwards each offset below
 * the watermark is in exactly one line, and no other line is there.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_file.h"

#define TIMES 40

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &file_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

/* Delivers batches without end from where it finds the watermark; a byte into the pipe for each. */
static void deliver_until_killed(struct fixture *f, int pipe)
{
	struct output_result r;
	struct output *o = fixture_worker(f, &f->env);
	int64_t at = fixture_position(o, f->type, 0, 0, NULL);
	f->output = o;
	for (uint32_t n = 1;; n = n % 700 + 90) {
		fixture_fill(&f->batch, 0, at, n);
		if (fixture_begin(o, f->type, &r) != OUTPUT_OK ||
		    fixture_write(o, f->type, &f->batch, &r) != OUTPUT_OK ||
		    fixture_commit(o, f->type, 0, at, at + n, &r) != OUTPUT_OK)
			_exit(1);
		if (write(pipe, ".", 1) != 1)
			_exit(2);
		at += n;
	}
}

/* By the event's time, which the fixture makes of its offset. */
static void assert_each_offset_once(struct fixture *f, int64_t end)
{
	static unsigned char seen[1 << 22];
	struct strbuf found = {0};
	size_t lines = 0;
	memset(seen, 0, sizeof seen);
	f->driver->read(f, &found);
	strbuf_addc(&found, '\n');
	for (char *line = strtok(found.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		int hour;
		int minute;
		int second;
		int day;
		const char *stamp = strstr(line, "\"timestamp\":\"2025-");
		assert_non_null(stamp);
		assert_int_equal(sscanf(stamp + 18, "05-%dT%d:%d:%d", &day, &hour, &minute, &second), 4);
		int64_t offset = (((day - 2) * 24 + hour) * 60 + minute) * 60 + second - 41696;
		assert_in_range(offset, 0, end - 1);
		assert_int_equal(seen[offset]++, 0);
		assert_int_equal(line[strlen(line) - 1], '}');
		lines++;
	}
	assert_int_equal(lines, end);
	strbuf_free(&found);
}

/* A process that is killed after some batches, at a random moment of the next. */
static void one_kill(struct fixture *f)
{
	int ends[2];
	char dots[8];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		deliver_until_killed(f, ends[1]);
	close(ends[1]);
	for (int left = rand() % 5; left > 0; left--)
		assert_int_equal(read(ends[0], dots, 1), 1);
	usleep((useconds_t)(rand() % 6000));
	int status;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(ends[0]);
}

static void kills(struct fixture *f)
{
	int64_t at = 0;
	f->type->close(f->output);
	srand(7);
	for (unsigned i = 0; i < TIMES; i++) {
		one_kill(f);
		f->output = fixture_worker(f, &f->env);
		int64_t now = fixture_position(f->output, f->type, 0, 0, NULL);
		assert_true(now >= at);
		at = now;
		assert_each_offset_once(f, at);
		f->type->close(f->output);
	}
	f->output = fixture_worker(f, &f->env);
	assert_true(at > TIMES * 90);
}

/* kill -9 at random moments, rotating all the time. */
static void kills_of_plain_files(void **state)
{
	struct fixture *f = *state;
	file_option(f, "rotate_size", "100000");
	kills(f);
	assert_true(file_count(f) > 3);
}

static void kills_of_packed_files(void **state)
{
	struct fixture *f = *state;
	file_option(f, "compression", "zstd");
	file_option(f, "rotate_size", "20000");
	kills(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kills_of_plain_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(kills_of_packed_files, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
