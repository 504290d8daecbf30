/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for scripts that no topic reaches; see topics.h.
 */
#include "script/topics.h"

#include <ctype.h>
#include <string.h>

#include "script/generation_data.h"

#define NAMES_MAX 10 /* that one warning lists */

static bool has(const struct choice *c, size_t script)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->scripts[i] == script)
			return true;
	return false;
}

/* May a topic be of both? Of two patterns nobody knows. */
static bool overlap(const struct pattern *a, const struct pattern *b)
{
	if (a->is_regex && b->is_regex)
		return true;
	return a->is_regex ? pattern_matches(a, b->text) : pattern_matches(b, a->text);
}

/* Do messages of the row come to the script? Rows without scripts of their own go by what scripts declare. */
static bool row_reaches(const struct topic *t, const struct source *s, size_t script)
{
	if (has(&t->scripts, script))
		return true;
	for (size_t i = 0; i < t->host_count; i++)
		if (has(&t->hosts[i], script))
			return true;
	if (t->scripts.count > 0)
		return false;
	for (size_t i = 0; i < s->topic_count; i++)
		if (t->declared || overlap(&t->pattern, &s->topics[i]))
			return true;
	return false;
}

static bool is_reached(const struct generation *g, size_t script)
{
	if (g->topic_count == 0)
		return g->sources[script].topic_count > 0;
	for (size_t i = 0; i < g->topic_count; i++)
		if (row_reaches(&g->topics[i], &g->sources[script], script))
			return true;
	return false;
}

/* As a script's local variable may be called. */
static bool is_word(const char *name)
{
	if (isdigit((unsigned char)*name))
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static void without_topic(const struct source *s, struct strbuf *report)
{
	strbuf_printf(report,
		      "%s: warning: %s reads no topic: add %s:topics \"cgnat.syslog.%s\", or name it in the "
		      "configuration's `topics`\n",
		      s->path, s->name, is_word(s->name) ? s->name : "", s->name);
}

static void left_out(const struct generation *g, const size_t *scripts, size_t n, struct strbuf *report)
{
	strbuf_printf(report, "warning: %zu script%s no topic in the configuration's `topics`: ", n,
		      n == 1 ? " has" : "s have");
	for (size_t i = 0; i < n && i < NAMES_MAX; i++)
		strbuf_printf(report, "%s%s", i > 0 ? ", " : "", g->sources[scripts[i]].name);
	if (n > NAMES_MAX)
		strbuf_printf(report, " and %zu more", n - NAMES_MAX);
	strbuf_printf(report, "; an entry \"" TOPIC_DECLARED "\": {} adds all that the scripts declare\n");
}

size_t topics_lint(const struct generation *g, struct strbuf *report)
{
	size_t out[GENERATION_SCRIPTS_MAX];
	size_t n = 0;
	size_t warnings = 0;
	for (size_t i = 0; i < g->source_count; i++) {
		if (is_reached(g, i))
			continue;
		if (g->sources[i].topic_count > 0) {
			out[n++] = i;
			continue;
		}
		without_topic(&g->sources[i], report);
		warnings++;
	}
	if (n == 0)
		return warnings;
	left_out(g, out, n, report);
	return warnings + 1;
}

bool topics_fit(const char *pattern, char *const *names, size_t n)
{
	struct pattern p;
	bool fits = false;
	if (pattern_compile(&p, pattern, NULL) != 0)
		return false;
	for (size_t i = 0; i < n && !fits; i++)
		fits = pattern_matches(&p, names[i]);
	pattern_free(&p);
	return fits;
}

const char *topics_declaring(const struct generation *g, const char *topic)
{
	for (size_t i = 0; i < g->source_count; i++)
		if (generation_declares(g, i, topic))
			return g->sources[i].name;
	return NULL;
}
