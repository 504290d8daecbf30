/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: writes the questions; see new_doubt.h. Whoever takes the `--` away answers for each value that
 * the rule reads, so all of them are asked for. What the line does not tell is no guess: `???` does not load.
 */
#include "cli/new_doubt.h"

#include <stdlib.h>
#include <string.h>

#include "cli/new_form.h"
#include "cli/new_lua.h"

static bool has_action(const struct draft *d)
{
	for (uint32_t i = 0; i < d->guess.count; i++)
		if (d->guess.places[i].field == (int16_t)FIELD_event)
			return true;
	return d->asks;
}

/* Is there a rule to suggest, rather than that the lines be ignored? */
static bool has_rule(const struct draft *d)
{
	return d->guess.type != EVENT_ABSENT && (d->guess.doubts & (DOUBT_ONE | DOUBT_REFUSED)) == 0;
}

/* The further ones on lines of their own. */
static void ask(struct strbuf *out, bool asked, const char *question)
{
	if (!asked)
		return;
	bool first = out->len > 0 && out->data[out->len - 1] == ':';
	strbuf_printf(out, "%s%s", first ? " " : "\n-- And: ", question);
}

static void add_questions(struct strbuf *out, const struct draft *d, bool several)
{
	unsigned doubts = d->guess.doubts;
	if (d->guess.type == EVENT_ABSENT || (doubts & (DOUBT_ONE | DOUBT_REFUSED)) != 0) {
		ask(out, d->guess.type == EVENT_ABSENT, "no address in it: may it be ignored?");
		ask(out, (doubts & DOUBT_ONE) != 0,
		    "only one address in it: which other line tells the rest, or may it be ignored?");
		ask(out, (doubts & DOUBT_REFUSED) != 0, "it tells of a failure: may it be ignored?");
		return;
	}
	ask(out, (doubts & DOUBT_ADDRESS) != 0,
	    "which address is inside (src_ip), which one public (x_ip), which one the destination (dst_ip)?");
	ask(out, (doubts & DOUBT_PORT) != 0, "which of the numbers are ports, and of which address?");
	ask(out, (doubts & DOUBT_ACTION) != 0 && several,
	    "in which of these does the mapping begin (created), in which does it end (deleted)?");
	ask(out, (doubts & DOUBT_ACTION) != 0 && !several,
	    "does the mapping begin here (created) or end (deleted)?");
	ask(out, doubts == 0, d->why);
}

/* What else the rule takes for granted: " src_ip = 10.0.0.7, x_ip = 203.0.113.9?" */
static void add_guesses(struct strbuf *out, const struct draft *d)
{
	const struct cluster_line *line = &d->cluster->lines[0];
	bool first = true;
	for (uint32_t i = 0; i < d->guess.count; i++) {
		const struct shape_token *t = &d->cluster->shape.tokens[i];
		const struct guess_place *p = &d->guess.places[i];
		if (p->field < 0 || p->literal > t->len)
			continue;
		const char *name = p->field == FIELD_event ? "action" : event_fields[p->field].name;
		strbuf_printf(out, "%s%s = %.*s", first ? "-- Is this right, too: " : ", ", name,
			      (int)(t->len - p->literal), line->text + t->off + p->literal);
		first = false;
	}
	strbuf_adds(out, first ? "" : "?\n");
}

/* For lines that likely are to be ignored: by key and word, or how they begin. */
static void add_ignore(struct strbuf *out, const char *name, struct drafts *all, const struct draft *d)
{
	struct strbuf key = {0};
	struct strbuf text = {0};
	if (d->form == FORM_TEXT) {
		draft_beginning(d, &text);
		if (text.len > 0)
			new_lua_template(out, "-- ", name, "ignore", &text, false);
	} else if (draft_ignored(all, d, &key, &text)) {
		strbuf_adds(out, "-- ");
		new_lua_local(out, name);
		strbuf_printf(out, ":%s(\"ignore\", { ", reader_name((enum reader)d->form));
		new_lua_key(out, key.data, key.len, d->form == READER_CSV);
		strbuf_adds(out, " = ");
		new_lua_quoted(out, text.data, text.len);
		strbuf_adds(out, " })\n");
	}
	strbuf_free(&key);
	strbuf_free(&text);
}

static void rule_text(const struct draft *d, struct strbuf *out)
{
	strbuf_addc(out, (char)('a' + d->form));
	new_lua_rule(out, "", draft_rule(d), d, false);
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || (unsigned char)c >= 0x80;
}

/* Words only, or nothing: what stands between the same bytes at both ends. */
static bool differs_in_words(const struct strbuf *a, size_t same, size_t same_end)
{
	for (size_t i = same; i + same_end < a->len; i++)
		if (!is_word_byte(a->data[i]))
			return false;
	return same > 0 && a->data[same - 1] != '{';
}

static bool differ_in_words(const struct strbuf *a, const struct strbuf *b)
{
	size_t same = 0;
	size_t end = 0;
	size_t most = a->len < b->len ? a->len : b->len;
	while (same < most && a->data[same] == b->data[same])
		same++;
	while (end < most - same && a->data[a->len - 1 - end] == b->data[b->len - 1 - end])
		end++;
	return differs_in_words(a, same, end) && differs_in_words(b, same, end);
}

enum likeness { UNLIKE, ALTERNATIVE, EQUAL };

/* Are the two rules equal, or do they differ in one phrase only, which must be what tells the action? */
static enum likeness compare(const struct draft *a, const struct draft *b)
{
	struct strbuf one = {0};
	struct strbuf two = {0};
	enum likeness like = UNLIKE;
	if (!has_rule(a) || !has_rule(b) || a->guess.doubts != b->guess.doubts || a->form != b->form ||
	    a->guess.type != b->guess.type || a->guess.doubts == 0)
		return UNLIKE;
	rule_text(a, &one);
	rule_text(b, &two);
	bool asked = (a->guess.doubts & DOUBT_ACTION) != 0 && !has_action(a);
	if (one.len == two.len && memcmp(one.data, two.data, one.len) == 0)
		like = EQUAL;
	else if (asked && differ_in_words(&one, &two))
		like = ALTERNATIVE;
	strbuf_free(&one);
	strbuf_free(&two);
	return like;
}

static void add_rule(struct strbuf *out, const char *name, const struct draft *d)
{
	new_lua_rule(out, "-- ", name, d, !has_action(d));
}

/* The block of items[first] and of its alternatives, which are marked as told. */
static void add_block(const char *name, struct drafts *all, size_t first, bool *told, struct strbuf *out)
{
	const struct draft *d = &all->items[first];
	struct strbuf examples = {0};
	struct strbuf rules = {0};
	uint64_t lines = 0;
	size_t forms = 0;
	for (size_t i = first; i < all->count; i++) {
		const struct draft *other = &all->items[i];
		enum likeness like = i == first ? ALTERNATIVE : compare(d, other);
		if (told[i] || other->state != DRAFT_DOUBTFUL || like == UNLIKE)
			continue;
		told[i] = true;
		lines += other->cluster->count;
		new_lua_example(&examples, other->cluster);
		if (like == EQUAL)
			continue;
		forms++;
		if (has_rule(other))
			add_rule(&rules, name, other);
		else
			add_ignore(&rules, name, all, other);
	}
	strbuf_adds(out, "\n-- DOUBTFUL:");
	add_questions(out, d, forms > 1);
	strbuf_addc(out, ' ');
	new_lua_count(out, lines, "line");
	strbuf_adds(out, " such as\n");
	strbuf_add(out, examples.data, examples.len);
	if (has_rule(d)) {
		add_guesses(out, d);
		new_lua_left(out, d);
	}
	strbuf_add(out, rules.data, rules.len);
	strbuf_free(&examples);
	strbuf_free(&rules);
}

void new_doubts(const char *name, struct drafts *d, struct strbuf *out)
{
	bool *told = xcalloc(d->count + 1, sizeof *told);
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].state == DRAFT_DOUBTFUL && !told[i])
			add_block(name, d, i, told, out);
	free(told);
}
