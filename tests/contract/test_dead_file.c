/* SPDX-License-Identifier: Apache-2.0
 *
 * What the dead-letter store `file` promises beyond the contract: whole lines through crashes, full disks and
 * rotation, and the original bytes whatever they are.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_dead.h"

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &dead_file_driver);
	fixture_fill(&f->batch, 0, 0, 2);
	batch_add_dead(&f->batch, 0, 0, "first");
	batch_add_dead(&f->batch, 1, 0, "second");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void put_file(const char *path, const char *text, size_t n)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	fclose(file);
}

static char *get_file(const char *path)
{
	struct strbuf text = {0};
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	for (size_t n; (n = fread(strbuf_reserve(&text, 4096), 1, 4096, file)) > 0;)
		text.len += n;
	strbuf_add(&text, "", 0);
	fclose(file);
	return text.data;
}

static void store(struct fixture *f, enum output_verdict verdict, struct output_result *r)
{
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, r);
	if (r->verdict != verdict)
		fail_msg("verdict %d: %s", (int)r->verdict, r->why.msg);
}

static unsigned count_lines(const char *path)
{
	unsigned n = 0;
	char *text = get_file(path);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	free(text);
	return n;
}

static void cut_line_is_taken_away(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf text = {0};
	strbuf_adds(&text, "{\"whole\":1}\n{\"cut\":\"");
	while (text.len < 10000) /* longer than one look back */
		strbuf_adds(&text, "xxxxxxxxxxxxxxxx");
	put_file(f->path, text.data, text.len);
	strbuf_free(&text);
	store(f, OUTPUT_OK, &r);
	char *now = get_file(f->path);
	assert_memory_equal(now, "{\"whole\":1}\n{\"topic\":", 21);
	free(now);
	assert_int_equal(count_lines(f->path), 3);
}

static void only_a_cut_line(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	put_file(f->path, "{\"cut", 5);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void rotation_begins_a_new_file(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char aside[128];
	snprintf(aside, sizeof aside, "%s.1", f->path);
	store(f, OUTPUT_OK, &r);
	assert_int_equal(rename(f->path, aside), 0);
	store(f, OUTPUT_OK, &r);
	assert_int_equal(count_lines(aside), 2);
	assert_int_equal(count_lines(f->path), 2);
	assert_int_equal(unlink(f->path), 0);
	store(f, OUTPUT_OK, &r);
	assert_int_equal(count_lines(f->path), 2);
}

/* The limit ends the second of the lines. */
static void full_disk_leaves_whole_lines(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct rlimit before;
	struct stat st;
	store(f, OUTPUT_OK, &r);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit tight = {.rlim_cur = (rlim_t)(st.st_size + st.st_size / 2 + 50),
			       .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	store(f, OUTPUT_RETRY, &r);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, strerror(EFBIG)));
	struct stat after;
	assert_int_equal(stat(f->path, &after), 0);
	assert_int_equal(after.st_size, st.st_size);
	store(f, OUTPUT_OK, &r);
	assert_int_equal(count_lines(f->path), 4);
}

static void bytes_come_back(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->batch.messages[0].value = "\xff\x00z";
	f->batch.messages[0].len = 3;
	f->batch.messages[0].key = "k";
	f->batch.messages[0].key_len = 1;
	f->batch.messages[1].value = "gr\xc3\xbcn \"\\\n\x00";
	f->batch.messages[1].len = 10;
	f->batch.messages[1].key = "\xc0";
	f->batch.messages[1].key_len = 1;
	f->batch.dead[1].column = 7;
	f->batch.dead[1].output = "pg";
	store(f, OUTPUT_OK, &r);
	char *text = get_file(f->path);
	assert_non_null(strstr(text, "\"key\":\"k\",\"value_base64\":\"/wB6\"}\n"));
	assert_non_null(
		strstr(text, "\"key_base64\":\"wA==\",\"value\":\"gr\xc3\xbcn \\\"\\\\\\n\\u0000\"}\n"));
	assert_non_null(strstr(
		text,
		"{\"topic\":\"cgnat.syslog.nfware\",\"partition\":0,\"offset\":1,\"record\":0,\"index\":0,"
		"\"cluster\":\"cluster-1\",\"output\":\"pg\",\"column\":7,\"reason\":\"second\","
		"\"generation\":0,\"stored_at\":\"20"));
	assert_non_null(strstr(text, "\"timestamp\":\"2025-05-02T11:34:56.870Z\""));
	free(text);
}

static void missing_folder_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char command[160];
	snprintf(command, sizeof command, "mv %s %s.away", f->folder, f->folder);
	assert_int_equal(system(command), 0);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
	store(f, OUTPUT_RETRY, &r);
	snprintf(command, sizeof command, "mv %s.away %s", f->folder, f->folder);
	assert_int_equal(system(command), 0);
	store(f, OUTPUT_OK, &r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cut_line_is_taken_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_a_cut_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rotation_begins_a_new_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_disk_leaves_whole_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_folder_is_an_alarm, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
