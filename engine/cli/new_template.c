/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: a guess as templates; see new_draft.h.
 */
#include <string.h>

#include "cli/new_draft.h"
#include "cli/new_form.h"

/* Tokens of the first line, and where they are written to. */
struct writer {
	const struct draft *draft;
	const struct shape *shape;
	const char *text;
	struct strbuf *out;
	uint32_t end; /* of the tokens to be written */
	size_t skips;
};

static int field_at(const struct writer *w, uint32_t token)
{
	return w->draft->guess.places[token].field;
}

void draft_literal(struct strbuf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr("[]{}()|", s[i]) != NULL)
			strbuf_addc(out, s[i]);
		strbuf_addc(out, s[i]);
	}
}

static void add_token(const struct writer *w, uint32_t token)
{
	const struct shape_token *t = &w->shape->tokens[token];
	const struct guess_place *p = &w->draft->guess.places[token];
	const char *s = w->text + t->off;
	if (p->field >= 0) {
		draft_literal(w->out, s, p->literal);
		strbuf_printf(w->out, "{%s}",
			      p->field == FIELD_event ? "action" : event_fields[p->field].name);
	} else if (t->kind == SHAPE_BLANK) {
		strbuf_addc(w->out, ' ');
	} else {
		draft_literal(w->out, s, t->len);
	}
}

/* 2024-05-01, 1.2.3, 0x1f: parts to be skipped that only such marks part are one. Returns the last of them.
 */
static uint32_t skipped_run(const struct writer *w, uint32_t token)
{
	uint32_t last = token;
	while (last + 2 < w->end && w->shape->tokens[last + 1].kind == SHAPE_MARK &&
	       strchr("-./:_+", w->text[w->shape->tokens[last + 1].off]) != NULL &&
	       field_at(w, last + 2) == GUESS_SKIP)
		last += 2;
	return last;
}

static bool has_field(const struct writer *w, uint32_t token)
{
	for (uint32_t i = token; i < w->end; i++)
		if (field_at(w, i) >= 0)
			return true;
	return false;
}

/* What comes behind the last field and the first part that is skipped says nothing: the line may go on in any
 * way. */
static void add_tokens(struct writer *w, uint32_t from, uint32_t end, bool ignore)
{
	w->end = end;
	for (uint32_t i = from; i < end; i++) {
		if (field_at(w, i) != GUESS_SKIP && !(ignore && field_at(w, i) >= 0)) {
			add_token(w, i);
			continue;
		}
		w->skips++;
		bool last = ignore || !has_field(w, i);
		i = skipped_run(w, i);
		bool word = i + 1 == end || (!last && w->shape->tokens[i + 1].kind == SHAPE_BLANK);
		strbuf_adds(w->out, word && !ignore ? "{word}" : "{*}");
		if (last)
			return;
	}
}

static struct writer writer_of(const struct draft *d, struct strbuf *out)
{
	return (struct writer){d, &d->cluster->shape, d->cluster->lines[0].text, out, 0, 0};
}

/* The first token that does not lie in the front. */
static uint32_t front_end(const struct writer *w)
{
	const struct cluster_line *line = &w->draft->cluster->lines[0];
	size_t front = new_form_front(w->draft->form, line->text, line->text_len);
	uint32_t i = 0;
	while (i < w->shape->count && w->shape->tokens[i].off < front)
		i++;
	return i;
}

size_t draft_beginning(const struct draft *d, struct strbuf *out)
{
	struct writer w = writer_of(d, out);
	uint32_t end = front_end(&w);
	if (end == 0 || d->cluster->shape.tokens[0].kind != SHAPE_WORD || field_at(&w, 0) == GUESS_SKIP)
		return 0;
	add_tokens(&w, 0, end, true);
	if (w.skips == 0 && d->form != FORM_TEXT)
		strbuf_adds(out, " {*}");
	return w.skips;
}

static bool mark_at(const struct writer *w, uint32_t token, char c)
{
	return token < w->shape->count && w->shape->tokens[token].kind == SHAPE_MARK &&
	       w->text[w->shape->tokens[token].off] == c;
}

/* One pair: its tokens are key, `=`, `"`, the value and `"`. Keys whose value has no field are left out.
 * Returns the token behind. */
static uint32_t write_pair(struct draft *d, struct writer *w, uint32_t token)
{
	uint32_t equals = token;
	while (equals < w->shape->count && !(mark_at(w, equals, '=') && mark_at(w, equals + 1, '"')))
		equals++;
	uint32_t from = equals + 2;
	uint32_t end = from;
	while (end < w->shape->count && !mark_at(w, end, '"'))
		end++;
	w->end = end;
	if (end >= w->shape->count || !has_field(w, from) || d->key_count == DRAFT_KEYS_MAX)
		return end + 1;
	struct draft_key *k = &d->keys[d->key_count++];
	const char *key = w->text + w->shape->tokens[token].off;
	size_t n = w->shape->tokens[equals].off - w->shape->tokens[token].off;
	if (d->form == READER_CSV) /* c8_name */
		strbuf_add(&k->key, key + 1, strspn(key + 1, "0123456789"));
	else
		strbuf_add(&k->key, key, n);
	w->out = &k->text;
	add_tokens(w, from, end, false);
	return end + 1;
}

static void write_keys(struct draft *d)
{
	struct writer w = writer_of(d, NULL);
	uint32_t i = front_end(&w);
	if (i > 0) {
		if (d->form == READER_CSV)
			strbuf_printf(&d->keys[0].key, "%zu", new_form_column(d->cluster->kind));
		w.out = &d->keys[d->key_count++].text;
		add_tokens(&w, 0, i, false);
	}
	while (i < w.shape->count) {
		while (i < w.shape->count && w.shape->tokens[i].kind == SHAPE_BLANK)
			i++;
		if (i < w.shape->count)
			i = write_pair(d, &w, i);
	}
	d->skips = w.skips;
}

void draft_write(struct draft *d)
{
	if (d->guess.type == EVENT_ABSENT) {
		d->skips = draft_beginning(d, &d->text);
	} else if (d->form == FORM_TEXT) {
		struct writer w = writer_of(d, &d->text);
		add_tokens(&w, 0, w.shape->count, false);
		d->skips = w.skips;
	} else {
		write_keys(d);
	}
}
