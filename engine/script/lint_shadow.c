/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules that can never be the first to fit. Each template writes lines that it fits, of all its ways and with
 * values of all kinds; when earlier rules take every one of them, nothing is left to it. See lint.h.
 */
#include <stdlib.h>
#include <string.h>

#include "event/template_example.h"
#include "script/lint.h"
#include "script/walk.h"

#define WAYS_MAX 64 /* looked at, of one template */
#define SHOWN_MAX 100
#define RECORDS 1000 /* tried of one rule over keys */

/* Lines that have nothing in common: who takes them all takes everything. */
static const char *const anything[] = {"zq7", "zq7=8 \"k\" [9] (x): %Z-1", "{ }", "5 192.0.2.1 - |;,"};

static bool takes(const struct host *h, const struct rule *r, const char *text, size_t len)
{
	struct event ev;
	enum event_field field;
	uint32_t pos;
	event_clear(&ev);
	if (r->template != NULL)
		return template_match(r->template, text, len, 0, &ev, NULL);
	if (r->regex == NULL)
		return false; /* what a handler or a reader takes depends on more than the text */
	enum regex_result result = regex_match(r->regex, h->scratch, text, len, 0, &ev, &field, &pos);
	return result == REGEX_MATCH || result == REGEX_LIMIT;
}

/* The first rule before number k that takes the text; k when none does. */
static size_t first_taker(const struct host *h, const struct script *s, size_t k, const char *text,
			  size_t len)
{
	size_t i = 0;
	while (i < k && !takes(h, &s->rules[i], text, len))
		i++;
	return i;
}

/* The rule that takes all lines of template k, as far as can be seen; k when some line is left to it. line
 * becomes one of them. */
static size_t shadow_of(const struct host *h, const struct script *s, size_t k, struct strbuf *line)
{
	const struct template *t = s->rules[k].template;
	struct strbuf text = {0};
	size_t ways = template_ways(t);
	size_t taker = k;
	bool left = false;
	for (size_t n = 0; !left && n < (ways < WAYS_MAX ? ways : WAYS_MAX) * TEMPLATE_VARIANTS; n++) {
		strbuf_reset(&text);
		template_example(t, n / TEMPLATE_VARIANTS, n % TEMPLATE_VARIANTS, &text);
		while (text.len > 0 && text.data[text.len - 1] == ' ')
			text.len--;
		const char *begin = text.data;
		size_t blanks = text.len > 0 ? strspn(begin, " ") : 0;
		if (text.len <= blanks || !takes(h, &s->rules[k], begin + blanks, text.len - blanks))
			continue;
		size_t first = first_taker(h, s, k, begin + blanks, text.len - blanks);
		left = first == k;
		if (taker == k && !left) {
			taker = first;
			strbuf_add(line, begin + blanks, text.len - blanks);
		}
	}
	strbuf_free(&text);
	return left ? k : taker;
}

/* As shadow_of, for a rule over keys, among those of the same reader. */
static size_t shadow_of_keys(const struct script *s, size_t k)
{
	const struct rule *r = &s->rules[k];
	struct strbuf data = {0};
	struct reading *reading = xcalloc(1, sizeof *reading);
	struct event ev;
	size_t taker = k;
	bool left = false;
	for (uint32_t seed = 0; !left && seed < RECORDS; seed++) {
		size_t i = 0;
		strbuf_reset(&data);
		reader_rule_example(r->keys, seed, &data, reading);
		event_clear(&ev);
		if (!reader_rule_match(r->keys, data.data, reading, &ev, NULL))
			continue;
		while (i < k && !(s->rules[i].keys != NULL && s->rules[i].reader == r->reader &&
				  reader_rule_match(s->rules[i].keys, data.data, reading, &ev, NULL)))
			i++;
		left = i == k;
		taker = taker == k ? i : taker;
	}
	free(reading);
	strbuf_free(&data);
	return left ? k : taker;
}

static bool takes_anything(const struct host *h, const struct rule *r)
{
	if (r->handler > 0 || r->keys != NULL)
		return false;
	for (size_t i = 0; i < sizeof anything / sizeof anything[0]; i++)
		if (!takes(h, r, anything[i], strlen(anything[i])))
			return false;
	return true;
}

static void tell(const struct rule *r, const struct rule *taker, const struct strbuf *line,
		 struct strbuf *report)
{
	bool keys = line->len == 0;
	strbuf_printf(report, "%s can never match: the %s of line %d comes first and takes its %s", r->name,
		      taker->name, taker->line, keys ? "records" : "lines, such as `");
	if (!keys) {
		strbuf_add(report, line->data, line->len < SHOWN_MAX ? line->len : SHOWN_MAX);
		strbuf_addc(report, '`');
	}
	strbuf_addc(report, '\n');
}

size_t lint_shadows(struct host *h, const struct script *s, struct strbuf *report)
{
	size_t warnings = 0;
	struct strbuf line = {0};
	const struct rule *all = NULL; /* the rule that takes every line */
	for (size_t k = 0; k < s->rule_count; k++) {
		const struct rule *r = &s->rules[k];
		strbuf_reset(&line);
		size_t taker = k;
		if (all == NULL && r->template != NULL)
			taker = shadow_of(h, s, k, &line);
		else if (all == NULL && r->keys != NULL)
			taker = shadow_of_keys(s, k);
		if (all != NULL || taker < k) {
			lint_begin(s, r->line, report);
			warnings++;
		}
		if (all != NULL)
			strbuf_printf(report, "%s is never reached: the %s of line %d takes every line\n",
				      r->name, all->name, all->line);
		else if (taker < k)
			tell(r, &s->rules[taker], &line, report);
		if (all == NULL && takes_anything(h, r))
			all = r;
	}
	strbuf_free(&line);
	return warnings;
}
