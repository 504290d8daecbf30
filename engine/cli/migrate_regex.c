/* SPDX-License-Identifier: Apache-2.0
 *
 * Python's regular expressions for PCRE2; see migrate_regex.h. Sources: Python's manual of `re`, and
 * pcre2pattern(3). natmill matches bytes: \w, \d, \s and \b know ASCII, as Python's re.ASCII.
 */
#include "cli/migrate_regex.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 128
#define NAME_SIZE 64

struct scan {
	const char *begin;
	const char *at;
	bool (*keeps)(const char *name, void *ctx);
	void *ctx;
	struct strbuf *out;
	struct strbuf *changes;
	struct err *e;
	bool in_class;
	bool verbose;
	int groups;
	struct {
		char name[NAME_SIZE];
		int number;
	} lost[GROUPS_MAX]; /* groups without their names */
	size_t lost_count;
};

static int refuse(struct scan *s, const char *what)
{
	return err_set(s->e, ERR_CONFIG, "byte %zu: %s", (size_t)(s->at - s->begin) + 1, what);
}

/* Writes `new` for the n bytes at hand. */
static void change(struct scan *s, size_t n, const char *new)
{
	struct strbuf text = {0};
	strbuf_printf(&text, "%.*s is written %s, for PCRE2 reads it otherwise than Python", (int)n, s->at,
		      new[0] != '\0' ? new : "as nothing");
	if (s->changes->data == NULL || strstr(s->changes->data, text.data) == NULL)
		strbuf_printf(s->changes, "%s%s", s->changes->len > 0 ? "; " : "", text.data);
	strbuf_free(&text);
	strbuf_adds(s->out, new);
	s->at += n;
}

static void copy(struct scan *s, size_t n)
{
	strbuf_add(s->out, s->at, n);
	s->at += n;
}

/* \uXXXX and \UXXXXXXXX: the bytes of the character in UTF-8, each as \xHH. */
static int take_unicode(struct scan *s)
{
	size_t digits = s->at[1] == 'u' ? 4 : 8;
	char hex[9] = "";
	char text[40] = "";
	size_t n = 0;
	while (n < digits && isxdigit((unsigned char)s->at[2 + n])) {
		hex[n] = s->at[2 + n];
		n++;
	}
	unsigned long c = strtoul(hex, NULL, 16);
	if (n < digits || c > 0x10ffff)
		return refuse(s, "\\u needs 4 hexadecimal digits, \\U 8");
	if (c >= 0x80 && s->in_class)
		return refuse(s,
			      "a character beyond ASCII in [...]: natmill matches bytes; write it outside, "
			      "as an alternative");
	if (c < 0x80)
		snprintf(text, sizeof text, "\\x%02lx", c);
	else if (c < 0x800)
		snprintf(text, sizeof text, "\\x%02lx\\x%02lx", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
	else if (c < 0x10000)
		snprintf(text, sizeof text, "\\x%02lx\\x%02lx\\x%02lx", 0xe0 | c >> 12,
			 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
	else
		snprintf(text, sizeof text, "\\x%02lx\\x%02lx\\x%02lx\\x%02lx", 0xf0 | c >> 18,
			 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
	change(s, 2 + digits, text);
	return 0;
}

static int take_escape(struct scan *s)
{
	switch (s->at[1]) {
	case '\0':
		return refuse(s, "a backslash at the end");
	case 'Z': /* Python: the very end; PCRE2: also before a last line end */
		change(s, 2, "\\z");
		return 0;
	case 'v': /* Python: one character; PCRE2: any vertical space */
		change(s, 2, "\\x0b");
		return 0;
	case 'u':
	case 'U':
		return take_unicode(s);
	case 'N':
		return refuse(s, "\\N{...} is Python's only: write the character itself");
	default:
		copy(s, 2);
		return 0;
	}
}

/* The name up to the end character, into s->e when there is none. */
static int read_name(struct scan *s, const char *from, char end, char name[NAME_SIZE])
{
	const char *stop = strchr(from, end);
	if (stop == NULL || stop == from || stop - from >= NAME_SIZE)
		return refuse(s, "a group's name is not ended, is empty or too long");
	snprintf(name, NAME_SIZE, "%.*s", (int)(stop - from), from);
	return 0;
}

static int lost_number(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->lost_count; i++)
		if (strcmp(s->lost[i].name, name) == 0)
			return s->lost[i].number;
	return -1;
}

/* A reference to a group by its name, which is by its number when the name is lost. */
static void refer(struct scan *s, const char *name, size_t len, const char *before, const char *behind)
{
	char text[32];
	int number = lost_number(s, name);
	snprintf(text, sizeof text, "%s%d%s", before, number, behind);
	if (number > 0)
		change(s, len, text);
	else
		copy(s, len);
}

/* (?P<name>, (?P=name) and (?P>name) */
static int take_named(struct scan *s)
{
	char name[NAME_SIZE];
	char end = s->at[3] == '<' ? '>' : ')';
	if (s->at[3] != '<' && s->at[3] != '=') {
		copy(s, 3);
		return 0;
	}
	if (read_name(s, s->at + 4, end, name) != 0)
		return -1;
	size_t len = 4 + strlen(name) + 1;
	if (end == ')') {
		refer(s, name, len, "\\g{", "}");
		return 0;
	}
	s->groups++;
	if (s->keeps(name, s->ctx) || s->lost_count == GROUPS_MAX) {
		copy(s, len);
		return 0;
	}
	snprintf(s->lost[s->lost_count].name, NAME_SIZE, "%s", name);
	s->lost[s->lost_count++].number = s->groups;
	strbuf_printf(s->changes, "%sthe group %s is no field that is stored, and has lost its name",
		      s->changes->len > 0 ? "; " : "", name);
	strbuf_addc(s->out, '(');
	s->at += len;
	return 0;
}

/* (?(name)yes|no) */
static int take_condition(struct scan *s)
{
	char name[NAME_SIZE];
	if (read_name(s, s->at + 3, ')', name) != 0)
		return -1;
	refer(s, name, 3 + strlen(name) + 1, "(?(", ")");
	return 0;
}

/* (?aiLmsux) and (?aiLmsux-imsx:...): PCRE2 has no a, L and u. */
static int take_flags(struct scan *s)
{
	size_t n = 2 + strspn(s->at + 2, "aiLmsux-");
	char text[32] = "(?";
	size_t len = 2;
	if ((s->at[n] != ':' && s->at[n] != ')') || n + 2 > sizeof text)
		return refuse(s, "this kind of group is Python's only, or none");
	for (size_t i = 2; i < n; i++) {
		if (s->at[i] == 'L')
			return refuse(s, "the flag L, for the locale, has no counterpart");
		s->verbose = s->verbose || s->at[i] == 'x';
		if (s->at[i] != 'a' && s->at[i] != 'u')
			text[len++] = s->at[i];
	}
	text[len++] = s->at[n];
	text[len] = '\0';
	if (strcmp(text, "(?)") == 0)
		text[0] = '\0';
	if (strncmp(text, s->at, n + 1) == 0)
		copy(s, n + 1);
	else
		change(s, n + 1, text);
	return 0;
}

static int take_group(struct scan *s)
{
	if (s->at[1] != '?') {
		s->groups++;
		copy(s, 1);
		return 0;
	}
	switch (s->at[2]) {
	case 'P':
		return take_named(s);
	case '(':
		return take_condition(s);
	case ':':
	case '=':
	case '!':
	case '>':
	case '<':
		copy(s, 3);
		return 0;
	case '#':
		copy(s, strcspn(s->at, ")"));
		return 0;
	default:
		return take_flags(s);
	}
}

/* {,9}: a literal text for PCRE2 before 10.43. */
static bool is_open_count(const char *at)
{
	size_t digits = strspn(at + 2, "0123456789");
	return at[1] == ',' && digits > 0 && at[2 + digits] == '}';
}

static int take_in_class(struct scan *s)
{
	unsigned char c = (unsigned char)*s->at;
	if (c == '\\')
		return take_escape(s);
	if (c >= 0x80)
		return refuse(s,
			      "a character beyond ASCII in [...]: natmill matches bytes; write it outside, "
			      "as an alternative");
	if (c == '[' && strchr(":.=", s->at[1]) != NULL && s->at[1] != '\0') {
		change(s, 1, "\\["); /* [:alpha:] is a class of its own for PCRE2 */
		return 0;
	}
	s->in_class = c != ']';
	copy(s, 1);
	return 0;
}

static int take_one(struct scan *s)
{
	if (s->in_class)
		return take_in_class(s);
	switch (*s->at) {
	case '\\':
		return take_escape(s);
	case '(':
		return take_group(s);
	case '[':
		s->in_class = true;
		copy(s, s->at[1] == '^' ? 2 : 1);
		if (*s->at == ']')
			copy(s, 1); /* first in a class it is itself */
		return 0;
	case '#':
		copy(s, s->verbose ? strcspn(s->at, "\n") : 1);
		return 0;
	case '{':
		if (is_open_count(s->at))
			change(s, 2, "{0,");
		else
			copy(s, 1);
		return 0;
	default:
		copy(s, 1);
		return 0;
	}
}

int migrate_regex(const char *python, bool (*keeps)(const char *name, void *ctx), void *ctx,
		  struct strbuf *out, struct strbuf *changes, struct err *e)
{
	struct scan *s = xcalloc(1, sizeof *s);
	*s = (struct scan){.begin = python,
			   .at = python,
			   .keeps = keeps,
			   .ctx = ctx,
			   .out = out,
			   .changes = changes,
			   .e = e};
	int rc = 0;
	while (*s->at != '\0' && rc == 0)
		rc = take_one(s);
	free(s);
	return rc;
}
