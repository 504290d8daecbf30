/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a reload: what is refused, and that nothing is left of it then; what is told of the next
 * generation, and what of it was tried out on messages seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/reload_plan.h"
#include "tests/unit/reload_rig.h"

struct plan {
	struct rig rig;
	struct engine_config *first;
	struct errlist errors;
	struct strbuf text;
	struct seen_message seen[2];
	size_t seen_count;
	_Atomic bool stop;
};

static int set_up(void **state)
{
	struct plan *p = xcalloc(1, sizeof *p);
	p->first = rig_open(&p->rig);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct plan *p = *state;
	rig_close(&p->rig, p->first);
	errlist_free(&p->errors);
	strbuf_free(&p->text);
	free(p);
	return 0;
}

static struct engine_config *run(struct plan *p)
{
	const struct reload_world world = {.now = p->first,
					   .source = &p->rig.source,
					   .number = 2,
					   .seen = {.messages = p->seen,
						    .n = p->seen_count,
						    .stop = &p->stop}};
	return reload_plan(&world, &p->text, &p->errors);
}

/* It is refused with this reason alone, and of what was made only the first is left. */
static void assert_refused(struct plan *p, const char *reason)
{
	assert_null(run(p));
	assert_int_equal(p->errors.n, 1);
	assert_string_equal(p->errors.items[0].msg, reason);
	assert_int_equal(atomic_load(&p->rig.made) - atomic_load(&p->rig.given_back), 1);
}

/* It is done, and tells this. */
static void assert_told(struct plan *p, const char *text)
{
	struct engine_config *next = run(p);
	if (next == NULL)
		fail_msg("%s", p->errors.items[0].msg);
	assert_int_equal(p->errors.n, 0);
	assert_int_equal(generation_number(next->setup.generation), 2);
	assert_string_equal(p->text.data, text);
	rig_give_back(&p->rig, next);
}

static void see(struct plan *p, char *bytes, size_t topic_len)
{
	p->seen[p->seen_count++] = (struct seen_message){.bytes = bytes,
							 .topic_size = (uint32_t)topic_len + 1,
							 .len = (uint32_t)strlen(bytes + topic_len + 1),
							 .timestamp = 1000000};
}

static void what_cannot_be_read_is_refused(void **state)
{
	struct plan *p = *state;
	p->rig.broken = true;
	assert_refused(p, "n.yaml:3: broken");
}

static void what_takes_a_restart_is_refused_by_name(void **state)
{
	struct plan *p = *state;
	p->rig.values.workers = 3;
	assert_refused(p, "workers: has changed and needs a restart");
}

static void outputs_stay_the_same_ones(void **state)
{
	struct plan *p = *state;
	p->rig.output_count = 1;
	assert_refused(p, "outputs: have changed and need a restart");
	errlist_free(&p->errors);
	p->rig.output_count = 2;
	p->rig.second = "third";
	assert_refused(p, "outputs: have changed and need a restart");
}

static void samples_are_the_gate(void **state)
{
	struct plan *p = *state;
	rig_write(&p->rig, "t.samples", "> " RIG_LINE "\nignored\n");
	assert_refused(p, "1 of 1 samples fail");
	assert_non_null(strstr(p->text.data, "t.samples"));
}

static void nothing_new_is_told_so(void **state)
{
	assert_told(*state, "nothing has changed\n"
			    "shadow run: 0 messages last seen, so nothing to compare\n");
}

static void changes_are_told(void **state)
{
	struct plan *p = *state;
	static char line[] = RIG_TOPIC "\0" RIG_MESSAGE;
	p->rig.values.memory = 11;
	rig_write(&p->rig, "u.lua", "local u = vendor 'u'\nu:topics 't.two'\nreturn u\n");
	see(p, line, strlen(RIG_TOPIC));
	struct engine_config *next = run(p);
	assert_non_null(next);
	assert_non_null(strstr(p->text.data, "configuration: changed memory\n"));
	assert_non_null(strstr(p->text.data, "added u\n"));
	assert_non_null(strstr(p->text.data, "added t.two\n"));
	assert_non_null(strstr(p->text.data, "shadow run: 1 messages last seen"));
	rig_give_back(&p->rig, next);
}

/* By vendor and field, and what would be read no more. */
static void the_shadow_run_tells_what_differs(void **state)
{
	struct plan *p = *state;
	static char line[] = RIG_TOPIC "\0" RIG_MESSAGE;
	static char other[] = RIG_TOPIC "\0NOTHING FITS";
	see(p, line, strlen(RIG_TOPIC));
	see(p, other, strlen(RIG_TOPIC));
	rig_write(&p->rig, "t.lua",
		  "local t = vendor 't'\nt:topics '" RIG_TOPIC "'\nt:actions { A = 'created' }\n"
		  "t:address_mapping '{action} INT {x_ip} EXT {src_ip}'\nt:ignore 'NOTHING {*}'\nreturn t\n");
	struct engine_config *next = run(p);
	assert_non_null(next);
	assert_non_null(strstr(p->text.data, "shadow run: 2 messages last seen\n"));
	assert_non_null(strstr(p->text.data, "fewer dead letters"));
	assert_non_null(strstr(p->text.data, "src_ip differs in 1, x_ip differs in 1"));
	rig_give_back(&p->rig, next);
	rig_write(&p->rig, "t.lua", "local t = vendor 't'\nt:topics 't.two'\nreturn t\n");
	strbuf_reset(&p->text);
	next = run(p);
	assert_non_null(next);
	assert_non_null(
		strstr(p->text.data, "shadow run: 2 messages of topics that are not read any more\n"));
	rig_give_back(&p->rig, next);
}

/* Of a message's records the first is read no more: the second is compared with itself. */
static void the_shadow_run_pairs_records(void **state)
{
	struct plan *p = *state;
	static char line[] = RIG_TOPIC "\0{\"ip\":\"192.0.2.9\",\"message\":\"A INT 10.0.0.1 EXT 192.0.2.1;"
				       "A INT 10.0.0.2 EXT 192.0.2.2\"}";
	struct engine_config *first = p->first;
	rig_write(&p->rig, "t.lua",
		  "local t = vendor 't'\nt:topics '" RIG_TOPIC
		  "'\nt:actions { A = 'created' }\nt:records ';'\n"
		  "t:address_mapping '{action} INT {src_ip} EXT {x_ip}'\nreturn t\n");
	p->first = run(p);
	assert_non_null(p->first);
	see(p, line, strlen(RIG_TOPIC));
	rig_write(&p->rig, "t.lua",
		  "local t = vendor 't'\nt:topics '" RIG_TOPIC
		  "'\nt:actions { A = 'created' }\nt:records ';'\n"
		  "t:ignore '{*} 10.0.0.1 {*}'\n"
		  "t:address_mapping '{action} INT {src_ip} EXT {x_ip}'\nreturn t\n");
	strbuf_reset(&p->text);
	struct engine_config *next = run(p);
	assert_non_null(next);
	assert_non_null(strstr(p->text.data, "\nshadow run: t: 1 fewer events\n"));
	rig_give_back(&p->rig, next);
	rig_give_back(&p->rig, p->first);
	p->first = first;
}

/* What another filter would let through or not, by output. */
static void the_shadow_run_asks_filters(void **state)
{
	struct plan *p = *state;
	static char line[] = RIG_TOPIC "\0" RIG_MESSAGE;
	static char other[] =
		RIG_TOPIC "\0{\"ip\":\"192.0.2.9\",\"message\":\"A INT 10.0.0.2 EXT 192.0.2.1\"}";
	char path[100];
	char by_lua[200];
	see(p, line, strlen(RIG_TOPIC));
	see(p, other, strlen(RIG_TOPIC));
	p->rig.filters = "- exclude_by_kv: { key: src_ip, value: 10.0.0.2 }";
	struct engine_config *first = p->first;
	struct engine_config *next = run(p);
	assert_non_null(next);
	assert_non_null(strstr(p->text.data, "2 messages last seen\n"));
	assert_non_null(strstr(p->text.data, "\nshadow run: t: 1 more filtered out for output second\n"));

	p->first = next; /* the same filter, then another way to say it, then none */
	for (int way = 0; way < 3; way++) {
		snprintf(path, sizeof path, "%s/f.filter", p->rig.scripts.dir);
		snprintf(by_lua, sizeof by_lua, "- lua: { file: %s }", path);
		rig_write(&p->rig, "f.filter",
			  "return function(event) return event.src_ip ~= '10.0.0.2' end");
		p->rig.lua = way == 1 ? path : NULL;
		p->rig.filters = way == 2 ? NULL : way == 1 ? by_lua : p->rig.filters;
		strbuf_reset(&p->text);
		next = run(p);
		assert_non_null(next);
		const char *fewer = strstr(p->text.data, "t: 1 fewer filtered out for output second\n");
		assert_int_equal(fewer != NULL, way == 2);
		assert_int_equal(strstr(p->text.data, "the same events and dead letters") != NULL, way < 2);
		rig_give_back(&p->rig, next);
	}
	rig_give_back(&p->rig, p->first);
	p->first = first;
}

static void the_end_of_natmill_ends_it(void **state)
{
	struct plan *p = *state;
	static char line[] = RIG_TOPIC "\0" RIG_MESSAGE;
	see(p, line, strlen(RIG_TOPIC));
	atomic_store(&p->stop, true);
	assert_refused(p, "natmill ends");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_read_is_refused),
		TEST(what_takes_a_restart_is_refused_by_name),
		TEST(outputs_stay_the_same_ones),
		TEST(samples_are_the_gate),
		TEST(nothing_new_is_told_so),
		TEST(changes_are_told),
		TEST(the_shadow_run_tells_what_differs),
		TEST(the_shadow_run_pairs_records),
		TEST(the_shadow_run_asks_filters),
		TEST(the_end_of_natmill_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
