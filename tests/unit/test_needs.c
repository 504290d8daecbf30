/* SPDX-License-Identifier: Apache-2.0
 *
 * The words by which a rule is passed over: which are chosen, and that looking for them finds what memmem()
 * finds, without a look beyond the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "event/find_bytes.h"
#include "event/template_program.h"
#include "guard.h"
#include "script/ffi_api.h"
#include "script/script.h"

static void add(struct script *s, const char *template)
{
	struct err e;
	assert_int_equal(script_add_rule(s, NM_RULE_TEMPLATE, "ignore", template, strlen(template), &e), 0);
}

/* The words of the rule, each with a blank behind it, in the order in which they are looked for. */
static const char *chosen(const struct script *s, size_t rule)
{
	static char out[256];
	size_t len = 0;
	out[0] = '\0';
	for (uint64_t left = s->rules[rule].needs; left != 0; left &= left - 1) {
		const struct need *word = &s->needs.words[__builtin_ctzll(left)];
		len += (size_t)snprintf(out + len, sizeof out - len, "%.*s ", (int)word->len, word->text);
	}
	return out;
}

static void words_tell_rules_apart(void **state)
{
	struct script s;
	(void)state;
	script_init(&s);
	add(&s, "{word} FROM {src_ip} DST {dst_ip}[ OUT]");
	add(&s, "{word} FROM {src_ip} (PORT|BLOCK) {word}");
	add(&s, "{word} FROM {src_ip}");
	needs_choose(&s);
	assert_string_equal(chosen(&s, 0), "DST "); /* FROM all have, OUT is optional */
	assert_string_equal(chosen(&s, 1), "");     /* either of two words is none that it needs */
	assert_string_equal(chosen(&s, 2), "");     /* nothing stands behind it */
	script_free(&s);
}

/* What the batch loop looks for before no template looks for again; but for lines that a regex may read. */
static void templates_look_for_no_known_words(void **state)
{
	struct script s;
	struct err e;
	(void)state;
	for (int regex = 0; regex < 2; regex++) {
		script_init(&s);
		add(&s, "{word} FROM {src_ip} DST {dst_ip}");
		add(&s, "{word} FROM {src_ip}");
		if (regex)
			assert_int_equal(script_add_rule(&s, NM_RULE_REGEX, "ignore", "DST", 3, &e), 0);
		needs_choose(&s);
		assert_string_equal(chosen(&s, 0), "DST ");
		assert_int_equal(s.rules[0].template->needs[0] != 0, regex);
		assert_int_not_equal(s.rules[1].template->needs[0], 0);
		script_free(&s);
	}
}

static void a_record_is_searched_once(void **state)
{
	struct script s;
	struct needs_seen seen = {0};
	const char *text = "A FROM 10.0.0.1 TO 10.0.0.2";
	(void)state;
	script_init(&s);
	add(&s, "A FROM {src_ip} DST {dst_ip}");
	add(&s, "A FROM {src_ip} TO {dst_ip}");
	add(&s, "{*}");
	needs_choose(&s);
	assert_false(needs_there(&s.needs, s.rules[0].needs, &seen, text, strlen(text)));
	struct needs_seen before = seen;
	assert_false(needs_there(&s.needs, s.rules[0].needs, &seen, "DST", 3)); /* known by now */
	assert_memory_equal(&seen, &before, sizeof seen);
	assert_true(needs_there(&s.needs, s.rules[1].needs, &seen, text, strlen(text)));
	assert_true(needs_there(&s.needs, s.rules[1].needs, &seen, "", 0));
	assert_true(needs_there(&s.needs, s.rules[2].needs, &seen, text, strlen(text)));
	script_free(&s);
}

/* The look for the words of one rule ends at the first that is missing; the others stay unknown. */
static void a_word_not_looked_for_may_be_there(void **state)
{
	static const char *const texts[] = {"ONE x", "TWO x"};
	struct script s;
	(void)state;
	script_init(&s);
	add(&s, "ONE TWO");
	add(&s, "ONE {word}");
	add(&s, "TWO {word}");
	add(&s, "{*}");
	needs_choose(&s);
	assert_int_equal(__builtin_popcountll(s.rules[0].needs), 2);
	for (size_t i = 0; i < 2; i++) {
		struct needs_seen seen = {0};
		size_t n = strlen(texts[i]);
		assert_false(needs_there(&s.needs, s.rules[0].needs, &seen, texts[i], n));
		assert_true(needs_there(&s.needs, s.rules[1 + i].needs, &seen, texts[i], n));
		assert_false(needs_there(&s.needs, s.rules[2 - i].needs, &seen, texts[i], n));
	}
	script_free(&s);
}

static void more_words_than_are_kept(void **state)
{
	struct script s;
	(void)state;
	script_init(&s);
	for (int i = 0; i < NEEDS_MAX + 9; i++) {
		char template[32];
		snprintf(template, sizeof template, "number%d {word}", i);
		add(&s, template);
	}
	add(&s, "{*}");
	needs_choose(&s);
	assert_int_equal(s.needs.count, NEEDS_MAX);
	assert_string_equal(chosen(&s, NEEDS_MAX - 1), "number63 ");
	assert_string_equal(chosen(&s, NEEDS_MAX), "");
	script_free(&s);
}

/* Every place of every short text in texts of all lengths, against the guard page. */
static void finds_what_memmem_finds(void **state)
{
	char text[80];
	(void)state;
	for (size_t n = 0; n <= sizeof text; n++) {
		for (size_t len = 1; len <= 20 && len <= n; len++) {
			for (size_t at = 0; at + len <= n; at++) {
				memset(text, 'x', sizeof text);
				memset(text + at, 'y', len);
				const char *whole = guard_end(text, n);
				assert_ptr_equal(find_bytes(whole, n, text + at, len), whole + at);
				assert_true(find_bytes(guard_begin(text, n), n, text + at, len));
				text[at + len / 2] = 'z';
				const char *other = guard_end(text, n);
				assert_ptr_equal(find_bytes(other, n, "yyyyyyyyyyyyyyyyyyyy", len),
						 memmem(other, n, "yyyyyyyyyyyyyyyyyyyy", len));
			}
		}
	}
	assert_null(find_bytes("", 0, "y", 1));
}

/* A long text that begins at every place of another, and goes on at one or none. */
static void finds_what_begins_everywhere(void **state)
{
	char text[200];
	char word[60];
	(void)state;
	for (size_t len = 17; len <= sizeof word; len++) {
		memset(word, 'x', len);
		word[len - 1] = 'y';
		for (size_t n = len; n <= sizeof text; n++) {
			memset(text, 'x', n);
			const char *s = guard_end(text, n);
			assert_null(find_bytes(s, n, word, len));
			text[n - 1] = 'y';
			s = guard_end(text, n);
			assert_ptr_equal(find_bytes(s, n, word, len), s + n - len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_tell_rules_apart),
		cmocka_unit_test(templates_look_for_no_known_words),
		cmocka_unit_test(a_record_is_searched_once),
		cmocka_unit_test(a_word_not_looked_for_may_be_there),
		cmocka_unit_test(more_words_than_are_kept),
		cmocka_unit_test(finds_what_memmem_finds),
		cmocka_unit_test(finds_what_begins_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
