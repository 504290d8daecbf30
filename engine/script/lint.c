/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs all warnings over a script, and has the small ones: required fields that nothing sets. See lint.h.
 */
#include "script/lint.h"

#include <ctype.h>
#include <string.h>

#include "event/rule_fields.h"
#include "script/generation_data.h"
#include "script/walk.h"

void lint_begin(const struct script *s, int line, struct strbuf *report)
{
	strbuf_adds(report, s->path);
	if (line > 0)
		strbuf_printf(report, ":%d", line);
	strbuf_adds(report, ": warning: ");
}

/* Of the fields that an event of the type needs and that no envelope tells. */
static bool is_required(enum event_field f, int type)
{
	return f != FIELD_timestamp && f != FIELD_host && (event_fields[f].required >> type & 1) != 0;
}

static bool has_constant(const struct rule *r, enum event_field f)
{
	for (size_t i = 0; i < r->constant_count; i++)
		if (r->constants[i].field == f)
			return true;
	return false;
}

/* A regex without a group for a required field makes nothing but dead letters. */
static size_t regex_fields(const struct script *s, const struct rule *r, struct strbuf *report)
{
	size_t warnings = 0;
	uint32_t may = regex_may(r->regex);
	for (enum event_field f = 0; f < FIELD_COUNT; f++) {
		if (!is_required(f, r->type) || (may >> f & 1) != 0 || has_constant(r, f))
			continue;
		const char *name = rule_field_name(f);
		lint_begin(s, r->line, report);
		strbuf_printf(report,
			      "%s: no group sets %s, so that all its lines become dead letters: add "
			      "(?P<%s>...), or { %s = ... } as the last argument\n",
			      r->name, name, name, name);
		warnings++;
	}
	return warnings;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Does the word stand somewhere in the script's text? quoted: right between quotes. */
static bool mentions(const struct strbuf *text, const char *word, bool quoted)
{
	size_t len = strlen(word);
	const char *end = text->data + text->len;
	const char *at = text->data;
	while (at != NULL && (at = memmem(at, (size_t)(end - at), word, len)) != NULL) {
		char before = at > text->data ? at[-1] : ' ';
		char behind = at + len < end ? at[len] : ' ';
		bool in_quotes = (before == '"' || before == '\'') && behind == before;
		if (quoted ? in_quotes : !is_name_char(before) && !is_name_char(behind))
			return true;
		at++;
	}
	return false;
}

/* `event` is also what the handler's argument is called. */
static bool mentions_field(const struct strbuf *text, enum event_field f)
{
	if (f == FIELD_event && memmem(text->data, text->len, ".event", 6) != NULL)
		return true;
	return mentions(text, rule_field_name(f), false) || mentions(text, event_fields[f].name, true);
}

/* Fields that the types named in the script need and that its text nowhere names: no handler can set them. */
static size_t handler_fields(const struct script *s, const struct rule *r, const struct strbuf *text,
			     struct strbuf *report)
{
	size_t warnings = 0;
	bool typed = false;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		const char *kind = event_type_script(type);
		if (!mentions(text, kind, true))
			continue;
		typed = true;
		for (enum event_field f = 0; f < FIELD_COUNT; f++) {
			if (!is_required(f, type) || mentions_field(text, f))
				continue;
			lint_begin(s, r->line, report);
			strbuf_printf(report, "handler: nothing sets %s, which every %s needs\n",
				      rule_field_name(f), kind);
			warnings++;
		}
	}
	if (typed || !mentions(text, "emit(event)", false))
		return warnings;
	lint_begin(s, r->line, report);
	strbuf_adds(report, "handler: nothing sets event.type before emit(event); write, for instance, "
			    "event.type = \"port_mapping\"\n");
	return warnings + 1;
}

static size_t fields(const struct script *s, const struct strbuf *text, struct strbuf *report)
{
	size_t warnings = 0;
	bool handled = false; /* the text is that of all handlers together: once is enough */
	for (size_t i = 0; i < s->rule_count; i++) {
		const struct rule *r = &s->rules[i];
		if (r->regex != NULL && r->type >= 0)
			warnings += regex_fields(s, r, report);
		if (r->handler == 0 || handled)
			continue;
		warnings += handler_fields(s, r, text, report);
		handled = true;
	}
	return warnings;
}

static bool has_handler(const struct script *s)
{
	for (size_t i = 0; i < s->rule_count; i++)
		if (s->rules[i].handler > 0)
			return true;
	return false;
}

size_t lint_run(struct generation *g, size_t i, struct strbuf *report)
{
	struct host_options plain = {.jit = false};
	struct host *h = host_new(g, &plain, NULL);
	if (h == NULL)
		return 0; /* it loaded a moment ago; its errors are told elsewhere */
	const struct script *s = &h->scripts[i];
	size_t warnings = lint_shadows(h, s, report);
	warnings += lint_stray(s, report);
	warnings += fields(s, &g->sources[i].text, report);
	if (has_handler(s))
		warnings += lint_jit(g, i, report);
	host_free(h);
	return warnings;
}
