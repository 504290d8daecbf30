/* SPDX-License-Identifier: Apache-2.0
 *
 * One rule over keys and values: which key's value must fit which template. Built at load key by key,
 * read-only after reader_rule_end(). Values are matched with blanks at both ends trimmed.
 */
#ifndef NATMILL_EVENT_READER_RULE_H
#define NATMILL_EVENT_READER_RULE_H

#include "event/reader.h"
#include "event/template.h"

#define READER_RULE_KEYS_MAX 64 /* with templates, in one rule */

struct reader_rule;
struct stray;
struct err;
struct strbuf;

/* type as for template_compile; keys and words must outlive the rule. */
struct reader_rule *reader_rule_new(int type, struct keys *keys, const struct vocabulary *words);
void reader_rule_free(struct reader_rule *r);

/* The value of the key must fit the template: the first of "a|b" that is there and not empty counts, an empty
 * text stands for a missing key. An empty template fits an empty text only; `!` before a template without
 * fields turns its answer round. Keys besides those of the record: @front, @host_name, @program, see
 * reading.h. -1 with e. */
int reader_rule_add(struct reader_rule *r, const char *key, size_t key_len, const char *template, size_t len,
		    struct err *e);

/* The rule is whole: are its fields allowed in the type, and is each given by one key only? -1 with e. */
int reader_rule_end(struct reader_rule *r, struct err *e);

/* Sets of fields that some record, that every record sets. */
uint32_t reader_rule_may(const struct reader_rule *r);
uint32_t reader_rule_always(const struct reader_rule *r);

/* What stands in its templates and was probably meant otherwise. */
const struct stray *reader_rule_stray(const struct reader_rule *r);

/* Where a rule stopped: the fewer of its keys did not fit, the further it got. */
struct reader_miss {
	const struct reader_rule *rule; /* NULL = nothing tried */
	uint32_t key;                   /* its place in the rule: a wrong value rather than a missing one */
	uint32_t fitted;                /* keys that stood in the record and fitted */
	uint32_t failed;
};

/* As template_match: true when all fit, then ev has the type and the fields; false leaves it as it was and
 * moves *m (if not NULL) when this rule got further. data: of the arena. Never allocates. */
bool reader_rule_match(const struct reader_rule *r, const char *data, const struct reading *in,
		       struct event *ev, struct reader_miss *m);

/* Adds "NAME: key `src` stopped at ...: expected ..., found ..."; returns the column in the record's text, 0
 * when there is none: the key is missing. reader: which one, for what its keys are called. */
uint32_t reader_rule_explain(const struct reader_miss *m, const char *name, enum reader reader,
			     const char *data, const struct reading *in, struct strbuf *out);

/* For natmill check: values that the rule should fit, and something or nothing for the other keys of the
 * script; another seed, other values. Texts are appended to data, which may move. Now and then the rule does
 * not fit after all. */
void reader_rule_example(const struct reader_rule *r, uint32_t seed, struct strbuf *data,
			 struct reading *out);

/* As template_spans, in the record's text; values that were unescaped are left out. */
size_t reader_rule_spans(const struct reader_rule *r, const char *data, struct text text,
			 const struct reading *in, struct field_span *spans, size_t max);

#endif
