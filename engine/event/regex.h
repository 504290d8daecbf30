/* SPDX-License-Identifier: Apache-2.0
 *
 * A PCRE2 pattern whose named groups are event fields; `(?P<name>...)` is accepted. JIT-compiled, with match
 * limit and a fixed JIT stack. Bytes, not UTF-8 characters. The pattern is read-only after compile and may be
 * shared by threads; the scratch (match data, JIT stack) belongs to one worker.
 */
#ifndef NATMILL_EVENT_REGEX_H
#define NATMILL_EVENT_REGEX_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/vocabulary.h"

struct regex;
struct regex_scratch;
struct err;

#define REGEX_MATCH_LIMIT 100000
#define REGEX_PATTERN_MAX 8192 /* bytes */
#define REGEX_GROUPS_MAX 127   /* capturing groups, named or not */

/* Longest text, bytes. PCRE2's limits hold for each place where a match may begin, so a search takes up to
 * length x length steps that nothing counts; this bounds them at about a tenth of a second. */
#define REGEX_TEXT_MAX 16384

/* type and voc as in template_compile. Names of groups must be event fields or `action`, else an error that
 * names the nearest, and must make an event of the type. Searches anywhere (as Python's search) unless
 * anchored. NULL with e on error, with the byte of the pattern where there is one. */
struct regex *regex_compile(const char *pattern, size_t n, int type, const struct vocabulary *voc,
			    struct err *e);
void regex_free(struct regex *r);

/* The set of fields that its groups name. */
uint32_t regex_may(const struct regex *r);

struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *s);

enum regex_result {
	REGEX_MISS,
	REGEX_MATCH,
	REGEX_LIMIT,    /* text too long, too many steps, or stack used up: a dead letter */
	REGEX_BAD_VALUE /* a group matched but its text is no value of the field: *bad_field, and *bad_pos in
			   the text */
};

/* On REGEX_MATCH has set ev's type and the fields whose groups took part and are not empty, as template_match
 * does; else leaves ev as it was. text_off: offset of text in the arena. */
enum regex_result regex_match(const struct regex *r, struct regex_scratch *s, const char *text, size_t n,
			      uint32_t text_off, struct event *ev, enum event_field *bad_field,
			      uint32_t *bad_pos);

#endif
