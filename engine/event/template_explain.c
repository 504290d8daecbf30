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

static void describe(const struct template *t, const struct template_op *op, struct strbuf *out)
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
		describe(t, &t->ops[op->other], out);
		return;
	case OP_VALUE:
	case OP_PORT:
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
		describe(t, &t->ops[op->next], out);
		return;
	case OP_WORD:
		describe(t, &t->ops[op->other], out);
		return;
	case OP_END:
		strbuf_adds(out, "the end of the line");
		return;
	}
}

/* Adds what the program may go on with at the operation, through all choices. */
static void collect(const struct template *t, uint32_t at, struct strbuf *list, size_t *starts, size_t *count)
{
	const struct template_op *op = &t->ops[at];
	if (op->code == OP_WORD) {
		collect(t, op->other, list, starts, count);
		return;
	}
	if (op->code == OP_SPLIT) {
		collect(t, op->next, list, starts, count);
		collect(t, op->other, list, starts, count);
		return;
	}
	if (*count > CHOICES_MAX)
		return;
	size_t start = list->len;
	describe(t, op, list);
	size_t len = list->len - start;
	for (size_t i = 0; i < *count; i++) {
		if (starts[i + 1] - starts[i] == len &&
		    memcmp(list->data + starts[i], list->data + start, len) == 0) {
			list->len = start;
			return;
		}
	}
	starts[++*count] = list->len;
}

static void add_expected(const struct miss *m, struct strbuf *out)
{
	struct strbuf list;
	size_t starts[CHOICES_MAX + 2] = {0};
	size_t count = 0;
	strbuf_init(&list);
	collect(m->from, m->op, &list, starts, &count);
	bool more = count > CHOICES_MAX;
	if (more)
		count = CHOICES_MAX;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_adds(out, i + 1 == count && !more ? " or " : ", ");
		strbuf_add(out, list.data + starts[i], starts[i + 1] - starts[i]);
	}
	if (more)
		strbuf_adds(out, " or other");
	strbuf_free(&list);
}

/* The word at pos, with one of the blanks before it. */
static void add_found(const char *text, size_t n, size_t pos, struct strbuf *out)
{
	if (pos >= n) {
		strbuf_adds(out, "found the end of the line");
		return;
	}
	while (pos + 1 < n && template_blank(text[pos]) && template_blank(text[pos + 1]))
		pos++;
	size_t end = pos + 1;
	while (end < n && end - pos < QUOTE_MAX && !template_blank(text[end]))
		end++;
	strbuf_adds(out, "found ");
	add_quoted(out, text + pos, end - pos);
}

void template_explain_at(const struct miss *m, size_t base, const char *text, size_t n, struct strbuf *out)
{
	if (!m->set)
		return;
	strbuf_printf(out, "%s stopped at column %zu: ", m->rule != NULL ? m->rule : "template",
		      base + m->pos + 1);
	if (m->from != NULL) {
		strbuf_adds(out, "expected ");
		add_expected(m, out);
		strbuf_adds(out, ", ");
	}
	add_found(text, n, m->pos, out);
}

void template_explain(const struct miss *m, const char *text, size_t n, struct strbuf *out)
{
	template_explain_at(m, 0, text, n, out);
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
