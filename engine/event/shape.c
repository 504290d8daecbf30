/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts lines into tokens; see shape.h.
 */
#include "event/shape.h"

#include <string.h>

#include "event/guess_words.h"
#include "event/ip.h"
#include "event/timeparse.h"

#define VALUE_MAX 64 /* no address or time is longer; so each try costs a bounded time */
#define TIME_MIN 7   /* h:mm:ss */
#define MAC_LEN 17
#define UUID_LEN 36

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool hex(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A value must not go on as another word. */
static bool ends(const char *s, size_t n, size_t len)
{
	return len == n || (!digit(s[len]) && !letter(s[len]));
}

/* h:mm:ss or hh:mm:ss, with a fraction or without. */
static size_t read_clock(const char *s, size_t n)
{
	size_t i = n > 1 && digit(s[1]) ? 2 : 1;
	if (n < i + 6 || !digit(s[0]) || s[i] != ':' || !digit(s[i + 1]) || !digit(s[i + 2]) ||
	    s[i + 1] > '5' || s[i + 4] > '6' || s[i + 3] != ':' || !digit(s[i + 4]) || !digit(s[i + 5]))
		return 0;
	i += 6;
	if (i + 1 < n && s[i] == '.' && digit(s[i + 1]))
		for (i++; i < n && digit(s[i]);)
			i++;
	return ends(s, n, i) && (i + 1 >= n || s[i] != ':' || !digit(s[i + 1])) ? i : 0;
}

/* Epochs are numbers here: nothing but their surroundings tells that they are times. Fourteen digits may be
 * YYYYMMDDhhmmss, which is told from a counter by its century. */
static size_t read_time(const char *s, size_t n)
{
	int64_t us;
	size_t used = time_read(s, n, 0, &us);
	bool compact = used == 14 && s[0] == '2' && s[1] == '0' && memchr(s, ':', used) == NULL;
	if (used >= TIME_MIN && ends(s, n, used) && (compact || memchr(s, ':', used) != NULL))
		return used;
	return read_clock(s, n);
}

/* Hexadecimal digits with a mark (':' or '-') at the places that the form says. */
static bool hex_form(const char *s, size_t n, const char *form)
{
	size_t len = strlen(form);
	char mark = '\0';
	if (n < len || !ends(s, n, len) || (len < n && (s[len] == ':' || s[len] == '-')))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (form[i] == 'h' ? !hex(s[i]) : s[i] != ':' && s[i] != '-')
			return false;
		if (form[i] == '-' && mark != '\0' && s[i] != mark)
			return false;
		if (form[i] == '-')
			mark = s[i];
	}
	return true;
}

static size_t read_identifier(const char *s, size_t n)
{
	if (hex_form(s, n, "hh-hh-hh-hh-hh-hh"))
		return MAC_LEN;
	return hex_form(s, n, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") ? UUID_LEN : 0;
}

static size_t read_address(const char *s, size_t n)
{
	struct ip ip;
	if (s[0] == ':' && (n < 3 || s[1] != ':' || !hex(s[2])))
		return 0;
	return ip_read(s, n, &ip);
}

/* A value longer than one word; 0 if there is none. No word, digit or dot may stand in front. */
static size_t read_value(const char *s, size_t n, uint8_t *kind)
{
	if (n > VALUE_MAX)
		n = VALUE_MAX;
	size_t used = read_identifier(s, n);
	*kind = SHAPE_NAME;
	if (used == 0) {
		used = read_time(s, n);
		*kind = SHAPE_TIME;
	}
	if (used == 0) {
		used = read_address(s, n);
		*kind = SHAPE_ADDRESS;
	}
	return used;
}

static size_t read_run(const char *s, size_t n, uint8_t *kind)
{
	size_t i = 0;
	bool digits = false;
	bool letters = false;
	for (; i < n && (digit(s[i]) || letter(s[i])); i++) {
		digits = digits || digit(s[i]);
		letters = letters || letter(s[i]);
	}
	*kind = digits ? (letters ? SHAPE_NAME : SHAPE_NUMBER) : SHAPE_WORD;
	return i;
}

static size_t read_token(const char *s, size_t n, char before, uint8_t *kind)
{
	size_t used = 0;
	if (blank(s[0])) {
		*kind = SHAPE_BLANK;
		while (used < n && blank(s[used]))
			used++;
		return used;
	}
	bool starts = digit(s[0]) || letter(s[0]) || (s[0] == ':' && !digit(before) && !letter(before));
	if (starts && before != '.')
		used = read_value(s, n, kind);
	if (used == 0)
		used = read_run(s, n, kind);
	if (used == 0) {
		*kind = SHAPE_MARK;
		used = 1;
	}
	return used;
}

/* The length of a value in quotes, of which at points behind the first; 0 if there is none. A quote within a
 * word is an apostrophe. */
static size_t quoted_len(const char *text, size_t n, size_t at)
{
	const char quote = at > 0 ? text[at - 1] : '\0';
	const char before = at > 1 ? text[at - 2] : ' ';
	size_t most = n - at > VALUE_MAX ? VALUE_MAX : n - at;
	if ((quote != '"' && quote != '\'') || strchr(" \t=,;:([{<", before) == NULL)
		return 0;
	const char *close = memchr(text + at, quote, most);
	if (close == NULL)
		return 0;
	size_t len = (size_t)(close - text) - at;
	return at + len + 1 == n || strchr(" \t,;:)]}>", close[1]) != NULL ? len : 0;
}

/* Does the word in front of the value in quotes, which is the last token, say that it is a name? */
static bool is_named(const struct shape *s, const char *text)
{
	for (uint32_t i = s->count - 1; i > 0; i--) {
		const struct shape_token *t = &s->tokens[i - 1];
		if (t->kind == SHAPE_WORD)
			return (guess_hints(text + t->off, t->len) & (HINT_SUBSCRIBER | HINT_VRF)) != 0;
		if (t->kind != SHAPE_BLANK && t->kind != SHAPE_MARK)
			return false;
	}
	return false;
}

/* A name such as cust-9, of several parts: nothing in it is looked for on its own. A phrase is no name,
 * unless it is said to be one. */
static bool is_name(const char *s, size_t n, bool named)
{
	size_t parts = 0;
	bool letters = false;
	bool digits = false;
	bool blanks = false;
	size_t numbers = 0;
	for (size_t i = 0, len; i < n; i += len, parts++) {
		uint8_t kind;
		size_t prefix;
		len = read_token(s + i, n - i, i > 0 ? s[i - 1] : '\0', &kind);
		if (kind == SHAPE_ADDRESS || kind == SHAPE_TIME)
			return false;
		bool word = kind == SHAPE_WORD || kind == SHAPE_NAME;
		if (word && (guess_action(s + i, len, &prefix) != 0 ||
			     (guess_hints(s + i, len) & (HINT_REFUSED | HINT_BLOCK)) != 0))
			return false;
		numbers += kind == SHAPE_NUMBER ? 1 : 0;
		letters = letters || word;
		digits = digits || kind == SHAPE_NAME || kind == SHAPE_NUMBER;
		blanks = blanks || kind == SHAPE_BLANK;
	}
	return parts > 1 && letters && numbers < 2 && (digits || named || !blanks);
}

/* A word that is a value by its place: behind `=`, or alone in quotes. */
static bool is_value(const char *text, size_t n, const struct shape_token *t)
{
	char before = t->off > 0 ? text[t->off - 1] : '\0';
	char behind = t->off + t->len < n ? text[t->off + t->len] : '\0';
	return before == '=' || (before == '"' && behind == '"') || (before == '\'' && behind == '\'');
}

void shape_of(const char *text, size_t n, struct shape *out)
{
	size_t i = 0;
	out->count = 0;
	while (i < n) {
		struct shape_token *t = &out->tokens[out->count++];
		t->off = (uint32_t)i;
		if (out->count == SHAPE_TOKENS_MAX) {
			t->len = (uint32_t)(n - i);
			t->kind = SHAPE_REST;
			return;
		}
		size_t quoted = quoted_len(text, n, i);
		if (quoted > 0 && is_name(text + i, quoted, is_named(out, text))) {
			t->len = (uint32_t)quoted;
			t->kind = SHAPE_NAME;
		} else {
			t->len = (uint32_t)read_token(text + i, n - i, i > 0 ? text[i - 1] : '\0', &t->kind);
		}
		if (t->kind == SHAPE_WORD && is_value(text, n, t))
			t->kind = SHAPE_NAME;
		i += t->len;
	}
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
	const unsigned char *bytes = data;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return hash;
}

uint64_t shape_hash(const struct shape *s, const char *text, bool words)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (uint32_t i = 0; i < s->count; i++) {
		const struct shape_token *t = &s->tokens[i];
		hash = mix(hash, &t->kind, 1);
		if (t->kind == SHAPE_MARK || (words && t->kind == SHAPE_WORD))
			hash = mix(hash, text + t->off, t->len);
	}
	return hash;
}

void shape_mask(const struct shape *s, const char *text, struct strbuf *out)
{
	static const char *const masks[] = {
		[SHAPE_BLANK] = " ",           [SHAPE_NAME] = "<name>", [SHAPE_NUMBER] = "<number>",
		[SHAPE_ADDRESS] = "<address>", [SHAPE_TIME] = "<time>", [SHAPE_REST] = "<rest>",
	};
	for (uint32_t i = 0; i < s->count; i++) {
		const struct shape_token *t = &s->tokens[i];
		if (t->kind == SHAPE_MARK || t->kind == SHAPE_WORD)
			strbuf_add(out, text + t->off, t->len);
		else
			strbuf_adds(out, masks[t->kind]);
	}
}
