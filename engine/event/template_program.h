/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled template: made by template_compile.c, run by template_match.c, put into words by
 * template_explain.c. One block of operations that name their successor; no loops, so a way through it is at
 * most as long as the program. Owner: the template. Read-only after compile.
 */
#ifndef NATMILL_EVENT_TEMPLATE_PROGRAM_H
#define NATMILL_EVENT_TEMPLATE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/stray.h"
#include "event/template.h"

enum template_code {
	OP_PORT, /* fields: a value of their type */
	OP_ACTION,
	OP_PROTOCOL,
	OP_TIME,
	OP_ADDRESS,
	OP_ENDPOINT, /* an address before `:{port}`, the last of the fields */
	OP_WORD, /* short cut: literals and blanks, each blank as one space; else other, which reads them one
		    by one */
	OP_LITERAL, /* these bytes */
	OP_BLANK,   /* one or more blanks and tabs; none when the one before was a blank too */
	OP_TOKEN,   /* {word}: one or more bytes that are no blank */
	OP_REST,    /* {text} or {*} up to the end */
	OP_RUN,     /* {text} or {*} up to the first place where what follows fits */
	OP_SPLIT,   /* try next, then other */
	OP_END,     /* the text must end here */
};

enum template_search { SEARCH_LITERAL, SEARCH_BLANK, SEARCH_SET };

#define TEMPLATE_NO_FIELD FIELD_COUNT /* of OP_RUN and OP_REST: {*} */

/* Which bytes may stand where something begins; end: the end of the text may, too. */
struct byte_set {
	uint64_t bits[4];
	bool end;
};

struct template_op {
	uint8_t code;
	uint8_t field;  /* enum event_field or TEMPLATE_NO_FIELD */
	uint8_t family; /* of an address: 4 or 6, 0 = either */
	uint8_t search; /* of OP_RUN: how its end is found, by the operation that follows */
	bool solid; /* a word of the template fitted between the last run and this: a miss here says something
		     */
	bool loose; /* an optional {word} may have been passed, and no word of the template fitted since */
	bool tight; /* of OP_ENDPOINT: no blank before the colon */
	bool colon; /* of OP_ENDPOINT: then is just the colon */
	char bracket;    /* `(` or `[`: it begins a way of such a choice; else NUL */
	uint16_t offset; /* of the field in struct event */
	uint16_t next;   /* lower than the operation's own place, but for short cuts, which lie above all */
	uint16_t other;  /* of OP_SPLIT and OP_WORD; of OP_RUN: what follows it, without short cut */
	uint16_t must;   /* of OP_RUN: a word behind all its ends; of OP_TOKEN: what ends it; 0 = none */
	uint16_t column; /* in the template, from 1 */
	uint16_t set; /* OP_SPLIT: what the first way may begin with. OP_RUN: what may follow it (SEARCH_SET),
		       * or what may follow the blank behind it (SEARCH_BLANK) */
	uint32_t text; /* of OP_LITERAL and OP_WORD: the bytes */
	uint32_t len;
	uint64_t word; /* of OP_LITERAL and OP_WORD: the first 8 bytes, and which of their bits count */
	uint64_t mask;
	const struct template_op *then; /* next and other once more: one step less a turn */
	const struct template_op *otherwise;
};

struct template
{
	int type; /* enum event_type, or EVENT_ABSENT: matches only */
	const struct vocabulary *voc;
	uint32_t may; /* sets of fields: on some way, on every way */
	uint32_t always;
	uint16_t start;
	uint16_t needs[2];                  /* literals that every text has that fits; 0 = none */
	uint16_t words[TEMPLATE_WORDS_MAX]; /* all such literals, as far as there is room */
	uint16_t word_count;
	uint16_t op_count;
	uint16_t set_count;
	struct template_op *ops;
	struct byte_set *sets;
	struct stray stray;
	char *text; /* bytes of the literals */
	size_t text_len;
};

/* Where a field stood. */
struct template_mark {
	uint32_t off;
	uint32_t len;
};

static inline bool template_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool byte_set_has(const struct byte_set *set, char c)
{
	unsigned u = (unsigned char)c;
	return (set->bits[u >> 6] >> (u & 63) & 1) != 0;
}

struct err;

/* Second half of compiling: checks the runs, finds out what may follow what, and lays short cuts. 0, or -1
 * with e. */
int template_link(struct template *t, struct err *e);

/* What messages call the operation's field: "x_ip", "action", "*". */
const char *template_field_name(const struct template_op *op);

/* Sets the bytes of an OP_LITERAL or OP_WORD, which lie in t->text. */
void template_set_text(struct template_op *op, const struct template *t, uint32_t text, uint32_t len);

/* Runs the program over all n bytes. True when it fits: then values holds the fields of the set *found, the
 * others are not initialised; marks, of FIELD_COUNT elements or NULL, tells where they stood. False: miss (or
 * NULL) is moved when this got further. */
bool template_run(const struct template *t, const char *text, size_t n, uint32_t text_off,
		  struct event *values, uint32_t *found, struct template_mark *marks, struct miss *miss);

#endif
