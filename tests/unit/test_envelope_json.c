/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes: everything that is wrong with JSON, or too much of it, makes a dead letter with a clear reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "envelope_case.h"

static const char *const wrong[] = {
	"{\"",
	"{\"message\"",
	"{\"message\":",
	"{\"message\":\"x\"",
	"{\"message\":\"x\",",
	"{\"message\":\"x\",}",
	"{\"message\":\"x\"}}",
	"{\"message\":\"x\"} x",
	"{\"message\":\"x\"}{\"a\":1}",
	"{\"message\":\"x\"},",
	"{\"message\" \"x\"}",
	"{\"message\"::\"x\"}",
	"{\"message\":\"x\" \"a\":1}",
	"{\"message\":\"x\",,\"a\":1}",
	"{\"message\":\"x\",a:1}",
	"{\"message\":\"x\",\"a\":nul}",
	"{\"message\":\"x\",\"a\":truex}",
	"{\"message\":\"x\",\"a\":01}",
	"{\"message\":\"x\",\"a\":1.}",
	"{\"message\":\"x\",\"a\":.5}",
	"{\"message\":\"x\",\"a\":1e}",
	"{\"message\":\"x\",\"a\":+1}",
	"{\"message\":\"x\",\"a\":-}",
	"{\"message\":\"x\",\"a\":NaN}",
	"{\"message\":\"x\",\"a\":1 2}",
	"{\"message\":\"x\",\"a\":[1,2}",
	"{\"message\":\"x\",\"a\":[1,]}",
	"{\"message\":\"x\",\"a\":{\"b\":1]}",
	"{\"message\":\"x\",\"a\":{1:2}}",
	"{\"message\":\"x\",\"a\":[1 2]}",
	"{\"message\":\"x\",\"a\":{\"b\"}}",
	"{\"message\":\"x\",\"a\":{\"b\":}}",
	"{\"message\":\"x\",\"a\":\"b}",
	"{\"message\":\"x\ny\"}",
	"{\"message\":\"\xff\"}",
	"{\"message\":\"\xc3\"}",
	"{\"message\":\"\xed\xa0\x80\"}",
	"{\"message\":\"x\\q\"}",
	"{\"message\":\"\\u12\"}",
	"{\"message\":\"\\ud800\"}",
	"{\"message\":\"\\ud800x\"}",
	"{\"message\":\"\\ud800\\u0041\"}",
	"{\"message\":\"\\udc00\"}",
	"{\"\"}",
	"{\"a\":\"\\ud800\"}",
	"{\"\\ud800\":1}",
	"{\"message\":\"x\"}\x01",
	"{} {}",
	"{}x",
	"{\"message\":\"x\"]",
	"{\"message\":\"x\",\"ip\":\"\\x\"}",
	"{\"message\":\"x\",\"host\":\"\\x\"}",
	"{\"message\":\"x\",\"program\":\"\\x\"}",
	"{\"message\":\"x\",\"timestamp\":\"\\x\"}",
};

static void wrong_json_is_dead(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		is_dead(wrong[i], "the value is not a JSON object: ");
}

static void reasons_are_clear(void **state)
{
	(void)state;
	is_dead("{\"message\":\"x\",\"message\":\"y\"}", "the key `message` stands twice in the value");
	is_dead("{\"message\":\"x\",\"mess\\u0061ge\":\"y\"}", "the key `message` stands twice in the value");
	for (int again = 0; again < 3; again++)
		is_dead("{\"ip\":\"1.2.3.4\",\"message\":\"x\",\"ip\":\"1.2.3.4\"}",
			"the key `ip` stands twice");
	for (int again = 0; again < 3; again++) { /* keys are remembered */
		is_dead("{\"a\":1,\"b\":2,\"a\":3}", "the key `a` stands twice");
		is_dead("{\"message\":\"<13>{\\\"a\\\":1,\\\"a\\\":3}\"}", "the key `a` stands twice");
	}
	is_dead("{\"a\":1,\"\\u0061\":3}", "the key `a` stands twice");
	is_dead("{\"message\":7}", "`message` is not a string (byte 12)");
	is_dead("{\"message\":null}", "`message` is not a string");
	is_dead("{\"message\":\"x\",\"host\":{}}", "`host` is not a string");
	is_dead("{\"message\":\"x\",\"timestamp\":1}", "`timestamp` is not a string");
	is_dead("{\"message\":\"x\"} x}", "there is text behind the object (byte 17)");
	is_dead("{\"message\":\"x\"", "it does not end with }");
	is_dead("{\"message\":\"x", "a string has no end");
	is_dead("{\"message\":\"\xff\"}", "it is not valid UTF-8");
	is_dead("{\"message\":\"\\ud800\"}", "the string at byte 13 has a wrong escape");
	is_dead("{\"message\":\"x\",\"a\":nul}", "a value is no JSON (byte 20)");
}

/* Every cut of an envelope and of a record is a dead letter and never crosses the guard page. */
static void truncation_is_always_found(void **state)
{
	(void)state;
	static const char *const whole[] = {
		"{\"timestamp\":\"2025-05-02T11:34:56.870+02:00\",\"message\":\"x \\u00e9 "
		"y\",\"ip\":\"10.254.254.57\"}",
		"{\"a\":{\"b\":[1,true,null,\"}\"]},\"c\":\"\xc3\xa9\\\"\",\"d\":-1.5e+7}",
	};
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		opens(whole[i]);
		for (size_t n = 2; n < strlen(whole[i]); n++)
			assert_int_equal(open_bytes(whole[i], n), -1);
	}
}

/* n times the text. */
static void repeat(struct strbuf *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_adds(b, text);
}

static void deep_nesting_is_dead(void **state)
{
	(void)state;
	static const struct {
		const char *open;
		const char *close;
	} kinds[] = {{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}, {"[", ""}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct strbuf b = {0};
		strbuf_adds(&b, "{\"message\":\"x\",\"a\":");
		repeat(&b, kinds[i].open, 10000);
		strbuf_adds(&b, "1");
		repeat(&b, kinds[i].close, 10000);
		strbuf_adds(&b, "}");
		is_dead(b.data, "it is nested too deeply");
		strbuf_free(&b);
	}
	struct strbuf b = {0};
	strbuf_adds(&b, "{\"a\":");
	repeat(&b, "[", 64);
	repeat(&b, "]", 64);
	strbuf_adds(&b, "}");
	opens(b.data);
	strbuf_free(&b);
}

static void many_members(struct strbuf *b, int count)
{
	for (int i = 0; i < count; i++)
		strbuf_printf(b, "%c\"k%d\":%d", i == 0 ? '{' : ',', i, i);
	strbuf_adds(b, "}");
}

static void records_have_limits(void **state)
{
	(void)state;
	struct strbuf b = {0};
	many_members(&b, ENVELOPE_PAIRS_MAX);
	opens(b.data);
	assert_int_equal(env.pair_count, ENVELOPE_PAIRS_MAX);
	pair_is(255, "k255", "255");
	strbuf_reset(&b);
	many_members(&b, ENVELOPE_PAIRS_MAX + 1);
	is_dead(b.data, "it has too many members");
	strbuf_free(&b);
}

static void sizes_have_limits(void **state)
{
	(void)state;
	struct strbuf b = {0};
	strbuf_adds(&b, "{\"message\":\"");
	repeat(&b, "0123456789abcdef", (ENVELOPE_VALUE_MAX - 32) / 16);
	strbuf_adds(&b, "\"}");
	arena_reset(&arena);
	assert_int_equal(envelope_open(reader, &arena, b.data, b.len, TIME_ZONE_UNKNOWN, &env, &err), 0);
	assert_int_equal(env.text.len, (ENVELOPE_VALUE_MAX - 32) / 16 * 16);
	repeat(&b, " ", 100);
	assert_int_equal(envelope_open(reader, &arena, b.data, b.len, TIME_ZONE_UNKNOWN, &env, &err), -1);
	assert_non_null(strstr(err.msg, "4194304 are allowed"));
	opens("{\"message\":\"small again\"}");
	text_is(env.text, "small again");
	strbuf_free(&b);
}

static void a_full_arena_is_no_dead_letter(void **state)
{
	(void)state;
	static const char *const values[] = {"{\"message\":\"0123456789\"}",
					     "{\"message\":\"012\\n3456789\"}", "{\"a\":\"0123456789\"}",
					     "0123456789"};
	struct arena small;
	arena_init(&small, 8);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		assert_int_equal(envelope_open(reader, &small, values[i], strlen(values[i]),
					       TIME_ZONE_UNKNOWN, &env, &err),
				 -1);
		assert_int_equal(err.code, ERR_SYSTEM);
	}
	arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_json_is_dead),
		cmocka_unit_test(reasons_are_clear),
		cmocka_unit_test(truncation_is_always_found),
		cmocka_unit_test(deep_nesting_is_dead),
		cmocka_unit_test(records_have_limits),
		cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(a_full_arena_is_no_dead_letter),
	};
	return cmocka_run_group_tests(tests, make_reader, free_reader);
}
