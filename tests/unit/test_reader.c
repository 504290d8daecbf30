/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers: what they find in a line, with escapes, quotes, and lines that end in the middle of anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/reader.h"
#include "event/scan_marks.h"
#include "tests/unit/guard.h"

static const char *const asked[] = {"a", "b",  "src", "vendor", "class",         "1", "2", "3",
				    "9", "20", "100", "999",    "source-address"};

#define ASKED (sizeof asked / sizeof *asked)

static void show(const struct reading *in, const struct keys *keys, const char *data, struct strbuf *out)
{
	strbuf_reset(out);
	strbuf_add(out, data + in->parts[PART_FRONT].off, in->parts[PART_FRONT].len);
	for (size_t i = 0; i < ASKED; i++) {
		int key = keys_find(keys, asked[i], strlen(asked[i]));
		if (!reading_has(in, key))
			continue;
		struct text t = in->values[key].text;
		strbuf_printf(out, "|%s=", asked[i]);
		strbuf_add(out, data + t.off, t.len);
		strbuf_printf(out, "@%u", in->values[key].place);
	}
}

/* "FRONT|KEY=VALUE@PLACE|..." of a line. */
static const char *read_line(enum reader r, const char *line)
{
	static struct strbuf shown;
	struct keys keys = {0};
	struct reading in;
	struct envelope none = {0};
	struct arena arena;
	struct err e;
	size_t n = strlen(line);
	for (size_t i = 0; i < ASKED; i++)
		assert_true(keys_add(&keys, asked[i], strlen(asked[i]), &e) >= 0);
	arena_init(&arena, 1 << 16);
	arena_add(&arena, "####", 4); /* so that a place is not an offset */
	struct text text = {.off = arena_add(&arena, line, (uint32_t)n), .len = (uint32_t)n};
	reader_read(r, &keys, &arena, text, &none, NULL, &in);
	show(&in, &keys, arena.data, &shown);
	keys_free(&keys);
	arena_free(&arena);
	return shown.data != NULL ? shown.data : "";
}

#define READS(reader, line, wanted) assert_string_equal(read_line(READER_##reader, line), wanted)

static void key_value(void **state)
{
	(void)state;
	READS(KEY_VALUE, "a=1 b=2", "|a=1@2|b=2@6");
	READS(KEY_VALUE, "CGNAT: PB_ALLOCATED a=1-2 x=3", "CGNAT: PB_ALLOCATED|a=1-2@22");
	READS(KEY_VALUE, "a=\"x y\",b=\"z\"", "|a=x y@3|b=z@11");
	READS(KEY_VALUE, "a=1, b=2;src=3;", "|a=1@2|b=2@7|src=3@13");
	READS(KEY_VALUE, "a=x,y b=1", "|a=x,y@2|b=1@8");
	READS(KEY_VALUE, "a=\"x \\\"y\\\" \\z\" b=2", "|a=x \"y\" \\z@3|b=2@17");
	READS(KEY_VALUE, "a=1 a=2", "|a=1@2");
	READS(KEY_VALUE, "a= b=2", "|a=@2|b=2@5");
	READS(KEY_VALUE, "x=http://h?a=1 b=2", "|b=2@17");
	READS(KEY_VALUE, "a=\"no end b=2", "");
	READS(KEY_VALUE, "b=\"1\" a=\"10.0.0.1", "|b=1@3");
	READS(KEY_VALUE, "= =a a==b", "= =a|a==b@7");
	READS(KEY_VALUE, "nothing here", "nothing here");
	READS(KEY_VALUE, "", "");
}

static void structured_data(void **state)
{
	(void)state;
	READS(STRUCTURED_DATA, "RT_FLOW_SESSION_CREATE [junos@2636.1 source-address=\"10.0.0.1\" b=\"\"]",
	      "RT_FLOW_SESSION_CREATE|b=@66|source-address=10.0.0.1@53");
	READS(STRUCTURED_DATA, "X [a=\"TCP FIN\"][y b=\"2\"] text a=\"3\"", "X|a=TCP FIN@6|b=2@21");
	READS(STRUCTURED_DATA, "[z a=\"q \\\"\\]\\\\ \\n\" b=\"2\"]", "|a=q \"]\\ \\n@6|b=2@22");
	READS(STRUCTURED_DATA, "X a=1", "X a=1");
	READS(STRUCTURED_DATA, "a=\"", "");
	READS(STRUCTURED_DATA, "X [b=\"2\"][y a=\"10.0.0.1", "X|b=2@6");
	READS(STRUCTURED_DATA, "X [b=\"2\" a=\"10.0.0.1\"", "X");
}

static void cef(void **state)
{
	(void)state;
	READS(CEF, "cgn0/demo  CEF:0|A10|CFW|6|CGN 106|Nat|5|a=UDP src=100.65.140.73 b=Last Nat Port",
	      "cgn0/demo|a=UDP@43|b=Last Nat Port@67|src=100.65.140.73@51|vendor=A10@17|class=CGN 106@27");
	READS(CEF, "0|A10|ADC|6.0.7|CGN 102|N|5|a=1", "|a=1@30|vendor=A10@2|class=CGN 102@16");
	READS(CEF, "CEF:0|A\\|10|b|c|d|e|5|a=Id\\=1 b=x\\\\y",
	      "|a=Id=1@24|b=x\\y@32|vendor=A|10@6|class=d@16");
	READS(CEF, "CEF:0|A10|b|c|d|e|5|", "|vendor=A10@6|class=d@14");
	READS(CEF, "CEF:0|A10|b|c|d|e|5", "|vendor=A10@6|class=d@14");
	READS(CEF, "CEF:0|A10|b", "|vendor=A10@6");
	READS(CEF, "no bars", "no bars");
}

static void csv(void **state)
{
	(void)state;
	READS(CSV, "x,y,z", "x,y,z|1=x@0|2=y@2|3=z@4");
	READS(CSV, "\"x,1\",\"a \"\"b\"\"\",", "\"x,1\",\"a \"\"b\"\"\",|1=x,1@1|2=a \"b\"@7|3=@16");
	READS(CSV, ",,,,,,,,9", ",,,,,,,,9|1=@0|2=@1|3=@2|9=9@8");
	READS(CSV, "\"open,2", "\"open,2");
	READS(CSV, "1,\"op\"\"en", "1,\"op\"\"en|1=1@0");
	READS(CSV, "\"x\"9,\"y\" ,\"z\"", "\"x\"9,\"y\" ,\"z\"|2=y@6|3=z@11");
	READS(CSV, "", "|1=@0");
}

/* Two thousand columns: each is one comma, so that its place is its number less one. */
static void many_columns(void **state)
{
	(void)state;
	char line[2001];
	memset(line, ',', sizeof line);
	line[2000] = '\0';
	const char *shown = read_line(READER_CSV, line) + 2000;
	assert_string_equal(shown, "|1=@0|2=@1|3=@2|9=@8|20=@19|100=@99|999=@998");
}

static void read_cut(const struct keys *keys, const char *line, size_t n)
{
	struct envelope none = {0};
	struct text text = {.off = 0, .len = (uint32_t)n};
	struct arena arena = {.data = guard_end(line, n), .len = text.len, .cap = text.len, .max = text.len};
	for (enum reader r = 0; r < READER_COUNT; r++) {
		struct reading in;
		reader_read(r, keys, &arena, text, &none, NULL, &in);
		for (int k = 0; k < (int)ASKED; k++)
			assert_true(!reading_has(&in, k) ||
				    in.values[k].text.off + in.values[k].text.len <= n);
	}
}

/* Every line cut at every byte, right before a page that nobody may touch, and with no room for unescaping.
 */
static void never_reads_beyond(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"front a=1, b=\"x\\\"y\" src=z;a=\"\\",
		"M [id a=\"1\\]\" b=\"2\"][z source-address=\"\\\\\"]",
		"dev CEF:0|A\\|10|p|1|CGN|n|5|a=1\\=2 b=3 src=4\\",
		"a,\"b\"\"c\",\"d,\"\"",
	};
	struct keys keys = {0};
	struct err e;
	for (size_t i = 0; i < ASKED; i++)
		assert_true(keys_add(&keys, asked[i], strlen(asked[i]), &e) >= 0);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++)
			read_cut(&keys, lines[i], n);
	keys_free(&keys);
}

/* Each byte is marked or not as marks_has() says of it alone. */
static void marks_are(enum marks_kind kind, const char *s, size_t n)
{
	struct marks m = MARKS_NONE;
	size_t next = marks_next(&m, kind, s, n, 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(i == next, marks_has(kind, (unsigned char)s[i]));
		next = i == next ? marks_next(&m, kind, s, n, i + 1) : next;
	}
	assert_int_equal(next, n);
}

/* Wherever the text ends, with nobody's memory on both sides. */
static void marks(void **state)
{
	static const char bytes[] = "az AZ09_-./=\"\\[],;|@`{^\t\x7f\x80\xff:";
	char text[150];
	uint32_t seed = 7;
	(void)state;
	for (size_t n = 0; n <= sizeof text; n++) {
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (seed >> 20) % 3 == 0 ? bytes[(seed >> 8) % (sizeof bytes - 1)] : 'k';
		}
		for (enum marks_kind kind = MARKS_NO_KEY; kind <= MARKS_COLUMN; kind++) {
			marks_are(kind, guard_end(text, n), n);
			marks_are(kind, guard_begin(text, n), n);
		}
	}
}

static void many_keys(void **state)
{
	(void)state;
	struct keys keys = {0};
	struct err e;
	char name[16];
	for (int i = 0; i < KEYS_MAX; i++) {
		int n = snprintf(name, sizeof name, "key%d", i);
		assert_int_equal(keys_add(&keys, name, (size_t)n, &e), i);
		assert_int_equal(keys_add(&keys, name, (size_t)n, &e), i);
	}
	for (int i = 0; i < KEYS_MAX; i++) {
		int n = snprintf(name, sizeof name, "key%d", i);
		assert_int_equal(keys_find(&keys, name, (size_t)n), i);
	}
	assert_int_equal(keys_find(&keys, "kez", 3), -1);
	assert_int_equal(keys_find(&keys, "", 0), -1);
	assert_int_equal(keys_add(&keys, "more", 4, &e), -1);
	assert_non_null(strstr(e.msg, "more than 128"));
	keys_free(&keys);
	assert_int_equal(keys_add(&keys, "", 0, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_value),    cmocka_unit_test(structured_data),
		cmocka_unit_test(cef),          cmocka_unit_test(csv),
		cmocka_unit_test(many_columns), cmocka_unit_test(never_reads_beyond),
		cmocka_unit_test(many_keys),    cmocka_unit_test(marks),
	};
	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
