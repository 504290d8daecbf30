/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts into words where a template stopped fitting, and tells where fields stood. For dead letters and
 * `natmill try`, not for the hot path; nothing here is kept.
 */
#include <string.h>

#include "base/strbuf.h"
#include "event/template_program.h"

#define QUOTE_MAX 40  /* bytes of the text, or of a literal, that a sentence quotes */
#define CHOICES_MAX 6 /* things a sentence lists as expected */

/* In backticks, with what cannot be printed as \xHH. */
static void add_quoted(struct strbuf *out, const char *s, size_t n)
{
	strbuf_addc(out, '`');
	for (size_t i = 0; i < n; i++) {
		if (s[i] >= ' ' && s[i] <= '~')
			strbuf_addc(out, s[i]);
		else
			strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)s[i]);
	}
	strbuf_addc(out, '`');
}

static void describe_literal(const struct template *t, const struct template_op *op, struct strbuf *out)
{
	size_t len = op->len < QUOTE_MAX ? op->len : QUOTE_MAX;
	add_quoted(out, t->text + op->text, len);
}

/* whole: "line" or "value" */
static void describe(const struct template *t, const struct template_op *op, const char *whole,
		     struct strbuf *out)
{
	char room[160];
	switch ((enum template_code)op->code) {
	case OP_LITERAL:
		describe_literal(t, op, out);
		return;
	case OP_BLANK:
		strbuf_adds(out, "a blank");
		if (t->ops[op->next].code == OP_LITERAL) {
			strbuf_adds(out, " and ");
			describe_literal(t, &t->ops[op->next], out);
		}
		return;
	case OP_RUN:
		strbuf_adds(out, op->field == TEMPLATE_NO_FIELD ? "(here or later) " : "a text before ");
		describe(t, &t->ops[op->other], whole, out);
		return;
	case OP_ACTION:
	case OP_PROTOCOL:
	case OP_TIME:
	case OP_PORT:
	case OP_ADDRESS:
	case OP_ENDPOINT:
		if (op->family != 0)
			strbuf_printf(out, "an IPv%d address", op->family);
		else
			strbuf_adds(out, vocabulary_expects(t->voc, op->field, room, sizeof(room)));
		return;
	case OP_TOKEN:
		strbuf_adds(out, "a word");
		return;
	case OP_REST:
		strbuf_printf(out, "a text of at most %d bytes", EVENT_TEXT_MAX);
		return;
	case OP_SPLIT:
		describe(t, &t->ops[op->next], whole, out);
		return;
	case OP_WORD:
		describe(t, &t->ops[op->other], whole, out);
		return;
	case OP_END:
		strbuf_printf(out, "the end of the %s", whole);
		return;
	}
}

/* What the program may go on with somewhere. */
struct choices {
	struct strbuf list; /* one text after the other */
	size_t starts[CHOICES_MAX + 2];
	size_t count;
	char bracket; /* of the template, that stands here; NUL = none */
	bool value;   /* one of them is a value that is no text */
	bool no_word; /* leave {word} out, which may be anything */
};

/* Adds what the program may go on with at the operation, through all choices. */
static void collect(const struct template *t, uint32_t at, const char *whole, struct choices *c)
{
	const struct template_op *op = &t->ops[at];
	if (op->bracket != '\0')
		c->bracket = op->bracket;
	c->value = c->value || op->code <= OP_ENDPOINT;
	if (op->code == OP_WORD) {
		collect(t, op->other, whole, c);
		return;
	}
	if (op->code == OP_SPLIT) {
		collect(t, op->next, whole, c);
		collect(t, op->other, whole, c);
		return;
	}
	if (c->count > CHOICES_MAX || (c->no_word && op->code == OP_TOKEN))
		return;
	size_t start = c->list.len;
	describe(t, op, whole, &c->list);
	size_t len = c->list.len - start;
	for (size_t i = 0; i < c->count; i++) {
		if (c->starts[i + 1] - c->starts[i] == len &&
		    memcmp(c->list.data + c->starts[i], c->list.data + start, len) == 0) {
			c->list.len = start;
			return;
		}
	}
	c->starts[++c->count] = c->list.len;
}

static void add_choices(const struct choices *c, struct strbuf *out)
{
	bool more = c->count > CHOICES_MAX;
	size_t count = more ? CHOICES_MAX : c->count;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_adds(out, i + 1 == count && !more ? " or " : ", ");
		strbuf_add(out, c->list.data + c->starts[i], c->starts[i + 1] - c->starts[i]);
	}
	if (more)
		strbuf_adds(out, " or other");
}

/* The text has the bracket that the template has here, but in a template that one has a meaning. */
static void add_advice(const struct choices *c, char found, struct strbuf *out)
{
	if (found == '(' && c->bracket == '(')
		strbuf_adds(out, "; write (( )) for parentheses that stand in the line");
	else if (found == '[' && c->bracket == '[')
		strbuf_adds(out, "; write [[ ]] for brackets that stand in the line");
	else if (found == '{' && c->value)
		strbuf_adds(out, "; write {{ }} for braces that stand in the line");
}

/* The word at pos, with one of the blanks before it. Returns where it begins. */
static size_t add_found(const char *text, size_t n, size_t pos, const char *whole, struct strbuf *out)
{
	if (pos >= n) {
		strbuf_printf(out, "found the end of the %s", whole);
		return n;
	}
	while (pos + 1 < n && template_blank(text[pos]) && template_blank(text[pos + 1]))
		pos++;
	size_t end = pos + 1;
	while (end < n && end - pos < QUOTE_MAX && !template_blank(text[end]))
		end++;
	strbuf_adds(out, "found ");
	add_quoted(out, text + pos, end - pos);
	return pos;
}

static void explain(const struct miss *m, size_t base, const char *text, size_t n, const char *whole,
		    struct strbuf *out)
{
	struct choices c = {0};
	if (!m->set)
		return;
	strbuf_printf(out, "%s stopped at column %zu: ", m->rule != NULL ? m->rule : "template",
		      base + m->pos + 1);
	if (m->from != NULL) {
		collect(m->from, m->op, whole, &c);
		strbuf_adds(out, "expected ");
		add_choices(&c, out);
		strbuf_adds(out, ", ");
	}
	size_t found = add_found(text, n, m->pos, whole, out);
	if (found < n)
		add_advice(&c, text[found], out);
	strbuf_free(&c.list);
}

void template_explain_all(const struct template *const *templates, size_t n, const char *text, size_t len,
			  struct strbuf *out)
{
	struct choices c = {.no_word = true};
	for (size_t i = 0; i < n; i++)
		collect(templates[i], templates[i]->start, "line", &c);
	strbuf_adds(out, "expected ");
	add_choices(&c, out);
	strbuf_adds(out, ", ");
	add_found(text, len, 0, "line", out);
	strbuf_free(&c.list);
}

void template_explain_value(const struct miss *m, size_t base, const char *text, size_t n, struct strbuf *out)
{
	explain(m, base, text, n, "value", out);
}

void template_explain(const struct miss *m, const char *text, size_t n, struct strbuf *out)
{
	explain(m, 0, text, n, "line", out);
}

size_t template_spans(const struct template *t, const char *text, size_t n, struct field_span *spans,
		      size_t max)
{
	struct event values;
	struct template_mark marks[FIELD_COUNT];
	uint32_t found;
	size_t count = 0;
	if (!template_run(t, text, n, 0, &values, &found, marks, NULL))
		return 0;
	for (; found != 0; found &= found - 1) {
		unsigned f = (unsigned)__builtin_ctz(found);
		size_t at = count;
		if (count == max)
			break;
		for (; at > 0 && spans[at - 1].off > marks[f].off; at--)
			spans[at] = spans[at - 1];
		spans[at] = (struct field_span){.field = (enum event_field)f,
						.off = marks[f].off,
						.len = marks[f].len};
		count++;
	}
	return count;
}

uint32_t template_may(const struct template *t)
{
	return t->may;
}

uint32_t template_always(const struct template *t)
{
	return t->always;
}

const struct stray *template_stray(const struct template *t)
{
	return &t->stray;
}
