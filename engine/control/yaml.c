/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's events to a tree of nodes; see yaml.h. Events, not libyaml's own documents: so a hostile file
 * is stopped at the limit and not after it was built.
 */
#include "control/yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	const char *source;
	struct errlist *errs;
	struct node *root;
	struct node *open[YAML_MAX_DEPTH]; /* the maps and lists round the present place; they hang in root */
	struct node *key;                  /* of the innermost map, waiting for its value; hangs nowhere */
	size_t depth;
	size_t nodes;
	size_t documents;
};

static int refuse(struct reader *r, yaml_mark_t at, const char *what)
{
	return errlist_add(r->errs, ERR_CONFIG, "%s:%zu:%zu: %s", r->source, at.line + 1, at.column + 1,
			   what);
}

/* libyaml could not go on. */
static int refuse_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem != NULL ? p->problem : "cannot be read";
	if (p->error == YAML_READER_ERROR) { /* not text at all: only the byte is known */
		size_t at = p->problem_offset < r->len ? p->problem_offset : r->len;
		size_t line = 1;
		for (size_t i = 0; i < at; i++)
			line += r->text[i] == '\n';
		return errlist_add(r->errs, ERR_CONFIG, "%s:%zu: not valid YAML: %s (byte %zu of the text)",
				   r->source, line, problem, at + 1);
	}
	return errlist_add(r->errs, ERR_CONFIG, "%s:%zu:%zu: not valid YAML: %s%s%s", r->source,
			   p->problem_mark.line + 1, p->problem_mark.column + 1, problem,
			   p->context != NULL ? " " : "", p->context != NULL ? p->context : "");
}

static struct node *place(struct node *node, yaml_mark_t at)
{
	node->line = at.line + 1;
	node->column = at.column + 1;
	return node;
}

/* Hangs a finished scalar or a just opened map or list where it belongs. Takes the node in any case; -1 ends
 * the reading. */
static int attach(struct reader *r, struct node *node, yaml_mark_t at)
{
	struct node *parent = r->depth > 0 ? r->open[r->depth - 1] : NULL;
	if (parent == NULL) {
		r->root = node;
		return 0;
	}
	if (parent->kind == NODE_LIST) {
		node_append(parent, NULL, node);
		return 0;
	}
	if (r->key == NULL && node->kind != NODE_SCALAR) {
		node_free(node);
		return refuse(r, at, "a key must be a plain text");
	}
	if (r->key == NULL) {
		struct node *first = node_get(parent, node->text);
		if (first != NULL)
			errlist_add(r->errs, ERR_CONFIG, "%s:%zu:%zu: key '%.80s' is given twice; remove one",
				    r->source, node->line, node->column, node->text);
		r->key = node;
		return 0;
	}
	node_append(parent, r->key, node);
	r->key = NULL;
	return 0;
}

static int count(struct reader *r, yaml_mark_t at)
{
	if (++r->nodes > YAML_MAX_NODES)
		return refuse(r, at, "too many values in one file");
	return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	if (event->data.scalar.tag != NULL)
		return refuse(r, event->start_mark, "a tag (!...) is not supported; remove it");
	if (len > YAML_MAX_SCALAR)
		return refuse(r, event->start_mark, "this value is too long");
	if (memchr(text, '\0', len) != NULL)
		return refuse(r, event->start_mark, "a value must not contain a NUL byte");
	struct node *node = place(node_scalar(r->source, text, len), event->start_mark);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return attach(r, node, event->start_mark);
}

static int on_open(struct reader *r, enum node_kind kind, const yaml_char_t *tag, yaml_mark_t at)
{
	if (tag != NULL)
		return refuse(r, at, "a tag (!...) is not supported; remove it");
	if (r->depth == YAML_MAX_DEPTH)
		return refuse(r, at, "maps and lists are nested too deeply");
	struct node *node = place(node_new(kind, r->source), at);
	if (attach(r, node, at) != 0)
		return -1;
	r->open[r->depth++] = node;
	return 0;
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
	yaml_mark_t at = event->start_mark;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return ++r->documents > 1 ? refuse(r, at, "only one document is allowed in a file") : 0;
	case YAML_ALIAS_EVENT:
		return refuse(r, at, "an alias (*name) is not supported; write the value out");
	case YAML_SCALAR_EVENT:
		return count(r, at) != 0 ? -1 : on_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return count(r, at) != 0 ? -1 : on_open(r, NODE_LIST, event->data.sequence_start.tag, at);
	case YAML_MAPPING_START_EVENT:
		return count(r, at) != 0 ? -1 : on_open(r, NODE_MAP, event->data.mapping_start.tag, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return 0;
	default:
		return 0;
	}
}

static int read_events(struct reader *r)
{
	for (bool end = false; !end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&r->parser, &event))
			return refuse_syntax(r);
		end = event.type == YAML_STREAM_END_EVENT;
		int rc = on_event(r, &event);
		yaml_event_delete(&event);
		if (rc != 0)
			return -1;
	}
	return 0;
}

struct node *yaml_parse(const char *text, size_t len, const char *source, struct errlist *errs)
{
	struct reader r = {.text = text, .len = len, .source = source, .errs = errs};
	if (len > YAML_MAX_BYTES) {
		errlist_add(errs, ERR_CONFIG, "%s: larger than %d bytes", source, YAML_MAX_BYTES);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		errlist_add(errs, ERR_SYSTEM, "%s: out of memory", source);
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	int rc = read_events(&r);
	yaml_parser_delete(&r.parser);
	if (rc == 0)
		return r.root != NULL ? r.root : node_new(NODE_MAP, source);
	node_free(r.key);
	node_free(r.root);
	return NULL;
}
