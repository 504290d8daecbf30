/* SPDX-License-Identifier: Apache-2.0
 *
 * What the value of one key must be, in a rule over keys and values: a template, with short cuts for those
 * that are a plain text or one field, which most are. For reader_rule.c.
 */
#ifndef NATMILL_EVENT_READER_VALUE_H
#define NATMILL_EVENT_READER_VALUE_H

#include "event/short_text.h"
#include "event/template.h"
#include "event/template_program.h"

struct err;

struct reader_value {
	struct template *template; /* NULL: the value must be empty */
	bool negated;              /* the value must not fit */
	const struct vocabulary *words;
	char *literal; /* the template is this text, or one of several with `|` between them; NULL = neither
			*/
	size_t literal_len;
	struct reader_way {
		struct short_text key;
		const char *text; /* in literal */
	} * ways;
	size_t way_count; /* 0 without a literal */
	bool token;       /* the template is {word} */
	bool single;      /* it is one field and nothing else, */
	bool optional;    /* which may be absent */
	enum event_field field;
};

/* `!` in front turns the answer round. words must outlive it. -1 with e; reader_value_free is legal then. */
int reader_value_compile(struct reader_value *v, const char *text, size_t len, const struct vocabulary *words,
			 struct err *e);
void reader_value_free(struct reader_value *v);

/* Does the trimmed value, in data, fit? values: of the fields in *found. marks: as for template_run. */
bool reader_value_fits(const struct reader_value *v, const char *data, struct text t, struct event *values,
		       uint32_t *found, struct template_mark *marks);

#endif
