/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `sqlite` does when the disk is full, a sync fails, the file goes away, or others hold it.
 * After each fault the same rows must be there once.
 */
#include <errno.h>
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
#include "tests/contract/driver_sqlite.h"

static unsigned failing_syncs; /* the next so many report EIO */
static unsigned failed_syncs;

/* In place of libc's: SQLite finds these first. */
int fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	if (failing_syncs > 0) {
		failing_syncs--;
		failed_syncs++;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	return fdatasync(fd);
}

static ssize_t full_disk(int fd, const void *data, size_t n, off_t offset)
{
	(void)fd;
	(void)data;
	(void)n;
	(void)offset;
	errno = ENOSPC;
	return -1;
}

/* SQLite lets tests replace its system calls; NULL puts the real ones back. */
static void set_writes(ssize_t (*write)(int, const void *, size_t, off_t))
{
	static const char *const calls[] = {"pwrite", "pwrite64"};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	for (size_t i = 0; i < 2; i++)
		vfs->xSetSystemCall(vfs, calls[i], (sqlite3_syscall_ptr)(void (*)(void))write);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &sqlite_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 2000);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	set_writes(NULL);
	failing_syncs = 0;
	fixture_close(*state);
	free(*state);
	return 0;
}

static void assert_stored_once(struct fixture *f)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	f->driver->read(f, &found);
	fixture_expect(&f->batch, &expected);
	fixture_assert_lines(&found, &expected);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), f->batch.event_count);
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

static void open_again(struct fixture *f, const struct output_result *from)
{
	struct output_result r;
	if (!from->reopen)
		return;
	f->type->open(f->output, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
}

static void full_disk_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	set_writes(full_disk);
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "make room on the disk"));
	if (r.reopen)
		f->type->open(f->output, &r); /* may fail as well */
	set_writes(NULL);
	f->type->open(f->output, &r);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

/* COMMIT reports an error: whether it happened is read from the file. Both ends must occur, and both be
 * right. */
static void failed_commit_tells_the_truth(void **state)
{
	unsigned done = 0;
	unsigned undone = 0;
	tear_down(state);
	for (unsigned syncs = 1; syncs < 8; syncs++) {
		struct output_result r;
		set_up(state);
		struct fixture *f = *state;
		failing_syncs = syncs;
		failed_syncs = 0;
		enum output_verdict verdict = attempt(f, &r);
		assert_true(failed_syncs > 0);
		failing_syncs = 0;
		done += verdict == OUTPUT_OK;
		if (verdict != OUTPUT_OK) {
			assert_int_equal(verdict, OUTPUT_RETRY);
			undone++;
			open_again(f, &r);
			assert_int_equal(fixture_position(f->output, f->type, 0, 9, NULL), 0);
			assert_int_equal(attempt(f, &r), OUTPUT_OK);
		}
		assert_stored_once(f);
		tear_down(state);
	}
	assert_true(done > 0 && undone > 0);
	set_up(state);
}

static void moved_file_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char aside[128];
	snprintf(aside, sizeof aside, "%s.old", f->path);
	assert_int_equal(rename(f->path, aside), 0);
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	assert_true(r.alarm && r.reopen);
	open_again(f, &r);
	assert_int_equal(attempt(f, &r), OUTPUT_FENCED); /* the new file has no watermark: take up anew */
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 0);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

static void dropped_table_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	sqlite_shell(f->path, "DROP TABLE port_mapping");
	assert_int_equal(attempt(f, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	open_again(f, &r);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

static void deleted_watermark_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	sqlite_shell(f->path, "DELETE FROM natmill_watermarks");
	assert_int_equal(attempt(f, &r), OUTPUT_FENCED);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM session_mapping"), 0);
}

static void no_database_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->type->close(f->output);
	FILE *file = fopen(f->path, "w");
	assert_non_null(file);
	for (int i = 0; i < 500; i++)
		fputs("this is no database; ", file);
	fclose(file);
	struct err e;
	f->output = f->type->create(&f->options, &f->env, &e);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
}

static void busy_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->driver->block(f);
	int64_t start = clock_mono_ms();
	f->type->begin(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_false(r.alarm);
	assert_false(r.reopen);
	assert_in_range(clock_mono_ms() - start, 300, 499);
	start = clock_mono_ms();
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 0, 499);
	f->driver->unblock(f);
	f->type->open(f->output, &r);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
	assert_stored_once(f);
}

/* The turn goes to the next worker at commit and at abort, not before. */
static void workers_take_turns(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_env env = f->env;
	struct fixture_host host;
	fixture_host_init(&host);
	env.host = &host.host;
	struct output *other = fixture_worker(f, &env);
	fixture_begin(f->output, f->type, &r);
	host.give_up_after = 0;
	assert_int_equal(fixture_begin(other, f->type, &r), OUTPUT_RETRY);
	assert_false(r.alarm);
	assert_non_null(strstr(r.why.msg, "another worker")); /* held by our lock, not by SQLite's */
	f->type->abort(other);
	f->type->abort(f->output);
	assert_int_equal(fixture_begin(other, f->type, &r), OUTPUT_OK);
	f->type->abort(other);
	f->type->close(other);
	assert_int_equal(attempt(f, &r), OUTPUT_OK);
}

/* Calls out of order answer retry and harm nothing. */
static void without_a_transaction(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_int_equal(fixture_commit(f->output, f->type, 0, 0, 5, &r), OUTPUT_RETRY);
	f->type->dead(f->output, &f->batch, NULL, 0, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_int_equal(fixture_position(f->output, f->type, 0, 5, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(full_disk_is_an_alarm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failed_commit_tells_the_truth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moved_file_is_an_alarm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dropped_table_is_an_alarm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(deleted_watermark_is_fenced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_database_is_an_alarm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(busy_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workers_take_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_transaction, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
