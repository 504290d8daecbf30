/* SPDX-License-Identifier: Apache-2.0
 *
 * The dead-letter store `file` while it is rewritten without the letters that came back: beside a writer, and
 * when it is moved away in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_dead.h"

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &dead_file_driver);
	fixture_fill(&f->batch, 0, 0, 3);
	for (uint32_t i = 0; i < 3; i++)
		batch_add_dead(&f->batch, i, 0, "reason");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void store(struct fixture *f, enum output_verdict verdict)
{
	struct output_result r;
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	if (r.verdict != verdict)
		fail_msg("verdict %d: %s", (int)r.verdict, r.why.msg);
}

/* The offsets of the letters in a file: "0 1 2 ". */
static const char *offsets(const char *path)
{
	static char found[256];
	char line[4096];
	FILE *in = fopen(path, "r");
	found[0] = '\0';
	assert_non_null(in);
	while (fgets(line, sizeof line, in) != NULL) {
		const char *at = strstr(line, "\"offset\":");
		size_t n = strlen(found);
		snprintf(found + n, sizeof found - n, "%lld ",
			 at != NULL ? strtoll(at + strlen("\"offset\":"), NULL, 10) : -1);
	}
	fclose(in);
	return found;
}

/* What gone() does beside telling that the letter of offset 1 came back. */
struct meanwhile {
	struct fixture *f;
	const char *aside; /* the file is moved there, and another one begun */
	bool fails;
};

static void begin_another(const struct meanwhile *m)
{
	struct output_result r;
	struct output_env env = m->f->env;
	assert_int_equal(rename(m->f->path, m->aside), 0);
	struct output *writer = fixture_worker(m->f, &env);
	m->f->type->dead(writer, &m->f->batch, m->f->batch.dead, 1, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	m->f->type->close(writer);
}

static void one_is_gone(void *ctx, const struct dead_key *keys, size_t n, bool *gone, struct output_result *r)
{
	const struct meanwhile *m = ctx;
	output_ok(r, n);
	for (size_t i = 0; i < n; i++)
		gone[i] = keys[i].offset == 1;
	if (m->fails)
		output_retry(r, false, "who knows");
	if (m->aside != NULL)
		begin_another(m);
}

static void assert_no_other_file(const struct fixture *f)
{
	char fresh[160];
	snprintf(fresh, sizeof fresh, "%s.new", f->path);
	assert_int_equal(access(fresh, F_OK), -1);
}

static void swept_beside_writers(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_env env = f->env;
	struct output *writer = fixture_worker(f, &env);
	struct meanwhile m = {.f = f};
	store(f, OUTPUT_OK);
	f->type->dead(writer, &f->batch, f->batch.dead, 2, &r); /* has it open from here on */
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string_equal(offsets(f->path), "0 1 2 0 1 ");
	f->type->dead_sweep(f->output, one_is_gone, &m, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(r.n, 2);
	assert_string_equal(offsets(f->path), "0 2 0 ");
	f->type->dead(writer, &f->batch, f->batch.dead, 2, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string_equal(offsets(f->path), "0 2 0 0 1 ");
	f->type->close(writer);
	assert_no_other_file(f);
}

/* Another file has begun at its place: it is not what was read. */
static void moved_away_while_it_is_swept(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char aside[160];
	snprintf(aside, sizeof aside, "%s.1", f->path);
	struct meanwhile m = {.f = f, .aside = aside};
	store(f, OUTPUT_OK);
	f->type->dead_sweep(f->output, one_is_gone, &m, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_string_equal(offsets(aside), "0 1 2 ");
	assert_string_equal(offsets(f->path), "0 ");
	store(f, OUTPUT_OK);
	assert_string_equal(offsets(f->path), "0 0 1 2 ");
	assert_no_other_file(f);
}

/* The link leads to the rewritten file, wherever that lies. */
static void swept_through_a_link(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct stat st;
	char real[160];
	struct meanwhile m = {.f = f};
	snprintf(real, sizeof real, "%s.real", f->path);
	store(f, OUTPUT_OK);
	assert_int_equal(rename(f->path, real), 0);
	assert_int_equal(symlink(real, f->path), 0);
	f->type->dead_sweep(f->output, one_is_gone, &m, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(offsets(real), "0 2 ");
	assert_no_other_file(f);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(rename(real, f->path), 0);
}

/* A link of somebody's where the new file is to be: letters do not go where it leads. */
static void not_into_what_a_link_leads_to(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct stat st;
	char fresh[160];
	char theirs[160];
	struct meanwhile m = {.f = f};
	snprintf(fresh, sizeof fresh, "%s.new", f->path);
	snprintf(theirs, sizeof theirs, "%s.theirs", f->path);
	store(f, OUTPUT_OK);
	FILE *made = fopen(theirs, "w");
	assert_non_null(made);
	fputs("as it was\n", made);
	fclose(made);
	assert_int_equal(symlink(theirs, fresh), 0);
	f->type->dead_sweep(f->output, one_is_gone, &m, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string_equal(offsets(f->path), "0 2 ");
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_string_equal(offsets(theirs), "-1 ");
	assert_no_other_file(f);
	assert_int_equal(unlink(theirs), 0);
}

/* Whoever knows what came back does not answer. */
static void nobody_knows(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct meanwhile m = {.f = f, .fails = true};
	store(f, OUTPUT_OK);
	f->type->dead_sweep(f->output, one_is_gone, &m, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_string_equal(r.why.msg, "who knows");
	assert_string_equal(offsets(f->path), "0 1 2 ");
	assert_no_other_file(f);
}

/* A file that is moved away is read to its end all the same. */
static void count_row(void *ctx, const struct stored_letter *letter)
{
	struct dead_key *last = ctx;
	*last = (struct dead_key){.topic = "t",
				  .cluster = "",
				  .output = "",
				  .offset = letter->at.offset,
				  .place = letter->at.place};
}

static void moved_away_while_it_is_read(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct dead_key last = {0};
	struct dead_query q = dead_all(1);
	char aside[160];
	snprintf(aside, sizeof aside, "%s.1", f->path);
	store(f, OUTPUT_OK);
	f->type->dead_read(f->output, &q, count_row, &last, &r);
	assert_int_equal(last.offset, 0);
	assert_int_equal(rename(f->path, aside), 0);
	store(f, OUTPUT_OK);
	for (int64_t offset = 1; offset < 3; offset++) {
		q.after = &last;
		f->type->dead_read(f->output, &q, count_row, &last, &r);
		assert_int_equal(r.n, 1);
		assert_int_equal(last.offset, offset);
	}
	f->type->dead_read(f->output, &q, count_row, &last, &r);
	assert_int_equal(r.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(swept_beside_writers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moved_away_while_it_is_swept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(swept_through_a_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_into_what_a_link_leads_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_knows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moved_away_while_it_is_read, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
