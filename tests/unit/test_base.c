/* SPDX-License-Identifier: Apache-2.0
 *
 * The base layer: errors, byte strings, arena, UTF-8 and log lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "guard.h"

static void errors_are_one_line(void **state)
{
	(void)state;
	struct err e = {0};
	assert_int_equal(err_set(&e, ERR_CONFIG, "%s:%d: %s", "a.yaml", 3, "two\nlines\r"), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.msg, "a.yaml:3: two lines ");
	assert_int_equal(err_prefix(&e, "reading `%s`", "b"), -1);
	assert_string_equal(e.msg, "reading `b`: a.yaml:3: two lines ");
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(err_set(NULL, ERR_CONFIG, "nobody listens"), -1);
	assert_int_equal(err_prefix(NULL, "nobody listens"), -1);
}

static void long_errors_are_cut_visibly(void **state)
{
	(void)state;
	char text[2 * ERR_MSG_MAX];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	struct err e;
	err_set(&e, ERR_DATA, "%s", text);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	assert_string_equal(e.msg + ERR_MSG_MAX - 6, "xx...");
	err_prefix(&e, "first");
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	assert_memory_equal(e.msg, "first: xx", 9);
	assert_string_equal(e.msg + ERR_MSG_MAX - 6, "xx...");
	err_set(&e, ERR_DATA, "short");
	err_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	err_set(&e, ERR_DATA, "%.*s", ERR_MSG_MAX - 1, text); /* just fits */
	assert_string_equal(e.msg + ERR_MSG_MAX - 4, "xxx");
}

static void errors_have_exit_codes(void **state)
{
	(void)state;
	struct err e = {.code = ERR_NONE};
	assert_int_equal(err_exit_status(&e), 0);
	e.code = ERR_SCRIPT;
	assert_int_equal(err_exit_status(&e), 1);
	e.code = ERR_USAGE;
	assert_int_equal(err_exit_status(&e), 2);
	e.code = ERR_SYSTEM;
	assert_int_equal(err_exit_status(&e), 3);
}

static void strbuf_grows(void **state)
{
	(void)state;
	struct strbuf b;
	strbuf_init(&b);
	strbuf_reset(&b); /* before anything was added */
	for (int i = 0; i < 1000; i++) {
		strbuf_adds(&b, "ab");
		strbuf_addc(&b, 'c');
		assert_int_equal(b.len, 3 * (size_t)(i + 1));
		assert_int_equal(b.data[b.len], '\0');
		assert_true(b.cap > b.len);
	}
	assert_memory_equal(b.data + 2997, "abc", 4);
	strbuf_reset(&b);
	assert_string_equal(b.data, "");
	strbuf_add(&b, NULL, 0);
	strbuf_printf(&b, "%s %d", "n", 42);
	strbuf_printf(&b, "%s", "");
	assert_string_equal(b.data, "n 42");
	char *room = strbuf_reserve(&b, 5000);
	memset(room, 'r', 5000);
	b.len += 5000;
	strbuf_addc(&b, '!');
	assert_string_equal(b.data + 5003, "r!");
	strbuf_free(&b);
	strbuf_free(&b);
	assert_null(b.data);
}

static void strbuf_adds_whole_numbers(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		const char *digits;
	} rows[] = {{0, "0"},
		    {7, "7"},
		    {-1, "-1"},
		    {65535, "65535"},
		    {-100, "-100"},
		    {INT64_MAX, "9223372036854775807"},
		    {INT64_MIN, "-9223372036854775808"}};
	struct strbuf b = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		strbuf_reset(&b);
		strbuf_add_int(&b, rows[i].value);
		assert_string_equal(b.data, rows[i].digits);
	}
	strbuf_free(&b);
}

static void json_is(const char *text, size_t n, const char *expected)
{
	struct strbuf b = {0};
	strbuf_add_json(&b, guard_end(text, n), n);
	assert_string_equal(b.data, expected);
	strbuf_free(&b);
}

static void strings_become_json(void **state)
{
	(void)state;
	json_is("", 0, "\"\"");
	json_is("plain", 5, "\"plain\"");
	json_is("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
	json_is("\n\t\r\0\x1f\x7f", 6, "\"\\n\\t\\u000d\\u0000\\u001f\\u007f\"");
	json_is("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	json_is("a\xff\xc3", 3, "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
	json_is("\xed\xa0\x80z", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

static void arena_counts_and_stops(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 10000);
	assert_int_equal(arena_alloc(&a, 0), 0);
	assert_int_equal(arena_add(&a, "hello", 5), 0);
	assert_int_equal(arena_add(&a, NULL, 0), 5);
	assert_int_equal(arena_alloc(&a, 9000), 5); /* grows: what was there moves along */
	assert_memory_equal(a.data, "hello", 5);
	memset(a.data + 5, 'x', 9000);
	assert_int_equal(arena_alloc(&a, 996), ARENA_FULL);
	assert_int_equal(arena_alloc(&a, UINT32_MAX), ARENA_FULL);
	assert_int_equal(a.len, 9005);
	assert_int_equal(arena_alloc(&a, 995), 9005);
	assert_int_equal(arena_add(&a, "y", 1), ARENA_FULL);
	arena_rewind(&a, 5);
	assert_int_equal(arena_add(&a, "world", 5), 5);
	assert_memory_equal(a.data, "helloworld", 10);
	arena_reset(&a);
	assert_int_equal(arena_add(&a, "again", 5), 0);
	uint32_t cap = a.cap;
	arena_reset(&a);
	assert_int_equal(a.cap, cap); /* memory is kept */
	arena_free(&a);
	assert_int_equal(arena_add(&a, "usable", 6), 0);
	arena_free(&a);
	arena_init(&a, UINT32_MAX); /* no offset may equal the mark for "full" */
	assert_int_equal(a.max, ARENA_FULL - 1);
	arena_free(&a);
}

static void utf8_is_what_the_rfc_says(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		size_t len; /* of its first sequence, 0 = none */
	} cases[] = {
		{"a", 1},
		{"\x7f", 1},
		{"\xc2\x80", 2},
		{"\xdf\xbf", 2},
		{"\xe0\xa0\x80", 3},
		{"\xed\x9f\xbf", 3},
		{"\xee\x80\x80", 3},
		{"\xef\xbf\xbf", 3},
		{"\xf0\x90\x80\x80", 4},
		{"\xf4\x8f\xbf\xbf", 4},
		{"\x80", 0},
		{"\xbf", 0},
		{"\xc0\x80", 0},
		{"\xc1\xbf", 0},
		{"\xc3", 0},
		{"\xc3(", 0},
		{"\xe0\x9f\xbf", 0},
		{"\xed\xa0\x80", 0},
		{"\xe2\x82", 0},
		{"\xe2\x28\xa1", 0},
		{"\xe2\x82\x28", 0},
		{"\xf0\x8f\xbf\xbf", 0},
		{"\xf4\x90\x80\x80", 0},
		{"\xf5\x80\x80\x80", 0},
		{"\xff", 0},
		{"\xf0\x9f\x98", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = strlen(cases[i].s);
		assert_int_equal(utf8_sequence(guard_end(cases[i].s, n), n), cases[i].len);
		assert_int_equal(utf8_valid(guard_end(cases[i].s, n), n), cases[i].len > 0);
	}
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("a\0b", 3));
	assert_false(utf8_valid("ok\xc3\xa9\xc3", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_one_line),       cmocka_unit_test(long_errors_are_cut_visibly),
		cmocka_unit_test(errors_have_exit_codes),    cmocka_unit_test(strbuf_grows),
		cmocka_unit_test(strbuf_adds_whole_numbers), cmocka_unit_test(strings_become_json),
		cmocka_unit_test(arena_counts_and_stops),    cmocka_unit_test(utf8_is_what_the_rfc_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
