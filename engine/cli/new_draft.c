/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: drafts rules and tries them; see new_draft.h.
 */
#include "cli/new_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *draft_rule(const struct draft *d)
{
	return d->guess.type == EVENT_ABSENT ? "ignore" : event_type_script(d->guess.type);
}

static void doubt(struct draft *d, const char *why)
{
	d->state = DRAFT_DOUBTFUL;
	snprintf(d->why, sizeof d->why, "%s", why);
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
	for (size_t i = 0; i < c->kept && d->guess.type != EVENT_ABSENT; i++) {
		struct shape shape;
		const char *word;
		size_t n;
		char text[VOCABULARY_WORD_MAX + 1];
		shape_of(c->lines[i].text, c->lines[i].text_len, &shape);
		int action = guess_action_at(&d->guess, &shape, c->lines[i].text, &word, &n);
		if (action == 0 || n > VOCABULARY_WORD_MAX)
			continue;
		memcpy(text, word, n);
		text[n] = '\0';
		vocabulary_add_action(&all->words, text, names[action], NULL);
	}
}

/* Sessions before what is less than a session; what skips less before what skips more: the first rule that
 * fits a line decides. */
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
	if (one->skips != two->skips)
		return one->skips < two->skips ? -1 : 1;
	if (one->cluster->count != two->cluster->count)
		return one->cluster->count > two->cluster->count ? -1 : 1;
	return one->cluster->lines[0].number < two->cluster->lines[0].number ? -1 : 1;
}

/* Blanks at both ends are not matched; what is left of the line. */
static const char *trimmed(const struct cluster_line *line, size_t *n)
{
	const char *s = line->text;
	*n = line->text_len;
	while (*n > 0 && (s[*n - 1] == ' ' || s[*n - 1] == '\t'))
		(*n)--;
	for (; *n > 0 && (*s == ' ' || *s == '\t'); s++)
		(*n)--;
	return s;
}

static bool fits(const struct draft *d, const struct cluster_line *line, struct event *ev)
{
	size_t n;
	const char *s = trimmed(line, &n);
	event_clear(ev);
	return d->template != NULL && template_match(d->template, s, n, 0, ev, NULL);
}

static void compile(struct drafts *all, struct draft *d)
{
	struct err e = {0};
	d->template = template_compile(d->text.data != NULL ? d->text.data : "", d->text.len, d->guess.type,
				       &all->words, &e);
	if (d->template == NULL && d->state == DRAFT_RULE)
		doubt(d, e.msg);
}

/* A rule must read each line of its cluster, and what it reads must be an event. */
static void try_rule(struct draft *d)
{
	struct event ev;
	struct err e = {0};
	for (size_t i = 0; i < d->cluster->kept && d->state == DRAFT_RULE; i++) {
		size_t n;
		const char *s = trimmed(&d->cluster->lines[i], &n);
		if (!fits(d, &d->cluster->lines[i], &ev))
			doubt(d, "the rule does not fit all of its lines");
		else if (d->guess.type != EVENT_ABSENT && event_validate(&ev, s, (uint32_t)n, false, &e) != 0)
			doubt(d, e.msg);
	}
}

/* To ignore is final, so a rule for it must not be wide: it begins with a word, and fits no line of those
 * that have an address. */
static void try_ignore(const struct drafts *all, struct draft *d)
{
	struct event ev;
	if (d->cluster->shape.tokens[0].kind != SHAPE_WORD || d->guess.places[0].field != GUESS_LITERAL)
		doubt(d, "");
	for (size_t i = 0; i < all->count && d->state == DRAFT_RULE; i++) {
		const struct draft *other = &all->items[i];
		for (size_t k = 0; k < other->cluster->kept; k++)
			if (other->guess.type != EVENT_ABSENT && fits(d, &other->cluster->lines[k], &ev))
				doubt(d, "");
	}
}

/* The rule before d that reads all of its lines; or one that reads some, which makes d doubtful. */
static void find_cover(const struct drafts *all, struct draft *d)
{
	for (const struct draft *r = all->items; r < d; r++) {
		struct event ev;
		size_t taken = 0;
		if (r->state != DRAFT_RULE)
			continue;
		for (size_t i = 0; i < d->cluster->kept; i++)
			taken += fits(r, &d->cluster->lines[i], &ev) ? 1 : 0;
		if (taken == d->cluster->kept) {
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
	for (size_t i = 0; i < set->count; i++) {
		struct draft *one = &d->items[d->count++];
		one->cluster = set->items[i];
		guess_cluster(one->cluster, &one->guess);
		one->state = one->guess.doubts != 0 ? DRAFT_DOUBTFUL : DRAFT_RULE;
		one->skips = draft_template(one, one->guess.type == EVENT_ABSENT, &one->text);
		collect_actions(d, one);
	}
	qsort(d->items, d->count, sizeof(struct draft), by_place);
	for (size_t i = 0; i < d->count; i++) {
		compile(d, &d->items[i]);
		try_rule(&d->items[i]);
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
		template_free(d->items[i].template);
		strbuf_free(&d->items[i].text);
	}
	free(d->items);
	*d = (struct drafts){0};
}
