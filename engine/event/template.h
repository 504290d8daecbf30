/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: text with placeholders, compiled at load into a small scan program that C runs over each record.
 * Compiled templates are read-only and may be shared by threads.
 *
 * The language:
 * - `{field}` reads a value of the field's type (vocabulary_read); `{action}` is the field event. A template
 * fits the whole text. Blanks at its own ends do not count. One blank (or tab) stands for one or more; blanks
 * that meet across a bracket count as one. Everything else is literal, upper and lower case matter.
 * - A text placeholder (vrf_id, host_name, subscriber) takes the shortest run, `{*}` the shortest or no run,
 * up to the first place where what follows fits: all of it up to the next text placeholder, the next `{*}` or
 * the end. There it stays, even if that next one was in an optional part that is given up later. At the end
 * of the template it takes the rest. So it must be followed by a blank or other characters. A text does not
 * begin with a blank, ends at the first blank where a blank may follow it, and has at most EVENT_TEXT_MAX
 * bytes.
 * - `{word}` takes all bytes up to the next blank, at least one; a blank or the end follows it. Directly
 * before other characters it ends at the first place where they stand, and goes no further: `{word}:`.
 * - `{src_ip:v4}` and `{src_ip:v6}` read addresses of that family only.
 * - An address directly before `:{port}` ends at the last colon, or is an IPv6 address in brackets.
 * - `[...]` is optional; it is tried first, but one that begins with `{*}` or `{word}` only when its
 * absence does not fit. `(a|b|)` are alternatives, tried as written, the empty one too; `[a|b]` is `(a|b|)`.
 * They nest to a depth of 8; the number of ways through a template is at most 256 (each optional part doubles
 * it). A way that is given up leaves no field set.
 * - Doubled `{{ }} [[ ]] (( )) ||` are the characters. Where two brackets close at once an empty pair between
 * them keeps them apart: `[a[b]()]`, `(a|(b|c)[])`.
 */
#ifndef NATMILL_EVENT_TEMPLATE_H
#define NATMILL_EVENT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/vocabulary.h"

struct template;
struct stray;
struct err;
struct strbuf;

#define TEMPLATE_TEXT_MAX 4096

/* type: the event it makes, or EVENT_ABSENT for an ignore template (its placeholders check, but store
 * nothing). The vocabulary must be complete, stay as it is and outlive the template. Fields must be allowed
 * in the type and those that it requires (other than timestamp, host and event) set on some way. NULL with e
 * on error, with the template's column. */
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
 * the event first (a time without year or zone counts as not there). On a miss returns false and leaves ev as
 * it was; *m is moved when this template got further than what *m holds (the caller then sets m->rule, when
 * m->from has become this template). m = NULL is faster on lines of another kind: a template is left at once
 * when a word that it needs is not in the text. So a quick loop tries all rules with NULL, and once more with
 * m when none fitted. text_off: offset of text in the arena. Linear in n. Never allocates. Any thread. */
bool template_match(const struct template *t, const char *text, size_t n, uint32_t text_off, struct event *ev,
		    struct miss *m);

/* Adds "session_mapping stopped at column 31: expected an IPv4 or IPv6 address, found `10.0.0`". */
void template_explain(const struct miss *m, const char *text, size_t n, struct strbuf *out);

/* The same for a value that stands base bytes behind the beginning of what its reader sees. */
void template_explain_value(const struct miss *m, size_t base, const char *text, size_t n,
			    struct strbuf *out);

/* For a text that each of n templates leaves at its first byte: adds "expected `nat` or an address, found
 * `x`". What {word} may be is left out. */
void template_explain_all(const struct template *const *templates, size_t n, const char *text, size_t len,
			  struct strbuf *out);

/* The sets of fields that some way through the template sets, and every way. */
uint32_t template_may(const struct template *t);
uint32_t template_always(const struct template *t);

/* Words that stand in every text that fits: literals of the template, without blanks. They live as long as
 * it. Fills up to TEMPLATE_WORDS_MAX; returns the number. */
#define TEMPLATE_WORDS_MAX 32
struct template_word {
	const char *text;
	uint32_t len;
};
size_t template_words(const struct template *t, struct template_word *words);

/* The caller has a word of its own by which it knows lines of this template: it need not look for its words
 * before it tries another way. What fits stays the same; a line of another kind that has that word takes
 * longer. */
void template_known_by_word(struct template *t);

/* What stands in its text and was probably meant otherwise. */
const struct stray *template_stray(const struct template *t);

/* For natmill try in colour: spans of fields in the text. Fills up to max; returns the number. */
struct field_span {
	enum event_field field;
	uint32_t off;
	uint32_t len;
};
size_t template_spans(const struct template *t, const char *text, size_t n, struct field_span *spans,
		      size_t max);

#endif
