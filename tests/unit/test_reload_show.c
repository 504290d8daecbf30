/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer of a reload as a person sees it, and as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/reload_show.h"

static const char done[] = "configuration: changed outputs[0].password\n"
			   "scripts: changed nfware\n"
			   "shadow run: 512 messages last seen\n"
			   "shadow run: nfware: 3 fewer events\n"
			   "generation 12\n"
			   "worker 0: live\n"
			   "worker 1: settings of outputs live, scripts and filters pending: they wait\n"
			   "worker 2: live\n";
static const char quiet[] = "nothing has changed\n"
			    "shadow run: 0 messages last seen, so nothing to compare\n"
			    "generation 2\nworker 0: live\n";
static const char refused[] = "nfware.samples:3\n  - a\n  + b\n1 of 9 samples fail\n"
			      "\x1b[2Jbad\nrefused: generation 12 goes on\n";

/* The shown text without its colours. */
static void assert_seen(const char *answer, bool is_done, const char *text)
{
	struct strbuf out = {0};
	struct strbuf plain = {0};
	reload_show_person(answer, is_done, &out);
	for (const char *at = out.data; *at != '\0'; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			strbuf_addc(&plain, *at);
	}
	assert_string_equal(plain.data, text);
	strbuf_free(&plain);
	strbuf_free(&out);
}

static void a_person_sees_groups(void **state)
{
	(void)state;
	assert_seen(done, true,
		    "changed  configuration: changed outputs[0].password\n"
		    "         scripts: changed nfware\n"
		    "tried    512 messages last seen\n"
		    "         nfware: 3 fewer events\n"
		    "live     generation 12 in 2 of 3 workers\n"
		    "pending  worker 1: settings of outputs live, scripts and filters pending: they wait\n");
	assert_seen(quiet, true,
		    "changed  nothing has changed\n"
		    "tried    0 messages last seen, so nothing to compare\n"
		    "live     generation 2 in 1 of 1 workers\n");
	assert_seen(refused, false,
		    "nfware.samples:3\n  - a\n  + b\n1 of 9 samples fail\n"
		    "\\x1b[2Jbad\nrefused: generation 12 goes on\n");
}

static void colours_tell_what_wants_a_look(void **state)
{
	struct strbuf out = {0};
	(void)state;
	reload_show_person(done, true, &out);
	assert_non_null(strstr(out.data, "\033[33mnfware: 3 fewer"));
	assert_non_null(strstr(out.data, "\033[2m512 messages"));
	assert_non_null(strstr(out.data, "\033[33mgeneration 12 in"));
	assert_non_null(strstr(out.data, "\033[33mworker 1"));
	strbuf_reset(&out);
	reload_show_person(quiet, true, &out);
	assert_non_null(strstr(out.data, "\033[32mgeneration 2 in"));
	assert_null(strstr(out.data, "\033[33m"));
	strbuf_reset(&out);
	reload_show_person(refused, false, &out);
	assert_non_null(strstr(out.data, "\033[31m  - a\033[0m\n\033[32m  + b"));
	assert_non_null(strstr(out.data, "\033[31mrefused:"));
	strbuf_free(&out);
}

static void json_tells_the_outcome(void **state)
{
	struct strbuf out = {0};
	(void)state;
	reload_show_json(done, true, &out);
	static const char begin[] = "{\"outcome\":\"done\",\"generation\":12,\"live\":2,\"pending\":1,"
				    "\"lines\":[\"configuration: changed outputs[0].password\",";
	assert_int_equal(strncmp(out.data, begin, sizeof begin - 1), 0);
	strbuf_reset(&out);
	reload_show_json(refused, false, &out);
	assert_string_equal(out.data,
			    "{\"outcome\":\"refused\",\"generation\":12,\"live\":0,\"pending\":0,\"lines\":["
			    "\"nfware.samples:3\",\"  - a\",\"  + b\",\"1 of 9 samples fail\","
			    "\"\\u001b[2Jbad\",\"refused: generation 12 goes on\"]}\n");
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_sees_groups),
		cmocka_unit_test(colours_tell_what_wants_a_look),
		cmocka_unit_test(json_tells_the_outcome),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
