/* SPDX-License-Identifier: Apache-2.0
 *
 * What natmill top makes of two answers of /status: rates, order, and lines that fit whatever the size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "cli/top_frame.h"
#include "cli/top_rows.h"
#include "event/json_tree.h"

#define STATUS(pid, now, stored, alarm, lag)                                                                 \
	"{\"version\":\"1\",\"pid\":" #pid ",\"group\":\"g\\u001b[2J\",\"started\":100,\"now\":" #now        \
	",\"generation\":3,\"ready\":" #alarm ",\"reasons\":[\"because\"],\"totals\":{\"messages\":" #stored \
	",\"events\":" #stored                                                                               \
	",\"dead\":7,\"retries\":2,\"stalls\":0,\"gaps\":0},\"workers\":[{\"number\":0,"                     \
	"\"running\":true,\"partitions\":3,\"messages\":5,\"events\":5,\"dead\":0,\"retries\":2}],"          \
	"\"partitions\":["                                                                                   \
	"{\"worker\":0,\"topic\":\"a\",\"partition\":0,\"state\":\"reading\",\"lag\":5,\"lag_seconds\":1.4}" \
	","                                                                                                  \
	"{\"worker\":0,\"topic\":\"b\",\"partition\":0,\"state\":\"reading\",\"lag\":" #lag                  \
	",\"lag_seconds\":2.0},{\"worker\":0,\"topic\":\"c\",\"partition\":0,\"state\":\"stopped\",\"lag\":" \
	"null,"                                                                                              \
	"\"lag_seconds\":null}],\"outputs\":[{\"name\":\"pg\",\"stored\":" #stored ",\"rejected\":1,"        \
	"\"dropped\":0,\"failures\":3,\"alarm\":" #alarm                                                     \
	",\"why\":\"no table\"}],\"vendors\":[{\"name\":\"\","                                               \
	"\"parsed\":0,\"ignored\":0,\"events\":{},\"dead\":{\"x\":3,\"y\":4}}],\"memory\":{\"resident\":"    \
	"91000000}}"

static struct node *tree(const char *text)
{
	struct node *n = json_tree(text, strlen(text), "test");
	assert_non_null(n);
	return n;
}

static void number_is(double v, const char *text)
{
	struct strbuf out = {0};
	top_number(&out, v);
	assert_string_equal(out.data, text);
	strbuf_free(&out);
}

static void numbers(void **state)
{
	(void)state;
	number_is(-1, "-");
	number_is(0, "0");
	number_is(0.04, "0.0");
	number_is(0.5, "0.5");
	number_is(0.96, "1");
	number_is(9999.4, "9999");
	number_is(9999.6, "10k");
	number_is(999499, "999k");
	number_is(999501, "1.0M");
	number_is(9.96e6, "10M");
	number_is(1.2e18, "1200P");
}

static void what_it_tells(void **state)
{
	(void)state;
	struct node *before = tree(STATUS(1, 200, 1000, true, 7));
	struct node *now = tree(STATUS(1, 202, 5000, true, 7000));
	struct node *other = tree(STATUS(2, 204, 5000, false, 7000));
	const struct top_frame f = {.width = SIZE_MAX, .height = SIZE_MAX};
	struct strbuf out = {0};
	top_frame(&f, now, before, &out);
	assert_string_equal(out.data,
			    "natmill 1  ready  generation 3  up 1m42s  group g.[2J\n"
			    "messages 2000/s  events 2000/s  dead 0/s  lag 7005 (2 s)\n"
			    "dead letters 7  retries 2  stalls 0  gaps 0  memory 91MB\n"
			    "! because\n"
			    "\n"
			    "outputs        stored/s     stored   rejected    dropped\n"
			    "pg                 2000       5000          1          0 ALARM: no table\n"
			    "\n"
			    "partitions          lag      lag s     worker\n"
			    "c [0]                 -          -          0 stopped\n"
			    "b [0]              7000          2          0 reading\n"
			    "a [0]                 5          1          0 reading\n"
			    "\n"
			    "vendors        events/s  ignored/s     dead/s       dead\n"
			    "(none)                0          0          0          7\n"
			    "\n"
			    "workers      partitions messages/s   events/s     dead/s    retries\n"
			    "0                     3          0          0          0          2\n");
	strbuf_reset(&out);
	top_frame(&f, other, now, &out); /* of another process: no rates */
	assert_non_null(strstr(out.data, "natmill 1  NOT READY  "));
	assert_non_null(strstr(out.data, "messages -/s"));
	assert_non_null(strstr(out.data, " retries: no table\n"));
	strbuf_reset(&out);
	top_frame(&(struct top_frame){.width = 9, .height = 5, .notice = "waiting \033"}, NULL, NULL, &out);
	assert_string_equal(out.data, "waiting .\n");
	strbuf_free(&out);
	node_free(before);
	node_free(now);
	node_free(other);
}

/* Also of an answer in which all is missing, or of the wrong kind. */
static void fits_any_size(void **state)
{
	(void)state;
	static const char *const answers[] =
		{STATUS(1, 202, 5000, true, 7000), "{}",
		 "{\"partitions\":3,\"outputs\":[1,null,[]],\"vendors\":[{\"dead\":[1]}]}", "[]"};
	for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
		struct node *now = tree(answers[a]);
		for (size_t size = 1; size < 30; size++) {
			const struct top_frame f = {.width = size, .height = 30 - size, .notice = "waiting"};
			struct strbuf out = {0};
			size_t lines = 0;
			top_frame(&f, now, now, &out);
			for (const char *at = out.data; *at != '\0'; at += strcspn(at, "\n") + 1, lines++)
				assert_in_range(strcspn(at, "\n"), 0, f.width);
			assert_in_range(lines, 1, f.height);
			strbuf_free(&out);
		}
		node_free(now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(what_it_tells),
		cmocka_unit_test(fits_any_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
