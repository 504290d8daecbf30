/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns to rules; see migrate_script.h. A pattern is tried as natmill will: what it refuses stands in the
 * script as a comment with the reason.
 */
#include "cli/migrate_script.h"

#include <stdio.h>
#include <string.h>

#include "cli/migrate_regex.h"
#include "event/regex.h"
#include "event/rule_fields.h"
#include "event/vocabulary.h"

/* What the old handlers took out of a match; all else they left. A pattern without one of the first kind
 * never gave them an event. */
static const struct method {
	const char *name;
	const char *rule;
	const char *needs;
	const char *takes;
} methods[] = {
	{"parse_session_mapping", "session_mapping",
	 " event protocol src_ip src_port x_ip x_port dst_ip dst_port ", " vrf_id "},
	{"parse_port_mapping", "port_mapping", " event protocol src_ip src_port x_ip x_port ", " vrf_id "},
	{"parse_port_block_mapping", "port_block_mapping", " event src_ip x_ip start_port end_port ",
	 " vrf_id "},
	{"parse_address_mapping", "address_mapping", " event src_ip x_ip ", " vrf_id "},
};

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

static bool keeps(const char *name, void *ctx)
{
	const struct method *m = ctx;
	return has_word(m->needs, name) || has_word(m->takes, name);
}

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

/* Would the text in [==[ ]==] end where it shall? */
static bool ends_well(const char *text, const char *end)
{
	struct strbuf whole = {0};
	strbuf_printf(&whole, "%s%s", text, end);
	bool well = strstr(whole.data, end) == whole.data + strlen(text);
	strbuf_free(&whole);
	return well;
}

static void add_quoted(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c == 0x7f)
			strbuf_printf(out, "\\%03d", c);
		else if (c == '"' || c == '\\')
			strbuf_printf(out, "\\%c", c);
		else
			strbuf_addc(out, (char)c);
	}
	strbuf_addc(out, '"');
}

/* A Lua string of the text: without escapes where that can be, so that patterns stay readable. */
static void add_lua(struct strbuf *out, const char *text)
{
	static const char *const ends[] = {"]]", "]=]", "]==]", "]===]"};
	for (size_t i = 0; i < 4 && text[0] != '\n' && strchr(text, '\r') == NULL; i++)
		if (ends_well(text, ends[i])) {
			strbuf_printf(out, "[%.*s[%s%s", (int)i, ends[i] + 1, text, ends[i]);
			return;
		}
	add_quoted(out, text);
}

/* The first group that the old method needs and the pattern lacks, or NULL. */
static const char *lacking(const struct method *m, const char *pattern, char name[32])
{
	char group[48];
	for (const char *at = m->needs + 1; *at != '\0'; at += strlen(name) + 1) {
		snprintf(name, 32, "%.*s", (int)strcspn(at, " "), at);
		snprintf(group, sizeof group, "(?P<%s>", name);
		if (strstr(pattern, group) == NULL)
			return name;
	}
	return NULL;
}

/* The pattern as natmill takes it, or -1 with e. */
static int translate(const struct method *m, const char *old, struct strbuf *pattern, struct strbuf *changes,
		     struct err *e)
{
	char name[32];
	struct vocabulary words;
	vocabulary_init(&words);
	if (lacking(m, old, name) != NULL)
		return err_set(e, ERR_CONFIG, "it lacks the group %s, so the old consumer made nothing of it",
			       name);
	if (migrate_regex(old, keeps, (void *)(uintptr_t)m, pattern, changes, e) != 0)
		return -1;
	struct regex *r = regex_compile(pattern->data, pattern->len, event_type_of(m->rule), &words, e);
	regex_free(r);
	return r != NULL ? 0 : -1;
}

/* The text as a comment of Lua, for which a carriage return ends the line, too. */
static void add_comment(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "-- ");
	for (; *text != '\0'; text++)
		if (*text == '\n' || *text == '\r')
			strbuf_adds(out, "\n-- ");
		else
			strbuf_addc(out, *text);
	strbuf_addc(out, '\n');
}

static void take_pattern(struct migrate_plan *p, const struct node *regex, const struct node *handler,
			 struct strbuf *out)
{
	struct strbuf pattern = {0};
	struct strbuf changes = {0};
	struct err e = {0};
	char where[NODE_WHERE_MAX];
	const struct method *m = find_method(handler->text);
	if (m == NULL)
		err_set(&e, ERR_CONFIG,
			"'%.80s' is none of parse_session_mapping, parse_port_mapping, "
			"parse_port_block_mapping, parse_address_mapping",
			handler->text);
	strbuf_printf(out, "-- %s\n", node_where(regex, where));
	if (m != NULL && translate(m, regex->text, &pattern, &changes, &e) == 0) {
		strbuf_printf(out, "rules:regex(\"%s\", ", m->rule);
		add_lua(out, pattern.data != NULL ? pattern.data : "");
		strbuf_adds(out, ")\n\n");
		if (changes.len > 0)
			migrate_note(p, regex, "regex: %s", changes.data);
	} else {
		strbuf_adds(out, "-- NOT CARRIED OVER: ");
		strbuf_adds(out, e.msg);
		strbuf_addc(out, '\n');
		add_comment(out, regex->text);
		strbuf_addc(out, '\n');
		migrate_open(p, regex, "regex is not carried over: %s", e.msg);
	}
	strbuf_free(&pattern);
	strbuf_free(&changes);
}

static void add_head(struct strbuf *out, const struct migrate_script *s, const struct node *patterns)
{
	strbuf_printf(out,
		      "-- The regex_patterns of %s, as natmill migrate has read them. They are searched for "
		      "anywhere "
		      "in the\n-- line, in this order. Try them on real lines: natmill try --vendors vendors "
		      "--vendor "
		      "%s lines.txt\n\nlocal rules = vendor \"%s\"\n\nrules:topics  \"%s\"\nrules:actions { ",
		      patterns->source, s->name, s->name, s->topic);
	for (const struct migrate_word *w = s->actions; w->word != NULL; w++)
		strbuf_printf(out, "%s[\"%s\"] = \"%s\"", w == s->actions ? "" : ", ", w->word, w->meaning);
	strbuf_adds(out, " }\n\n");
}

static void add_samples(struct migrate_plan *p, const struct migrate_script *s)
{
	char path[128];
	snprintf(path, sizeof path, "vendors/%s.samples", s->name);
	strbuf_printf(&migrate_file(p, path, false)->text,
		      "# Real lines of your devices, each behind \"> \". Then `natmill test --vendors "
		      "vendors --fill "
		      "%s` writes below\n# each what becomes of it: look at that. docs/vendor-scripts.md "
		      "tells more.\n"
		      "#\n# > LINE\n",
		      s->name);
}

void migrate_script(struct migrate_plan *p, const struct migrate_script *s, const struct node *patterns)
{
	char path[128];
	struct strbuf text = {0};
	add_head(&text, s, patterns);
	for (size_t i = 0; i < patterns->n; i++) {
		const struct node *regex = node_get(patterns->items[i], "regex");
		const struct node *handler = node_get(patterns->items[i], "handler");
		bool whole = regex != NULL && regex->kind == NODE_SCALAR && handler != NULL &&
			     handler->kind == NODE_SCALAR;
		if (whole)
			take_pattern(p, regex, handler, &text);
		else
			migrate_wrong(p, patterns->items[i],
				      "each of regex_patterns must be a map of regex and handler");
	}
	strbuf_adds(&text, "return rules\n");
	snprintf(path, sizeof path, "vendors/%s.lua", s->name);
	struct migrate_file *file = migrate_file(p, path, false);
	file->text = text;
	add_samples(p, s);
}
