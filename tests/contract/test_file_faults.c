/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `file` does when the disk is full, a sync fails, files or the folder go away,
 * or others hold them. After each fault each line must be there once.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/driver_file.h"
#include "tests/contract/driver_sqlite.h"

#define OPEN_FILE FIXTURE_TOPIC "-0-000000000000.jsonl.open"

static unsigned calls_left; /* writes and syncs until they fail; 0 = they do not */
static unsigned failing;    /* then so many fail */
static unsigned failed;
static unsigned failed_here; /* of them on files with lines, or the folder */
static int failure = EIO;

static bool is_database(int fd)
{
	char path[64];
	char name[256] = "";
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof name - 1) > 0 && strstr(name, ".db") != NULL;
}

static bool fails(int fd)
{
	if (calls_left > 0 && --calls_left > 0)
		return false;
	if (failing == 0)
		return false;
	failing--;
	failed++;
	failed_here += !is_database(fd);
	errno = failure;
	return true;
}

/* In place of libc's: the output and SQLite find these first. */
int fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	return fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	return fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at) /* NOLINT */
{
	return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, n, at);
}

/* From call number `first` on, `count` writes and syncs fail. */
static void arm(unsigned first, unsigned count, int error)
{
	calls_left = first;
	failing = count;
	failed = failed_here = 0;
	failure = error;
}

static void disarm(void)
{
	calls_left = failing = 0;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &file_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 4000);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	disarm();
	fixture_close(*state);
	free(*state);
	return 0;
}

static void assert_lines(struct fixture *f, struct strbuf *expected)
{
	struct strbuf found = {0};
	f->driver->read(f, &found);
	fixture_assert_lines(&found, expected);
}

static void assert_stored_once(struct fixture *f)
{
	struct strbuf expected = {0};
	fixture_expect(&f->batch, &expected);
	assert_lines(f, &expected);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), f->batch.event_count);
}

static void assert_nothing(struct fixture *f)
{
	struct strbuf expected = {0};
	assert_lines(f, &expected);
}

static enum output_verdict attempt(struct fixture *f, struct output_result *r)
{
	if (fixture_begin(f->output, f->type, r) == OUTPUT_OK &&
	    fixture_write(f->output, f->type, &f->batch, r) == OUTPUT_OK)
		fixture_commit(f->output, f->type, 0, 0, f->batch.event_count, r);
	if (r->verdict != OUTPUT_OK)
		f->type->abort(f->output);
	return r->verdict;
}

static void open_again(struct fixture *f)
{
	struct output_result r;
	f->type->open(f->output, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
}

/* A line that was cut off, with or without a new start. */
static void torn_tails_are_cut(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf expected = {0};
	struct strbuf again = {0};
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	fixture_expect(&f->batch, &expected);
	file_command(f, "yes torn | head -c 100001 >> " OPEN_FILE); /* longer than what comes next */
	fixture_fill(&f->batch, 0, 4000, 10);
	fixture_deliver(f, 4000, 4010);
	fixture_expect(&f->batch, &expected);
	strbuf_add(&again, expected.data, expected.len);
	assert_lines(f, &expected);
	file_command(f, "printf '{\"type\":\"sess' >> " OPEN_FILE);
	open_again(f);
	assert_lines(f, &again);
}

/* Every write and sync of a batch fails in turn, alone and with the next one: alarm, and nothing is lost. */
static void each_failing_call(void **state)
{
	unsigned undone = 0;
	unsigned here = 0;
	bool reached = true;
	tear_down(state);
	for (unsigned i = 2; reached; i++) {
		struct output_result r;
		set_up(state);
		struct fixture *f = *state;
		arm(i / 2, 1 + i % 2, i % 3 == 0 ? EIO : ENOSPC);
		enum output_verdict verdict = attempt(f, &r);
		reached = failed > 0;
		disarm();
		assert_true(verdict != OUTPUT_OK || failed_here == 0);
		here += failed_here;
		if (verdict != OUTPUT_OK) {
			assert_true(r.alarm);
			undone++;
			open_again(f);
			assert_nothing(f);
			assert_int_equal(fixture_position(f->output, f->type, 0, 9, NULL), 0);
			assert_int_equal(attempt(f, &r), OUTPUT_OK);
		}
		assert_stored_once(f);
		tear_down(state);
	}
	assert_true(undone > 4 && here > 4);
	set_up(state);
}

/* Lines of a partition that stays where it is (a dead letter that comes back): its watermark does not tell
 * whether a COMMIT that failed has happened. */
static void failing_calls_without_a_move(void **state)
{
	bool reached = true;
	tear_down(state);
	for (unsigned call = 1; reached; call++) {
		struct output_result r;
		struct strbuf expected = {0};
		set_up(state);
		struct fixture *f = *state;
		assert_int_equal(attempt(f, &r), OUTPUT_OK);
		fixture_expect(&f->batch, &expected);
		fixture_fill(&f->batch, 0, 7, 3);
		fixture_begin(f->output, f->type, &r);
		arm(call, 1, EIO);
		if (fixture_write(f->output, f->type, &f->batch, &r) == OUTPUT_OK)
			fixture_commit(f->output, f->type, 0, 4000, 4000, &r);
		reached = failed > 0;
		disarm();
		if (r.verdict == OUTPUT_OK)
			fixture_expect(&f->batch, &expected);
		f->type->abort(f->output);
		open_again(f);
		assert_lines(f, &expected);
		tear_down(state);
	}
	set_up(state);
}

static void full_disk_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	arm(2, 1000, ENOSPC);
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	file_assert_alarm(&r, "make room on the disk");
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	disarm();
	open_again(f);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

static void moved_folder_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char text[256];
	snprintf(text, sizeof text, "mv %s %s.old", f->folder, f->folder);
	assert_int_equal(system(text), 0);
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	file_assert_alarm(&r, "moved or deleted");
	f->type->open(f->output, &r);
	file_assert_alarm(&r, "make the folder, or mount it");
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	snprintf(text, sizeof text, "mv %s.old %s", f->folder, f->folder);
	assert_int_equal(system(text), 0);
	open_again(f);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

static void deleted_watermarks_are_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	file_command(f, "rm natmill-watermarks.db*");
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	assert_true(r.alarm && r.reopen);
	open_again(f);
	assert_int_equal(attempt(f, &r), OUTPUT_FENCED); /* take up anew */
	assert_nothing(f);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 0);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

/* The open file was deleted, or is shorter than what was synced. */
static void lost_lines_are_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC, .offset = 4000};
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	fixture_fill(&f->batch, 0, 4000, 10);
	fixture_begin(f->output, f->type, &r);
	file_command(f, "cp " OPEN_FILE " copy && truncate -s 5 " OPEN_FILE);
	fixture_write(f->output, f->type, &f->batch, &r);
	file_assert_alarm(&r, "put it back whole");
	f->type->abort(f->output);
	fixture_begin(f->output, f->type, &r);
	file_command(f, "rm " OPEN_FILE);
	fixture_write(f->output, f->type, &f->batch, &r);
	file_assert_alarm(&r, "is missing");
	f->type->abort(f->output);
	f->type->set_mark(f->output, &p, &r); /* given up */
	assert_int_equal(r.verdict, OUTPUT_OK);
	fixture_deliver(f, 4000, 4010);
	struct strbuf expected = {0};
	fixture_expect(&f->batch, &expected);
	assert_lines(f, &expected);
}

/* One owner in the middle of a batch, another one comes; and the first goes on when it is over. */
static void two_owners(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_env env = f->env;
	struct output *other = fixture_worker(f, &env);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_OK);
	fixture_begin(other, f->type, &r);
	f->host.give_up_after = f->host.waits + 3;
	assert_int_equal(fixture_write(other, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_non_null(strstr(r.why.msg, "another worker or process"));
	f->host.give_up_after = UINT32_MAX;
	f->type->abort(other);
	f->type->abort(f->output);
	fixture_begin(other, f->type, &r);
	fixture_write(other, f->type, &f->batch, &r);
	assert_int_equal(fixture_commit(other, f->type, 0, 0, 4000, &r), OUTPUT_OK);
	assert_int_equal(attempt(f, &r), OUTPUT_FENCED);
	f->type->close(other);
	assert_stored_once(f);
}

struct meddler {
	struct output_host host; /* first: it is cast back */
	struct fixture *f;       /* whose batch is committed in the first wait */
	bool done;
};

static int commit_meanwhile(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	struct meddler *m = (struct meddler *)h;
	struct output_result r;
	if (!m->done && deadline_ms > 0) {
		m->done = true;
		assert_int_equal(fixture_commit(m->f->output, m->f->type, 0, 0, 4000, &r), OUTPUT_OK);
	}
	(void)fd;
	(void)events;
	return 0;
}

/* Who waits for the file has read its row before: what another has committed meanwhile must not be cut off.
 */
static void commit_while_one_waits(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct meddler m = {.host = {.wait = commit_meanwhile}, .f = f};
	struct output_env env = f->env;
	env.host = &m.host;
	struct output *other = fixture_worker(f, &env);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_OK);
	fixture_begin(other, f->type, &r);
	fixture_write(other, f->type, &f->batch, &r);
	assert_true(m.done);
	assert_int_equal(fixture_commit(other, f->type, 0, 0, 4000, &r), OUTPUT_FENCED);
	f->type->close(other);
	assert_stored_once(f);
}

/* What waits does so only for its time. */
static void busy_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->driver->block(f);
	int64_t start = clock_mono_ms();
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	assert_false(r.alarm);
	assert_in_range(clock_mono_ms() - start, 300, 999);
	f->driver->unblock(f);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

static void without_a_transaction(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_int_equal(fixture_commit(f->output, f->type, 0, 0, 5, &r), OUTPUT_RETRY);
	assert_int_equal(fixture_position(f->output, f->type, 0, 5, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(torn_tails_are_cut),           TEST(each_failing_call),
		TEST(failing_calls_without_a_move), TEST(full_disk_is_an_alarm),
		TEST(moved_folder_is_an_alarm),     TEST(deleted_watermarks_are_fenced),
		TEST(lost_lines_are_an_alarm),      TEST(two_owners),
		TEST(commit_while_one_waits),       TEST(busy_is_bounded),
		TEST(without_a_transaction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
