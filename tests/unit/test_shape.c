/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of lines: what is masked, what stays, that tokens cover the text and no byte beyond is looked at;
 * and which lines are clustered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/cluster.h"
#include "event/shape.h"
#include "guard.h"

/* Text, its mask. */
static const char *const masks[][2] = {
	{"", ""},
	{"nat open tcp 10.0.0.7:4000 as 203.0.113.9:1024",
	 "nat open tcp <address>:<number> as <address>:<number>"},
	{"[2001:db8::5]:80 1::5#47073|64:ff9b::c000:205#80",
	 "[<address>]:<number> <address>#<number>|<address>#<number>"},
	{"a  b\t \tc", "a b c"},
	{"Jul  6 14:05:36 x 2015/4/8 16:13:2 (GMT) y", "<time> x <time> y"},
	{"2025-05-02T11:34:56.87+00:00 12:17:12.503: 0:00:30", "<time> <time>: <time>"},
	{"at 20260706140537 and 12345678901234", "at <time> and <number>"},
	{"src-mac a8:7e:ea:33:f7:57, id 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "src-mac <name>, id <name>"},
	{"F0: dp0p1s1 3e2d %ASA-6-305011:", "<name>: <name> <name> %ASA-<number>-<number>:"},
	{"pool \"mypool\" policy=POL key='x' a=\"b c\"",
	 "pool \"<name>\" policy=<name> key='<name>' a=\"b c\""},
	{"LSN_ADD 1.2.3.4%0:5", "LSN_ADD <address>%<number>:<number>"},
	{"1.2.3.4.5 10.0.0.256 010.0.0.1",
	 "<number>.<number>.<number>.<number>.<number> "
	 "<number>.<number>.<number>.<number> <number>.<number>.<number>.<number>"},
	{"99:99:99 1:2 12:3", "<number>:<number>:<number> <number>:<number> <number>:<number>"},
	{"caf\xc3\xa9 \xff\xfe", "caf\xc3\xa9 \xff\xfe"},
};

static void masks_what_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		struct shape s;
		struct strbuf out = {0};
		size_t n = strlen(masks[i][0]);
		char *copy = guard_end(masks[i][0], n);
		shape_of(copy, n, &s);
		shape_mask(&s, copy, &out);
		assert_string_equal(out.data != NULL ? out.data : "", masks[i][1]);
		strbuf_free(&out);
	}
}

static uint64_t hash(const char *text, bool words)
{
	struct shape s;
	shape_of(text, strlen(text), &s);
	return shape_hash(&s, text, words);
}

static void hash_is_of_the_shape(void **state)
{
	(void)state;
	assert_true(hash("open 10.0.0.1:5", true) == hash("open 192.0.2.7:65000", true));
	assert_true(hash("open 10.0.0.1:5", true) != hash("close 10.0.0.1:5", true));
	assert_true(hash("open 10.0.0.1:5", false) == hash("close 10.0.0.1:5", false));
	assert_true(hash("open 10.0.0.1:5", false) != hash("open 10.0.0.1/5", false));
	assert_true(hash("a b", false) != hash("a", false));
}

/* Whatever the bytes: tokens without gap or overlap, and of long texts the rest in one. */
static void tokens_cover_the_text(void **state)
{
	(void)state;
	char text[4000];
	uint32_t dice = 1;
	for (int round = 0; round < 300; round++) {
		static const char bytes[] = "0123456789abcXYZ:.-/ \t[]=\"'%\xc3\xa9\0\n::..aF";
		size_t n = (size_t)round * 13;
		for (size_t i = 0; i < n; i++) {
			dice = dice * 1103515245 + 12345;
			text[i] = bytes[(dice >> 16) % (sizeof bytes - 1)];
		}
		struct shape s;
		shape_of(guard_end(text, n), n, &s);
		uint32_t at = 0;
		for (uint32_t i = 0; i < s.count; i++) {
			assert_int_equal(s.tokens[i].off, at);
			assert_true(s.tokens[i].len > 0);
			at += s.tokens[i].len;
		}
		assert_int_equal(at, n);
	}
	memset(text, '.', sizeof text);
	struct shape s;
	shape_of(text, sizeof text, &s);
	assert_int_equal(s.count, SHAPE_TOKENS_MAX);
	assert_int_equal(s.tokens[SHAPE_TOKENS_MAX - 1].kind, SHAPE_REST);
}

static bool add(struct cluster_set *set, const char *text)
{
	return cluster_add(set, 0, text, strlen(text), text, strlen(text));
}

/* How many clusters the lines make; they end with NULL. */
static size_t clusters_of(const char *const *lines)
{
	struct cluster_set *set = cluster_set_new(16);
	for (; *lines != NULL; lines++)
		assert_true(add(set, *lines));
	size_t n = set->count;
	cluster_set_free(set);
	return n;
}

#define CLUSTERS(...) clusters_of((const char *const[]){__VA_ARGS__, NULL})

static void lines_of_one_kind_meet(void **state)
{
	(void)state;
	assert_int_equal(CLUSTERS("nat open 10.0.0.1", "nat close 10.0.0.2"), 1);
	assert_int_equal(CLUSTERS("a tcp 1", "a udp 2"), 1);
	assert_int_equal(CLUSTERS("A VRF 0", "D VRF 0"), 1);
	assert_int_equal(CLUSTERS("PoolAllocated 1", "PoolFreed 1"), 1);
	assert_int_equal(CLUSTERS("login of user bob here", "login of user eve here"), 1);
	assert_int_equal(CLUSTERS("fan 5", "uptime 5"), 2);
	assert_int_equal(CLUSTERS("login of user bob here", "logout of user eve here"), 2);
	assert_int_equal(CLUSTERS("nat open 10.0.0.1", "nat deny 10.0.0.1"), 2);
	assert_int_equal(CLUSTERS("the pool of this failed x", "the pool of this worked x"), 2);
	assert_int_equal(CLUSTERS("a 1", "a 1 2"), 2);
}

static void clusters_are_bounded(void **state)
{
	(void)state;
	struct cluster_set *set = cluster_set_new(2);
	char line[64];
	assert_true(add(set, "a 1"));
	assert_true(add(set, "b 1 2"));
	assert_false(add(set, "c 1 2 3"));
	assert_int_equal(set->refused, 1);
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof line, "a %d", i);
		assert_true(add(set, line));
	}
	const struct cluster *c = set->items[0];
	assert_int_equal(set->count, 2);
	assert_int_equal(c->count, 5001);
	assert_int_equal(c->kept, CLUSTER_LINES);
	assert_string_equal(c->lines[0].text, "a 1");
	uint64_t last = 0;
	for (size_t i = 0; i < c->kept; i++)
		last = c->lines[i].number > last ? c->lines[i].number : last;
	assert_true(last > 2500); /* kept lines come from all over the input */
	char *huge = xcalloc(1, CLUSTER_TEXT_MAX + 1);
	assert_false(cluster_add(set, 0, huge, CLUSTER_TEXT_MAX + 1, "a 1", 3));
	assert_false(cluster_add(set, 1, "a 1", 3, "a 1", 3)); /* of another kind: a third cluster */
	free(huge);
	cluster_set_free(set);
	cluster_set_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_what_changes),    cmocka_unit_test(hash_is_of_the_shape),
		cmocka_unit_test(tokens_cover_the_text), cmocka_unit_test(lines_of_one_kind_meet),
		cmocka_unit_test(clusters_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
