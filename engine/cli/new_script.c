/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: writes the script; see new_script.h.
 */
#include "cli/new_script.h"

#include <string.h>

#include "cli/new_doubt.h"
#include "cli/new_lua.h"

#define HEADER_WORDS 5 /* of the line that names the columns */

static void add_actions(struct strbuf *out, const char *name, const struct drafts *d)
{
	static const char *const names[] = {
#define X(constant, number, script) [number] = (script),
		EVENT_ACTIONS(X)
#undef X
	};
	if (d->words.action_count > 0) {
		new_lua_local(out, name);
		strbuf_adds(out, ":actions {");
	}
	for (size_t i = 0; i < d->words.action_count; i++) {
		const struct vocabulary_word *word = &d->words.actions[i];
		strbuf_adds(out, i > 0 ? ", " : " ");
		new_lua_key(out, word->text, word->len, false);
		strbuf_printf(out, " = \"%s\"", names[word->value]);
	}
	if (d->words.action_count > 0)
		strbuf_adds(out, " } -- the line's word = what it means\n");
	if (d->asked_count == 0)
		return;
	strbuf_adds(out, "-- ");
	new_lua_local(out, name);
	strbuf_adds(out, ":actions {");
	for (size_t i = 0; i < d->asked_count; i++) {
		strbuf_adds(out, i > 0 ? ", " : " ");
		new_lua_key(out, d->asked[i].text, strlen(d->asked[i].text), false);
		strbuf_adds(out, " = \"???\"");
	}
	strbuf_adds(out, " } -- DOUBTFUL: created, deleted or updated? For the rules below\n");
}

static void add_head(struct strbuf *out, const char *name, const struct drafts *d, const struct new_input *in)
{
	strbuf_printf(out, "-- Made by `natmill new %s` of ", name);
	new_lua_count(out, in->lines, "line");
	strbuf_adds(out, " in ");
	new_lua_count(out, d->count, "shape");
	strbuf_printf(
		out,
		".\n-- What stands behind -- is a comment. docs/vendor-scripts.md tells all that a script "
		"can "
		"say.\n--\n-- Next:\n"
		"-- 1. Look at the events in %s.samples: is each value in the right field?\n"
		"-- 2. Settle what is marked DOUBTFUL: put the rule right, take away the -- in front of it.\n"
		"-- 3. Run `natmill test %s`.\n\nlocal ",
		name, name);
	new_lua_local(out, name);
	strbuf_printf(out, " = vendor \"%s\"\n\n", name);
	new_lua_local(out, name);
	strbuf_printf(out, ":topics \"cgnat.syslog.%s\" -- the Kafka topic of these lines\n", name);
	add_actions(out, name, d);
	if (d->untranslated) {
		new_lua_local(out, name);
		strbuf_adds(out, ":ignore_untranslated() -- lines with the same address inside and outside "
				 "are no NAT\n");
	}
	if (!d->no_zone)
		return;
	strbuf_adds(out,
		    "-- The times tell no zone, so that of the envelope counts. If you know the zone:\n-- ");
	new_lua_local(out, name);
	strbuf_adds(out, ":zone \"UTC\"\n");
}

static void add_sure(struct strbuf *out, const char *name, const struct draft *r)
{
	strbuf_adds(out, "\n-- ");
	new_lua_count(out, r->cluster->count, "line");
	strbuf_adds(out, r->guess.type == EVENT_ABSENT ? " without an address, so no NAT event, such as\n"
						       : " such as\n");
	new_lua_example(out, r->cluster);
	new_lua_rule(out, "", name, r, false);
	new_lua_left(out, r);
}

/* The line that names the columns, by its first words. */
static void add_header(struct strbuf *out, const char *name, const struct new_header *h)
{
	struct strbuf word = {0};
	if (h->count == 0)
		return;
	strbuf_adds(out, "\n-- The line that names the columns.\n");
	new_lua_local(out, name);
	strbuf_adds(out, ":csv(\"ignore\", {");
	for (size_t i = 0, shown = 0; i < h->count && shown < HEADER_WORDS; i++) {
		strbuf_reset(&word);
		draft_literal(&word, h->words[i].data, h->words[i].len);
		if (word.len == 0)
			continue;
		strbuf_printf(out, "%s[%zu] = ", shown++ > 0 ? ", " : " ", i + 1);
		new_lua_quoted(out, word.data, word.len);
	}
	strbuf_adds(out, " })\n");
	strbuf_free(&word);
}

void new_script(const char *name, struct drafts *d, const struct new_input *in, struct strbuf *out)
{
	add_head(out, name, d, in);
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].state == DRAFT_RULE)
			add_sure(out, name, &d->items[i]);
	add_header(out, name, in->header);
	new_doubts(name, d, out);
	if (in->refused > 0) {
		strbuf_adds(out, "\n-- ");
		new_lua_count(out, in->refused, "line");
		strbuf_adds(out,
			    " of further shapes are not looked at: give them to natmill in a second run.\n");
	}
	if (in->unreadable > 0) {
		strbuf_adds(out, "\n-- ");
		new_lua_count(out, in->unreadable, "line");
		strbuf_adds(out, " could not be read: too long, or no text.\n");
	}
	strbuf_adds(out, "\nreturn ");
	new_lua_local(out, name);
	strbuf_addc(out, '\n');
}

void new_skeleton(const char *name, struct strbuf *script, struct strbuf *samples)
{
	struct strbuf local = {0};
	new_lua_local(&local, name);
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
