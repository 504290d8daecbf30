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

/* Cuts v->literal into its ways; a plain text is one. */
static void find_ways(struct reader_value *v)
{
	size_t count = 1;
	size_t at = 0;
	for (size_t i = 0; i < v->literal_len; i++)
		count += v->literal[i] == '|';
	v->ways = xmalloc(count * sizeof *v->ways);
	for (v->way_count = 0; v->way_count < count; v->way_count++) {
		const char *text = v->literal + at;
		const char *bar = memchr(text, '|', v->literal_len - at);
		size_t len = bar != NULL ? (size_t)(bar - text) : v->literal_len - at;
		v->ways[v->way_count] = (struct reader_way){.key = short_text_of(text, len), .text = text};
		at += len + 1;
	}
}

/* Is the text one of the ways? */
static inline bool is_one_of(const struct reader_value *v, const char *s, size_t n)
{
	struct short_text asked = short_text_of(s, n);
	for (size_t i = 0; i < v->way_count; i++)
		if (short_text_same(&v->ways[i].key, &asked) &&
		    (n <= SHORT_TEXT_MAX || memcmp(v->ways[i].text, s, n) == 0))
			return true;
	return false;
}

/* Is it something, and has no blank? */
static inline bool is_token(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && !template_blank(s[i]))
		i++;
	return i == n && n > 0;
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
	v->token = len == strlen("{word}") && memcmp(text, "{word}", len) == 0;
	bool choice = is_choice(text, len);
	text += choice;
	len -= choice ? 2 : 0;
	if (choice || is_plain(text, len)) {
		v->literal = xmalloc(len);
		v->literal_len = len;
		memcpy(v->literal, text, len);
		find_ways(v);
	} else {
		find_single(v, text, len);
	}
	return 0;
}

void reader_value_free(struct reader_value *v)
{
	template_free(v->template);
	free(v->literal);
	free(v->ways);
}

bool reader_value_fits(const struct reader_value *v, const char *data, struct text t, struct event *values,
		       uint32_t *found, struct template_mark *marks)
{
	*found = 0;
	if (v->template == NULL)
		return (t.len == 0) != v->negated;
	if (v->way_count > 0)
		return is_one_of(v, data + t.off, t.len) != v->negated;
	if (v->token)
		return is_token(data + t.off, t.len) != v->negated;
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
