/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: which pairs of a message matter; see new_form.h.
 */
#include "cli/new_form.h"

#include <string.h>

#include "event/event.h"
#include "event/guess_words.h"
#include "event/shape.h"
#include "event/vocabulary.h"

#define VALUE_MAX 120      /* longer values are no address, port or action */
#define BLANKS_MAX 4       /* in a value that may matter */
#define NUMBER_MAX 10      /* digits */
#define ACTION_TOKENS 3    /* of a column that tells the action: more are a name */
#define KIND_COLUMNS 5     /* the word that tells what a line is stands in one of the first */
#define HEADER_HINTS_MIN 3 /* names of columns that say something */
#define HEADER_NAME_MAX 40 /* bytes of a name of a column */
#define COLUMN_SHIFT 8
#define KEYS_HINTS \
	(HINT_SIDES | HINT_PORT | HINT_PROTOCOL | HINT_VRF | HINT_SUBSCRIBER | HINT_TIME | HINT_ACTION)

/* The hints of a key: of its parts between `-`, `_` and `.`. */
static unsigned key_hints(struct new_piece key)
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

static bool all_of(struct new_piece v, const char *bytes)
{
	for (size_t i = 0; i < v.n; i++)
		if (strchr(bytes, v.s[i]) == NULL || v.s[i] == '\0')
			return false;
	return v.n > 0;
}

static bool is_number(struct new_piece v)
{
	return v.n <= NUMBER_MAX && all_of(v, "0123456789");
}

/* Values that hold quotes would hide where they end; of JSON objects and lists are not looked into. */
static bool is_hidden(int form, struct new_piece v)
{
	bool nested = v.n > 0 && form == READER_JSON && (v.s[0] == '{' || v.s[0] == '[');
	return v.n == 0 || v.n > VALUE_MAX || nested || memchr(v.s, '"', v.n) != NULL;
}

static bool is_protocol(struct new_piece v)
{
	static struct vocabulary plain;
	struct event ev;
	return vocabulary_parse(&plain, FIELD_protocol, v.s, v.n, 0, &ev) == 0;
}

/* May the pair tell something of the event? Each number may be a port. */
static bool matters(int form, const struct new_pair *p, struct new_piece name)
{
	struct shape shape;
	size_t blanks = 0;
	size_t prefix;
	bool told = is_number(p->value);
	if (is_hidden(form, p->value))
		return false;
	shape_of(p->value.s, p->value.n, &shape);
	bool action = form != READER_CSV || shape.count <= ACTION_TOKENS;
	for (uint32_t i = 0; i < shape.count; i++) {
		const struct shape_token *t = &shape.tokens[i];
		blanks += t->kind == SHAPE_BLANK ? 1 : 0;
		told = told || t->kind == SHAPE_ADDRESS || t->kind == SHAPE_TIME ||
		       (action && t->kind <= SHAPE_NAME &&
			guess_action(p->value.s + t->off, t->len, &prefix) != 0);
	}
	if (form == READER_CSV)
		told = told || is_protocol(p->value) || all_of(p->value, "0123456789-") ||
		       (p->value.n == 1 && guess_action_letter(p->value.s[0]) != 0);
	return blanks <= BLANKS_MAX && (told || (key_hints(name) & KEYS_HINTS) != 0);
}

static struct new_piece name_of(const struct new_header *h, size_t column)
{
	if (column >= h->count)
		return (struct new_piece){"", 0};
	return (struct new_piece){h->names[column].data, h->names[column].len};
}

/* Columns have a letter in front of the number, which is none of the line's numbers then. */
static void add_pair(const struct new_pair *p, bool column, struct new_piece name, struct strbuf *out)
{
	strbuf_adds(out, column ? " c" : " ");
	strbuf_add(out, p->key.s, p->key.n);
	if (name.n > 0)
		strbuf_addc(out, '_');
	strbuf_add(out, name.s, name.n);
	strbuf_adds(out, "=\"");
	strbuf_add(out, p->value.s, p->value.n);
	strbuf_addc(out, '"');
}

static void add_pairs(int form, const struct new_pairs *p, const struct new_header *h, struct strbuf *out)
{
	const struct new_piece none = {"", 0};
	for (size_t i = 0; i < p->count; i++) {
		struct new_pair one = {p->items[i].key, new_piece_trimmed(p->items[i].value)};
		struct new_piece name = form == READER_CSV ? name_of(h, i) : none;
		if (one.key.n > 0 && matters(form, &one, form == READER_CSV ? name : one.key))
			add_pair(&one, form == READER_CSV, name, out);
	}
	for (size_t i = 0; i < p->count && out->len == 0; i++) {
		struct new_pair one = {p->items[i].key, new_piece_trimmed(p->items[i].value)};
		if (one.key.n > 0 && !is_hidden(form, one.value))
			add_pair(&one, form == READER_CSV, none, out); /* so that there is something */
	}
}

/* The column of a word in capitals, such as TRAFFIC, that tells what kind of line it is; 0: none. */
static size_t kind_column(const struct new_pairs *p, const struct new_header *h)
{
	size_t prefix;
	for (size_t i = 0; i < p->count && i < KIND_COLUMNS; i++) {
		struct new_piece v = p->items[i].value;
		if (v.n > 1 && v.n <= VALUE_MAX && all_of(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		    guess_action(v.s, v.n, &prefix) == 0 && !is_protocol(v) &&
		    (key_hints(name_of(h, i)) & KEYS_HINTS) == 0)
			return i + 1;
	}
	return 0;
}

int new_form(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
	     const struct new_header *header, struct strbuf *out)
{
	struct new_pairs p;
	int form = new_pairs_cut(data, env, pairs, &p);
	if (form == FORM_TEXT) {
		strbuf_add(out, p.text.s, p.text.n);
		return FORM_TEXT;
	}
	struct new_piece front = new_piece_trimmed((struct new_piece){p.text.s, p.front});
	size_t column = form == READER_CSV ? kind_column(&p, header) : 0;
	if (column > 0)
		front = p.items[column - 1].value;
	strbuf_add(out, front.s, front.n);
	add_pairs(form, &p, header, out);
	return form | (int)(column << COLUMN_SHIFT);
}

int new_form_reader(int kind)
{
	return kind & ((1 << COLUMN_SHIFT) - 1);
}

size_t new_form_column(int kind)
{
	return (size_t)kind >> COLUMN_SHIFT;
}

/* A name as a key: what is neither letter nor digit is `_`. */
static void add_name(struct strbuf *out, struct new_piece v)
{
	for (size_t i = 0; i < v.n && i < VALUE_MAX; i++)
		strbuf_addc(out, new_pairs_key_byte(v.s[i]) && v.s[i] != '.' ? v.s[i] : '_');
}

/* Words only, and some that say what a column is. */
static bool names_columns(const struct new_pairs *p)
{
	size_t said = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct shape shape;
		struct new_piece v = p->items[i].value;
		struct strbuf name = {0};
		size_t prefix;
		if (v.n > HEADER_NAME_MAX)
			return false;
		add_name(&name, v);
		unsigned hints = key_hints((struct new_piece){name.data, name.len});
		said += (hints & KEYS_HINTS) != 0 && guess_action(v.s, v.n, &prefix) == 0 ? 1 : 0;
		strbuf_free(&name);
		shape_of(v.s, v.n, &shape);
		for (uint32_t k = 0; k < shape.count; k++)
			if (shape.tokens[k].kind == SHAPE_ADDRESS || shape.tokens[k].kind == SHAPE_TIME ||
			    shape.tokens[k].kind == SHAPE_NUMBER)
				return false;
	}
	return said >= HEADER_HINTS_MIN;
}

bool new_form_header(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		     const struct strbuf *value, struct new_header *h)
{
	struct new_pairs p;
	int form = new_pairs_cut(data, env, pairs, &p);
	if (form == FORM_TEXT)
		new_pairs_columns(&p); /* names may be of several words */
	else if (form != READER_CSV)
		return false;
	if (p.count < NEW_COLUMNS_MIN || p.count == NEW_PAIRS_MAX || !names_columns(&p))
		return false;
	if (h->count > 0)
		return h->text.len == p.text.n && memcmp(h->text.data, p.text.s, p.text.n) == 0;
	strbuf_add(&h->text, p.text.s, p.text.n);
	strbuf_add(&h->line, value->data, value->len);
	for (size_t i = 0; i < p.count; i++) {
		strbuf_add(&h->words[i], p.items[i].value.s, p.items[i].value.n);
		add_name(&h->names[i], p.items[i].value);
	}
	h->count = p.count;
	return true;
}

void new_header_free(struct new_header *h)
{
	strbuf_free(&h->line);
	strbuf_free(&h->text);
	for (size_t i = 0; i < h->count; i++) {
		strbuf_free(&h->words[i]);
		strbuf_free(&h->names[i]);
	}
}

size_t new_form_front(int form, const char *text, size_t n)
{
	if (form == FORM_TEXT)
		return n;
	const char *value = memmem(text, n, "=\"", 2);
	size_t at = value != NULL ? (size_t)(value - text) : n;
	while (value != NULL && at > 0 && new_pairs_key_byte(text[at - 1]))
		at--;
	return at > 0 ? at - 1 : 0; /* the blank in front of the key */
}
