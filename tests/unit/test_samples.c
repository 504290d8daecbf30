/* SPDX-License-Identifier: Apache-2.0
 *
 * Sample files: their form, the differences they show, and that the shipped ones pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "tests/unit/script_fixture.h"

#include "script/sample_diff.h"
#include "base/file.h"
#include "script/samples.h"
#include "script/samples_fill.h"

static struct strbuf report;

/* Runs this file of samples against a small script; the report without the folder's name in front. */
static const char *run(struct fixture *f, const char *samples, struct samples_counts *counts)
{
	fixture_script(f, "t:address_mapping '{action} {src_ip} {x_ip}'\nt:ignore 'keepalive'");
	fixture_write(f, "t.samples", samples, strlen(samples));
	strbuf_free(&report);
	*counts = (struct samples_counts){0};
	if (samples_run(f->generation, 0, &report, counts, &f->errors) != 0)
		return f->errors.items[0].msg + strlen(f->dir) + 1;
	return report.len > 0 ? report.data + strlen(f->dir) + 1 : "";
}

#define EVENT_ \
	"{\"type\": \"address-mapping\", \"event\": 1, \"src_ip\": \"10.0.0.1\", \"x_ip\": \"192.0.2.1\"}"
#define EVENT EVENT_ "\n"
#define LINE "> created 10.0.0.1 192.0.2.1\n"

static void passing(void **state)
{
	struct samples_counts counts;
	assert_string_equal(run(*state,
				"# comment\r\n\r\n" LINE "\n" EVENT "> keepalive\r\nignored\r\n> junk\n"
				"dead: expected an action\n>\ndead: empty\n"
				"> {\"message\":\"created 10.0.0.1 192.0.2.1\"}\n"
				"{\"x_ip\":\"192.0.2.1\",\"event\":1 , "
				"\"type\":\"address-mapping\",\"src_ip\":\"10.0.0.1\"}",
				&counts),
			    "");
	assert_int_equal(counts.passed, 5);
	assert_int_equal(counts.failed, 0);
}

static void differences(void **state)
{
	struct samples_counts counts;
	assert_string_equal(
		run(*state,
		    "\n" LINE "{\"type\": \"address-mapping\", \"event\": 2, \"src_ip\": \"10.0.0.1\", "
		    "\"vrf_id\": \"a, b\"}\n",
		    &counts),
		"t.samples:2: created 10.0.0.1 192.0.2.1\n"
		"  - \"event\":2\n  - \"vrf_id\":\"a, b\"\n  + \"event\":1\n  + \"x_ip\":\"192.0.2.1\"\n");
	assert_int_equal(counts.failed, 1);
}

static void other_outcomes(void **state)
{
	struct fixture *f = *state;
	struct samples_counts counts;
	assert_string_equal(run(f, LINE "ignored\n", &counts),
			    "t.samples:1: created 10.0.0.1 192.0.2.1\n  - ignored\n  + "
			    "{\"type\":\"address-mapping\",\"event\":1,"
			    "\"src_ip\":\"10.0.0.1\",\"x_ip\":\"192.0.2.1\"}\n");
	assert_string_equal(run(f, "> keepalive\n" EVENT, &counts),
			    "t.samples:1: keepalive\n  - {\"type\": \"address-mapping\", \"event\": 1, "
			    "\"src_ip\": \"10.0.0.1\", "
			    "\"x_ip\": \"192.0.2.1\"}\n  + ignored\n");
	assert_non_null(strstr(run(f, "> junk\ndead: other\n", &counts),
			       "  - dead: other\n  + dead: no rule begins so, each stopped"));
	assert_non_null(strstr(run(f, LINE EVENT EVENT, &counts), "  + {"));
	assert_int_equal(counts.failed, 1);
}

static void wrong_files(void **state)
{
	struct fixture *f = *state;
	struct samples_counts counts;
	assert_string_equal(run(f, LINE LINE EVENT, &counts),
			    "t.samples:1: nothing below this line says what must become of it; write "
			    "`ignored`, or its events: natmill test --fill t");
	assert_string_equal(run(f, LINE, &counts),
			    "t.samples:1: nothing below this line says what must become of it; write "
			    "`ignored`, or its events: natmill test --fill t");
	assert_non_null(strstr(run(f, LINE "# not yet: x\n" EVENT, &counts), "t.samples:1: nothing below"));
	assert_string_equal(run(f, "# not yet: x\n" EVENT, &counts),
			    "t.samples:2: this stands below a line that begins with `# not yet: `; put `> ` "
			    "in its place");
	assert_string_equal(run(f, "# not yet: x\nignored\n", &counts),
			    "t.samples:2: this stands below a line that begins with `# not yet: `; put `> ` "
			    "in its place");
	assert_string_equal(run(f, LINE "{\"line\":1,\"verdict\":\"events\"}\n", &counts),
			    "t.samples:2: this is no line that natmill try --json prints");
	assert_string_equal(run(f, EVENT, &counts),
			    "t.samples:1: an event must stand below the line (> ...) that gives it");
	assert_string_equal(run(f, LINE "ignored\n" EVENT, &counts),
			    "t.samples:3: an event must stand below the line (> ...) that gives it");
	assert_string_equal(run(f, LINE EVENT "ignored\n", &counts),
			    "t.samples:3: `ignored` and `dead: ...` stand alone below the line (> ...) that "
			    "they are about");
	assert_non_null(
		strstr(run(f, "\nwhat\n", &counts), "t.samples:2: expected `> LINE`, an event as {...}"));
	assert_non_null(strstr(run(f, "", &counts), ""));
	assert_int_equal(counts.passed + counts.failed, 0);
}

/* What natmill try --json prints stands for what it tells. */
static void pasted(void **state)
{
	struct fixture *f = *state;
	struct samples_counts counts;
	const char *one = "{\"line\":1,\"verdict\":\"events\",\"events\":[" EVENT_ "]}\n";
	struct strbuf text = {0};
	strbuf_printf(&text, LINE "%s> keepalive\n{\"line\": 2, \"verdict\": \"ignored\"}\n> ju\"nk\n", one);
	strbuf_adds(&text,
		    "{\"line\":3,\"verdict\":\"dead\",\"reason\":\"found `ju\\\"nk`\",\"column\":1}\n");
	assert_string_equal(run(f, text.data, &counts), "");
	assert_int_equal(counts.passed, 3);
	strbuf_reset(&text);
	strbuf_printf(&text, LINE "{\"line\":1,\"verdict\":\"events\",\"events\":[%s,%s]}\n", EVENT_, EVENT_);
	assert_non_null(strstr(run(f, text.data, &counts), "  + {")); /* two expected, one came */
	strbuf_free(&text);
}

/* Fills this file; what then stands in it. The folder's name is left out of the report. */
static char *fill(struct fixture *f, const char *samples, struct samples_filled *counts)
{
	static struct strbuf text;
	struct strbuf path = {0};
	struct err e;
	fixture_script(f, "t:address_mapping '{action} {src_ip} {x_ip}'\nt:ignore 'keepalive'");
	fixture_write(f, "t.samples", samples, strlen(samples));
	strbuf_free(&report);
	strbuf_reset(&text);
	*counts = (struct samples_filled){0};
	assert_int_equal(samples_fill(f->generation, 0, &path, &report, counts, &e), 0);
	assert_int_equal(file_read(path.data, 1 << 20, &text, &e), 0);
	strbuf_free(&path);
	char *copy = xstrdup(text.data);
	strbuf_free(&text);
	return copy;
}

static void filling(void **state)
{
	struct samples_filled counts;
	const char *made = "{\"type\":\"address-mapping\",\"event\":1,\"src_ip\":\"10.0.0.1\","
			   "\"x_ip\":\"192.0.2.1\"}";
	struct strbuf wanted = {0};
	char *got =
		fill(*state,
		     "# mine\n" LINE "# its note\n\n> junk\n> keepalive\r\n# not yet: created 10.0.0.1 "
		     "192.0.2.1\n# not yet: more junk\n> keepalive\nignored\n>\n> created 10.0.0.1 192.0.2.1",
		     &counts);
	strbuf_printf(&wanted,
		      "# mine\n" LINE "%s\n# its note\n\n# not yet: junk\n> keepalive\r\nignored\r\n" LINE
		      "%s\n# not yet: more junk\n> keepalive\nignored\n# not yet: \n" LINE "%s\n",
		      made, made, made);
	assert_string_equal(got, wanted.data);
	assert_int_equal(counts.filled, 4);
	assert_int_equal(counts.left, 3);
	assert_non_null(
		strstr(report.data, "t.samples:6: not yet: no rule begins so, each stopped at column 1"));
	assert_non_null(strstr(report.data, "t.samples:11: not yet: "));
	strbuf_free(&wanted);
	struct samples_counts ran;
	assert_string_equal(run(*state, got, &ran), "");
	assert_int_equal(ran.passed, 5);
	assert_int_equal(ran.not_yet, 3);
	char *again = fill(*state, got, &counts);
	assert_string_equal(again, got);
	assert_int_equal(counts.filled, 0);
	free(again);
	free(got);
}

/* The events that a person wrote stay, right or wrong; so does the link. */
static void filling_keeps(void **state)
{
	struct fixture *f = *state;
	struct samples_filled counts;
	const char *wrong = LINE "ignored\n> keepalive\n" EVENT;
	char *got = fill(f, wrong, &counts);
	assert_string_equal(got, wrong);
	assert_int_equal(counts.filled + counts.left, 0);
	free(got);
	char from[128];
	char to[128];
	snprintf(from, sizeof from, "%s/t.samples", f->dir);
	snprintf(to, sizeof to, "%s/real", f->dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(chmod(to, 0640), 0);
	assert_int_equal(symlink("real", from), 0);
	free(fill(f, "> keepalive", &counts));
	struct stat st;
	assert_int_equal(lstat(from, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(from, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_size, strlen("> keepalive\nignored\n"));
}

static void no_file(void **state)
{
	struct fixture *f = *state;
	struct samples_counts counts = {0};
	fixture_script(f, "");
	strbuf_free(&report);
	assert_int_equal(samples_run(f->generation, 0, &report, &counts, &f->errors), 0);
	assert_non_null(strstr(report.data, "t.lua: no samples beside it"));
}

static void members(void **state)
{
	(void)state;
	static const char a[] = "{\"a\":\"x, \\\"y\\\" }\",\"b\":1}";
	static const char b[] = "{ \"b\" : 1 , \"a\" : \"x, \\\"y\\\" }\" }";
	struct strbuf out = {0};
	assert_true(sample_diff(a, strlen(a), b, strlen(b), &out));
	assert_false(sample_diff(a, strlen(a), "{}", 2, &out));
	assert_false(sample_diff("", 0, a, strlen(a), &out));
	assert_false(sample_diff("{\"b\":\"1\"}", 9, "{\"b\":1}", 7, &out));
	assert_true(sample_diff("{", 1, "}", 1, &out));
	strbuf_free(&out);
}

static void shipped(void **state)
{
	(void)state;
	struct errlist errors = {0};
	struct samples_counts counts = {0};
	struct generation *g = generation_load("vendors", NULL, 0, 1, &errors);
	assert_non_null(g);
	strbuf_free(&report);
	for (size_t i = 0; i < generation_script_count(g); i++)
		assert_int_equal(samples_run(g, i, &report, &counts, &errors), 0);
	if (report.len > 0)
		fail_msg("%s", report.data);
	assert_true(counts.passed > 50);
	generation_unref(g);
}

static int clean(void **state)
{
	(void)state;
	strbuf_free(&report);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(passing),       FIXTURE_TEST(differences), FIXTURE_TEST(other_outcomes),
		FIXTURE_TEST(wrong_files),   FIXTURE_TEST(pasted),      FIXTURE_TEST(filling),
		FIXTURE_TEST(filling_keeps), FIXTURE_TEST(no_file),     cmocka_unit_test(members),
		cmocka_unit_test(shipped),
	};
	return cmocka_run_group_tests_name("samples", tests, NULL, clean);
}
