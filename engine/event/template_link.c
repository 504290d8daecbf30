/* SPDX-License-Identifier: Apache-2.0
 *
 * Second half of compiling a template: what may each operation begin with, so that choices and runs need not
 * try in vain; can the end of each run be found at all; and short cuts over rows of literals and blanks.
 * Called at load only.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"
#include "event/template_program.h"

#define WORD_ENOUGH 32 /* a short cut takes up no more operations when it has so many bytes */

static void add_byte(struct byte_set *set, char c)
{
	unsigned u = (unsigned char)c;
	set->bits[u >> 6] |= UINT64_C(1) << (u & 63);
}

static void add_range(struct byte_set *set, char from, char to)
{
	for (char c = from; c <= to; c++)
		add_byte(set, c);
}

static void add_letters(struct byte_set *set)
{
	add_range(set, 'a', 'z');
	add_range(set, 'A', 'Z');
}

static void add_all(struct byte_set *set)
{
	memset(set->bits, 0xff, sizeof(set->bits));
	set->end = true;
}

/* What a value of the field may begin with: never too little. */
static void add_value(const struct vocabulary *voc, enum event_field f, struct byte_set *set)
{
	switch (event_fields[f].kind) {
	case KIND_PORT:
		add_range(set, '0', '9');
		return;
	case KIND_IP:
		add_range(set, '0', '9');
		add_range(set, 'a', 'f');
		add_range(set, 'A', 'F');
		add_byte(set, ':');
		add_byte(set, '[');
		return;
	case KIND_ACTION:
		if (voc->action_count == 0)
			add_letters(set);
		for (size_t i = 0; i < voc->action_count; i++)
			add_byte(set, voc->actions[i].text[0]);
		return;
	case KIND_PROTOCOL:
		for (int c = 0; c <= UCHAR_MAX; c++)
			if (vocabulary_may_begin_protocol(voc, (char)c))
				add_byte(set, (char)c);
		return;
	case KIND_TIME:
	case KIND_TEXT:
		add_all(set);
		return;
	}
}

/* What the program may go on with at this operation. after_blank: a blank was just read, so that a blank here
 * may be empty. */
static void add_first(const struct template *t, uint16_t at, bool after_blank, struct byte_set *set)
{
	const struct template_op *op = &t->ops[at];
	switch ((enum template_code)op->code) {
	case OP_END:
		set->end = true;
		return;
	case OP_LITERAL:
		add_byte(set, t->text[op->text]);
		return;
	case OP_BLANK:
		add_byte(set, ' ');
		add_byte(set, '\t');
		if (after_blank)
			add_first(t, op->next, true, set);
		return;
	case OP_ACTION:
	case OP_PROTOCOL:
	case OP_TIME:
	case OP_PORT:
	case OP_ADDRESS:
	case OP_ENDPOINT:
		add_value(t->voc, op->field, set);
		return;
	case OP_TOKEN:
		for (int c = 0; c <= UCHAR_MAX; c++)
			if (!template_blank((char)c))
				add_byte(set, (char)c);
		return;
	case OP_RUN:
	case OP_REST:
		add_all(set);
		return;
	case OP_SPLIT:
		add_first(t, op->next, after_blank, set);
		add_first(t, op->other, after_blank, set);
		return;
	case OP_WORD: /* not there yet */
		return;
	}
}

static uint16_t new_set(struct template *t, uint16_t at, bool after_blank)
{
	add_first(t, at, after_blank, &t->sets[t->set_count]);
	return t->set_count++;
}

const char *template_field_name(const struct template_op *op)
{
	if (op->field == TEMPLATE_NO_FIELD)
		return op->code == OP_TOKEN ? "word" : "*";
	return rule_field_name((enum event_field)op->field);
}

/* A run ends where what follows it begins, so that must be something to look for. */
static int check_follower(const struct template *t, const struct template_op *run, uint16_t at, struct err *e)
{
	const struct template_op *op = &t->ops[at];
	if (op->code == OP_END || op->code == OP_LITERAL || op->code == OP_BLANK)
		return 0;
	if (op->code == OP_SPLIT)
		return check_follower(t, run, op->next, e) != 0 ? -1 : check_follower(t, run, op->other, e);
	return err_set(e, ERR_SCRIPT,
		       "template column %u: {%s} stands directly before {%s}, so its end cannot be found: "
		       "put a blank "
		       "or other text between them",
		       op->column, template_field_name(run), template_field_name(op));
}

/* Does the literal tell one place of a line from another? `:` alone does not. */
static bool is_telling(const struct template *t, const struct template_op *op)
{
	if (op->code != OP_LITERAL)
		return false;
	char c = t->text[op->text];
	return op->len > 1 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first telling word between a run and the next choice or run; 0 if there is none. */
static uint16_t find_must(const struct template *t, const struct template_op *run)
{
	uint16_t at = run->next;
	while (t->ops[at].code < OP_REST && !is_telling(t, &t->ops[at]))
		at = t->ops[at].next;
	return t->ops[at].code == OP_LITERAL ? at : 0;
}

/* A word takes all up to the next blank, or to the characters directly behind it. */
static int check_behind_word(const struct template *t, const struct template_op *word, uint16_t at,
			     struct err *e)
{
	const struct template_op *op = &t->ops[at];
	if (op->code == OP_END || op->code == OP_BLANK)
		return 0;
	if (op->code == OP_SPLIT)
		return check_behind_word(t, word, op->next, e) != 0
			       ? -1
			       : check_behind_word(t, word, op->other, e);
	return err_set(
		e, ERR_SCRIPT,
		"template column %u: {word} takes everything up to the next blank: put a blank or other text "
		"behind it, or write {*}",
		word->column);
}

static int link_run(struct template *t, struct template_op *op, struct err *e)
{
	if (check_follower(t, op, op->next, e) != 0)
		return -1;
	const struct template_op *after = &t->ops[op->next];
	op->other = op->next;
	op->must = find_must(t, op);
	op->search = after->code == OP_LITERAL ? SEARCH_LITERAL
		     : after->code == OP_BLANK ? SEARCH_BLANK
					       : SEARCH_SET;
	if (op->search == SEARCH_BLANK)
		op->set = new_set(t, after->next, true);
	else if (op->search == SEARCH_SET)
		op->set = new_set(t, op->next, false);
	return 0;
}

/* From the first operation to the last: each one's successors lie below it. */
static int link_ops(struct template *t, struct err *e)
{
	for (uint16_t at = t->op_count; at-- > 0;) {
		struct template_op *op = &t->ops[at];
		bool solid = op->code != OP_RUN && (op->solid || is_telling(t, op));
		bool loose = op->loose && !is_telling(t, op);
		if (op->code != OP_END) {
			t->ops[op->next].solid &= solid;
			t->ops[op->next].loose |= loose;
		}
		if (op->code == OP_SPLIT) {
			t->ops[op->other].solid &= solid;
			t->ops[op->other].loose |= loose || t->ops[op->other].code == OP_TOKEN;
			op->set = new_set(t, op->next, true);
		}
		if (op->code == OP_RUN && link_run(t, op, e) != 0)
			return -1;
		if (op->code == OP_TOKEN && t->ops[op->next].code == OP_LITERAL)
			op->must = op->next;
		else if (op->code == OP_TOKEN && check_behind_word(t, op, op->next, e) != 0)
			return -1;
	}
	return 0;
}

static bool is_fixed(const struct template_op *op)
{
	return op->code == OP_LITERAL || op->code == OP_BLANK;
}

/* Adds a short cut for the literals and blanks from `at` on, and returns it; or `at` when it would save
 * nothing. */
static uint16_t add_word(struct template *t, uint16_t at, struct strbuf *bytes)
{
	size_t start = bytes->len;
	size_t taken = 0;
	uint16_t end = at;
	for (; is_fixed(&t->ops[end]) && bytes->len - start < WORD_ENOUGH; end = t->ops[end].next, taken++) {
		const struct template_op *op = &t->ops[end];
		if (op->code == OP_LITERAL)
			strbuf_add(bytes, t->text + op->text, op->len);
		else if (bytes->len == start || bytes->data[bytes->len - 1] != ' ')
			strbuf_addc(bytes, ' ');
		else
			break;
	}
	if (taken < 2) {
		bytes->len = start;
		return at;
	}
	struct template_op *word = &t->ops[t->op_count];
	*word = (struct template_op){.code = OP_WORD, .column = t->ops[at].column, .next = end, .other = at};
	word->text = (uint32_t)start;
	word->len = (uint32_t)(bytes->len - start);
	return t->op_count++;
}

/* Whatever leads to a row of literals and blanks leads to its short cut instead; the row itself stays for
 * texts that have more blanks, and to tell where it stopped fitting. */
static void add_words(struct template *t)
{
	struct strbuf bytes;
	strbuf_init(&bytes);
	strbuf_add(&bytes, t->text, t->text_len);
	uint16_t count = t->op_count;
	uint16_t *word_of = xcalloc(count, sizeof(*word_of));
	for (uint16_t at = 0; at < count; at++)
		word_of[at] = is_fixed(&t->ops[at]) ? add_word(t, at, &bytes) : at;
	for (uint16_t at = 0; at < t->op_count; at++) {
		struct template_op *op = &t->ops[at];
		if (!is_fixed(op) && op->code != OP_END)
			op->next = word_of[op->next];
		if (op->code == OP_SPLIT)
			op->other = word_of[op->other];
	}
	t->start = word_of[t->start];
	free(word_of);
	free(t->text);
	t->text = bytes.data;
	for (uint16_t at = count; at < t->op_count; at++)
		template_set_text(&t->ops[at], t, t->ops[at].text, t->ops[at].len);
}

static void set_pointers(struct template *t)
{
	for (uint16_t at = 0; at < t->op_count; at++) {
		struct template_op *op = &t->ops[at];
		op->offset = op->field < FIELD_COUNT ? event_fields[op->field].offset : 0;
		op->then = &t->ops[op->next];
		op->otherwise = &t->ops[op->other];
		op->colon = op->code == OP_ENDPOINT && op->tight && op->then->code == OP_LITERAL;
	}
}

int template_link(struct template *t, struct err *e)
{
	if (link_ops(t, e) != 0)
		return -1;
	add_words(t);
	set_pointers(t);
	return 0;
}
