/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: a guess as the text of a template; see new_draft.h.
 */
#include <string.h>

#include "cli/new_draft.h"

/* Where tokens of the first line are written from. */
struct writer {
	const struct draft *draft;
	const struct shape *shape;
	const char *text;
	struct strbuf *out;
};

static int field_at(const struct writer *w, uint32_t token)
{
	return w->draft->guess.places[token].field;
}

/* Characters that mean something in templates are doubled. */
static void add_literal(struct strbuf *out, const char *s, size_t n)
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
		add_literal(w->out, s, p->literal);
		strbuf_printf(w->out, "{%s}",
			      p->field == FIELD_event ? "action" : event_fields[p->field].name);
	} else if (t->kind == SHAPE_BLANK) {
		strbuf_addc(w->out, ' ');
	} else {
		add_literal(w->out, s, t->len);
	}
}

/* 2024-05-01, 1.2.3, 0x1f: parts to be skipped that only such marks part are one. Returns the last of them.
 */
static uint32_t skipped_run(const struct writer *w, uint32_t token)
{
	uint32_t last = token;
	while (last + 2 < w->shape->count && w->shape->tokens[last + 1].kind == SHAPE_MARK &&
	       strchr("-./:_+", w->text[w->shape->tokens[last + 1].off]) != NULL &&
	       field_at(w, last + 2) == GUESS_SKIP)
		last += 2;
	return last;
}

static bool field_behind(const struct writer *w, uint32_t token)
{
	for (uint32_t i = token; i < w->shape->count; i++)
		if (field_at(w, i) >= 0)
			return true;
	return false;
}

size_t draft_template(const struct draft *d, bool ignore, struct strbuf *out)
{
	struct writer w = {d, &d->cluster->shape, d->cluster->lines[0].text, out};
	size_t skips = 0;
	for (uint32_t i = 0; i < w.shape->count; i++) {
		bool skip = field_at(&w, i) == GUESS_SKIP || (ignore && field_at(&w, i) >= 0);
		if (!skip) {
			add_token(&w, i);
			continue;
		}
		skips++;
		strbuf_adds(out, "{*}");
		if (ignore || !field_behind(&w, i))
			break; /* what comes then says nothing: the line may go on in any way */
		i = skipped_run(&w, i);
	}
	return skips;
}
