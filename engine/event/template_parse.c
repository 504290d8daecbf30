/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a template's text into a tree and refuses what the language does not know, with the column. Called by
 * template_compile at load; the tree is the caller's.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"
#include "event/template.h"
#include "event/template_tree.h"

struct parser {
	struct tree *tree;
	const char *text;
	size_t n;
	size_t pos;
	size_t depth;
	struct err *e;
};

static int fail(struct parser *p, size_t pos, const char *what)
{
	return err_set(p->e, ERR_SCRIPT, "template column %zu: %s", pos + 1, what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static uint16_t new_node(struct parser *p, enum tree_kind kind, size_t pos)
{
	struct tree *t = p->tree;
	t->nodes[t->count] = (struct tree_node){.kind = (uint8_t)kind,
						.column = (uint16_t)(pos + 1),
						.ways = 1,
						.text = (uint16_t)t->len};
	return (uint16_t)t->count++;
}

/* The child becomes the last one. */
static struct tree_node *add_child(struct tree *t, uint16_t parent, uint16_t child)
{
	t->nodes[child].previous = t->nodes[parent].last;
	t->nodes[parent].last = child;
	return &t->nodes[child];
}

static uint16_t limit_ways(unsigned ways)
{
	return (uint16_t)(ways > TEMPLATE_WAYS_MAX ? TEMPLATE_WAYS_MAX + 1 : ways);
}

static int append(struct parser *p, uint16_t sequence, uint16_t child)
{
	struct tree_node *seq = &p->tree->nodes[sequence];
	struct tree_node *c = add_child(p->tree, sequence, child);
	uint32_t twice = seq->may & c->may;
	if (twice != 0) {
		const char *name = rule_field_name((enum event_field)__builtin_ctz(twice));
		return err_set(p->e, ERR_SCRIPT,
			       "template column %u: {%s} stands twice on one way: keep one, or make them "
			       "alternatives",
			       c->column, name);
	}
	seq->may |= c->may;
	seq->always |= c->always;
	seq->ways = limit_ways((unsigned)seq->ways * c->ways);
	if (seq->ways > TEMPLATE_WAYS_MAX)
		return err_set(p->e, ERR_SCRIPT,
			       "template column %u: more than %d ways through the optional parts and "
			       "alternatives: split the template",
			       c->column, TEMPLATE_WAYS_MAX);
	return 0;
}

/* `{src_ip:v6}`: what stands behind the colon says which addresses are meant. *len becomes that of the name.
 */
static int parse_family(struct parser *p, const char *name, size_t *len, uint8_t *family)
{
	const char *colon = memchr(name, ':', *len);
	*family = 0;
	if (colon == NULL)
		return 0;
	size_t rest = *len - (size_t)(colon - name) - 1;
	if (rest == 2 && colon[1] == 'v' && (colon[2] == '4' || colon[2] == '6'))
		*family = (uint8_t)(colon[2] - '0');
	*len = (size_t)(colon - name);
	int field = event_field_of(name, *len);
	if (*family != 0 && field >= 0 && event_fields[field].kind == KIND_IP)
		return 0;
	return fail(p, (size_t)(colon - p->text),
		    "only an address takes something behind a colon: {src_ip:v4} or {src_ip:v6}");
}

/* `{name}`, `{word}` or `{*}`; the brace is at pos. */
static int parse_placeholder(struct parser *p, uint16_t sequence)
{
	size_t start = p->pos;
	const char *name = p->text + start + 1;
	const char *end = memchr(name, '}', p->n - start - 1);
	if (end == NULL)
		return fail(p, start, "{ without }: close it, or write {{ for the character");
	size_t len = (size_t)(end - name);
	p->pos = start + len + 2;
	if (len == 1 && name[0] == '*')
		return append(p, sequence, new_node(p, TREE_SKIP, start));
	if (len == 4 && memcmp(name, "word", 4) == 0)
		return append(p, sequence, new_node(p, TREE_WORD, start));
	uint8_t family;
	if (parse_family(p, name, &len, &family) != 0)
		return -1;
	int field = rule_field_of(name, len, p->e);
	if (field < 0)
		return err_prefix(p->e, "template column %zu", start + 1);
	uint16_t node = new_node(p, TREE_FIELD, start);
	struct tree_node *f = &p->tree->nodes[node];
	f->field = (uint8_t)field;
	f->family = family;
	f->may = f->always = UINT32_C(1) << field;
	return append(p, sequence, node);
}

/* Characters up to the next one with a meaning; a doubled bracket, brace or bar counts as one character. */
static int parse_literal(struct parser *p, uint16_t sequence)
{
	uint16_t node = new_node(p, TREE_LITERAL, p->pos);
	struct tree *t = p->tree;
	while (p->pos < p->n && !is_blank(p->text[p->pos])) {
		char c = p->text[p->pos];
		if (strchr("{}[]()|", c) != NULL && c != '\0') {
			if (p->pos + 1 == p->n || p->text[p->pos + 1] != c)
				break;
			p->pos++;
		}
		t->text[t->len++] = c;
		p->pos++;
	}
	t->nodes[node].len = (uint16_t)(t->len - t->nodes[node].text);
	return append(p, sequence, node);
}

static int parse_sequence(struct parser *p, uint16_t *out);

/* Takes a sequence up as one more way of the choice. */
static void add_way(struct tree *t, uint16_t choice, uint16_t sequence)
{
	bool first = t->nodes[choice].last == 0;
	struct tree_node *c = &t->nodes[choice];
	struct tree_node *s = add_child(t, choice, sequence);
	c->may |= s->may;
	c->always = first ? s->always : c->always & s->always;
	c->ways = limit_ways(first ? s->ways : (unsigned)c->ways + s->ways);
}

static bool begins_with_skip(const char *s, size_t n)
{
	return (n > 3 && memcmp(s, "{*}", 3) == 0) || (n > 6 && memcmp(s, "{word}", 6) == 0);
}

/* `[...]` or `(...)`; the opening bracket is at pos. An optional part is tried before its absence, but one
 * that begins with {*} or {word} after it: a skip is as short as it can be. */
static int parse_choice(struct parser *p, uint16_t parent)
{
	size_t start = p->pos;
	bool optional = p->text[start] == '[';
	char closing = optional ? ']' : ')';
	if (p->depth == TEMPLATE_DEPTH_MAX)
		return fail(p, start, "brackets within brackets go deeper than 8");
	p->depth++;
	uint16_t choice = new_node(p, TREE_CHOICE, start);
	bool lazy = optional && begins_with_skip(p->text + start + 1, p->n - start - 1);
	if (lazy)
		add_way(p->tree, choice, new_node(p, TREE_SEQUENCE, start));
	for (;;) {
		p->pos++;
		uint16_t sequence;
		if (parse_sequence(p, &sequence) != 0)
			return -1;
		add_way(p->tree, choice, sequence);
		if (p->pos == p->n || p->text[p->pos] != '|')
			break;
	}
	if (p->pos == p->n)
		return fail(p, start,
			    optional ? "[ without ]: close it, write [[ for the character, and ]()] where "
				       "two close at once"
				     : "( without ): close it, write (( for the character, and )[]) where "
				       "two close at once");
	if (p->text[p->pos] != closing)
		return fail(p, p->pos,
			    optional ? ") before the ] of the optional part"
				     : "] before the ) of the alternative");
	if (optional && !lazy)
		add_way(p->tree, choice, new_node(p, TREE_SEQUENCE, p->pos));
	p->pos++;
	p->depth--;
	return append(p, parent, choice);
}

static int parse_blank(struct parser *p, uint16_t sequence)
{
	uint16_t node = new_node(p, TREE_BLANK, p->pos);
	while (p->pos < p->n && is_blank(p->text[p->pos]))
		p->pos++;
	return append(p, sequence, node);
}

static bool doubled(const struct parser *p)
{
	return p->pos + 1 < p->n && p->text[p->pos + 1] == p->text[p->pos];
}

/* Up to the end, or a bracket or bar that belongs to somebody further out. */
static int parse_sequence(struct parser *p, uint16_t *out)
{
	*out = new_node(p, TREE_SEQUENCE, p->pos);
	while (p->pos < p->n) {
		char c = p->text[p->pos];
		int rc;
		if (is_blank(c))
			rc = parse_blank(p, *out);
		else if (c == '\0' || strchr("{}[]()|", c) == NULL || doubled(p))
			rc = parse_literal(p, *out);
		else if (c == '{')
			rc = parse_placeholder(p, *out);
		else if (c == '[' || c == '(')
			rc = parse_choice(p, *out);
		else if (c == '}')
			rc = fail(p, p->pos, "} without {: write }} for the character");
		else
			return 0;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int template_parse(struct tree *tree, const char *text, size_t n, struct err *e)
{
	*tree = (struct tree){0};
	struct parser p = {.tree = tree, .text = text, .n = n, .e = e};
	if (n > TEMPLATE_TEXT_MAX)
		return err_set(e, ERR_SCRIPT, "template: longer than %d bytes", TEMPLATE_TEXT_MAX);
	while (p.n > 0 && is_blank(text[p.n - 1]))
		p.n--;
	while (p.pos < p.n && is_blank(text[p.pos]))
		p.pos++;
	if (p.pos == p.n)
		return err_set(e, ERR_SCRIPT, "template: it is empty");
	/* Each node takes at least one byte, but for the sequences, and of these one more than brackets and
	 * bars. */
	tree->nodes = xcalloc(2 * n + 4, sizeof(*tree->nodes));
	tree->text = xmalloc(n);
	tree->count = 1;
	if (parse_sequence(&p, &tree->root) != 0)
		return -1;
	if (p.pos == p.n)
		return 0;
	if (text[p.pos] == '|')
		return fail(&p, p.pos, "| outside of ( ): write || for the character");
	return fail(&p, p.pos,
		    text[p.pos] == ']' ? "] without [: write ]] for the character"
				       : ") without (: write )) for the character");
}

void template_tree_free(struct tree *tree)
{
	free(tree->nodes);
	free(tree->text);
	*tree = (struct tree){0};
}
