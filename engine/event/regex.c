/* SPDX-License-Identifier: Apache-2.0
 *
 * PCRE2 patterns with named groups; see regex.h. Compiled at load, matched on the hot path without
 * allocating: match data and JIT stack live in the worker's scratch.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "event/regex.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"

#define STACK_START (32u * 1024) /* of the JIT, bytes */
#define STACK_MAX (512u * 1024)
#define HEAP_LIMIT_KIB 1024 /* for patterns that the JIT does not take */
#define DEPTH_LIMIT 10000

struct group {
	uint16_t number;
	uint8_t field;
};

struct regex {
	pcre2_code *code;
	bool jit;
	int type;
	const struct vocabulary *voc;
	size_t group_count; /* named ones */
	struct group groups[REGEX_GROUPS_MAX];
};

struct regex_scratch {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

static pcre2_code *compile_pattern(const char *pattern, size_t n, struct err *e)
{
	int code;
	PCRE2_SIZE at;
	char reason[160];
	if (n > REGEX_PATTERN_MAX) {
		err_set(e, ERR_SCRIPT, "regex: longer than %d bytes", REGEX_PATTERN_MAX);
		return NULL;
	}
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)pattern, n, PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &code, &at, NULL);
	if (compiled != NULL)
		return compiled;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof(reason));
	err_set(e, ERR_SCRIPT, "regex byte %zu: %s", at + 1, reason);
	return NULL;
}

/* The names of the pattern's groups become fields. *fields is the set of them. */
static int read_groups(struct regex *r, uint32_t *fields, struct err *e)
{
	uint32_t captures = 0;
	uint32_t names = 0;
	uint32_t entry = 0;
	PCRE2_SPTR table = NULL;
	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &captures);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &names);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &entry);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
	if (captures > REGEX_GROUPS_MAX || names > REGEX_GROUPS_MAX)
		return err_set(
			e, ERR_SCRIPT,
			"regex: %u groups; at most %d are allowed: write (?:...) where no value is taken",
			captures, REGEX_GROUPS_MAX);
	for (uint32_t i = 0; i < names; i++, table += entry) {
		const char *name = (const char *)table + 2;
		int field = rule_field_of(name, strlen(name), e);
		if (field < 0)
			return err_prefix(e, "regex group");
		r->groups[r->group_count++] = (struct group){.number = (uint16_t)(table[0] << 8 | table[1]),
							     .field = (uint8_t)field};
		*fields |= UINT32_C(1) << field;
	}
	return 0;
}

struct regex *regex_compile(const char *pattern, size_t n, int type, const struct vocabulary *voc,
			    struct err *e)
{
	pcre2_code *code = compile_pattern(pattern, n, e);
	if (code == NULL)
		return NULL;
	struct regex *r = xcalloc(1, sizeof(*r));
	uint32_t fields = 0;
	r->code = code;
	r->type = type;
	r->voc = voc;
	if (read_groups(r, &fields, e) != 0 || rule_fields_check(fields, type, NULL, e) != 0) {
		regex_free(r);
		return NULL;
	}
	/* Where there is no JIT, the interpreter gives the same answers. */
	r->jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
	return r;
}

uint32_t regex_may(const struct regex *r)
{
	uint32_t fields = 0;
	for (size_t i = 0; i < r->group_count; i++)
		fields |= UINT32_C(1) << r->groups[i].field;
	return fields;
}

void regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->code);
	free(r);
}

struct regex_scratch *regex_scratch_new(void)
{
	struct regex_scratch *s = xcalloc(1, sizeof(*s));
	s->context = pcre2_match_context_create(NULL);
	s->data = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
	s->stack = pcre2_jit_stack_create(STACK_START, STACK_MAX, NULL);
	if (s->context == NULL || s->data == NULL)
		abort(); /* out of memory, as in xmalloc; without a stack PCRE2 takes 32 KiB of the machine's
			  */
	pcre2_set_match_limit(s->context, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	return s;
}

void regex_scratch_free(struct regex_scratch *s)
{
	if (s == NULL)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	free(s);
}

/* Reads the groups that took part; their numbers are below taken. */
static enum regex_result read_values(const struct regex *r, int taken, const PCRE2_SIZE *ends,
				     const char *text, uint32_t text_off, struct event *ev,
				     enum event_field *bad_field, uint32_t *bad_pos)
{
	struct event values;
	uint32_t found = 0;
	for (size_t i = 0; i < r->group_count; i++) {
		const struct group *g = &r->groups[i];
		if (g->number >= taken)
			continue;
		PCRE2_SIZE start = ends[2 * g->number];
		PCRE2_SIZE end = ends[2 * g->number + 1];
		if (start == PCRE2_UNSET || end <= start)
			continue;
		if (vocabulary_parse(r->voc, g->field, text + start, end - start, text_off + (uint32_t)start,
				     &values) != 0) {
			*bad_field = g->field;
			*bad_pos = (uint32_t)start;
			return REGEX_BAD_VALUE;
		}
		found |= UINT32_C(1) << g->field;
	}
	if (r->type >= 0) {
		ev->type = r->type;
		rule_fields_copy(ev, &values, found);
	}
	return REGEX_MATCH;
}

enum regex_result regex_match(const struct regex *r, struct regex_scratch *s, const char *text, size_t n,
			      uint32_t text_off, struct event *ev, enum event_field *bad_field,
			      uint32_t *bad_pos)
{
	if (n > REGEX_TEXT_MAX)
		return REGEX_LIMIT;
	if (text == NULL)
		text = "";
	PCRE2_SPTR subject = (PCRE2_SPTR)text;
	int rc = r->jit ? pcre2_jit_match(r->code, subject, n, 0, 0, s->data, s->context)
			: pcre2_match(r->code, subject, n, 0, 0, s->data, s->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return REGEX_MISS;
	if (rc <= 0)
		return REGEX_LIMIT;
	return read_values(r, rc, pcre2_get_ovector_pointer(s->data), text, text_off, ev, bad_field, bad_pos);
}
