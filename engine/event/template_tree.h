/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree that template_parse makes of a template's text and template_compile turns into a program. Lives
 * only during template_compile; template_tree_free frees it. Nodes are named by their index, 0 = none.
 */
#ifndef NATMILL_EVENT_TEMPLATE_TREE_H
#define NATMILL_EVENT_TEMPLATE_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define TEMPLATE_DEPTH_MAX 8
#define TEMPLATE_WAYS_MAX 256

enum tree_kind {
	TREE_LITERAL, /* bytes without blanks: text..text+len of the tree */
	TREE_BLANK,   /* one or more blanks */
	TREE_FIELD,
	TREE_SKIP,     /* {*} */
	TREE_WORD,     /* {word} */
	TREE_CHOICE,   /* children are sequences, tried in their order; an optional part has an empty one last
			*/
	TREE_SEQUENCE, /* children one after the other */
};

struct tree_node {
	uint8_t kind;
	uint8_t field;
	uint8_t family;  /* of an address: 4 or 6, 0 = either */
	uint16_t column; /* in the template, from 1 */
	uint16_t ways;   /* through it, at most TEMPLATE_WAYS_MAX + 1 */
	uint16_t last;   /* last child; children are linked from last to first */
	uint16_t previous;
	uint16_t text;
	uint16_t len;
	uint32_t may;    /* set of fields: some way sets it */
	uint32_t always; /* every way sets it */
};

struct tree {
	struct tree_node *nodes;
	size_t count;
	char *text; /* of the literals, unescaped */
	size_t len;
	uint16_t root; /* a sequence */
};

struct err;

/* 0, or -1 with the reason and its column in e; the tree is to be freed in both cases. */
int template_parse(struct tree *tree, const char *text, size_t n, struct err *e);
void template_tree_free(struct tree *tree);

#endif
