/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: drafts rules and tries them; see new_draft.h.
 */
#include "cli/new_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/new_form.h"
#include "event/timeparse.h"

#define ARENA_MAX (1u << 20) /* one line, and its values without escapes */

const char *draft_rule(const struct draft *d)
{
	return d->guess.type == EVENT_ABSENT ? "ignore" : event_type_script(d->guess.type);
}

static void doubt(struct draft *d, const char *why)
{
	d->state = DRAFT_DOUBTFUL;
	snprintf(d->why, sizeof d->why, "%s", why);
}

void drafts_ask(struct drafts *all, const char *word, size_t n)
{
	for (size_t i = 0; i < all->asked_count; i++)
		if (strlen(all->asked[i].text) == n && memcmp(all->asked[i].text, word, n) == 0)
			return;
	all->asked = xrealloc(all->asked, (all->asked_count + 1) * sizeof(struct draft_word));
	snprintf(all->asked[all->asked_count++].text, sizeof all->asked[0].text, "%.*s", (int)n, word);
}

/* The words of {action} that the cluster's lines have. Longer or more than a script may declare: the rule
 * then does not read its lines, and says so. */
static void collect_actions(struct drafts *all, const struct draft *d)
{
	static const char *const names[] = {
#define X(constant, number, script) [number] = (script),
		EVENT_ACTIONS(X)
#undef X
	};
	const struct cluster *c = d->cluster;
	bool rule = d->guess.type != EVENT_ABSENT && (d->guess.doubts & (DOUBT_ONE | DOUBT_REFUSED)) == 0;
	for (size_t i = 0; i < c->kept && rule; i++) {
		struct shape shape;
		const char *word = NULL;
		size_t n = 0;
		char text[VOCABULARY_WORD_MAX + 1];
		shape_of(c->lines[i].text, c->lines[i].text_len, &shape);
		int action = guess_action_at(&d->guess, &shape, c->lines[i].text, &word, &n);
		if (word == NULL || n > VOCABULARY_WORD_MAX)
			continue;
		memcpy(text, word, n);
		text[n] = '\0';
		if ((d->guess.doubts & DOUBT_ACTION) != 0)
			drafts_ask(all, word, n);
		else if (action != 0)
			vocabulary_add_action(&all->words, text, names[action], NULL);
	}
}

/* Sessions before what is less than a session; what reads more before what reads less, and what skips less
 * before what skips more: the first rule that fits a line decides. */
static int by_place(const void *a, const void *b)
{
	const struct draft *one = a;
	const struct draft *two = b;
	static const int order[] =
		{[EVENT_SESSION] = 0, [EVENT_PORT_BLOCK] = 1, [EVENT_PORT] = 2, [EVENT_ADDRESS] = 3};
	int x = one->guess.type == EVENT_ABSENT ? 4 : order[one->guess.type];
	int y = two->guess.type == EVENT_ABSENT ? 4 : order[two->guess.type];
	if (x != y)
		return x - y;
	if (one->fields != two->fields)
		return one->fields > two->fields ? -1 : 1;
	if (one->skips != two->skips)
		return one->skips < two->skips ? -1 : 1;
	if (one->cluster->count != two->cluster->count)
		return one->cluster->count > two->cluster->count ? -1 : 1;
	return one->cluster->lines[0].number < two->cluster->lines[0].number ? -1 : 1;
}

/* Blanks at both ends are not matched. */
static struct text trimmed(const char *data, struct text t)
{
	while (t.len > 0 && strchr(" \t", data[t.off + t.len - 1]) != NULL)
		t.len--;
	for (; t.len > 0 && strchr(" \t", data[t.off]) != NULL; t.off++)
		t.len--;
	return t;
}

int draft_open(struct drafts *all, const struct cluster_line *line, struct envelope *env)
{
	arena_reset(&all->arena);
	return envelope_open(all->reader, &all->arena, line->value, line->value_len, TIME_ZONE_UNKNOWN, env,
			     NULL);
}

/* Does the rule read the line, as the engine will? The event's texts are then in the arena. */
static bool fits(struct drafts *all, const struct draft *d, const struct cluster_line *line, struct event *ev)
{
	struct envelope env;
	struct arena *a = &all->arena;
	event_clear(ev);
	if (draft_open(all, line, &env) != 0)
		return false;
	struct text t = trimmed(a->data, env.text);
	if (d->template != NULL)
		return template_match(d->template, a->data + t.off, t.len, t.off, ev, NULL);
	if (d->rule == NULL)
		return false;
	struct reading reading;
	reader_read((enum reader)d->form, d->names, a, t, &env, envelope_pairs(all->reader), &reading);
	return reader_rule_match(d->rule, a->data, &reading, ev, NULL);
}

static int compile_keys(struct drafts *all, struct draft *d, struct err *e)
{
	static const char front[] = "@front";
	int rc = 0;
	d->names = xcalloc(1, sizeof *d->names);
	d->rule = reader_rule_new(d->guess.type, d->names, &all->words);
	for (size_t i = 0; i < d->key_count && rc == 0; i++) {
		const struct draft_key *k = &d->keys[i];
		bool named = k->key.len > 0;
		rc = reader_rule_add(d->rule, named ? k->key.data : front, named ? k->key.len : strlen(front),
				     k->text.data != NULL ? k->text.data : "", k->text.len, e);
	}
	if (rc == 0)
		rc = reader_rule_end(d->rule, e);
	if (rc == 0)
		return 0;
	reader_rule_free(d->rule);
	d->rule = NULL;
	return -1;
}

static void compile(struct drafts *all, struct draft *d)
{
	struct err e = {0};
	if (d->form != FORM_TEXT && d->guess.type != EVENT_ABSENT) {
		if (compile_keys(all, d, &e) != 0 && d->state == DRAFT_RULE)
			doubt(d, e.msg);
		return;
	}
	d->template = template_compile(d->text.data != NULL ? d->text.data : "", d->text.len, d->guess.type,
				       &all->words, &e);
	if (d->template == NULL && d->state == DRAFT_RULE)
		doubt(d, e.msg);
}

/* A rule must read each line of its cluster, and what it reads must be an event. */
static void try_rule(struct drafts *all, struct draft *d)
{
	struct event ev;
	struct err e = {0};
	for (size_t i = 0; i < d->cluster->kept && d->state == DRAFT_RULE; i++) {
		if (!fits(all, d, &d->cluster->lines[i], &ev))
			doubt(d, "the rule does not fit all of its lines");
		else if (d->guess.type != EVENT_ABSENT &&
			 event_validate(&ev, all->arena.data, all->arena.len, false, &e) != 0)
			doubt(d, e.msg);
		else if (d->guess.type != EVENT_ABSENT && event_untranslated(&ev))
			all->untranslated = true;
	}
}

/* To ignore is final, so a rule for it must not be wide: it begins with a word, and fits no line of those
 * that have an address. */
static void try_ignore(struct drafts *all, struct draft *d)
{
	struct event ev;
	for (size_t i = 0; i < all->count && d->state == DRAFT_RULE; i++) {
		const struct draft *other = &all->items[i];
		for (size_t k = 0; k < other->cluster->kept; k++)
			if (other->guess.type != EVENT_ABSENT && fits(all, d, &other->cluster->lines[k], &ev))
				doubt(d, "");
	}
}

/* Does r read at least the fields that d reads? */
static bool reads_all(const struct draft *r, const struct draft *d)
{
	for (uint32_t i = 0; i < d->guess.count; i++) {
		int field = d->guess.places[i].field;
		bool found = field < 0 || field == FIELD_timestamp;
		for (uint32_t k = 0; k < r->guess.count && !found; k++)
			found = r->guess.places[k].field == field;
		if (!found)
			return false;
	}
	return true;
}

/* The rule before d that reads all of its lines; or one that reads some, which makes d doubtful. */
static void find_cover(struct drafts *all, struct draft *d)
{
	for (const struct draft *r = all->items; r < d; r++) {
		struct event ev;
		size_t taken = 0;
		if (r->state != DRAFT_RULE)
			continue;
		for (size_t i = 0; i < d->cluster->kept; i++) {
			bool fit = fits(all, r, &d->cluster->lines[i], &ev);
			taken += fit ? 1 : 0;
			if (fit && r->guess.type != EVENT_ABSENT && event_untranslated(&ev))
				all->untranslated = true;
		}
		if (taken == d->cluster->kept && (r->guess.type == EVENT_ABSENT || reads_all(r, d))) {
			d->state = DRAFT_COVERED;
			return;
		}
		if (taken > 0 && d->state == DRAFT_RULE)
			doubt(d, "a rule above fits some of its lines too: which one is right?");
	}
}

void drafts_make(struct drafts *d, const struct cluster_set *set)
{
	*d = (struct drafts){.items = xcalloc(set->count + 1, sizeof(struct draft))};
	vocabulary_init(&d->words);
	d->reader = envelope_reader_new();
	arena_init(&d->arena, ARENA_MAX);
	for (size_t i = 0; i < set->count; i++) {
		struct draft *one = &d->items[d->count++];
		one->cluster = set->items[i];
		guess_cluster(one->cluster, &one->guess);
		one->form = new_form_reader(one->cluster->kind);
		draft_write(one);
		draft_left(d, one);
		one->state = one->guess.doubts != 0 ? DRAFT_DOUBTFUL : DRAFT_RULE;
		for (uint32_t k = 0; k < one->guess.count; k++)
			one->fields += one->guess.places[k].field >= 0 ? 1 : 0;
		collect_actions(d, one);
	}
	qsort(d->items, d->count, sizeof(struct draft), by_place);
	for (size_t i = 0; i < d->count; i++) {
		compile(d, &d->items[i]);
		try_rule(d, &d->items[i]);
	}
	for (size_t i = 0; i < d->count; i++) {
		if (d->items[i].guess.type == EVENT_ABSENT && d->items[i].state == DRAFT_RULE)
			try_ignore(d, &d->items[i]);
		find_cover(d, &d->items[i]);
		if (d->items[i].state == DRAFT_RULE && d->items[i].guess.no_zone)
			d->no_zone = true;
	}
}

void drafts_free(struct drafts *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct draft *one = &d->items[i];
		for (size_t k = 0; k < one->key_count; k++) {
			strbuf_free(&one->keys[k].key);
			strbuf_free(&one->keys[k].text);
		}
		if (one->names != NULL)
			keys_free(one->names);
		free(one->names);
		reader_rule_free(one->rule);
		template_free(one->template);
		strbuf_free(&one->text);
		strbuf_free(&one->left);
	}
	free(d->asked);
	envelope_reader_free(d->reader);
	arena_free(&d->arena);
	free(d->items);
	*d = (struct drafts){0};
}
