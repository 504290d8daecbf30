/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of keys; see reader_value.h. A short cut answers what the template would: where it is not sure, the
 * template is asked.
 */
#include "event/reader_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"

/* A text in which every byte stands for itself. */
static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || memchr("{}[]()|", s[i], 7) != NULL)
			return false;
	return n > 0;
}

/* `(a|b|)`: ways in which every byte stands for itself. */
static bool is_choice(const char *s, size_t n)
{
	if (n < 3 || s[0] != '(' || s[n - 1] != ')')
		return false;
	for (size_t i = 1; i < n - 1; i++)
		if (s[i] == '|' ? s[i + 1] == '|' : !is_plain(s + i, 1))
			return false;
	return true;
}

/* Is the text one of the ways of v->literal? */
static bool is_one_of(const struct reader_value *v, const char *s, size_t n)
{
	size_t len = 0;
	for (size_t at = 0; at <= v->literal_len; at += len + 1) {
		const char *way = v->literal + at;
		for (len = 0; at + len < v->literal_len && way[len] != '|';)
			len++;
		if (len == n && memcmp(way, s, n) == 0)
			return true;
	}
	return false;
}

/* `{field}` or `[{field}]` */
static void find_single(struct reader_value *v, const char *s, size_t n)
{
	struct err e;
	if (n > 4 && s[0] == '[' && s[n - 1] == ']') {
		v->optional = true;
		s++;
		n -= 2;
	}
	if (n < 3 || s[0] != '{' || s[n - 1] != '}')
		return;
	int field = rule_field_of(s + 1, n - 2, &e);
	if (field < 0)
		return;
	v->single = true;
	v->field = (enum event_field)field;
}

int reader_value_compile(struct reader_value *v, const char *text, size_t len, const struct vocabulary *words,
			 struct err *e)
{
	*v = (struct reader_value){.negated = len > 0 && text[0] == '!', .words = words};
	text += v->negated;
	len -= v->negated;
	if (len == 0)
		return 0;
	v->template = template_compile(text, len, EVENT_ABSENT, words, e);
	if (v->template == NULL)
		return -1;
	if (v->negated && template_may(v->template) != 0)
		return err_set(e, ERR_SCRIPT, "a template behind ! reads no fields");
	v->choice = is_choice(text, len);
	text += v->choice;
	len -= v->choice ? 2 : 0;
	if (v->choice || is_plain(text, len)) {
		v->literal = xmalloc(len);
		v->literal_len = len;
		memcpy(v->literal, text, len);
	} else {
		find_single(v, text, len);
	}
	return 0;
}

void reader_value_free(struct reader_value *v)
{
	template_free(v->template);
	free(v->literal);
}

bool reader_value_fits(const struct reader_value *v, const char *data, struct text t, struct event *values,
		       uint32_t *found, struct template_mark *marks)
{
	*found = 0;
	if (v->template == NULL)
		return (t.len == 0) != v->negated;
	if (v->choice)
		return is_one_of(v, data + t.off, t.len) != v->negated;
	if (v->literal != NULL)
		return (t.len == v->literal_len && memcmp(data + t.off, v->literal, t.len) == 0) !=
		       v->negated;
	if (t.len == 0 && v->single)
		return v->optional;
	if (v->single && marks == NULL &&
	    vocabulary_read(v->words, v->field, data + t.off, t.len, t.off, values) == t.len) {
		*found = UINT32_C(1) << v->field;
		return true;
	}
	return template_run(v->template, data + t.off, t.len, t.off, values, found, marks, NULL) !=
	       v->negated;
}
