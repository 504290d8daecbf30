/* SPDX-License-Identifier: Apache-2.0
 *
 * Which scripts are tried on the messages of a topic. A host finds a topic's route once and keeps it; the
 * caller keeps the number. The configuration's rows are looked at in their order, names before patterns.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/timeparse.h"
#include "script/generation_data.h"
#include "script/walk.h"

/* t: its row of the configuration, or NULL. */
static struct route *add_route(struct host *h, const char *topic, const struct topic *t)
{
	h->routes = xrealloc(h->routes, (h->route_count + 1) * sizeof *h->routes);
	struct route *r = &h->routes[h->route_count++];
	*r = (struct route){.topic = topic != NULL ? xstrdup(topic) : NULL,
			    .zone_s = TIME_ZONE_UNKNOWN,
			    .envelope_zone_s = TIME_ZONE_UNKNOWN};
	if (t != NULL) {
		r->host = t->host;
		r->zone_s = t->zone_s;
		r->envelope_zone_s = t->zone_s;
	}
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
	for (size_t i = 0; i < h->generation->source_count; i++)
		if (generation_declares(h->generation, i, topic))
			add_script(h, r, i);
}

static bool is_declared(const struct generation *g, const char *topic)
{
	for (size_t i = 0; i < g->source_count; i++)
		if (generation_declares(g, i, topic))
			return true;
	return false;
}

/* A name is stronger than a pattern, and that than the row for what the scripts declare. */
static const struct topic *configured(const struct generation *g, const char *topic)
{
	for (int regex = 0; regex <= 1; regex++)
		for (size_t i = 0; i < g->topic_count; i++)
			if (!g->topics[i].declared && g->topics[i].pattern.is_regex == (regex == 1) &&
			    pattern_matches(&g->topics[i].pattern, topic))
				return &g->topics[i];
	for (size_t i = 0; i < g->topic_count; i++)
		if (g->topics[i].declared && is_declared(g, topic))
			return &g->topics[i];
	return NULL;
}

bool generation_reads(const struct generation *g, const char *topic)
{
	return configured(g, topic) != NULL || (g->topic_count == 0 && is_declared(g, topic));
}

struct readers {
	const struct generation *g;
	struct strbuf *out;
	bool seen[GENERATION_SCRIPTS_MAX];
	bool any;
};

static void add_reader(struct readers *r, size_t script)
{
	if (!r->seen[script])
		strbuf_printf(r->out, "%s%s", r->any ? ", " : "", r->g->sources[script].name);
	r->seen[script] = r->any = true;
}

static void add_choice(struct readers *r, const struct choice *c)
{
	for (size_t i = 0; i < c->count; i++)
		add_reader(r, c->scripts[i]);
}

void generation_readers(const struct generation *g, const char *topic, struct strbuf *out)
{
	struct readers r = {.g = g, .out = out};
	const struct topic *t = configured(g, topic);
	if (t != NULL)
		add_choice(&r, &t->scripts);
	for (size_t i = 0; i < g->source_count; i++)
		if ((t == NULL ? g->topic_count == 0 : t->scripts.count == 0) &&
		    generation_declares(g, i, topic))
			add_reader(&r, i);
	for (size_t i = 0; t != NULL && i < t->host_count; i++)
		add_choice(&r, &t->hosts[i]);
}

static void add_scripts(const struct host *h, struct route *r, const struct choice *c)
{
	for (size_t i = 0; i < c->count; i++)
		add_script(h, r, c->scripts[i]);
}

/* A route for each key of the topic's hosts, behind the topic's own. */
static void add_hosts(struct host *h, const struct topic *t)
{
	size_t own = h->route_count - 1;
	h->routes[own].by_host = t->by_host;
	h->routes[own].first_host = own + 1;
	for (size_t i = 0; i < t->host_count; i++) {
		struct route *r = add_route(h, NULL, t);
		add_scripts(h, r, &t->hosts[i]);
	}
}

static bool serves(const struct route *r)
{
	return r->count > 0 || r->by_host != NULL;
}

int host_route(struct host *h, const char *topic)
{
	for (size_t i = 0; i < h->route_count; i++)
		if (h->routes[i].topic != NULL && strcmp(h->routes[i].topic, topic) == 0)
			return serves(&h->routes[i]) ? (int)i : -1;
	const struct topic *t = configured(h->generation, topic);
	size_t place = h->route_count;
	struct route *r = add_route(h, topic, t);
	if (t != NULL)
		add_scripts(h, r, &t->scripts);
	if (t == NULL ? h->generation->topic_count == 0 : t->scripts.count == 0)
		add_declaring(h, r, topic);
	if (t != NULL && t->by_host != NULL)
		add_hosts(h, t);
	return serves(&h->routes[place]) ? (int)place : -1;
}

int host_route_script(struct host *h, size_t script)
{
	add_script(h, add_route(h, NULL, NULL), script);
	return (int)h->route_count - 1;
}

int host_route_all(struct host *h)
{
	struct route *r = add_route(h, NULL, NULL);
	for (size_t i = 0; i < h->script_count; i++)
		add_script(h, r, i);
	return (int)h->route_count - 1;
}

/* The route for the host that the envelope tells. */
static const struct route *of_host(const struct host *h)
{
	const struct walk *w = &h->walk;
	const struct text *name = &w->envelope.host_name;
	uint32_t key = by_host_find(w->route->by_host, &w->envelope.host, w->batch->arena.data + name->off,
				    name->len);
	return key == BY_HOST_NONE ? w->route : &h->routes[w->route->first_host + key];
}

int route_open(struct host *h, const struct message *m, struct err *e)
{
	struct walk *w = &h->walk;
	struct arena *a = &w->batch->arena;
	uint32_t mark = a->len;
	int32_t zone_s = w->route->envelope_zone_s;
	if (envelope_open(h->reader, a, m->value, m->len, zone_s, &w->envelope, e) != 0)
		return -1;
	if (w->route->by_host == NULL)
		return 0;
	w->route = of_host(h);
	if (w->route->count == 0)
		return err_set(e, ERR_DATA, "no vendor script serves this host; see topics.NAME.hosts");
	if (w->route->envelope_zone_s == zone_s)
		return 0;
	arena_rewind(a, mark); /* its times are of another zone: read them again */
	zone_s = w->route->envelope_zone_s;
	return envelope_open(h->reader, a, m->value, m->len, zone_s, &w->envelope, e);
}
