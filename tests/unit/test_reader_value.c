/* SPDX-License-Identifier: Apache-2.0
 *
 * The short cuts of values of keys answer as their templates do: same verdict, same fields, same values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "event/reader_value.h"

static const char *const templates[] = {
	"{timestamp}",
	"{host}",
	"{action}",
	"{vrf_id}",
	"{protocol}",
	"{src_ip}",
	"{src_port}",
	"[{x_port}]",
	"[{host}]",
	"[{vrf_id}]",
	"[{action}]",
	"traffic",
	"A10",
	"0",
	"!traffic",
	"!0",
	"{word}",
	"(4|{x_port})",
	"a.b-c_d",
	"[A10]",
	"{src_ip}[/128]",
	"(4|0)",
	"(4|)",
	"(|A)",
	"!(0|4)",
	"!(created|)",
	"(A)",
	"(10.0.0.1|::1|)",
	"(A|||B)",
	"(4||0)",
	"(A|B{{)",
	"(A B|tcp)",
	"!{word}",
	"(client-rst-of-a-session|close)",
	"server-rst-of-a-session",
};

static const char *const values[] = {
	"",
	"0",
	"4",
	"10",
	"70000",
	"-1",
	"65535",
	"065535",
	"10.0.0.1",
	"10.0.0.300",
	"10.0.0.1 x",
	"::1",
	"[::1]",
	"2001:db8::1/128",
	"created",
	"A",
	"CREATED",
	"A B",
	"tcp",
	"TCP",
	"256",
	"traffic",
	"Traffic",
	"traffic2",
	"traffi",
	"client-rst-of-a-session",
	"client-rst-xx-a-session",
	"server-rst-of-a-session",
	"server-rst-xx-a-session",
	"A10",
	"a.b-c_d",
	"aXb-c_d",
	"1562092616",
	"156209261",
	"0x6a5cf84e",
	"v r f",
	"2025-05-02T11:35:00Z",
	"2025-05-02 11:35:00 x",
	"May  2 11:35:00",
	"\xff\xfe",
};

static void check(const struct reader_value *v, const struct template *t, bool negated, const char *text)
{
	struct text all = {.off = 0, .len = (uint32_t)strlen(text)};
	struct event mine;
	struct event theirs;
	uint32_t found = 0;
	uint32_t expected = 0;
	event_clear(&mine);
	event_clear(&theirs);
	bool fits = template_run(t, text, all.len, 0, &theirs, &expected, NULL, NULL) != negated;
	assert_int_equal(reader_value_fits(v, text, all, &mine, &found, NULL), fits);
	if (!fits)
		return;
	assert_int_equal(found, expected);
	for (; found != 0; found &= found - 1) {
		const struct field_info *f = &event_fields[__builtin_ctz(found)];
		size_t size = f->kind == KIND_TIME   ? sizeof(event_TIME)
			      : f->kind == KIND_IP   ? sizeof(event_IP)
			      : f->kind == KIND_TEXT ? sizeof(event_TEXT)
						     : sizeof(event_PORT);
		assert_memory_equal((const char *)&mine + f->offset, (const char *)&theirs + f->offset, size);
	}
}

static void as_the_template(void **state)
{
	struct vocabulary words;
	(void)state;
	vocabulary_init(&words);
	words.zone_s = 0;
	assert_int_equal(vocabulary_add_action(&words, "A", "created", NULL), 0);
	assert_int_equal(vocabulary_add_action(&words, "A B", "deleted", NULL), 0);
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
		struct reader_value v;
		struct err e = {0};
		const char *text = templates[i];
		bool negated = text[0] == '!';
		assert_int_equal(reader_value_compile(&v, text, strlen(text), &words, &e), 0);
		struct template *t =
			template_compile(text + negated, strlen(text) - negated, EVENT_ABSENT, &words, &e);
		assert_non_null(t);
		for (size_t k = 0; k < sizeof values / sizeof *values; k++)
			check(&v, t, negated, values[k]);
		template_free(t);
		reader_value_free(&v);
	}
}

static void empty_and_wrong(void **state)
{
	struct vocabulary words;
	struct reader_value v;
	struct event ev;
	struct err e = {0};
	uint32_t found;
	(void)state;
	vocabulary_init(&words);
	assert_int_equal(reader_value_compile(&v, "", 0, &words, &e), 0);
	assert_true(reader_value_fits(&v, "x", (struct text){0}, &ev, &found, NULL));
	assert_false(reader_value_fits(&v, "x", (struct text){.len = 1}, &ev, &found, NULL));
	reader_value_free(&v);
	assert_int_equal(reader_value_compile(&v, "!{src_ip}", 9, &words, &e), -1);
	assert_string_equal(e.msg, "a template behind ! reads no fields");
	reader_value_free(&v);
	assert_int_equal(reader_value_compile(&v, "{src_pi}", 8, &words, &e), -1);
	reader_value_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_template),
					   cmocka_unit_test(empty_and_wrong)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
