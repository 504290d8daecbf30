/* SPDX-License-Identifier: Apache-2.0
 *
 * Option rows as text; see reference.h.
 */
#include "control/reference.h"

#include <stdbool.h>
#include <string.h>

#include "control/envtree.h"
#include "control/metrics.h"
#include "event/event.h"
#include "output/filter.h"

#define INDEX "0" /* stands for an entry's number in the names of variables */

/* Text for a cell of a table. */
static void add_cell(struct strbuf *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '|')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *text == '\n' ? ' ' : *text);
	}
}

static void add_choices(struct strbuf *out, const struct option *row, const char *quote)
{
	size_t len = 0;
	const char *choice;
	for (int i = 0; (choice = option_choice(row, i, &len)) != NULL; i++)
		strbuf_printf(out, "%s%s%.*s%s", i > 0 ? ", " : "", quote, (int)len, choice, quote);
}

/* "number, from 1 to 64"; a choice is its choices. */
static void add_type(struct strbuf *out, const struct option *row, const char *quote)
{
	char bounds[OPTION_BOUNDS_MAX];
	if (row->type == OPTION_CHOICE)
		add_choices(out, row, quote);
	else
		strbuf_adds(out, option_type_name(row->type));
	option_bounds(row, bounds);
	if (bounds[0] != '\0')
		strbuf_printf(out, ", %s", bounds);
}

static const char *list_index(const struct section *s)
{
	return s->kind == SECTION_LIST ? INDEX : NULL;
}

static void add_table_head(struct strbuf *out)
{
	strbuf_adds(out, "| Option | Type | Default | A change takes | Environment | Meaning |\n"
			 "|---|---|---|---|---|---|\n");
}

static void add_env(struct strbuf *out, const struct section *s, const struct option *row)
{
	char env[ENV_NAME_MAX];
	if (s->kind == SECTION_NAMED) {
		strbuf_printf(out, "in `%s`", envtree_name(s, NULL, NULL, env));
		return;
	}
	envtree_name(s, list_index(s), row->name, env);
	strbuf_printf(out, "`%s%s`", env, row->type == OPTION_MAP ? "_..." : "");
	if (row->type == OPTION_SECRET)
		strbuf_printf(out, ", `%s_FILE`", env);
}

static void add_row(struct strbuf *out, const struct section *s, const struct option *row)
{
	strbuf_printf(out, "| `%s`", row->name);
	if (row->type == OPTION_SECRET)
		strbuf_printf(out, ", `%s_file`", row->name);
	strbuf_adds(out, " | ");
	add_type(out, row, "`");
	strbuf_adds(out, " | ");
	if (row->fallback != NULL && row->fallback[0] != '\0') {
		strbuf_addc(out, '`');
		add_cell(out, row->fallback);
		strbuf_addc(out, '`');
	} else {
		strbuf_adds(out, row->required ? "required" : "none");
	}
	strbuf_printf(out, " | %s | ", row->reloadable ? "reload" : "restart");
	add_env(out, s, row);
	strbuf_adds(out, " | ");
	add_cell(out, row->help);
	strbuf_adds(out, " |\n");
}

static void add_rows(struct strbuf *out, const struct section *s, const struct option *rows)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		add_row(out, s, row);
}

static void add_type_row(struct strbuf *out, const struct section *s)
{
	char env[ENV_NAME_MAX];
	strbuf_adds(out, "| `type` | ");
	for (const struct section_type *t = s->types; t->name != NULL; t++)
		strbuf_printf(out, "%s`%s`", t > s->types ? ", " : "", t->name);
	strbuf_printf(out, " | required | %s | `%s` | What kind it is; the other options depend on it. |\n",
		      s->reloadable ? "reload" : "restart", envtree_name(s, list_index(s), "type", env));
}

/* The section that has shown the same rows already, or NULL. */
static const struct section *shown_before(const struct section *sections, const struct section *s,
					  const struct option *rows)
{
	for (const struct section *other = sections; other != s; other++)
		for (const struct section_type *t = other->types; t != NULL && t->name != NULL; t++)
			if (t->rows == rows)
				return other;
	return NULL;
}

static void add_section_type(struct strbuf *out, const struct section *sections, const struct section *s,
			     const struct section_type *t)
{
	strbuf_printf(out, "\n#### `%s`, type `%s`\n\n", s->name, t->name);
	if (t->help != NULL)
		strbuf_printf(out, "%s\n\n", t->help);
	if (t->rows == NULL || t->rows[0].name == NULL) {
		strbuf_adds(out, "No options of its own.\n");
		return;
	}
	const struct section *before = shown_before(sections, s, t->rows);
	if (before != NULL) {
		char env[ENV_NAME_MAX];
		strbuf_printf(out,
			      "The options of `%s`, type `%s`. In the environment they begin with `%s_`.\n",
			      before->name, t->name, envtree_name(s, list_index(s), NULL, env));
		return;
	}
	add_table_head(out);
	add_rows(out, s, t->rows);
}

static void add_section(struct strbuf *out, const struct section *sections, const struct section *s)
{
	static const char *const kinds[] = {
		[SECTION_PLAIN] = "",
		[SECTION_TYPED] = ", one map with a type",
		[SECTION_LIST] = ", a list of maps, each with a type",
		[SECTION_NAMED] = ", a map of names",
	};
	if (s->name[0] == '\0')
		strbuf_adds(out, "\n### Top level\n\n");
	else
		strbuf_printf(out, "\n### `%s`%s\n\n", s->name, kinds[s->kind]);
	if (s->help != NULL)
		strbuf_printf(out, "%s\n\n", s->help);
	if (s->rows != NULL || s->types != NULL) {
		add_table_head(out);
		if (s->types != NULL)
			add_type_row(out, s);
		add_rows(out, s, s->rows);
	}
	for (const struct section_type *t = s->types; t != NULL && t->name != NULL; t++)
		add_section_type(out, sections, s, t);
}

static void add_filters(struct strbuf *out)
{
	const char *arguments;
	const char *help;
	strbuf_adds(
		out,
		"\n### Filters\n\nIn the `filters` of an output, each as `{ NAME: { ARGUMENT: VALUE } }`. A "
		"field "
		"has the name that it has in JSON; `type` is the event's type. A field that an event lacks "
		"equals nothing.\n\n| filter | arguments | does |\n|---|---|---|\n");
	for (int i = 0;; i++) {
		const char *name = filter_name(i, &arguments, &help);
		if (name == NULL)
			return;
		strbuf_printf(out, "| `%s` | %s | %s |\n", name, arguments, help);
	}
}

void reference_markdown(const struct section *sections, struct strbuf *out)
{
	for (const struct section *s = sections; s->name != NULL; s++)
		add_section(out, sections, s);
	add_filters(out);
	strbuf_addc(out, '\n');
}

void reference_fields(struct strbuf *out)
{
	static const char *const kinds[] = {
		[KIND_TIME] = "time",         [KIND_IP] = "address", [KIND_ACTION] = "action",
		[KIND_PROTOCOL] = "protocol", [KIND_PORT] = "port",  [KIND_TEXT] = "text",
	};
	strbuf_adds(out, "\n| field | reads | session | port | block | address | what it is |\n"
			 "|---|---|---|---|---|---|---|\n");
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct field_info *field = &event_fields[f];
		strbuf_printf(out, "| `%s` | %s |", f == FIELD_event ? "action" : field->name,
			      kinds[field->kind]);
		for (int type = 0; type < EVENT_TYPE_COUNT; type++)
			strbuf_adds(out, (field->required >> type & 1) != 0  ? " R |"
					 : (field->allowed >> type & 1) != 0 ? " o |"
									     : " - |");
		strbuf_printf(out, " %s |\n", field->help);
	}
	strbuf_addc(out, '\n');
}

int reference_page(const struct section *sections, const char *page, struct strbuf *out, struct err *e)
{
	bool fields = page != NULL && strstr(page, FIELDS_BEGIN) != NULL;
	bool metrics = page != NULL && strstr(page, METRICS_BEGIN) != NULL;
	const char *first = fields ? FIELDS_BEGIN : metrics ? METRICS_BEGIN : REFERENCE_BEGIN;
	const char *last = fields ? FIELDS_END : metrics ? METRICS_END : REFERENCE_END;
	const char *begin = page != NULL ? strstr(page, first) : NULL;
	const char *end = begin != NULL ? strstr(begin, last) : NULL;
	if (end == NULL)
		return err_set(e, ERR_CONFIG, "the page lacks the marks '%.*s' and '%.*s' round its tables",
			       (int)strlen(REFERENCE_BEGIN) - 1, REFERENCE_BEGIN,
			       (int)strlen(REFERENCE_END) - 1, REFERENCE_END);
	strbuf_add(out, page, (size_t)(begin - page));
	strbuf_adds(out, first);
	if (fields)
		reference_fields(out);
	else if (metrics)
		metrics_reference(out);
	else
		reference_markdown(sections, out);
	strbuf_adds(out, end);
	return 0;
}

static void help_row(FILE *out, const struct section *s, const char *index, const struct option *row)
{
	struct strbuf type = {0};
	char env[ENV_NAME_MAX];
	add_type(&type, row, "");
	envtree_name(s, index, s->kind == SECTION_NAMED ? NULL : row->name, env);
	fprintf(out, "  %s%s%s%s%s  (%s", s->name, index != NULL ? "[" INDEX "]" : "",
		s->kind == SECTION_NAMED ? ".NAME" : "", s->name[0] != '\0' ? "." : "", row->name, type.data);
	if (row->fallback != NULL && row->fallback[0] != '\0')
		fprintf(out, "; default %s", row->fallback);
	else if (row->required)
		fputs("; required", out);
	fprintf(out, "; %s%s)\n      %s\n", env, row->type == OPTION_MAP ? "_..." : "", row->help);
	strbuf_free(&type);
}

static void help_rows(FILE *out, const struct section *s, const struct option *rows)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		help_row(out, s, list_index(s), row);
}

void reference_help(const struct section *sections, FILE *out)
{
	for (const struct section *s = sections; s->name != NULL; s++) {
		help_rows(out, s, s->rows);
		for (const struct section_type *t = s->types; t != NULL && t->name != NULL; t++) {
			fprintf(out, "  %s%s, type %s\n", s->name,
				s->kind == SECTION_LIST ? "[" INDEX "]" : "", t->name);
			if (shown_before(sections, s, t->rows) == NULL)
				help_rows(out, s, t->rows);
		}
	}
}
