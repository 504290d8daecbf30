/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a script's text as LuaJIT's lexer does, just far enough to know its keywords; see checked.h. Every
 * way to go on for ever leads through `do`, `repeat`, `goto` or the head of a function: each gets a call. A
 * text that this reads differently than LuaJIT would get no check, so what is in doubt must not compile
 * afterwards.
 */
#include "script/checked.h"

#include <stdbool.h>
#include <string.h>

#define CALL " " CHECKED_NAME "(); "

struct scan {
	const char *text;
	size_t len;
	size_t at;
	size_t copied;
	struct strbuf *out;
	bool member; /* behind a single dot or colon: a name, whatever it reads */
	bool head;   /* behind `function`, before the end of its parameters */
};

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->len ? s->text[s->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* LuaJIT takes every byte above ASCII for a letter. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_eol(char c)
{
	return c == '\n' || c == '\r';
}

/* Puts a text in before the byte at `at`. */
static void insert(struct scan *s, size_t at, const char *text)
{
	strbuf_add(s->out, s->text + s->copied, at - s->copied);
	strbuf_adds(s->out, text);
	s->copied = at;
}

/* Over `[[ ]]` or `[=[ ]=]`; false when none begins here. */
static bool pass_long(struct scan *s)
{
	size_t equals = 0;
	if (peek(s, 0) != '[')
		return false;
	while (peek(s, 1 + equals) == '=')
		equals++;
	if (peek(s, 1 + equals) != '[')
		return false;
	for (s->at += equals + 2; s->at < s->len; s->at++) {
		size_t n = 0;
		while (peek(s, 0) == ']' && peek(s, 1 + n) == '=')
			n++;
		if (peek(s, 0) != ']' || n != equals || peek(s, 1 + n) != ']')
			continue;
		s->at += equals + 2;
		return true;
	}
	return true;
}

static void pass_comment(struct scan *s)
{
	s->at += 2;
	if (pass_long(s))
		return;
	while (s->at < s->len && !is_eol(s->text[s->at]))
		s->at++;
}

static void pass_quoted(struct scan *s)
{
	char quote = s->text[s->at++];
	while (s->at < s->len && s->text[s->at] != quote)
		s->at += s->text[s->at] == '\\' ? 2 : 1;
	s->at++;
}

static bool is_word(const struct scan *s, size_t start, const char *word)
{
	size_t n = strlen(word);
	return s->at - start == n && memcmp(s->text + start, word, n) == 0;
}

static bool is_keyword(const struct scan *s, size_t start)
{
	static const char *const keywords[] = {
		"and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
		"function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
		"repeat",   "return", "then", "true", "until",  "while",
	};
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (is_word(s, start, keywords[i]))
			return true;
	return false;
}

static bool pass_blank(struct scan *s)
{
	char c = peek(s, 0);
	bool comment = c == '-' && peek(s, 1) == '-';
	if (comment)
		pass_comment(s);
	else if (c == ' ' || (c >= '\t' && c <= '\r'))
		s->at++;
	else
		return false;
	return true;
}

/* Is the next token a name? LuaJIT takes `goto` for a name itself where none follows. */
static bool name_follows(const struct scan *s)
{
	struct scan ahead = *s;
	while (pass_blank(&ahead))
		;
	size_t start = ahead.at;
	if (!is_letter(peek(&ahead, 0)))
		return false;
	while (is_letter(peek(&ahead, 0)) || is_digit(peek(&ahead, 0)))
		ahead.at++;
	return !is_keyword(&ahead, start);
}

/* A name, keyword or number. -1: it is the name that belongs to the checks. */
static int pass_word(struct scan *s)
{
	bool member = s->member;
	bool number = !is_letter(s->text[s->at]);
	size_t start = s->at;
	while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)) || (number && peek(s, 0) == '.'))
		s->at++;
	s->member = false;
	if (is_word(s, start, CHECKED_NAME))
		return -1;
	if (is_word(s, start, "goto") && !member && name_follows(s))
		insert(s, start, CALL);
	else if (is_word(s, start, "do") || is_word(s, start, "repeat"))
		insert(s, s->at, CALL);
	else if (is_word(s, start, "function"))
		s->head = true;
	return 0;
}

static void pass_symbol(struct scan *s)
{
	char c = s->text[s->at];
	size_t n = 1;
	while ((c == '.' || c == ':') && n < (c == '.' ? 3 : 2) && peek(s, n) == c)
		n++;
	s->member = n == 1 && (c == '.' || c == ':');
	s->at += n;
	if (c != ')' || !s->head)
		return;
	s->head = false;
	insert(s, s->at, CALL);
}

static int pass_token(struct scan *s)
{
	char c = s->text[s->at];
	if (pass_blank(s))
		return 0;
	if (is_letter(c) || is_digit(c) || (c == '.' && is_digit(peek(s, 1))))
		return pass_word(s);
	if (c == '"' || c == '\'') {
		pass_quoted(s);
		s->member = false;
	} else if (c == '[' && pass_long(s)) {
		s->member = false;
	} else {
		pass_symbol(s);
	}
	return 0;
}

/* The byte order mark and the first line of a program for a shell, as LuaJIT passes them. */
static void pass_start(struct scan *s)
{
	if (s->len >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0)
		s->at = 3;
	if (peek(s, 0) != '#')
		return;
	while (s->at < s->len && !is_eol(s->text[s->at]))
		s->at++;
}

static int refuse_name(const struct scan *s, const char *label, struct err *e)
{
	int line = 1;
	for (size_t i = 0; i < s->at && i < s->len; i++)
		line += s->text[i] == '\n';
	return err_set(e, ERR_SCRIPT, "%s:%d: " CHECKED_NAME " is natmill's own name; take another", label,
		       line);
}

int checked_text(const char *label, const char *text, size_t len, struct strbuf *out, struct err *e)
{
	struct scan s = {.text = text, .len = len, .out = out};
	pass_start(&s);
	while (s.at < len)
		if (pass_token(&s) != 0)
			return refuse_name(&s, label, e);
	strbuf_add(out, text + s.copied, len - s.copied);
	return 0;
}
