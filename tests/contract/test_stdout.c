/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `stdout` does when its reader is slow or gone: whole lines only, nothing lost, lines that
 * are cut are finished before anything else is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/fixture.h"

#define PAGE 4096
#define PIPE_PAGES 16

extern const struct output_type stdout_output;

static int saved;
static int reader;
static struct strbuf seen;

static void use_as_stdout(int fd)
{
	fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
}

static void to_pipe(struct fixture *f)
{
	int ends[2];
	(void)f;
	saved = dup(STDOUT_FILENO);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, PIPE_PAGES * PAGE), PIPE_PAGES * PAGE);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	reader = ends[0];
	use_as_stdout(ends[1]);
}

static void to_file(struct fixture *f)
{
	saved = dup(STDOUT_FILENO);
	reader = -1;
	int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	use_as_stdout(fd);
}

static void restore(struct fixture *f)
{
	(void)f;
	use_as_stdout(saved);
	if (reader >= 0)
		close(reader);
	strbuf_free(&seen);
}

static const struct driver pipe_driver = {.type = &stdout_output, .set_up = to_pipe, .tear_down = restore};
static const struct driver file_driver = {.type = &stdout_output, .set_up = to_file, .tear_down = restore};

static int set_up_on(void **state, const struct driver *driver)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	signal(SIGPIPE, SIG_IGN);
	fixture_open(f, driver);
	*state = f;
	return 0;
}

static int set_up_pipe(void **state)
{
	return set_up_on(state, &pipe_driver);
}

static int set_up_file(void **state)
{
	return set_up_on(state, &file_driver);
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void drain(void)
{
	ssize_t n;
	while ((n = read(reader, strbuf_reserve(&seen, PAGE), PAGE)) > 0)
		seen.len += (size_t)n;
	strbuf_add(&seen, "", 0);
}

/* Leaves room for so many pages. */
static size_t stuff(unsigned room)
{
	static const char dots[PAGE];
	for (unsigned i = room; i < PIPE_PAGES; i++)
		assert_int_equal(write(STDOUT_FILENO, dots, PAGE), PAGE);
	return (PIPE_PAGES - room) * (size_t)PAGE;
}

static size_t write_from(struct fixture *f, struct output *o, size_t from, struct output_result *r)
{
	uint32_t *pick;
	struct output_range range = fixture_range(&f->batch, &pick);
	range.pick += from;
	range.n -= from;
	f->type->write(o, &range, r);
	free(pick);
	return r->verdict == OUTPUT_OK ? r->n : 0;
}

static bool is_event(struct fixture *f, size_t place, const char *line)
{
	struct strbuf json = {0};
	event_json(&f->batch.events[place], f->batch.arena.data, f->batch.arena.len, &json);
	bool same = strcmp(line, json.data) == 0;
	strbuf_free(&json);
	return same;
}

/* All lines whole and in the batch's order; `repeated` of them directly behind themselves. */
static void assert_lines(struct fixture *f, size_t skip, size_t repeated)
{
	size_t place = 0;
	char *line = seen.data + skip;
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (place < f->batch.event_count && is_event(f, place, line)) {
			place++;
			continue;
		}
		assert_true(place > 0 && repeated-- > 0);
		assert_true(is_event(f, place - 1, line));
	}
	assert_int_equal(*line, '\0');
	assert_int_equal(place, f->batch.event_count);
	assert_int_equal(repeated, 0);
}

static void cut_line_is_finished_first(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 200);
	size_t skip = stuff(1);
	f->host.give_up_after = 0;
	size_t done = write_from(f, f->output, 0, &r);
	assert_in_range(done, 5, 100); /* a page holds some, and ends within a line */
	assert_int_equal(write_from(f, f->output, done, &r), 0);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_false(r.alarm);
	drain();
	assert_true(seen.data[seen.len - 1] != '\n');
	f->host.give_up_after = UINT32_MAX;
	struct output *other = fixture_worker(f, &f->env);
	assert_int_equal(write_from(f, other, done, &r), f->batch.event_count - done);
	f->type->close(other);
	drain();
	assert_lines(f, skip, 1);
}

static void gone_reader_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 3);
	close(reader);
	reader = -1;
	assert_int_equal(write_from(f, f->output, 0, &r), 0);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "gone"));
}

static void non_blocking_pipe(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	assert_int_equal(fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK), 0);
	fixture_fill(&f->batch, 0, 0, 100);
	assert_int_equal(write_from(f, f->output, 0, &r), 100);
	drain();
	assert_lines(f, 0, 0);
}

static void file_takes_all_at_once(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_fill(&f->batch, 0, 0, 4000);
	f->host.give_up_after = 0;
	assert_int_equal(write_from(f, f->output, 0, &r), 4000);
	assert_int_equal(f->host.waits, 0);
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	reader = fd;
	drain();
	assert_lines(f, 0, 0);
}

static void closed_stdout_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	close(STDOUT_FILENO);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
}

static void full_device_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	use_as_stdout(open("/dev/full", O_WRONLY | O_CLOEXEC));
	f->type->open(f->output, &r);
	fixture_fill(&f->batch, 0, 0, 3);
	assert_int_equal(write_from(f, f->output, 0, &r), 0);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, strerror(ENOSPC)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cut_line_is_finished_first, set_up_pipe, tear_down),
		cmocka_unit_test_setup_teardown(gone_reader_is_an_alarm, set_up_pipe, tear_down),
		cmocka_unit_test_setup_teardown(non_blocking_pipe, set_up_pipe, tear_down),
		cmocka_unit_test_setup_teardown(file_takes_all_at_once, set_up_file, tear_down),
		cmocka_unit_test_setup_teardown(closed_stdout_is_an_alarm, set_up_file, tear_down),
		cmocka_unit_test_setup_teardown(full_device_is_an_alarm, set_up_file, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
