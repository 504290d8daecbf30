/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: text with placeholders, compiled at load into a small scan program that C runs over each
 * record. Language: `{field}` reads a value of the field's type; `{*}` skips (may be empty); one blank stands
 * for one or more blanks and tabs; `[...]` is optional; `(a|b)` an alternative; a doubled `{{ }} [[ ]] (( ))
 * ||` is the character itself. Everything else is literal. The whole text must fit. Compiled templates are
 * read-only.
 */
#ifndef NATMILL_EVENT_TEMPLATE_H
#define NATMILL_EVENT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/vocabulary.h"

struct template;
struct err;
struct strbuf;

#define TEMPLATE_TEXT_MAX 4096

/* type: the event it makes, or EVENT_ABSENT for an ignore template (its placeholders store nothing).
 * voc must outlive the template. NULL with e on error (column of the template in the text of e). */
struct template *template_compile(const char *text, size_t n, int type, const struct vocabulary *voc,
				  struct err *e);
void template_free(struct template *t);

/* Where the template that got furthest stopped, the first of equals; one for all rules tried on a record.
 * Zero = nothing tried. */
struct miss {
	const char *rule; /* its name, e.g. "session_mapping"; set by the caller, NULL reads "template" */
	const struct template *from; /* NULL: the rule is a regex or function */
	uint32_t op;                 /* place in its program */
	uint32_t pos;                /* byte from 0 in the text matched */
	bool set;
};

/* Matches all n bytes (blanks at both ends already trimmed by the caller). On success returns true, and has
 * set ev's type and the fields that stood in the text; other fields keep what they had, so the caller clears
 * the event first and may put in what the envelope says (a time without year or zone leaves that alone). On a
 * miss returns false and leaves ev as it was; *m (may be NULL) is moved when this template got further than
 * what *m holds. The caller sets m->rule when m->from has become this template. text_off: offset of text in
 * the arena. Linear in n. Never allocates. Any thread. */
bool template_match(const struct template *t, const char *text, size_t n, uint32_t text_off, struct event *ev,
		    struct miss *m);

/* Adds "session_mapping stopped at column 31: expected an IPv4 or IPv6 address, found `10.0.0`". */
void template_explain(const struct miss *m, const char *text, size_t n, struct strbuf *out);

/* For natmill try in colour: spans of fields in the text. Fills up to max; returns the number. */
struct field_span {
	enum event_field field;
	uint32_t off;
	uint32_t len;
};
size_t template_spans(const struct template *t, const char *text, size_t n, struct field_span *spans,
		      size_t max);

/* True if the template sets the field on every way through it (for checks of required fields). */
bool template_always_sets(const struct template *t, enum event_field f);

#endif
