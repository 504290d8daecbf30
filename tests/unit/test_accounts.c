/* SPDX-License-Identifier: Apache-2.0
 *
 * The accounts of a settled batch, by vendor: events by type, whatever their order, and records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stream/accounts.h"
#include "tests/unit/script_fixture.h"

static void write_script(struct fixture *f, const char *name)
{
	char file[16];
	struct strbuf text = {0};
	snprintf(file, sizeof file, "%s.lua", name);
	strbuf_printf(&text, "local v = vendor \"%s\"\nv:ignore \"%s\"\nreturn v\n", name, name);
	fixture_write(f, file, text.data, text.len);
	strbuf_free(&text);
}

static void add_event(struct batch *b, uint32_t script, int type)
{
	struct event *ev = batch_add_event(b);
	event_clear(ev);
	ev->script = script;
	ev->type = type;
}

static uint64_t events_of(const struct accounts *a, const struct account_names *names, const char *name,
			  int type)
{
	for (size_t i = 0; i < account_names_count(names); i++)
		if (strcmp(account_name(names, i), name) == 0)
			return stats_get(&a->vendors[i].events[type]);
	fail_msg("%s has no place", name);
	return 0;
}

static void events_by_vendor_and_type(void **state)
{
	/* Runs, runs of one, a run that comes back; the last ends with the batch. */
	static const int made[][2] = {
		{0, EVENT_SESSION}, {0, EVENT_SESSION}, {1, EVENT_SESSION}, {0, EVENT_SESSION},
		{0, EVENT_PORT},    {1, EVENT_PORT},    {1, EVENT_PORT},    {1, EVENT_PORT},
		{1, EVENT_ABSENT},  {2, EVENT_SESSION}, {0, EVENT_ADDRESS}, {0, EVENT_ADDRESS},
	};
	struct fixture f;
	struct account_names *names = account_names_new();
	struct accounts *a = xcalloc(1, sizeof *a);
	(void)state;
	fixture_init(&f);
	write_script(&f, "a");
	write_script(&f, "b");
	assert_true(fixture_load(&f, false));
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
		add_event(&f.batch, (uint32_t)made[i][0], made[i][1]);
	accounts_settle(a, names, f.generation, &f.batch);
	assert_int_equal(events_of(a, names, "a", EVENT_SESSION), 3);
	assert_int_equal(events_of(a, names, "a", EVENT_PORT), 1);
	assert_int_equal(events_of(a, names, "a", EVENT_ADDRESS), 2);
	assert_int_equal(events_of(a, names, "b", EVENT_SESSION), 1);
	assert_int_equal(events_of(a, names, "b", EVENT_PORT), 3);
	assert_int_equal(events_of(a, names, "b", EVENT_ADDRESS), 0);
	accounts_settle(a, names, f.generation, &f.batch);
	assert_int_equal(events_of(a, names, "b", EVENT_PORT), 6);
	batch_reset(&f.batch);
	accounts_settle(a, names, f.generation, &f.batch); /* none at all */
	assert_int_equal(events_of(a, names, "b", EVENT_PORT), 6);
	free(a);
	account_names_free(names);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_by_vendor_and_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
