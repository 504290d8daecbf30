/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of options as a page and as help.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/reference.h"
#include "tests/unit/settings_schema.h"

static void has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("not there: %s\nin:\n%s", part, text);
}

static void tables(void **state)
{
	(void)state;
	struct strbuf out = {0};
	reference_markdown(schema, &out);
	has(out.data, "### Top level\n\nFor all.\n\n| Option |");
	has(out.data,
	    "| `workers` | number, from 1 to 64 | `2` | restart | `NATMILL_WORKERS` | Threads. |\n");
	has(out.data, "| `memory` | size, at least 1MiB | `100MB` | reload | `NATMILL_MEMORY` | Budget. |\n");
	has(out.data, "### `kafka`\n\nThe source.\n");
	has(out.data, "| `brokers` | text | required | restart | `NATMILL_KAFKA_BROKERS` | "
		      "Where Kafka listens \\| host:port. |\n");
	has(out.data, "| `password`, `password_file` | secret | none | reload | `NATMILL_KAFKA_PASSWORD`, "
		      "`NATMILL_KAFKA_PASSWORD_FILE` | Secret. |\n");
	has(out.data, "`NATMILL_KAFKA_PROPERTIES_...`");
	has(out.data, "| `zone` | text | none | reload | in `NATMILL_TOPICS` | Time zone. |\n");
	has(out.data, "### `outputs`, a list of maps, each with a type\n");
	has(out.data, "| `type` | `sqlite`, `postgresql`, `stdout`, `redis` | required | restart | "
		      "`NATMILL_OUTPUTS_0_TYPE` |");
	has(out.data,
	    "| `mode` | `required`, `best_effort` | `required` | restart | `NATMILL_OUTPUTS_0_MODE` |");
	has(out.data, "#### `outputs`, type `sqlite`\n\nA file.\n\n| Option |");
	has(out.data, "#### `outputs`, type `stdout`\n\nJSON lines.\n\nNo options of its own.\n");
	has(out.data, "#### `dead_letters`, type `sqlite`\n\nA file.\n\nThe options of `outputs`, type "
		      "`sqlite`. In the "
		      "environment they begin with `NATMILL_DEAD_LETTERS_`.\n");
	strbuf_free(&out);
}

static void page(void **state)
{
	(void)state;
	struct strbuf out = {0};
	struct err e = {0};
	assert_int_equal(reference_page(schema, "before\n" REFERENCE_BEGIN "old\n" REFERENCE_END "after\n",
					&out, &e),
			 0);
	assert_null(strstr(out.data, "old\n"));
	assert_int_equal(strncmp(out.data, "before\n" REFERENCE_BEGIN, strlen("before\n" REFERENCE_BEGIN)),
			 0);
	has(out.data, "`NATMILL_WORKERS`");
	assert_string_equal(strstr(out.data, REFERENCE_END), REFERENCE_END "after\n");
	struct strbuf again = {0}; /* made twice it stays the same */
	assert_int_equal(reference_page(schema, out.data, &again, &e), 0);
	assert_string_equal(out.data, again.data);
	strbuf_free(&out);
	strbuf_free(&again);
	assert_int_equal(reference_page(schema, "no marks", &out, &e), -1);
	assert_string_equal(
		e.msg, "the page lacks the marks '<!-- options: begin (made by natmill check --reference) "
		       "-->' and '<!-- options: end -->' round its tables");
	assert_int_equal(reference_page(schema, NULL, &out, &e), -1);
	assert_int_equal(reference_page(schema, REFERENCE_END REFERENCE_BEGIN, &out, &e), -1);
	strbuf_free(&out);
}

static void help(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	reference_help(schema, out);
	fclose(out);
	has(text, "  workers  (number, from 1 to 64; default 2; NATMILL_WORKERS)\n      Threads.\n");
	has(text, "  kafka.brokers  (text; required; NATMILL_KAFKA_BROKERS)\n");
	has(text, "  outputs[0].path  (text; required; NATMILL_OUTPUTS_0_PATH)\n");
	has(text, "  topics.NAME.zone  (text; NATMILL_TOPICS)\n");
	has(text, "  dead_letters, type sqlite\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(page),
		cmocka_unit_test(help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
