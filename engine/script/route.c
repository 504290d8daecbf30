/* SPDX-License-Identifier: Apache-2.0
 *
 * Which scripts are tried on the messages of a topic. A host finds a topic's route once and keeps it; the
 * caller keeps the number. The configuration's rows are looked at in their order, names before patterns.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/timeparse.h"
#include "script/generation_data.h"
#include "script/walk.h"

static struct route *add_route(struct host *h, const char *topic)
{
	h->routes = xrealloc(h->routes, (h->route_count + 1) * sizeof *h->routes);
	struct route *r = &h->routes[h->route_count++];
	*r = (struct route){.topic = topic != NULL ? xstrdup(topic) : NULL,
			    .zone_s = TIME_ZONE_UNKNOWN,
			    .envelope_zone_s = TIME_ZONE_UNKNOWN};
	r->scripts = xcalloc(h->script_count + 1, sizeof *r->scripts);
	return r;
}

static void add_script(const struct host *h, struct route *r, size_t place)
{
	const struct script *s = &h->scripts[place];
	for (size_t i = 0; i < r->count; i++)
		if (r->scripts[i] == place)
			return;
	r->scripts[r->count++] = (uint32_t)place;
	if (r->envelope_zone_s == TIME_ZONE_UNKNOWN)
		r->envelope_zone_s = s->zone_s;
	if (r->separator_len == 0) {
		r->separator = s->separator;
		r->separator_len = s->separator_len;
	}
}

/* The scripts that declare the topic, in alphabetical order. */
static void add_declaring(const struct host *h, struct route *r, const char *topic)
{
	const struct generation *g = h->generation;
	for (size_t i = 0; i < g->source_count; i++)
		for (size_t k = 0; k < g->sources[i].topic_count; k++)
			if (pattern_matches(&g->sources[i].topics[k], topic))
				add_script(h, r, i);
}

static const struct topic *configured(const struct generation *g, const char *topic)
{
	for (int regex = 0; regex <= 1; regex++)
		for (size_t i = 0; i < g->topic_count; i++)
			if (g->topics[i].pattern.is_regex == (regex == 1) &&
			    pattern_matches(&g->topics[i].pattern, topic))
				return &g->topics[i];
	return NULL;
}

int host_route(struct host *h, const char *topic)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (h->routes[i].topic != NULL && strcmp(h->routes[i].topic, topic) == 0)
			return h->routes[i].count > 0 ? (int)i : -1;
	const struct topic *t = configured(h->generation, topic);
	struct route *r = add_route(h, topic);
	if (t != NULL) {
		r->host = t->host;
		r->zone_s = t->zone_s;
		r->envelope_zone_s = t->zone_s;
		for (size_t i = 0; i < t->script_count; i++)
			add_script(h, r, t->scripts[i]);
	}
	if (t == NULL ? h->generation->topic_count == 0 : t->script_count == 0)
		add_declaring(h, r, topic);
	return r->count > 0 ? (int)h->route_count - 1 : -1;
}

int host_route_script(struct host *h, size_t script)
{
	add_script(h, add_route(h, NULL), script);
	return (int)h->route_count - 1;
}

int host_route_all(struct host *h)
{
	struct route *r = add_route(h, NULL);
	for (size_t i = 0; i < h->script_count; i++)
		add_script(h, r, i);
	return (int)h->route_count - 1;
}
