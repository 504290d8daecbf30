/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares flat JSON objects member by member, as texts; see sample_diff.h. No JSON is interpreted: what
 * natmill prints has one spelling, and a sample must show just that.
 */
#include "script/sample_diff.h"

#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 64

struct member {
	const char *at;
	size_t len;
};

struct members {
	struct member items[MEMBERS_MAX];
	size_t n;
};

/* The text without the blanks outside of strings. */
static void compact(const char *s, size_t n, struct strbuf *out)
{
	bool quoted = false;
	for (size_t i = 0; i < n; i++) {
		if (quoted && s[i] == '\\' && i + 1 < n) {
			strbuf_addc(out, s[i++]);
		} else if (s[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r')) {
			continue;
		}
		strbuf_addc(out, s[i]);
	}
}

static void add_member(struct members *m, const char *at, size_t len)
{
	if (len > 0 && m->n < MEMBERS_MAX)
		m->items[m->n++] = (struct member){.at = at, .len = len};
}

/* Cuts at the commas outside of strings. */
static void split(const struct strbuf *object, struct members *m)
{
	const char *s = object->len > 0 ? object->data : "";
	size_t end = object->len;
	size_t start = 0;
	bool quoted = false;
	m->n = 0;
	if (end > 0 && s[end - 1] == '}')
		end--;
	if (end > 0 && s[0] == '{')
		start = 1;
	for (size_t i = start; i < end; i++) {
		if (quoted && s[i] == '\\') {
			i++;
		} else if (s[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && s[i] == ',') {
			add_member(m, s + start, i - start);
			start = i + 1;
		}
	}
	add_member(m, s + start, start < end ? end - start : 0);
}

static bool has(const struct members *m, struct member wanted)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].len == wanted.len && memcmp(m->items[i].at, wanted.at, wanted.len) == 0)
			return true;
	return false;
}

/* Adds the members of a that b lacks; true when there are none. */
static bool report_missing(const struct members *a, const struct members *b, char sign, struct strbuf *report)
{
	bool none = true;
	for (size_t i = 0; i < a->n; i++) {
		if (has(b, a->items[i]))
			continue;
		strbuf_printf(report, "  %c ", sign);
		strbuf_add(report, a->items[i].at, a->items[i].len);
		strbuf_addc(report, '\n');
		none = false;
	}
	return none;
}

bool sample_diff(const char *expected, size_t expected_len, const char *got, size_t got_len,
		 struct strbuf *report)
{
	struct strbuf wanted = {0};
	struct strbuf found = {0};
	struct members a;
	struct members b;
	compact(expected, expected_len, &wanted);
	compact(got, got_len, &found);
	split(&wanted, &a);
	split(&found, &b);
	bool all = report_missing(&a, &b, '-', report);
	bool none_more = report_missing(&b, &a, '+', report);
	strbuf_free(&wanted);
	strbuf_free(&found);
	return all && none_more;
}
