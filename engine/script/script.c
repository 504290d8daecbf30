/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiles the rules of a vendor script; see script.h.
 */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/rule_fields.h"
#include "event/stray.h"
#include "event/timeparse.h"
#include "script/ffi_api.h"

void script_init(struct script *s)
{
	*s = (struct script){.name = "", .path = "", .hash = "", .zone_s = TIME_ZONE_UNKNOWN};
	vocabulary_init(&s->words);
}

void script_free(struct script *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		struct rule *r = &s->rules[i];
		template_free(r->template);
		regex_free(r->regex);
		reader_rule_free(r->keys);
		for (size_t k = 0; k < r->constant_count; k++)
			free(r->constants[k].text);
	}
	free(s->rules);
	for (size_t i = 0; i < READER_COUNT; i++) {
		if (s->keys[i] != NULL)
			keys_free(s->keys[i]);
		free(s->keys[i]);
	}
	for (size_t i = 0; i < s->topic_count; i++)
		free(s->topics[i]);
	script_init(s);
}

static struct rule *add_rule(struct script *s, struct err *e)
{
	if (s->rule_count == SCRIPT_RULES_MAX) {
		err_set(e, ERR_SCRIPT, "more than %d rules in one script", SCRIPT_RULES_MAX);
		return NULL;
	}
	s->rules = xrealloc(s->rules, (s->rule_count + 1) * sizeof *s->rules);
	struct rule *r = &s->rules[s->rule_count];
	memset(r, 0, sizeof *r);
	r->type = EVENT_ABSENT;
	event_clear(&r->values);
	return r;
}

/* A rule that makes events of a type, or ignores; NULL with e. Counts when the caller says so. */
static struct rule *add_named(struct script *s, const char *name, struct err *e)
{
	struct rule *r = add_rule(s, e);
	if (r == NULL)
		return NULL;
	r->type = event_type_of(name);
	r->name = r->type >= 0 ? event_type_script(r->type) : "ignore";
	if (r->type >= 0 || strcmp(name, "ignore") == 0)
		return r;
	err_set(e, ERR_SCRIPT,
		"\"%.80s\" is no kind of event: session_mapping, port_mapping, port_block_mapping, "
		"address_mapping or ignore",
		name);
	return NULL;
}

int script_add_rule(struct script *s, int kind, const char *name, const char *text, size_t len, struct err *e)
{
	struct rule *r = add_named(s, name, e);
	if (r == NULL)
		return -1;
	if (kind == NM_RULE_REGEX)
		r->regex = regex_compile(text, len, r->type, &s->words, e);
	else
		r->template = template_compile(text, len, r->type, &s->words, e);
	if (r->regex == NULL && r->template == NULL)
		return err_prefix(e, "%s", r->name);
	s->rule_count++;
	return 0;
}

int script_add_reader(struct script *s, int reader, const char *name, struct err *e)
{
	struct rule *r = add_named(s, name, e);
	if (r == NULL)
		return -1;
	r->reader = (enum reader)reader;
	if (s->keys[reader] == NULL)
		s->keys[reader] = xcalloc(1, sizeof *s->keys[reader]);
	r->keys = reader_rule_new(r->type, s->keys[reader], &s->words);
	s->rule_count++;
	return 0;
}

int script_add_key(struct script *s, const char *key, size_t key_len, const char *template, size_t len,
		   struct err *e)
{
	struct rule *r = &s->rules[s->rule_count - 1];
	if (reader_rule_add(r->keys, key, key_len, template, len, e) != 0)
		return err_prefix(e, "%s", r->name);
	return 0;
}

int script_add_handler(struct script *s, int number, struct err *e)
{
	struct rule *r = add_rule(s, e);
	if (r == NULL)
		return -1;
	r->name = "handler";
	r->handler = number;
	s->rule_count++;
	return 0;
}

/* created, deleted and updated hold in constants and handlers whatever words the script declares for lines.
 */
static int parse_value(const struct script *s, enum event_field f, const char *value, size_t len,
		       struct event *ev)
{
	struct vocabulary plain;
	if (vocabulary_parse(&s->words, f, value, len, 0, ev) == 0)
		return 0;
	vocabulary_init(&plain);
	return event_fields[f].kind == KIND_ACTION ? vocabulary_parse(&plain, f, value, len, 0, ev) : -1;
}

#define ASKED "???" /* natmill new writes it where the lines do not tell the value */

int script_add_constant(struct script *s, const char *field, const char *value, size_t len, struct err *e)
{
	struct rule *r = &s->rules[s->rule_count - 1];
	int f = rule_field_of(field, strlen(field), e);
	if (f < 0)
		return err_prefix(e, "%s", r->name);
	if (r->type < 0)
		return err_set(e, ERR_SCRIPT, "%s: makes no event, so it takes no { %s = ... }", r->name,
			       field);
	if ((event_fields[f].allowed >> r->type & 1) == 0)
		return err_set(e, ERR_SCRIPT, "%s: has no %s", r->name, field);
	if (r->constant_count == FIELD_COUNT)
		return err_set(e, ERR_SCRIPT, "%s: too many values", r->name);
	char expects[256];
	if (strcmp(value, ASKED) == 0)
		return err_set(e, ERR_SCRIPT, "%s: { %s = \"" ASKED "\" } is a question: %s", r->name, field,
			       f == FIELD_event ? "write created, deleted or updated" : "write the value");
	if (parse_value(s, (enum event_field)f, value, len, &r->values) != 0)
		return err_set(e, ERR_SCRIPT, "%s: %s must be %s, is \"%.80s\"", r->name, field,
			       vocabulary_expects(&s->words, (enum event_field)f, expects, sizeof expects),
			       value);
	struct constant *c = &r->constants[r->constant_count++];
	*c = (struct constant){.field = (enum event_field)f};
	if (event_fields[f].kind == KIND_TEXT) {
		c->text = xstrdup(value);
		c->len = (uint32_t)len;
	}
	return 0;
}

static bool has_constant(const struct rule *r, enum event_field f)
{
	for (size_t i = 0; i < r->constant_count; i++)
		if (r->constants[i].field == f)
			return true;
	return false;
}

int script_end_rule(struct script *s, struct err *e)
{
	const struct rule *r = &s->rules[s->rule_count - 1];
	if (r->keys != NULL && reader_rule_end(r->keys, e) != 0)
		return err_prefix(e, "%s", r->name);
	if (r->type < 0 || r->regex != NULL || r->handler != 0)
		return 0;
	uint32_t may = r->keys != NULL ? reader_rule_may(r->keys) : template_may(r->template);
	uint32_t always = r->keys != NULL ? reader_rule_always(r->keys) : template_always(r->template);
	const struct stray *stray =
		r->keys != NULL ? reader_rule_stray(r->keys) : template_stray(r->template);
	char advice[128];
	for (enum event_field f = 0; f < FIELD_COUNT; f++) {
		if ((event_fields[f].required >> r->type & 1) == 0 || f == FIELD_timestamp || f == FIELD_host)
			continue; /* those two may come from the envelope */
		if (has_constant(r, f) || (always >> f & 1) != 0)
			continue;
		const char *name = rule_field_name(f);
		const char *wrote = stray_advice(stray, f, advice, sizeof(advice));
		if ((may >> f & 1) != 0)
			return err_set(
				e, ERR_SCRIPT,
				"%s: needs {%s} in every line it fits (here {%s} is optional: write [[ ]] "
				"for brackets that stand in the line); where the line does not tell it, "
				"give it as a second argument: { %s = ... }",
				r->name, name, name, name);
		return err_set(e, ERR_SCRIPT,
			       "%s: needs {%s} in every line it fits%s; where the line does not tell it, "
			       "give it as a second argument: { %s = ... }",
			       r->name, name, wrote, name);
	}
	return 0;
}
