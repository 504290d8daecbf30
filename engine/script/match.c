/* SPDX-License-Identifier: Apache-2.0
 *
 * Tries the rules of a route on the record under way, in written order: the first that fits settles it. Rules
 * in C run here; for a handler its number goes back to the Lua loop, which calls nm_next again afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "event/timeparse.h"
#include "script/walk.h"

#define RETOLD_PROGRAM_MAX 256 /* bytes; what is longer is no program */

/* Function rules and misses go on, the others are settled. */
enum tried { TRIED_MISS, TRIED_SETTLED };

static const char *record_text(const struct walk *w)
{
	return w->batch->arena.data + w->text.off;
}

/* A rule has read the record: its event joins the batch, or the record is a dead letter. */
static enum tried fitted(struct host *h)
{
	struct walk *w = &h->walk;
	struct err e;
	if (w->rule->type < 0 || (w->script->ignore_untranslated && event_untranslated(&w->event))) {
		walk_ignored(h);
		return TRIED_SETTLED;
	}
	w->event.type = w->rule->type;
	if (walk_add_event(h, &e) == 0) {
		walk_parsed(h);
		return TRIED_SETTLED;
	}
	err_prefix(&e, "%s", w->rule->name);
	walk_dead(h, DEAD_INVALID, w->script, w->rule->name, 0, e.msg);
	return TRIED_SETTLED;
}

/* The record as the rule's reader cuts it; NULL when the batch has no memory left for unescaped values. Rules
 * of one script and reader share the work. */
static const struct reading *reading_for(struct host *h, const struct script *s, const struct rule *r)
{
	struct walk *w = &h->walk;
	const struct keys *keys = s->keys[r->reader];
	if (w->reading_of == keys)
		return &h->reading;
	if (!walk_room(h, w->text.len))
		return NULL;
	reader_read(r->reader, keys, &w->batch->arena, w->text, &w->envelope, envelope_pairs(h->reader),
		    &h->reading);
	w->reading_of = keys;
	return &h->reading;
}

static enum tried try_keys(struct host *h)
{
	struct walk *w = &h->walk;
	const struct reading *in = reading_for(h, w->script, w->rule);
	if (in == NULL) {
		walk_dead(h, DEAD_LIMIT, w->script, w->rule->name, 0,
			  "no memory left for this message in its batch");
		return TRIED_SETTLED;
	}
	if (reader_rule_match(w->rule->keys, w->batch->arena.data, in, &w->event, NULL))
		return fitted(h);
	return TRIED_MISS;
}

static enum tried try_template(struct host *h)
{
	struct walk *w = &h->walk;
	bool usual = w->rule == w->usual;
	bool there = (usual && w->in_row >= WALK_USUAL) ||
		     needs_there(&w->script->needs, w->rule->needs, &w->seen, record_text(w), w->text.len);
	if (there &&
	    template_match(w->rule->template, record_text(w), w->text.len, w->text.off, &w->event, NULL)) {
		w->in_row = usual ? w->in_row + 1 : 1;
		w->usual = w->rule;
		return fitted(h);
	}
	if (usual)
		w->in_row = 0;
	return TRIED_MISS;
}

static void find_template_miss(struct walk *w, const struct script *s, const struct rule *r)
{
	struct miss before = w->miss;
	template_match(r->template, record_text(w), w->text.len, w->text.off, &w->event, &w->miss);
	if (w->miss.pos == before.pos && w->miss.from == before.from)
		return;
	w->miss.rule = r->name;
	w->miss_script = s;
}

static void find_keys_miss(struct host *h, const struct script *s, const struct rule *r)
{
	struct walk *w = &h->walk;
	const struct reading *in = reading_for(h, s, r);
	if (in == NULL)
		return;
	reader_rule_match(r->keys, w->batch->arena.data, in, &w->event, &w->keys_miss);
	if (w->keys_miss.rule != r->keys)
		return;
	w->keys_miss_rule = r;
	w->keys_miss_script = s;
}

/* Where did the rule that got furthest stop? Asked only for records that nothing fits: it costs more than a
 * plain no. */
static void find_miss(struct host *h)
{
	struct walk *w = &h->walk;
	for (size_t i = 0; i < w->route->count; i++) {
		const struct script *s = &h->scripts[w->route->scripts[i]];
		for (size_t k = 0; k < s->rule_count; k++) {
			if (s->rules[k].template != NULL)
				find_template_miss(w, s, &s->rules[k]);
			else if (s->rules[k].keys != NULL && s->rules[k].type >= 0)
				find_keys_miss(h, s, &s->rules[k]);
		}
	}
}

static enum tried try_regex(struct host *h)
{
	struct walk *w = &h->walk;
	enum event_field field = FIELD_timestamp;
	uint32_t pos = 0;
	switch (regex_match(w->rule->regex, h->scratch, record_text(w), w->text.len, w->text.off, &w->event,
			    &field, &pos)) {
	case REGEX_MATCH:
		return fitted(h);
	case REGEX_LIMIT:
		walk_dead(h, DEAD_LIMIT, w->script, w->rule->name, 0,
			  "the regex takes too many steps on this line; write it more plainly, or as a "
			  "template");
		return TRIED_SETTLED;
	case REGEX_BAD_VALUE:
		if (w->bad.rule == NULL || pos > w->bad.pos) {
			w->bad = (struct bad_value){.rule = w->rule, .field = field, .pos = pos};
			w->bad_script = w->script;
		}
		event_clear(&w->event);
		return TRIED_MISS;
	case REGEX_MISS:
		break;
	}
	return TRIED_MISS;
}

/* Adds at most 40 bytes of the text, up to a blank, for a message. */
static void add_found(struct strbuf *out, const char *text, size_t n)
{
	size_t len = 0;
	while (len < n && len < 40 && text[len] != ' ')
		len++;
	strbuf_addc(out, '`');
	strbuf_add(out, text, len);
	strbuf_addc(out, '`');
}

static void bad_value_dead(struct host *h)
{
	const struct walk *w = &h->walk;
	const struct bad_value *bad = &w->bad;
	char expects[256];
	vocabulary_expects(&w->bad_script->words, bad->field, expects, sizeof expects);
	strbuf_printf(&h->reason, "%s stopped at column %u: %s: expected %s, found ", bad->rule->name,
		      bad->pos + 1, event_fields[bad->field].name, expects);
	add_found(&h->reason, record_text(w) + bad->pos, w->text.len - bad->pos);
	walk_dead(h, DEAD_UNMATCHED, w->bad_script, bad->rule->name, bad->pos + 1, h->reason.data);
}

/* A rule over keys has something to say when some of them stood in the record, or nobody else has. */
static bool keys_got_further(const struct walk *w)
{
	return w->keys_miss.rule != NULL && (w->keys_miss.fitted > 0 || !w->miss.set);
}

static void keys_miss_dead(struct host *h)
{
	struct walk *w = &h->walk;
	const struct rule *r = w->keys_miss_rule;
	const struct reading *in = reading_for(h, w->keys_miss_script, r);
	uint32_t column = 0;
	if (in != NULL)
		column = reader_rule_explain(&w->keys_miss, r->name, r->reader, w->batch->arena.data, in,
					     &h->reason);
	walk_dead(h, DEAD_UNMATCHED, w->keys_miss_script, r->name, column, h->reason.data);
}

/* The name of the route's only script; NULL when it has several. */
static const struct script *only_script(const struct host *h)
{
	const struct route *r = h->walk.route;
	return r->count == 1 ? &h->scripts[r->scripts[0]] : NULL;
}

/* The templates of the route's rules; *n is set. The caller frees. */
static const struct template **all_templates(const struct host *h, size_t *n)
{
	const struct route *route = h->walk.route;
	const struct template **all = NULL;
	*n = 0;
	for (size_t i = 0; i < route->count; i++) {
		const struct script *s = &h->scripts[route->scripts[i]];
		all = xrealloc(all, (*n + s->rule_count + 1) * sizeof *all);
		for (size_t k = 0; k < s->rule_count; k++)
			if (s->rules[k].template != NULL)
				all[(*n)++] = s->rules[k].template;
	}
	return all;
}

/* Every template stops at the first byte: then it is chance which one is told, so tell what they all begin
 * with. False when there is but one. */
static bool begins_unknown(struct host *h)
{
	const struct walk *w = &h->walk;
	const struct script *only = only_script(h);
	size_t n;
	const struct template **all = all_templates(h, &n);
	if (n > 1) {
		strbuf_adds(&h->reason, "no rule begins so, each stopped at column 1: ");
		template_explain_all(all, n, record_text(w), w->text.len, &h->reason);
		walk_dead(h, DEAD_UNMATCHED, only, "", 1, h->reason.data);
	}
	free(all);
	return n > 1;
}

/* No rule of any script fits: the dead letter tells which came furthest. */
static void miss_dead(struct host *h)
{
	struct walk *w = &h->walk;
	strbuf_reset(&h->reason);
	find_miss(h);
	if (w->bad.rule != NULL && (!w->miss.set || w->bad.pos > w->miss.pos)) {
		bad_value_dead(h);
		return;
	}
	if (keys_got_further(w)) {
		keys_miss_dead(h);
		return;
	}
	if (w->miss.set && w->miss.pos == 0 && begins_unknown(h))
		return;
	if (w->miss.set) {
		template_explain(&w->miss, record_text(w), w->text.len, &h->reason);
		walk_dead(h, DEAD_UNMATCHED, w->miss_script, w->miss.rule, w->miss.pos + 1, h->reason.data);
		return;
	}
	const struct script *only = only_script(h);
	strbuf_printf(&h->reason, "no rule of %s fits", only != NULL ? only->name : "any script");
	walk_dead(h, DEAD_UNMATCHED, only, "", 0, h->reason.data);
}

static struct strikes *handler_strikes(const struct host *h)
{
	return &h->strikes[h->walk.script - h->scripts];
}

static int shut_dead(struct host *h)
{
	walk_dead(h, DEAD_SCRIPT, h->walk.script, h->walk.rule->name, 0, ended_reason(h, handler_strikes(h)));
	return NM_DONE;
}

/* Tries one rule on an event that is still clear; the number of the handler to run, NM_DONE when settled,
 * NM_END to go on. */
static int try_rule(struct host *h)
{
	struct walk *w = &h->walk;
	if (w->rule->handler > 0 && ended_shut(h, handler_strikes(h)))
		return shut_dead(h);
	if (w->rule->handler > 0) {
		w->handling = true;
		w->cursor = 0;
		return w->rule->handler;
	}
	enum tried tried = w->rule->template != NULL ? try_template(h)
			   : w->rule->keys != NULL   ? try_keys(h)
						     : try_regex(h);
	return tried == TRIED_SETTLED ? NM_DONE : NM_END;
}

/* A collector takes the first word of a line for the program where a colon follows it, and it may be just the
 * word that tells the event (`%ASA-6-305011: Built ...`). So what nothing fits is tried once more as
 * `PROGRAM: TEXT`: the first record only, which is where the word stood. */
static bool retell(struct host *h)
{
	struct walk *w = &h->walk;
	struct arena *a = &w->batch->arena;
	struct text program = w->envelope.program;
	uint32_t len = program.len + 2 + w->text.len;
	if (w->record > 0 || program.len > RETOLD_PROGRAM_MAX)
		return false;
	if (w->told.text.len > 0 || program.len == 0 || w->envelope.kind == ENVELOPE_RECORD ||
	    !walk_room(h, len))
		return false;
	uint32_t off = arena_alloc(a, len);
	memcpy(a->data + off, a->data + program.off, program.len);
	memcpy(a->data + off + program.len, ": ", 2);
	memcpy(a->data + off + program.len + 2, a->data + w->text.off, w->text.len);
	w->told.text = w->text;
	w->told.mark = off;
	w->told.bad = w->bad;
	w->told.bad_script = w->bad_script;
	w->text = (struct text){.off = off, .len = len};
	w->reading_of = NULL;
	w->place = 0;
	return true;
}

/* The reason tells of the text as it came. */
static void untell(struct walk *w)
{
	if (w->told.text.len == 0)
		return;
	w->text = w->told.text;
	arena_rewind(&w->batch->arena, w->told.mark);
	w->bad = w->told.bad;
	w->bad_script = w->told.bad_script;
	w->reading_of = NULL;
}

/* From where the record stands; NM_END when no rule is left. */
static int try_rules(struct host *h)
{
	struct walk *w = &h->walk;
	for (; w->place < w->route->count; w->place++) {
		struct script *s = &h->scripts[w->route->scripts[w->place]];
		w->script = s;
		s->words.zone_s = s->zone_s != TIME_ZONE_UNKNOWN ? s->zone_s : w->route->zone_s;
		s->words.lacking = h->options.note_times ? &w->lacking : NULL;
		if (w->next_rule == 0)
			w->seen = (struct needs_seen){0};
		while (w->next_rule < s->rule_count) {
			w->rule = &s->rules[w->next_rule++];
			int answer = try_rule(h);
			if (answer != NM_END)
				return answer;
		}
		w->next_rule = 0;
	}
	return NM_END;
}

int match_rules(struct host *h)
{
	int answer = try_rules(h);
	if (answer == NM_END && retell(h))
		answer = try_rules(h);
	if (answer != NM_END)
		return answer;
	h->walk.rule = NULL;
	untell(&h->walk);
	miss_dead(h);
	return NM_DONE;
}

/* The handler returned: what did it make of the record? True when that settles it. */
static bool handler_settled(struct host *h)
{
	struct walk *w = &h->walk;
	w->handling = false;
	if (h->state.limit.began_us >= 0)
		ended_slow(h, handler_strikes(h), w->message, &w->envelope.host);
	if (w->batch->event_count > w->first_event)
		walk_parsed(h);
	else if (w->ignored)
		walk_ignored(h);
	else
		event_clear(&w->event); /* for the next rule */
	return !w->open;
}

int nm_next(struct host *h)
{
	struct walk *w = &h->walk;
	if (w->open && handler_settled(h))
		return NM_DONE;
	if (!w->open && !walk_record(h))
		return NM_END;
	return match_rules(h);
}

void nm_raised(struct host *h, const char *reason, uint32_t len)
{
	struct walk *w = &h->walk;
	if (!w->open)
		return;
	strbuf_reset(&h->reason);
	strbuf_add(&h->reason, reason, len < ERR_MSG_MAX ? len : ERR_MSG_MAX);
	ended_note(h, handler_strikes(h), w->message, &w->envelope.host, h->reason.data);
	walk_dead(h, DEAD_SCRIPT, w->script, w->rule->name, 0, h->reason.data);
}
