/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a template's match, and how fields are read into it. Inline, for template_match.c alone. Its
 * frames are the thread's: one match at a time.
 */
#ifndef NATMILL_EVENT_TEMPLATE_FIELD_H
#define NATMILL_EVENT_TEMPLATE_FIELD_H

#include <stdint.h>
#include <string.h>

#include "event/number.h"
#include "event/template_program.h"
#include "event/template_scan.h"
#include "event/template_tree.h"

/* A choice leaves one way less, and each run that is settled has one above it: the limit of ways bounds both.
 */
#define FRAMES_MAX (2 * TEMPLATE_WAYS_MAX + 2)

enum frame_kind { FRAME_CHOICE, FRAME_RUN, FRAME_SETTLED };

struct frame {
	uint32_t pos;                 /* choice: from where; run: where to look for its next end */
	uint32_t start;               /* of the run */
	uint32_t set;                 /* fields that were set before */
	uint32_t must;                /* run: where its word is next, from pos on; 0 = not looked for */
	const struct template_op *op; /* choice: where to go on; run: itself */
	uint8_t kind;
	bool retried; /* run: it has ended somewhere before */
};

/* Where a match goes on. */
struct step {
	const struct template_op *op;
	size_t pos;
};

struct match {
	const struct template *t;
	struct token token;
	const char *text;
	size_t n;
	uint32_t text_off;
	uint32_t set; /* fields set on this way */
	bool asked;   /* somebody wants to know where it stops fitting */
	bool hasty;   /* nobody does, and needs were not looked at yet */
	struct event *values;
	struct template_mark *marks;
	size_t far; /* the furthest miss: its place + 1, and its operation */
	const struct template_op *far_op;
	size_t split_pos; /* the first split at the place where the last one stood */
	const struct template_op *split_op;
	size_t depth;
	size_t open;                        /* 1 + place of the run whose end may still move, 0 = none */
	struct frame (*frames)[FRAMES_MAX]; /* with its size, so that sanitizers see who goes beyond it */
};

static inline void *place(struct match *m, const struct template_op *op)
{
	return (char *)m->values + op->offset;
}

static inline void mark(struct match *m, const struct template_op *op, size_t off, size_t len)
{
	m->set |= UINT32_C(1) << op->field;
	if (m->marks != NULL)
		m->marks[op->field] = (struct template_mark){.off = (uint32_t)off, .len = (uint32_t)len};
}

/* A text field, of at most EVENT_TEXT_MAX bytes. */
static inline void set_text(struct match *m, const struct template_op *op, size_t off, size_t len)
{
	struct text t = {.off = m->text_off + (uint32_t)off, .len = (uint32_t)len};
	memcpy(place(m, op), &t, sizeof(t));
	mark(m, op, off, len);
}

/* Reads the field that the operation names; returns the bytes used, 0 when it is not there. */
static inline size_t read_field(struct match *m, const struct template_op *op, size_t pos)
{
	const char *at = m->text + pos;
	size_t left = m->n - pos;
	size_t used;
	switch (op->code) {
	case OP_PORT:
		return number_read(at, left, PORT_DIGITS, PORT_MAX, (int32_t *)place(m, op));
	case OP_ACTION:
		return vocabulary_read_action(m->t->voc, at, left, (int32_t *)place(m, op));
	case OP_PROTOCOL:
		return vocabulary_read_protocol(m->t->voc, at, left, (int32_t *)place(m, op));
	case OP_ADDRESS:
		used = left > 0 ? ip_read(at, left, (struct ip *)place(m, op)) : 0;
		break;
	case OP_ENDPOINT:
		used = read_endpoint(op, at, left, (struct ip *)place(m, op));
		break;
	default:
		return vocabulary_read(m->t->voc, op->field, at, left, 0, m->values);
	}
	bool other = used > 0 && op->family != 0 && ((const struct ip *)place(m, op))->family != op->family;
	return other ? 0 : used;
}

#endif
