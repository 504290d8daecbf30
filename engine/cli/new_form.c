/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: tells forms apart and cuts pairs; see new_form.h. The readers of the engine look for keys that
 * are asked for; here no key is known yet.
 */
#include "cli/new_form.h"

#include <string.h>

#include "event/guess_words.h"
#include "event/shape.h"

#define PAIRS_MAX 128
#define PAIRS_MIN 3   /* fewer make no line of keys and values */
#define FRONT_MAX 120 /* bytes in front of the first pair; more is a text with pairs in it */
#define VALUE_MAX 120 /* longer values are no address, port or action */
#define BLANKS_MAX 4  /* in a value that may matter */
#define KEYS_HINTS \
	(HINT_SIDES | HINT_PORT | HINT_PROTOCOL | HINT_VRF | HINT_SUBSCRIBER | HINT_TIME | HINT_ACTION)

struct piece {
	const char *s;
	size_t n;
};

struct pair {
	struct piece key;
	struct piece value;
};

struct pairs {
	struct pair items[PAIRS_MAX];
	size_t count;
	size_t front; /* bytes before the first key */
	bool twice;   /* a key stands twice, which the readers do not see */
};

static bool key_byte(char c)
{
	unsigned letter = (unsigned)((c | 0x20) - 'a');
	return letter <= 25 || (unsigned)(c - '0') <= 9 || c == '_' || c == '-' || c == '.';
}

static void add_pair(struct pairs *p, struct piece key, struct piece value)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].key.n == key.n && memcmp(p->items[i].key.s, key.s, key.n) == 0)
			p->twice = true;
	if (p->count < PAIRS_MAX)
		p->items[p->count++] = (struct pair){key, value};
}

/* The end of a value without quotes: at a blank, or at a comma or semicolon before the next key. */
static size_t plain_end(const char *s, size_t n, size_t at)
{
	for (; at < n && s[at] != ' ' && s[at] != '\t'; at++) {
		size_t key = at + 1;
		if (s[at] != ',' && s[at] != ';')
			continue;
		while (key < n && key_byte(s[key]))
			key++;
		if (key > at + 1 && key < n && s[key] == '=')
			break;
	}
	return at;
}

static void cut_key_value(const char *s, size_t n, struct pairs *p)
{
	size_t at = 0;
	const char *equals;
	while (at < n && (equals = memchr(s + at, '=', n - at)) != NULL) {
		size_t end = (size_t)(equals - s);
		size_t key = end;
		while (key > at && key_byte(s[key - 1]))
			key--;
		at = end + 1;
		if (key == end)
			continue;
		bool quoted = at < n && s[at] == '"';
		const char *close = quoted ? memchr(s + at + 1, '"', n - at - 1) : NULL;
		size_t from = quoted ? at + 1 : at;
		size_t to = quoted ? (close != NULL ? (size_t)(close - s) : n) : plain_end(s, n, at);
		if (p->count == 0)
			p->front = key;
		add_pair(p, (struct piece){s + key, end - key}, (struct piece){s + from, to - from});
		at = to + (quoted && close != NULL ? 1 : 0);
	}
}

/* The seven fields of the header, then key=value where a value may hold blanks. */
static void cut_cef(const char *s, size_t n, struct pairs *p)
{
	static const char *const header[] = {"vendor", "product", "version", "class", "name", "severity"};
	const char *bar = memchr(s, '|', n);
	size_t at = bar != NULL ? (size_t)(bar - s) + 1 : n;
	for (size_t i = 0; i < 6 && at < n; i++) {
		const char *end = memchr(s + at, '|', n - at);
		size_t to = end != NULL ? (size_t)(end - s) : n;
		add_pair(p, (struct piece){header[i], strlen(header[i])}, (struct piece){s + at, to - at});
		at = to + 1;
	}
	while (at < n) {
		const char *equals = memchr(s + at, '=', n - at);
		if (equals == NULL)
			return;
		size_t end = (size_t)(equals - s);
		size_t key = end;
		while (key > at && key_byte(s[key - 1]))
			key--;
		at = end + 1;
		const char *next = memchr(s + at, '=', n - at);
		size_t to = next != NULL ? (size_t)(next - s) : n;
		while (next != NULL && to > at && key_byte(s[to - 1]))
			to--;
		add_pair(p, (struct piece){s + key, end - key}, (struct piece){s + at, to - at});
		at = to;
	}
}

static void cut_json(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		     struct pairs *p)
{
	for (size_t i = 0; i < env->pair_count; i++) {
		struct piece key = {data + pairs[i].key.off, pairs[i].key.len};
		size_t good = 0;
		while (good < key.n && key_byte(key.s[good]))
			good++;
		if (good == key.n && good > 0)
			add_pair(p, key, (struct piece){data + pairs[i].value.off, pairs[i].value.len});
	}
}

static struct piece trimmed(struct piece v)
{
	while (v.n > 0 && (v.s[v.n - 1] == ' ' || v.s[v.n - 1] == '\t'))
		v.n--;
	for (; v.n > 0 && (*v.s == ' ' || *v.s == '\t'); v.s++)
		v.n--;
	return v;
}

/* The hints of a key: of its parts between `-`, `_` and `.`. */
static unsigned key_hints(struct piece key)
{
	unsigned hints = 0;
	size_t from = 0;
	for (size_t i = 0; i <= key.n; i++) {
		if (i < key.n && key.s[i] != '-' && key.s[i] != '_' && key.s[i] != '.')
			continue;
		hints |= guess_hints(key.s + from, i - from);
		from = i + 1;
	}
	return hints;
}

/* May the pair tell something of the event? Values that hold quotes would hide where they end. */
static bool matters(const struct pair *p)
{
	struct shape shape;
	size_t blanks = 0;
	size_t prefix;
	bool told = false;
	if (p->value.n == 0 || p->value.n > VALUE_MAX || p->value.s[0] == '{' || p->value.s[0] == '[' ||
	    memchr(p->value.s, '"', p->value.n) != NULL)
		return false;
	shape_of(p->value.s, p->value.n, &shape);
	for (uint32_t i = 0; i < shape.count; i++) {
		const struct shape_token *t = &shape.tokens[i];
		blanks += t->kind == SHAPE_BLANK ? 1 : 0;
		told = told || t->kind == SHAPE_ADDRESS || t->kind == SHAPE_TIME ||
		       (t->kind <= SHAPE_NAME && guess_action(p->value.s + t->off, t->len, &prefix) != 0);
	}
	return blanks <= BLANKS_MAX && (told || (key_hints(p->key) & KEYS_HINTS) != 0);
}

static void add_pairs(const struct pairs *p, struct strbuf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		struct pair one = {p->items[i].key, trimmed(p->items[i].value)};
		if (one.key.n == 0 || !matters(&one))
			continue;
		strbuf_addc(out, ' ');
		strbuf_add(out, one.key.s, one.key.n);
		strbuf_adds(out, "=\"");
		strbuf_add(out, one.value.s, one.value.n);
		strbuf_addc(out, '"');
	}
}

/* Keys and values, mostly: what is no pair is short. */
static bool is_pairs(const struct pairs *p, size_t n)
{
	size_t bytes = p->front;
	for (size_t i = 0; i < p->count; i++)
		bytes += p->items[i].key.n + p->items[i].value.n + 2;
	return p->count >= PAIRS_MIN && !p->twice && p->front <= FRONT_MAX && bytes * 4 >= n * 3;
}

int new_form(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
	     struct strbuf *out)
{
	struct piece text = trimmed((struct piece){data + env->text.off, env->text.len});
	struct pairs p = {0};
	int form = FORM_TEXT;
	const char *cef = memmem(text.s, text.n, "CEF:", 4);
	if (env->kind == ENVELOPE_RECORD) {
		cut_json(data, env, pairs, &p);
		form = READER_JSON;
	} else if (cef != NULL && (size_t)(cef - text.s) <= FRONT_MAX) {
		p.front = (size_t)(cef - text.s);
		cut_cef(cef, text.n - p.front, &p);
		form = READER_CEF;
	} else {
		cut_key_value(text.s, text.n, &p);
		const char *open = memchr(text.s, '[', p.front);
		bool data_in_brackets = open != NULL && text.s[text.n - 1] == ']';
		if (is_pairs(&p, text.n))
			form = data_in_brackets ? READER_STRUCTURED_DATA : READER_KEY_VALUE;
		if (form == READER_STRUCTURED_DATA)
			p.front = (size_t)(open - text.s);
	}
	if (form == FORM_TEXT || p.twice) {
		strbuf_add(out, text.s, text.n);
		return FORM_TEXT;
	}
	struct piece front = trimmed((struct piece){text.s, p.front});
	strbuf_add(out, front.s, front.n);
	add_pairs(&p, out);
	return form;
}

size_t new_form_front(int form, const char *text, size_t n)
{
	if (form == FORM_TEXT)
		return n;
	const char *value = memmem(text, n, "=\"", 2);
	size_t at = value != NULL ? (size_t)(value - text) : n;
	while (value != NULL && at > 0 && key_byte(text[at - 1]))
		at--;
	return at > 0 ? at - 1 : 0; /* the blank in front of the key */
}
