/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a template's tree into its program, from the last operation to the first, and checks that the program
 * makes the event it shall make. Called at load only; the caller owns the template.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"
#include "event/template_program.h"
#include "event/template_tree.h"

struct compiler {
	struct template *t;
	const struct tree *tree;
	const char *source; /* the template's text, for the brackets in it */
};

static uint16_t emit(struct compiler *c, enum template_code code, const struct tree_node *node, uint16_t next)
{
	struct template_op *op = &c->t->ops[c->t->op_count];
	*op = (struct template_op){.code = (uint8_t)code,
				   .field = TEMPLATE_NO_FIELD,
				   .solid = true,
				   .column = node->column,
				   .next = next};
	return c->t->op_count++;
}

void template_set_text(struct template_op *op, const struct template *t, uint32_t text, uint32_t len)
{
	size_t head = len < sizeof(op->word) ? len : sizeof(op->word);
	op->text = text;
	op->len = len;
	memcpy(&op->word, t->text + text, head);
	memset(&op->mask, 0xff, head);
}

static uint16_t emit_literal(struct compiler *c, const struct tree_node *node, uint16_t next)
{
	uint16_t at = emit(c, OP_LITERAL, node, next);
	template_set_text(&c->t->ops[at], c->t, node->text, node->len);
	return at;
}

/* Does a port follow, on some way, with or without a blank before it? */
static bool leads_to_port(const struct template *t, uint16_t at)
{
	const struct template_op *op = &t->ops[at];
	if (op->code == OP_SPLIT)
		return leads_to_port(t, op->next) || leads_to_port(t, op->other);
	return op->code == OP_PORT || (op->code == OP_BLANK && leads_to_port(t, op->next));
}

static bool is_colon_port(const struct template *t, uint16_t at)
{
	const struct template_op *op = &t->ops[at];
	return op->code == OP_LITERAL && op->len == 1 && t->text[op->text] == ':' &&
	       leads_to_port(t, op->next);
}

static uint16_t emit_field(struct compiler *c, const struct tree_node *node, uint16_t next)
{
	struct template *t = c->t;
	const struct template_op *after = &t->ops[next];
	enum field_kind kind = event_fields[node->field].kind;
	enum template_code code = OP_TIME;
	bool tight = is_colon_port(t, next);
	if (kind == KIND_TEXT)
		code = after->code == OP_END ? OP_REST : OP_RUN;
	else if (kind == KIND_IP && (tight || (after->code == OP_BLANK && is_colon_port(t, after->next))))
		code = OP_ENDPOINT;
	else if (kind == KIND_IP)
		code = OP_ADDRESS;
	else if (kind == KIND_PORT)
		code = OP_PORT;
	else if (kind == KIND_ACTION)
		code = OP_ACTION;
	else if (kind == KIND_PROTOCOL)
		code = OP_PROTOCOL;
	uint16_t at = emit(c, code, node, next);
	t->ops[at].field = node->field;
	t->ops[at].family = node->family;
	t->ops[at].tight = tight;
	return at;
}

static uint16_t emit_sequence(struct compiler *c, uint16_t sequence, uint16_t next);

/* One way of a choice: its first operation knows the bracket that stands before it. */
static uint16_t emit_way(struct compiler *c, const struct tree_node *choice, uint16_t sequence, uint16_t next)
{
	uint16_t at = emit_sequence(c, sequence, next);
	if (at != next)
		c->t->ops[at].bracket = c->source[choice->column - 1];
	return at;
}

/* The ways in their order, a split before each but the last. */
static uint16_t emit_choice(struct compiler *c, const struct tree_node *node, uint16_t next)
{
	uint16_t way = node->last;
	uint16_t at = emit_way(c, node, way, next);
	while ((way = c->tree->nodes[way].previous) != 0) {
		uint16_t first = emit_way(c, node, way, next);
		uint16_t split = emit(c, OP_SPLIT, node, first);
		c->t->ops[split].other = at;
		at = split;
	}
	return at;
}

/* Remembers the literals outside of all choices, and the two longest: likely what tells one kind of line from
 * the next. Of equal ones the later in the template, which comes first here. */
static void keep_needs(struct template *t, uint16_t at)
{
	uint16_t *needs = t->needs;
	if (t->word_count < TEMPLATE_WORDS_MAX)
		t->words[t->word_count++] = at;
	if (needs[0] == 0 || t->ops[at].len > t->ops[needs[0]].len) {
		needs[1] = needs[0];
		needs[0] = at;
	} else if (needs[1] == 0 || t->ops[at].len > t->ops[needs[1]].len) {
		needs[1] = at;
	}
}

static uint16_t emit_node(struct compiler *c, const struct tree_node *node, uint16_t next)
{
	switch ((enum tree_kind)node->kind) {
	case TREE_LITERAL:
		return emit_literal(c, node, next);
	case TREE_BLANK:
		return emit(c, OP_BLANK, node, next);
	case TREE_FIELD:
		return emit_field(c, node, next);
	case TREE_SKIP:
		return emit(c, c->t->ops[next].code == OP_END ? OP_REST : OP_RUN, node, next);
	case TREE_WORD:
		return emit(c, OP_TOKEN, node, next);
	case TREE_CHOICE:
		return emit_choice(c, node, next);
	case TREE_SEQUENCE:
		break;
	}
	return next;
}

static uint16_t emit_sequence(struct compiler *c, uint16_t sequence, uint16_t next)
{
	for (uint16_t i = c->tree->nodes[sequence].last; i != 0; i = c->tree->nodes[i].previous)
		next = emit_node(c, &c->tree->nodes[i], next);
	return next;
}

static void build(struct compiler *c, struct tree *tree)
{
	struct template *t = c->t;
	c->tree = tree;
	/* An operation for each node and one for the end; splits are fewer than sequences, and these make
	 * none. Each may get a short cut, and one set. */
	t->ops = xcalloc(2 * (tree->count + 1), sizeof(*t->ops));
	t->sets = xcalloc(tree->count + 1, sizeof(*t->sets));
	t->text = tree->text;
	t->text_len = tree->len;
	tree->text = NULL;
	t->may = tree->nodes[tree->root].may;
	t->always = tree->nodes[tree->root].always;
	struct tree_node end = {0};
	t->start = emit(c, OP_END, &end, 0);
	for (uint16_t i = tree->nodes[tree->root].last; i != 0; i = tree->nodes[i].previous) {
		t->start = emit_node(c, &tree->nodes[i], t->start);
		if (tree->nodes[i].kind == TREE_LITERAL)
			keep_needs(t, t->start);
	}
}

struct template *template_compile(const char *text, size_t n, int type, const struct vocabulary *voc,
				  struct err *e)
{
	struct tree tree;
	if (template_parse(&tree, text, n, e) != 0) {
		template_tree_free(&tree);
		return NULL;
	}
	struct template *t = xcalloc(1, sizeof(*t));
	struct compiler c = {.t = t, .source = text};
	t->type = type;
	stray_find(&t->stray, text, n);
	t->voc = voc;
	build(&c, &tree);
	template_tree_free(&tree);
	if (rule_fields_check(t->may, t->type, &t->stray, e) == 0 && template_link(t, e) == 0)
		return t;
	template_free(t);
	return NULL;
}

size_t template_words(const struct template *t, struct template_word *words)
{
	for (size_t i = 0; i < t->word_count; i++) {
		const struct template_op *op = &t->ops[t->words[i]];
		words[i] = (struct template_word){.text = t->text + op->text, .len = op->len};
	}
	return t->word_count;
}

void template_known_by_word(struct template *t)
{
	t->needs[0] = 0;
	t->needs[1] = 0;
}

void template_free(struct template *t)
{
	if (t == NULL)
		return;
	free(t->ops);
	free(t->sets);
	free(t->text);
	free(t);
}
