/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads, counts and asks a generation; see generation.h.
 */
#include "script/generation.h"

#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "script/generation_data.h"
#include "script/host.h"
#include "script/walk.h"

static void topic_free(struct topic *t)
{
	pattern_free(&t->pattern);
	free(t->scripts.scripts);
	for (size_t i = 0; i < t->host_count; i++)
		free(t->hosts[i].scripts);
	free(t->hosts);
	by_host_free(t->by_host);
}

static void generation_free(struct generation *g)
{
	for (size_t i = 0; i < g->source_count; i++)
		source_free(&g->sources[i]);
	for (size_t i = 0; i < g->filter_count; i++)
		source_free(&g->filters[i]);
	for (size_t i = 0; i < g->topic_count; i++)
		topic_free(&g->topics[i]);
	free(g->sources);
	free(g->filters);
	free(g->topics);
	free(g->names);
	free(g);
}

struct generation *generation_ref(struct generation *g)
{
	atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
	return g;
}

void generation_unref(struct generation *g)
{
	if (g != NULL && atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) == 1)
		generation_free(g);
}

int generation_script_find(const struct generation *g, const char *name, struct err *e)
{
	const char *names[GENERATION_SCRIPTS_MAX];
	for (size_t i = 0; i < g->source_count; i++) {
		names[i] = g->sources[i].name;
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	const char *near = near_name(name, names, g->source_count);
	if (near != NULL)
		return err_set(e, ERR_CONFIG, "no vendor script '%.80s'; did you mean '%s'?", name, near);
	return err_set(e, ERR_CONFIG, "no vendor script '%.80s' beside '%s'", name, g->sources[0].path);
}

/* "natmill.yaml:7:12: topics: PATTERN: REASON" */
static int wrong(const struct topic_config *c, const char *where, const struct err *e, struct errlist *errors)
{
	return errlist_add(errors, ERR_CONFIG, "%s%stopics: %s: %s", where != NULL ? where : "",
			   where != NULL ? ": " : "", c->pattern, e->msg);
}

static int resolve_vendors(const struct generation *g, const struct topic_config *c, const char *const *names,
			   const char *const *places, size_t n, struct choice *out, struct errlist *errors)
{
	struct err e = {0};
	int rc = 0;
	out->scripts = xcalloc(n + 1, sizeof *out->scripts);
	for (size_t i = 0; i < n; i++) {
		int place = generation_script_find(g, names[i], &e);
		if (place < 0)
			rc = wrong(c, places != NULL ? places[i] : NULL, &e, errors);
		else
			out->scripts[out->count++] = (uint32_t)place;
	}
	return rc;
}

static int resolve_hosts(const struct generation *g, const struct topic_config *c, struct topic *t,
			 struct errlist *errors)
{
	struct err e = {0};
	int rc = 0;
	if (c->host_count == 0)
		return 0;
	t->by_host = by_host_new();
	t->hosts = xcalloc(c->host_count, sizeof *t->hosts);
	for (size_t i = 0; i < c->host_count; i++) {
		const struct topic_host *host = &c->hosts[i];
		if (by_host_add(t->by_host, host->host, &e) != 0)
			rc = wrong(c, host->where, &e, errors);
		else if (resolve_vendors(g, c, host->vendors, host->vendor_places, host->vendor_count,
					 &t->hosts[t->host_count++], errors) != 0)
			rc = -1;
	}
	by_host_seal(t->by_host);
	return rc;
}

/* One row of the configuration. */
static int resolve_topic(const struct generation *g, const struct topic_config *c, struct topic *t,
			 struct errlist *errors)
{
	struct err e = {0};
	*t = (struct topic){.host = c->host,
			    .zone_s = c->zone_s,
			    .declared = strcmp(c->pattern, TOPIC_DECLARED) == 0};
	if (!t->declared && pattern_compile(&t->pattern, c->pattern, &e) != 0)
		return errlist_add(errors, ERR_CONFIG, "topics: %s", e.msg);
	int rc = resolve_vendors(g, c, c->vendors, c->vendor_places, c->vendor_count, &t->scripts, errors);
	return resolve_hosts(g, c, t, errors) != 0 ? -1 : rc;
}

static int resolve_topics(struct generation *g, const struct topic_config *topics, size_t n,
			  struct errlist *errors)
{
	int rc = 0;
	g->topics = xcalloc(n + 1, sizeof *g->topics);
	for (size_t i = 0; i < n; i++)
		if (resolve_topic(g, &topics[i], &g->topics[g->topic_count++], errors) != 0)
			rc = -1;
	return rc;
}

/* Keeps what the scripts of a trial run declared. */
static void keep_declared(struct generation *g, const struct host *trial)
{
	for (size_t i = 0; i < g->source_count; i++) {
		const struct script *s = &trial->scripts[i];
		struct source *source = &g->sources[i];
		source->topics = xcalloc(s->topic_count + 1, sizeof *source->topics);
		for (size_t k = 0; k < s->topic_count; k++)
			if (pattern_compile(&source->topics[source->topic_count], s->topics[k], NULL) == 0)
				source->topic_count++;
	}
}

static void add_name(struct generation *g, const char *name)
{
	for (size_t i = 0; i < g->name_count; i++)
		if (strcmp(g->names[i], name) == 0)
			return;
	g->names = xrealloc(g->names, (g->name_count + 1) * sizeof *g->names);
	g->names[g->name_count++] = name;
}

static void add_declared_names(struct generation *g)
{
	for (size_t i = 0; i < g->source_count; i++)
		for (size_t k = 0; k < g->sources[i].topic_count; k++)
			add_name(g, g->sources[i].topics[k].text);
}

static void collect_names(struct generation *g)
{
	for (size_t i = 0; i < g->topic_count; i++) {
		if (g->topics[i].declared)
			add_declared_names(g);
		else
			add_name(g, g->topics[i].pattern.text);
	}
	if (g->topic_count == 0)
		add_declared_names(g);
}

struct generation *generation_load(const char *vendors_dir, const struct topic_config *topics, size_t n,
				   uint32_t number, struct errlist *errors)
{
	struct generation *g = xcalloc(1, sizeof *g);
	atomic_init(&g->refs, 1);
	g->number = number;
	int rc = sources_read(vendors_dir, &g->sources, &g->source_count, errors);
	if (rc == 0) {
		struct host_options plain = {.jit = false};
		struct host *trial = host_new(g, &plain, errors);
		if (trial != NULL)
			keep_declared(g, trial);
		else
			rc = -1;
		host_free(trial);
		if (resolve_topics(g, topics, n, errors) != 0)
			rc = -1;
	}
	if (rc == 0) {
		collect_names(g);
		return g;
	}
	generation_unref(g);
	return NULL;
}

static int read_filter(struct generation *g, const char *path, struct errlist *errors)
{
	for (size_t i = 0; i < g->filter_count; i++)
		if (strcmp(g->filters[i].path, path) == 0)
			return 0;
	g->filters = xrealloc(g->filters, (g->filter_count + 1) * sizeof *g->filters);
	return source_read_filter(path, &g->filters[g->filter_count++], errors);
}

int generation_add_filters(struct generation *g, const char *const *paths, size_t n, struct errlist *errors)
{
	int rc = 0;
	for (size_t i = 0; i < n; i++)
		if (read_filter(g, paths[i], errors) != 0)
			rc = -1;
	if (rc != 0 || n == 0)
		return rc;
	struct host_options plain = {.jit = false};
	struct host *trial = host_new(g, &plain, errors);
	host_free(trial);
	return trial != NULL ? 0 : -1;
}

size_t generation_topics(const struct generation *g, const char *const **names)
{
	*names = g->names;
	return g->name_count;
}

uint32_t generation_number(const struct generation *g)
{
	return g->number;
}

size_t generation_script_count(const struct generation *g)
{
	return g->source_count;
}

const char *generation_script_name(const struct generation *g, size_t i)
{
	return g->sources[i].name;
}

const char *generation_script_path(const struct generation *g, size_t i)
{
	return g->sources[i].path;
}

const char *generation_script_topic(const struct generation *g, size_t i)
{
	const struct source *s = &g->sources[i];
	for (size_t k = 0; k < s->topic_count; k++)
		if (!s->topics[k].is_regex)
			return s->topics[k].text;
	return NULL;
}

bool generation_declares(const struct generation *g, size_t script, const char *topic)
{
	const struct source *s = &g->sources[script];
	for (size_t k = 0; k < s->topic_count; k++)
		if (pattern_matches(&s->topics[k], topic))
			return true;
	return false;
}

const char *generation_script_hash(const struct generation *g, size_t i)
{
	return g->sources[i].hash;
}
