/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads a text as the configuration of settings_schema.h and says what must come of it. Used by
 * test_settings.c and test_settings_text.c.
 */
#ifndef NATMILL_TESTS_SETTINGS_LOAD_H
#define NATMILL_TESTS_SETTINGS_LOAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/settings.h"
#include "tests/unit/settings_schema.h"

#define MINIMAL "kafka: {brokers: k}\noutputs: [{type: stdout}]\n"

static struct settings *load(struct config *c, const char *text, struct errlist *errs)
{
	char *const env[] = {(char[]){"SET=value"}, (char[]){"EMPTY="}, (char[]){"TRAP=x}\nworkers: 9"},
			     NULL};
	struct settings_source src = {.path = "n.yaml", .text = text, .len = strlen(text), .env = env};
	return settings_load(schema, c, sizeof *c, &src, errs);
}

static struct settings *good(struct config *c, const char *text)
{
	struct errlist errs = {0};
	struct settings *s = load(c, text, &errs);
	if (errs.n > 0)
		fail_msg("%s", errs.items[0].msg);
	assert_non_null(s);
	return s;
}

/* The text has exactly these errors; the list ends with NULL. */
static void refused(const char *text, ...)
{
	struct config c;
	struct config zero = {0};
	struct errlist errs = {0};
	assert_null(load(&c, text, &errs));
	assert_memory_equal(&c, &zero, sizeof c);
	va_list ap;
	va_start(ap, text);
	const char *message;
	size_t i = 0;
	for (; (message = va_arg(ap, const char *)) != NULL; i++)
		assert_string_equal(i < errs.n ? errs.items[i].msg : "(no more errors)", message);
	va_end(ap);
	if (i < errs.n)
		fail_msg("one more: %s", errs.items[i].msg);
	errlist_free(&errs);
}

static void from(const struct settings *s, const void *field, const char *where)
{
	char buf[SETTINGS_WHERE_MAX];
	assert_string_equal(settings_where(s, field, buf), where);
}

#endif
