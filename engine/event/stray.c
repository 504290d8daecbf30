/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for what was probably meant otherwise; see stray.h. Called at load only.
 */
#include "event/stray.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "event/rule_fields.h"

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The name of a field, len bytes at text[at]: how many braces stand before it? */
static void add_name(struct stray *s, const char *text, size_t at, size_t len)
{
	size_t braces = 0;
	int field = rule_field_of(text + at, len, NULL);
	if (field < 0)
		return;
	while (braces < at && text[at - 1 - braces] == '{')
		braces++;
	if (braces == 0)
		s->bare |= UINT32_C(1) << field;
	else if (braces % 2 == 0)
		s->doubled |= UINT32_C(1) << field;
	else if (at > braces && text[at - braces - 1] == '$')
		s->dollar = true;
}

void stray_find(struct stray *s, const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t end = at;
		while (end < n && in_name(text[end]))
			end++;
		if (end > at)
			add_name(s, text, at, end - at);
		else
			s->dots |= n - at > 1 && text[at] == '.' && text[at + 1] == '*';
		at = end > at ? end : at + 1;
	}
}

const char *stray_advice(const struct stray *s, enum event_field f, char *room, size_t size)
{
	const char *name = rule_field_name(f);
	if (s != NULL && (s->doubled >> f & 1) != 0)
		snprintf(room, size, ": you wrote {{%s}}, which is a text; a field stands in single braces",
			 name);
	else if (s != NULL && (s->bare >> f & 1) != 0)
		snprintf(room, size, ": you wrote %s without { }", name);
	else
		return "";
	return room;
}
