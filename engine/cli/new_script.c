/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: writes the script; see new_script.h.
 */
#include "cli/new_script.h"

#include <inttypes.h>
#include <string.h>

#define EXAMPLE_MAX 300 /* bytes of a line shown in a comment */

static bool is_keyword(const char *word)
{
	static const char *const keywords[] = {"and",   "break", "do",       "else",  "elseif", "end",
					       "false", "for",   "function", "goto",  "if",     "in",
					       "local", "nil",   "not",      "or",    "repeat", "return",
					       "then",  "true",  "until",    "while", "vendor"};
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (strcmp(word, keywords[i]) == 0)
			return true;
	return false;
}

/* The Lua name of the script: NAME, with what Lua does not take in a name replaced. */
static void add_local(struct strbuf *out, const char *name)
{
	if ((name[0] >= '0' && name[0] <= '9') || is_keyword(name))
		strbuf_addc(out, '_');
	for (const char *c = name; *c != '\0'; c++)
		strbuf_addc(out, *c == '-' ? '_' : *c);
}

/* A text in quotes, as Lua has it. */
static void add_quoted(struct strbuf *out, const char *s, size_t n)
{
	bool escapes = memchr(s, '\\', n) != NULL || memchr(s, '\'', n) != NULL;
	char quote = memchr(s, '"', n) != NULL && !escapes ? '\'' : '"';
	strbuf_addc(out, quote);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\t') {
			strbuf_adds(out, "\\t");
			continue;
		}
		if (s[i] == '\\' || s[i] == quote)
			strbuf_addc(out, '\\');
		strbuf_addc(out, s[i]);
	}
	strbuf_addc(out, quote);
}

/* A key of a Lua table: as it is where Lua takes it so, else ["in-quotes"]. */
static void add_key(struct strbuf *out, const char *key, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	if (strspn(key, letters) == n && !is_keyword(key)) {
		strbuf_add(out, key, n);
		return;
	}
	strbuf_addc(out, '[');
	add_quoted(out, key, n);
	strbuf_addc(out, ']');
}

static void add_example(struct strbuf *out, const struct cluster *c)
{
	const struct cluster_line *line = &c->lines[0];
	bool cut = line->value_len > EXAMPLE_MAX;
	size_t n = cut ? EXAMPLE_MAX : line->value_len;
	while (cut && n > 0 && ((unsigned char)line->value[n] & 0xc0) == 0x80)
		n--; /* not within a letter */
	strbuf_adds(out, "--   ");
	strbuf_add(out, line->value, n);
	strbuf_adds(out, cut ? "...\n" : "\n");
}

static void add_count(struct strbuf *out, uint64_t n, const char *what)
{
	strbuf_printf(out, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void add_text(struct strbuf *out, const struct strbuf *text)
{
	add_quoted(out, text->data != NULL ? text->data : "", text->len);
}

/* front: "" or "-- ", so that the rule is a comment. action: the line does not tell it. */
static void add_template(struct strbuf *out, const char *front, const char *name, const char *rule,
			 const struct strbuf *text, bool action)
{
	strbuf_adds(out, front);
	add_local(out, name);
	strbuf_printf(out, ":%s%s", rule, action ? "(" : " ");
	add_text(out, text);
	strbuf_adds(out, action ? ", { action = \"created\" })\n" : "\n");
}

static void add_reader(struct strbuf *out, const char *front, const char *name, const struct draft *d,
		       bool action)
{
	strbuf_adds(out, front);
	add_local(out, name);
	strbuf_printf(out, ":%s(\"%s\", {\n", reader_name((enum reader)d->form), draft_rule(d));
	for (size_t i = 0; i < d->key_count; i++) {
		const struct draft_key *k = &d->keys[i];
		strbuf_printf(out, "%s\t", front);
		if (k->key.len > 0) {
			add_key(out, k->key.data, k->key.len);
			strbuf_adds(out, " = ");
		}
		add_text(out, &k->text);
		strbuf_adds(out, k->key.len > 0 ? ",\n" : ", -- in front of the first key\n");
	}
	strbuf_printf(out, "%s}%s)\n", front, action ? ", { action = \"created\" }" : "");
}

static void add_rule(struct strbuf *out, const char *front, const char *name, const struct draft *d,
		     bool action)
{
	if (d->key_count > 0)
		add_reader(out, front, name, d, action);
	else
		add_template(out, front, name, draft_rule(d), &d->text, action);
}

static void add_actions(struct strbuf *out, const char *name, const struct drafts *d)
{
	static const char *const names[] = {
#define X(constant, number, script) [number] = (script),
		EVENT_ACTIONS(X)
#undef X
	};
	if (d->words.action_count == 0)
		return;
	add_local(out, name);
	strbuf_adds(out, ":actions {");
	for (size_t i = 0; i < d->words.action_count; i++) {
		const struct vocabulary_word *word = &d->words.actions[i];
		strbuf_adds(out, i > 0 ? ", " : " ");
		add_key(out, word->text, word->len);
		strbuf_printf(out, " = \"%s\"", names[word->value]);
	}
	strbuf_adds(out, " } -- the line's word = what it means\n");
}

static void add_head(struct strbuf *out, const char *name, const struct drafts *d, const struct new_input *in)
{
	strbuf_printf(out, "-- Made by `natmill new %s` of ", name);
	add_count(out, in->lines, "line");
	strbuf_adds(out, " in ");
	add_count(out, d->count, "shape");
	strbuf_printf(
		out,
		".\n-- What stands behind -- is a comment. docs/vendor-scripts.md tells all that a script "
		"can "
		"say.\n--\n-- Next:\n"
		"-- 1. Look at the events in %s.samples: is each value in the right field?\n"
		"-- 2. Settle what is marked DOUBTFUL: put the rule right, take away the -- in front of it.\n"
		"-- 3. Run `natmill test %s`.\n\nlocal ",
		name, name);
	add_local(out, name);
	strbuf_printf(out, " = vendor \"%s\"\n\n", name);
	add_local(out, name);
	strbuf_printf(out, ":topics \"cgnat.syslog.%s\" -- the Kafka topic of these lines\n", name);
	add_actions(out, name, d);
	if (d->untranslated) {
		add_local(out, name);
		strbuf_adds(out, ":ignore_untranslated() -- lines with the same address inside and outside "
				 "are no NAT\n");
	}
	if (!d->no_zone)
		return;
	strbuf_adds(out,
		    "-- The times tell no zone, so that of the envelope counts. If you know the zone:\n-- ");
	add_local(out, name);
	strbuf_adds(out, ":zone \"UTC\"\n");
}

static void add_sure(struct strbuf *out, const char *name, const struct draft *r)
{
	strbuf_adds(out, "\n-- ");
	add_count(out, r->cluster->count, "line");
	strbuf_adds(out, r->guess.type == EVENT_ABSENT ? " without an address, so no NAT event, such as\n"
						       : " such as\n");
	add_example(out, r->cluster);
	add_rule(out, "", name, r, false);
}

static const char *question(const struct draft *d)
{
	unsigned doubts = d->guess.doubts;
	if (d->guess.type == EVENT_ABSENT)
		return "no address in it: may it be ignored?";
	if ((doubts & DOUBT_ONE) != 0)
		return "only one address in it: which other line tells the rest, or may it be ignored?";
	if ((doubts & DOUBT_REFUSED) != 0)
		return "it tells of a failure: may it be ignored?";
	if ((doubts & DOUBT_ADDRESS) != 0)
		return "which address is inside (src_ip), which one public (x_ip), which one the destination "
		       "(dst_ip)?";
	if ((doubts & DOUBT_PORT) != 0)
		return "which of the numbers are ports, and of which address?";
	if ((doubts & DOUBT_ACTION) != 0)
		return "does the mapping begin here (created) or end (deleted)?";
	return d->why;
}

static bool tells_action(const struct draft *d)
{
	for (uint32_t i = 0; i < d->guess.count; i++)
		if (d->guess.places[i].field == (int8_t)FIELD_event)
			return true;
	return false;
}

/* A template or keys to begin with; for lines that likely are to be ignored, how they begin. */
static void add_suggestion(struct strbuf *out, const char *name, const struct draft *d)
{
	struct strbuf text = {0};
	if (d->guess.type != EVENT_ABSENT && (d->guess.doubts & (DOUBT_ONE | DOUBT_REFUSED)) == 0) {
		add_rule(out, "-- ", name, d, !tells_action(d));
		return;
	}
	draft_beginning(d, &text);
	if (text.len > 0)
		add_template(out, "-- ", name, "ignore", &text, false);
	strbuf_free(&text);
}

static void add_doubtful(struct strbuf *out, const char *name, const struct draft *d)
{
	strbuf_printf(out, "\n-- DOUBTFUL: %s ", question(d));
	add_count(out, d->cluster->count, "line");
	strbuf_adds(out, " such as\n");
	add_example(out, d->cluster);
	add_suggestion(out, name, d);
}

void new_script(const char *name, const struct drafts *d, const struct new_input *in, struct strbuf *out)
{
	add_head(out, name, d, in);
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].state == DRAFT_RULE)
			add_sure(out, name, &d->items[i]);
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].state == DRAFT_DOUBTFUL)
			add_doubtful(out, name, &d->items[i]);
	if (in->refused > 0) {
		strbuf_adds(out, "\n-- ");
		add_count(out, in->refused, "line");
		strbuf_adds(out,
			    " of further shapes are not looked at: give them to natmill in a second run.\n");
	}
	if (in->unreadable > 0) {
		strbuf_adds(out, "\n-- ");
		add_count(out, in->unreadable, "line");
		strbuf_adds(out, " could not be read: too long, or no text.\n");
	}
	strbuf_adds(out, "\nreturn ");
	add_local(out, name);
	strbuf_addc(out, '\n');
}

void new_skeleton(const char *name, struct strbuf *script, struct strbuf *samples)
{
	struct strbuf local = {0};
	add_local(&local, name);
	const char *me = local.data;
	strbuf_printf(
		script,
		"-- A script to start from: what stands behind -- is a comment. `natmill new` makes a better "
		"one "
		"of\n-- real lines: natmill new %s < lines.log (in another folder: this file is not "
		"overwritten).\n"
		"-- docs/vendor-scripts.md tells all that a script can say.\n\nlocal %s = vendor \"%s\"\n\n"
		"%s:topics  \"cgnat.syslog.%s\" -- the Kafka topic of the lines\n"
		"%s:actions { open = \"created\", close = \"deleted\" } -- the line's word = what it "
		"means\n\n"
		"-- A line of the device, with a {field} where its value stands. Take away the -- in "
		"front.\n",
		name, me, name, me, name, me);
	strbuf_printf(script,
		      "-- %s:session_mapping    \"{action} {protocol} {src_ip}:{src_port} {x_ip}:{x_port} "
		      "{dst_ip}:{dst_port}\"\n"
		      "-- %s:port_mapping       \"{action} {protocol} {src_ip}:{src_port} {x_ip}:{x_port}\"\n"
		      "-- %s:port_block_mapping \"{action} {src_ip} {x_ip} {start_port}-{end_port}\"\n"
		      "-- %s:address_mapping    \"{action} {src_ip} {x_ip}\"\n\n"
		      "-- Lines that are no NAT events, and that is all right. {*} is anything.\n"
		      "%s:ignore \"heartbeat {*}\"\n\nreturn %s\n",
		      me, me, me, me, me, me);
	strbuf_printf(
		samples,
		"# Real lines, and below each what must become of it: its event, or ignored. `natmill test "
		"%s`\n"
		"# runs them; `natmill try --vendor %s --json` prints the events of new lines.\n\n"
		"> heartbeat 5\nignored\n\n"
		"# > open tcp 10.0.0.7:4000 203.0.113.9:1024\n"
		"# {\"type\": \"port-mapping\", \"event\": 1, \"protocol\": 6, \"src_ip\": \"10.0.0.7\", "
		"\"src_port\": 4000, \"x_ip\": \"203.0.113.9\", \"x_port\": 1024}\n",
		name, name);
	strbuf_free(&local);
}
