/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: pieces of a script in Lua; see new_lua.h.
 */
#include "cli/new_lua.h"

#include <inttypes.h>
#include <string.h>

#define EXAMPLE_MAX 300 /* bytes of a line shown in a comment */

static bool is_keyword(const char *word)
{
	static const char *const keywords[] = {"and",   "break", "do",       "else",  "elseif", "end",
					       "false", "for",   "function", "goto",  "if",     "in",
					       "local", "nil",   "not",      "or",    "repeat", "return",
					       "then",  "true",  "until",    "while", "vendor"};
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (strcmp(word, keywords[i]) == 0)
			return true;
	return false;
}

void new_lua_local(struct strbuf *out, const char *name)
{
	if ((name[0] >= '0' && name[0] <= '9') || is_keyword(name))
		strbuf_addc(out, '_');
	for (const char *c = name; *c != '\0'; c++)
		strbuf_addc(out, *c == '-' ? '_' : *c);
}

void new_lua_quoted(struct strbuf *out, const char *s, size_t n)
{
	bool escapes = memchr(s, '\\', n) != NULL || memchr(s, '\'', n) != NULL;
	char quote = memchr(s, '"', n) != NULL && !escapes ? '\'' : '"';
	strbuf_addc(out, quote);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\t') {
			strbuf_adds(out, "\\t");
			continue;
		}
		if (s[i] == '\\' || s[i] == quote)
			strbuf_addc(out, '\\');
		strbuf_addc(out, s[i]);
	}
	strbuf_addc(out, quote);
}

void new_lua_key(struct strbuf *out, const char *key, size_t n, bool column)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	if (strspn(key, letters) == n && !is_keyword(key)) {
		strbuf_add(out, key, n);
		return;
	}
	if (column) {
		strbuf_printf(out, "[%.*s]", (int)n, key);
		return;
	}
	strbuf_addc(out, '[');
	new_lua_quoted(out, key, n);
	strbuf_addc(out, ']');
}

void new_lua_example(struct strbuf *out, const struct cluster *c)
{
	const struct cluster_line *line = &c->lines[0];
	bool cut = line->value_len > EXAMPLE_MAX;
	size_t n = cut ? EXAMPLE_MAX : line->value_len;
	while (cut && n > 0 && ((unsigned char)line->value[n] & 0xc0) == 0x80)
		n--; /* not within a letter */
	strbuf_adds(out, "--   ");
	strbuf_add(out, line->value, n);
	strbuf_adds(out, cut ? "...\n" : "\n");
}

void new_lua_count(struct strbuf *out, uint64_t n, const char *what)
{
	strbuf_printf(out, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void add_text(struct strbuf *out, const struct strbuf *text)
{
	new_lua_quoted(out, text->data != NULL ? text->data : "", text->len);
}

void new_lua_template(struct strbuf *out, const char *front, const char *name, const char *rule,
		      const struct strbuf *text, bool action)
{
	strbuf_adds(out, front);
	new_lua_local(out, name);
	strbuf_printf(out, ":%s%s", rule, action ? "(" : " ");
	add_text(out, text);
	strbuf_adds(out, action ? ", { action = \"???\" })\n" : "\n");
}

static void add_reader(struct strbuf *out, const char *front, const char *name, const struct draft *d,
		       bool action)
{
	strbuf_adds(out, front);
	new_lua_local(out, name);
	strbuf_printf(out, ":%s(\"%s\", {\n", reader_name((enum reader)d->form), draft_rule(d));
	for (size_t i = 0; i < d->key_count; i++) {
		const struct draft_key *k = &d->keys[i];
		strbuf_printf(out, "%s\t", front);
		if (k->key.len > 0) {
			new_lua_key(out, k->key.data, k->key.len, d->form == READER_CSV);
			strbuf_adds(out, " = ");
		}
		add_text(out, &k->text);
		strbuf_adds(out, k->key.len > 0 ? ",\n" : ", -- in front of the first key\n");
	}
	strbuf_printf(out, "%s}%s)\n", front, action ? ", { action = \"???\" }" : "");
}

void new_lua_rule(struct strbuf *out, const char *front, const char *name, const struct draft *d, bool action)
{
	if (d->key_count > 0)
		add_reader(out, front, name, d, action);
	else
		new_lua_template(out, front, name, draft_rule(d), &d->text, action);
}

void new_lua_left(struct strbuf *out, const struct draft *d)
{
	if (d->left.len > 0)
		strbuf_printf(out, "-- not read: %.*s\n", (int)d->left.len, d->left.data);
}
