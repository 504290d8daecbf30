/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `file` promises beyond the contract: formats, partitions, what is refused. Names and
 * rotation are in test_file_names.c, faults in test_file_faults.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_file.h"

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

static void zstd_keeps_frames_whole(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	struct stat st;
	char path[400];
	file_option(f, "compression", "zstd");
	file_reopen(f);
	for (int64_t at = 0; at < 12000; at += 4000) /* more than a chunk each */
		file_deliver(f, at, at + 4000, &expected);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000.jsonl.zst.open");
	snprintf(path, sizeof path, "%s/" FIXTURE_TOPIC "-0-000000000000.jsonl.zst.open", f->folder);
	assert_int_equal(stat(path, &st), 0);
	assert_true((size_t)st.st_size < expected.len / 5);
	file_assert_found(f, &expected);
}

/* The next field of a CSV text, as RFC 4180 has it; appended to out. Returns what ends it: ',', '\n' or 0. */
static char next_field(const char **at, struct strbuf *out)
{
	const char *p = *at;
	bool quoted = *p == '"';
	for (p += quoted; *p != '\0'; p++) {
		if (quoted && *p == '"' && p[1] != '"') {
			p++;
			break;
		}
		if (quoted && *p == '"')
			p++;
		else if (!quoted && (*p == ',' || *p == '\n'))
			break;
		assert_true(quoted || (*p != '"' && *p != '\r'));
		strbuf_addc(out, *p);
	}
	*at = *p != '\0' ? p + 1 : p;
	return *p;
}

static bool is_number(const char *name)
{
	return strcmp(name, "event") == 0 || strcmp(name, "protocol") == 0 || strstr(name, "port") != NULL;
}

/* The JSON form of each line, by the names of the header. */
static void csv_to_json(const char *at, struct strbuf *out)
{
	struct strbuf names[32] = {0};
	struct strbuf field = {0};
	size_t n = 0;
	while (next_field(&at, &names[n++]) == ',')
		assert_in_range(n, 1, 31);
	while (*at != '\0') {
		strbuf_addc(out, '{');
		for (size_t i = 0; i < n; i++) {
			strbuf_reset(&field);
			assert_int_equal(next_field(&at, &field), i + 1 < n ? ',' : '\n');
			if (field.len == 0)
				continue;
			strbuf_printf(out, "%s\"%s\":", i > 0 ? "," : "", names[i].data);
			if (is_number(names[i].data))
				strbuf_adds(out, field.data);
			else
				strbuf_add_json(out, field.data, field.len);
		}
		strbuf_adds(out, "}\n");
	}
	for (size_t i = 0; i < n; i++)
		strbuf_free(&names[i]);
	strbuf_free(&field);
}

/* The fixture's texts have quotes, commas and line breaks. */
static void csv_is_read_back(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	struct strbuf found = {0};
	file_option(f, "format", "csv");
	file_option(f, "rotate_size", "30000");
	file_reopen(f);
	for (int64_t at = 0; at < 300; at += 100)
		file_deliver(f, at, at + 100, &expected);
	const char *const texts[] = {"a,b", "a\nb", "a\rb", "a\"b", "\"", ",", "a,b\r\n\"\""};
	batch_reset(&f->batch);
	for (int i = 0; i < 7; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, 0, 300 + i)->vrf_id = fixture_text(&f->batch, texts[i]);
	fixture_deliver(f, 300, 307);
	fixture_expect(&f->batch, &expected);
	assert_true(file_count(f) > 1);
	for (size_t i = 0; i < file_count(f); i++) {
		char name[256];
		struct strbuf text = {0};
		file_bytes(f, file_nth(f, i, name, sizeof name), &text);
		assert_int_equal(strncmp(text.data, "type,timestamp,host,event,vrf_id,protocol,", 42), 0);
		csv_to_json(text.data, &found);
		strbuf_free(&text);
	}
	fixture_assert_lines(&found, &expected);
}

/* Lines of one file are of one form. */
static void another_format_is_another_file(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	file_deliver(f, 0, 10, &expected);
	file_option(f, "compression", "zstd");
	file_reopen(f);
	file_deliver(f, 10, 20, &expected);
	assert_int_equal(file_count(f), 2);
	file_assert_name(f, 0, FIXTURE_TOPIC "-0-000000000000-000000000009.jsonl");
	file_assert_name(f, 1, FIXTURE_TOPIC "-0-000000000010.jsonl.zst.open");
	file_assert_found(f, &expected);
}

/* Each partition has its files, and its events keep their order, however they are mixed. */
static void partitions_have_their_own(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf text = {0};
	struct position moves[3] = {0};
	for (int i = 0; i < 3; i++) {
		fixture_position(f->output, f->type, i, 0, NULL);
		moves[i] = (struct position){.topic = FIXTURE_TOPIC, .partition = i, .offset = 100};
	}
	for (int i = 0; i < 300; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, i % 3, i / 3);
	assert_int_equal(fixture_begin(f->output, f->type, &r), OUTPUT_OK);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_OK);
	f->type->commit(f->output, moves, 3, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(file_count(f), 3);
	file_bytes(f, FIXTURE_TOPIC "-1-000000000000.jsonl.open", &text);
	struct strbuf expected = {0};
	for (uint32_t i = 1; i < 300; i += 3) {
		event_json(&f->batch.events[i], f->batch.arena.data, f->batch.arena.len, &expected);
		strbuf_addc(&expected, '\n');
	}
	assert_string_equal(text.data, expected.data);
	strbuf_free(&text);
	strbuf_free(&expected);
}

/* Two outputs, or clusters, that were given one folder. */
static void a_folder_of_others_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	struct strbuf expected = {0};
	struct output_result r;
	struct output_env env = f->env;
	file_deliver(f, 0, 10, &expected);
	env.name = "other";
	struct output *other = fixture_worker(f, &env);
	fixture_position(other, f->type, 0, 0, NULL);
	fixture_begin(other, f->type, &r);
	fixture_write(other, f->type, &f->batch, &r);
	file_assert_alarm(&r, "a folder of its own");
	f->type->abort(other);
	f->type->close(other);
	file_assert_found(f, &expected);
}

static void topics_that_are_no_names(void **state)
{
	struct fixture *f = *state;
	const char *const topics[] = {"../x", "a/b", "..", ".hidden", "", "a b"};
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
		struct output_result r;
		struct position p = {.topic = topics[i]};
		f->type->positions(f->output, &p, 1, &r);
		batch_reset(&f->batch);
		fixture_add(&f->batch, EVENT_ADDRESS, 0, 0);
		f->batch.messages[0].topic = topics[i];
		fixture_begin(f->output, f->type, &r);
		fixture_write(f->output, f->type, &f->batch, &r);
		file_assert_alarm(&r, "cannot be part of a file's name");
		f->type->abort(f->output);
	}
	file_reopen(f);
	assert_int_equal(file_count(f), 0);
}

static void settings_are_checked(void **state)
{
	struct fixture *f = *state;
	const char *const modes[] = {"", "640x", "0040", "8", "-1", "01777"};
	struct err e = {0};
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		file_option(f, "permissions", modes[i]);
		assert_null(f->type->create(&f->options, &f->env, &e));
		assert_int_equal(e.code, ERR_CONFIG);
	}
	struct stat st;
	struct strbuf expected = {0};
	char path[400];
	file_option(f, "permissions", "0600");
	file_reopen(f);
	file_deliver(f, 0, 1, &expected);
	snprintf(path, sizeof path, "%s/" FIXTURE_TOPIC "-0-000000000000.jsonl.open", f->folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	strbuf_free(&expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(zstd_keeps_frames_whole),        TEST(csv_is_read_back),
		TEST(another_format_is_another_file), TEST(partitions_have_their_own),
		TEST(a_folder_of_others_is_an_alarm), TEST(topics_that_are_no_names),
		TEST(settings_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
