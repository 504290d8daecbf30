/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of templates: a vocabulary, compiling that must succeed, and the result of a match as one
 * string.
 */
#ifndef NATMILL_TESTS_UNIT_TEMPLATE_HELP_H
#define NATMILL_TESTS_UNIT_TEMPLATE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/template.h"
#include "guard.h"

#define SESSION EVENT_SESSION
#define PORT EVENT_PORT
#define BLOCK EVENT_PORT_BLOCK
#define ADDRESS EVENT_ADDRESS
#define IGNORE EVENT_ABSENT

/* Letters of NFWare and A10, and protocol names of one's own. */
static inline const struct vocabulary *test_words(void)
{
	static struct vocabulary v;
	if (v.action_count > 0)
		return &v;
	vocabulary_init(&v);
	v.zone_s = 0;
	static const char *const words[][2] = {{"A", "created"},       {"D", "deleted"},
					       {"C", "created"},       {"NEW", "created"},
					       {"DESTROY", "deleted"}, {"Allocated", "created"},
					       {"Freed", "deleted"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (vocabulary_add_action(&v, words[i][0], words[i][1], NULL) != 0)
			abort();
	if (vocabulary_add_protocol(&v, "ICMP ECHO REQUEST", 1, NULL) != 0 ||
	    vocabulary_add_protocol(&v, "xns", 22, NULL) != 0)
		abort();
	return &v;
}

static inline struct template *must_compile(const char *text, int type)
{
	struct err e = {0};
	struct template *t = template_compile(text, strlen(text), type, test_words(), &e);
	if (t == NULL)
		fail_msg("%s: %s", text, e.msg);
	return t;
}

/* Matches against a guarded copy. The event's JSON form on a match ("match" for ignore), else the sentence
 * that says where it stopped. Valid until the next call. */
static inline const char *outcome_of(const struct template *t, int type, const char *text, size_t n)
{
	static struct strbuf out;
	struct event ev;
	struct miss m = {0};
	const char *copy = guard_end(text, n);
	strbuf_reset(&out);
	event_clear(&ev);
	if (template_match(t, copy, n, 0, &ev, &m)) {
		if (type == IGNORE)
			strbuf_adds(&out, "match");
		else
			event_json(&ev, copy, (uint32_t)n, &out);
		return out.data;
	}
	assert_int_equal(ev.type, EVENT_ABSENT);
	for (int f = 0; f < FIELD_COUNT; f++)
		assert_false(event_has(&ev, (enum event_field)f));
	if (m.from != NULL)
		assert_ptr_equal(m.from, t);
	m.rule = "it";
	template_explain(&m, copy, n, &out);
	return out.data;
}

static inline const char *outcome(const char *template, int type, const char *text)
{
	struct template *t = must_compile(template, type);
	const char *result = outcome_of(t, type, text, strlen(text));
	template_free(t);
	return result;
}

/* For tables: a template, a text and what comes of it. */
struct template_case {
	const char *template;
	int type;
	const char *text;
	const char *expect; /* NULL: no match, wherever */
};

static inline void check_cases(const struct template_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct template_case *c = &cases[i];
		const char *got = outcome(c->template, c->type, c->text);
		if (c->expect == NULL && strstr(got, " stopped at column ") != NULL)
			continue;
		if (c->expect == NULL || strcmp(got, c->expect) != 0)
			fail_msg("\n%s\n%s\ngives %s\nnot   %s", c->template, c->text, got,
				 c->expect ? c->expect : "a miss");
	}
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
