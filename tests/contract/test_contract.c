/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract suite: the same cases for every output, as far as its type claims to do what they ask. A new
 * output adds a driver to drivers.c and must pass. What only one output promises is in test_NAME.c beside
 * this.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "cli/registry.h"
#include "tests/contract/cases.h"
#include "tests/contract/drivers.h"

#define TESTS_MAX 600
#define DRIVERS_MAX 20

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, *(const struct driver **)*state);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static unsigned gives(const struct driver *d)
{
	return (d->type->takes_events ? NEEDS_EVENTS : 0u) |
	       (d->type->transactional ? NEEDS_TRANSACTIONS : 0u) |
	       (d->type->keeps_dead ? NEEDS_LETTERS : 0u) | (d->block != NULL ? NEEDS_HOLD_UP : 0u) |
	       (d->shared ? NEEDS_SHARED : 0u) |
	       (d->type->transactional && !d->type->group_marks ? NEEDS_OWN_MARKS : 0u) |
	       (d->type->dead_read != NULL ? NEEDS_RETURN : 0u);
}

/* No output of the program goes without the suite. */
static void every_output_has_a_driver(void **state)
{
	(void)state;
	for (const struct output_type *const *t = registry_outputs; *t != NULL; t++) {
		const struct driver *const *d = drivers;
		while (*d != NULL && (*d)->type != *t)
			d++;
		if (*d == NULL)
			fail_msg("output %s has no driver in tests/contract/drivers.c", (*t)->name);
	}
}

static const struct contract_case *const subjects[] = {cases_events, cases_marks,   cases_dead,
						       cases_return, cases_workers, NULL};

static struct CMUnitTest tests[TESTS_MAX] = {cmocka_unit_test(every_output_has_a_driver)};
static size_t test_count = 1;

/* Adds the cases of one subject that the driver gives what they need. */
static void add_cases(const struct contract_case *c, const struct driver *const *driver, void *state)
{
	static char names[TESTS_MAX][96];
	for (; c->name != NULL; c++) {
		if ((c->needs & ~gives(*driver)) != 0)
			continue;
		assert_true(test_count < TESTS_MAX);
		char *name = names[test_count];
		snprintf(name, sizeof names[0], "%s: %s", (*driver)->type->name, c->name);
		tests[test_count++] = (struct CMUnitTest){name, c->run, set_up, tear_down, state};
	}
}

/* test_contract [OUTPUT]: all drivers, or one. */
int main(int argc, char **argv)
{
	static const struct driver *chosen[DRIVERS_MAX]; /* a test's state must not be const */
	for (size_t i = 0; drivers[i] != NULL && i < DRIVERS_MAX; i++) {
		if (argc > 1 && strcmp(argv[1], drivers[i]->type->name) != 0)
			continue;
		chosen[i] = drivers[i];
		for (const struct contract_case *const *subject = subjects; *subject != NULL; subject++)
			add_cases(*subject, &drivers[i], &chosen[i]);
	}
	return _cmocka_run_group_tests("contract", tests, test_count, NULL, NULL);
}
