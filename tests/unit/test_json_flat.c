/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick reader of flat JSON objects: takes what collectors write, and never anything that simdjson
 * refuses or reads otherwise, whatever single byte is changed, put in, left out or cut off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "event/json_flat.h"
#include "guard.h"

#define MAX 64

static const char envelope[] =
	"{\"version\":\"1\",\"timestamp\":\"2025-05-02T11:34:56.870+00:00\",\"program\":\"\",\"message\":"
	"\"A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR "
	"OUT\",\"ip\":\"192.0.2.1\","
	"\"host\":\"cgn1\"}";

static const char *const taken[] = {
	"{\"a\":\"\"}",
	"{\"\":\"b\"}",
	"{ \"a\" : \"b\" , \"c\" : 1 } ",
	"{\"a\":null,\"b\":true,\"c\":false}\r\n",
	"{\"a\":0,\"b\":-1,\"c\":10.25,\"d\":1e9,\"e\":-0.5E-3,\"f\":1E+2}",
	"{\"a\":\"{[,:]}\",\"b\":\"\x7f'/\"}",
	"{\"a\":\"\\\"\",\"b\":\"\\\\\",\"c\":\"x\\u00e4\\q\\\"}\"}", /* escapes are for others */
	("{\"a key that fills a block and a half\":1,"
	 "\"one that is longer than what is remembered of a gap, by far\":2}"),
	envelope,
};

static const char *const left[] = {
	"",
	" ",
	"{",
	"}",
	"{}",
	"x",
	"[]",
	"\"a\"",
	" {\"a\":1}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{,\"a\":1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":\"b\"\"c\":1}",
	"{\"a\\n\":\"b\"}",
	"{\"a\":\"b\\\"}",
	"{\"a\":\"b\\\x01\"}",
	"{\"a\":\"b\\\xc3\xa4\"}",
	"{\"a\":\"\xc3\xa4\"}",
	"{\"a\":\"\x01\"}",
	"{\"a\":\n1}",
	"{\"a\":[1]}",
	"{\"a\":{\"b\":1}}",
	"{\"a\":01}",
	"{\"a\":-}",
	"{\"a\":-01}",
	"{\"a\":1.}",
	"{\"a\":.5}",
	"{\"a\":1e}",
	"{\"a\":1e+}",
	"{\"a\":+1}",
	"{\"a\":nul}",
	"{\"a\":nullx}",
	"{\"a\":True}",
	"{\"a\":1}}",
	"{\"a\":1},",
	"{\"a\":1} x}",
};

struct pair {
	struct json_scan *scan;
	struct json_flat flat;
	struct json_flat fresh; /* that nothing was read with */
	char keys[4096];        /* of the object taken last */
	unsigned both;
};

/* What it says of the object: keys that are said to be the same are, and a backslash is seen. */
static void check_words(struct pair *p, const char *value, const struct json_member *members, int count)
{
	char keys[sizeof p->keys] = "";
	bool escapes = false;
	for (int i = 0; i < count; i++) {
		const struct json_member *m = &members[i];
		strncat(strncat(keys, value + m->key, m->key_len), "\n", 1);
		if (m->kind == JSON_STRING && memchr(value + m->value, '\\', m->value_len) != NULL)
			escapes = true;
	}
	assert_int_equal(p->flat.escapes, escapes);
	assert_int_equal(p->flat.count, count);
	if (p->flat.same_keys)
		assert_string_equal(keys, p->keys);
	memcpy(p->keys, keys, sizeof keys);
}

/* Whatever the quick reader takes, the other one takes, with the same members. Returns its answer. */
static int agree(struct pair *p, const char *value, size_t n)
{
	struct json_member quick[MAX];
	struct json_member other[MAX];
	struct err e;
	int count = json_flat_object(&p->flat, guard_end(value, n), n, quick, MAX);
	p->fresh.count = 0;
	memset(p->fresh.gaps, 0, MAX * sizeof *p->fresh.gaps);
	assert_int_equal(json_flat_object(&p->fresh, guard_begin(value, n), n, other, MAX), count);
	if (count < 0) {
		assert_int_equal(p->flat.count, 0);
		return count;
	}
	check_words(p, value, quick, count);
	assert_false(p->fresh.same_keys);
	assert_memory_equal(quick, other, (size_t)count * sizeof *quick);
	assert_int_equal(json_flat_object(&p->flat, guard_begin(value, n), n, quick, MAX), count);
	check_words(p, value, quick, count);
	assert_memory_equal(quick, other, (size_t)count * sizeof *quick);
	assert_int_equal(json_scan_object(p->scan, value, n, other, MAX, &e), count);
	for (int i = 0; i < count; i++) {
		assert_int_equal(quick[i].key, other[i].key);
		assert_int_equal(quick[i].key_len, other[i].key_len);
		assert_int_equal(quick[i].value, other[i].value);
		assert_int_equal(quick[i].value_len, other[i].value_len);
		assert_int_equal(quick[i].kind, other[i].kind);
	}
	p->both++;
	return count;
}

static void takes_and_leaves(void **state)
{
	struct pair *p = *state;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (agree(p, taken[i], strlen(taken[i])) < 1)
			fail_msg("not taken: %s", taken[i]);
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (agree(p, left[i], strlen(left[i])) != -1)
			fail_msg("taken: %s", left[i]);
}

static void agrees_on_mutants(void **state)
{
	static const char bytes[] = "\"\\{}[]:, 0a-.eEntf\t\n\x01\x80\xff";
	struct pair *p = *state;
	char mutant[512];
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		const char *value = taken[i];
		size_t n = strlen(value);
		for (size_t at = 0; at <= n; at++) {
			agree(p, value, at);
			memcpy(mutant, value, at);
			memcpy(mutant + at, value + at + (at < n), n - at);
			agree(p, mutant, n - (at < n));
			for (size_t b = 0; b < sizeof bytes; b++) { /* with its NUL */
				mutant[at] = bytes[b];
				memcpy(mutant + at + 1, value + at, n - at);
				agree(p, mutant, n + 1);
				memcpy(mutant + at, value + at, n - at);
				mutant[at] = bytes[b];
				agree(p, mutant, at < n ? n : n + 1);
			}
		}
	}
	assert_true(p->both > 1000); /* the mutants are not all broken */
}

/* Objects of every length round the size of a block, so that each byte stands at each place of one. */
static void agrees_on_lengths(void **state)
{
	struct pair *p = *state;
	char value[512];
	for (size_t pad = 0; pad < 300; pad++) {
		size_t n = 0;
		memcpy(value, "{\"a\":\"", 6);
		memset(value + 6, 'x', pad);
		n = 6 + pad;
		memcpy(value + n, "\",\"bc\":-1}", 10);
		assert_int_equal(agree(p, value, n + 10), 2);
		value[6 + pad / 2] = '\\'; /* the last one escapes the closing quote */
		assert_int_equal(agree(p, value, n + 10), pad / 2 + 1 < pad ? 2 : -1);
		value[6 + pad / 2] = '\x80';
		assert_int_equal(agree(p, value, n + 10), -1);
	}
}

/* As many as fit, and one more; and more quotes than there is room for. */
static void members_have_a_limit(void **state)
{
	struct pair *p = *state;
	char value[8192] = "{";
	size_t n = 1;
	for (int i = 1; i <= 1000; i++) {
		memcpy(value + n, "\"a\":1,", 6);
		n += 6;
		value[n - 1] = '}';
		assert_int_equal(agree(p, value, n), i <= MAX ? i : -1);
		value[n - 1] = ',';
	}
}

/* Whose keys are the same: the whole object's, and never those of one that was left to others. */
static void tells_same_keys(void **state)
{
	static const struct {
		const char *value;
		bool same;
	} objects[] = {
		{"{\"a\":1,\"b\":\"x\"}", false},
		{"{\"a\":1,\"b\":\"x\"}", true},
		{"{\"a\":\"longer\",\"b\":null}", true},
		{"{\"a\":1}", false},
		{"{\"a\":1,\"b\":2}", false},
		{"{\"a\":1,\"c\":2}", false},
		{"{\"a\":1,\"b\":2}", false},
		{"{\"a\":1,\"b\":2}", true},
		{"{\"a\":1,\"b\":[]}", false},
		{"{\"a\":1,\"b\":2}", false},
	};
	struct pair *p = *state;
	struct json_member members[MAX];
	memset(&p->flat, 0, sizeof p->flat);
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		const char *value = objects[i].value;
		int count = json_flat_object(&p->flat, value, strlen(value), members, MAX);
		assert_int_equal(count > 0 && p->flat.same_keys, objects[i].same);
	}
}

static int setup(void **state)
{
	static struct pair p;
	p.scan = json_scan_new();
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;
	json_scan_free(p->scan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_and_leaves),  cmocka_unit_test(agrees_on_mutants),
		cmocka_unit_test(agrees_on_lengths), cmocka_unit_test(members_have_a_limit),
		cmocka_unit_test(tells_same_keys),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
