/* SPDX-License-Identifier: Apache-2.0
 *
 * Which topics a configuration has to do with; see topics.h. Those that are read: the names of scripts and
 * configuration, and what on the cluster fits a ^regex of theirs. Those that are written: outputs tell.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/topics.h"
#include "script/topics.h"

#define OFFSETS_TOPIC "__consumer_offsets"

static struct topics_row *find(const struct topics_view *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->rows[i].name, name) == 0)
			return &v->rows[i];
	return NULL;
}

static struct topics_row *add(struct topics_view *v, const char *name)
{
	struct topics_row *row = find(v, name);
	if (row != NULL)
		return row;
	v->rows = xrealloc(v->rows, (v->n + 1) * sizeof *v->rows);
	row = &v->rows[v->n++];
	*row = (struct topics_row){.name = xstrdup(name)};
	return row;
}

static bool is_known(const struct texts *known, const char *name)
{
	for (size_t i = 0; i < known->n; i++)
		if (strcmp(known->items[i], name) == 0)
			return true;
	return false;
}

static void add_read(struct topics_view *v, const struct generation *g, const char *name)
{
	struct strbuf readers = {0};
	struct topics_row *row = add(v, name);
	if (row->readers != NULL)
		return;
	generation_readers(g, name, &readers);
	row->readers = readers.data != NULL ? readers.data : xstrdup("");
}

/* A ^regex: a row of its own only when nothing on the cluster fits it. */
static void add_pattern(struct topics_view *v, const char *pattern, const struct texts *known)
{
	if (!topics_fit(pattern, known->items, known->n))
		add(v, pattern)->pattern = true;
}

static void add_all_read(struct topics_view *v, const struct loaded_config *c, const struct texts *known)
{
	const char *const *names;
	size_t count;
	size_t n = generation_topics(c->generation, &names);
	const struct topic_config *entries = config_topics_rows(c->topics, &count);
	for (size_t i = 0; i < n; i++)
		if (names[i][0] == '^')
			add_pattern(v, names[i], known);
		else
			add_read(v, c->generation, names[i]);
	for (size_t i = 0; i < known->n; i++)
		if (generation_reads(c->generation, known->items[i]))
			add_read(v, c->generation, known->items[i]);
	for (size_t i = 0; i < count; i++) {
		struct topics_row *row = find(v, entries[i].pattern);
		if (row != NULL)
			row->named = true;
	}
}

struct writing {
	struct topics_view *v;
	const struct sink_config *sink;
	bool elsewhere;
};

static void take_written(void *ctx, const struct output_topic *topic)
{
	const struct writing *w = ctx;
	struct topics_row *row = add(w->v, topic->name);
	const char *name = w->sink->name;
	row->named = true;
	row->letters = row->letters || !w->sink->type->takes_events;
	row->elsewhere = w->elsewhere && row->readers == NULL;
	row->bytes = topic->bytes > row->bytes ? topic->bytes : row->bytes;
	if (row->writers != NULL && strstr(row->writers, name) != NULL)
		return;
	struct strbuf writers = {0};
	strbuf_printf(&writers, "%s%s%s", row->writers != NULL ? row->writers : "",
		      row->writers != NULL ? ", " : "", name);
	free(row->writers);
	row->writers = writers.data;
}

/* Outputs of Kafka have the brokers filled in, as config.c lends them. */
static bool is_elsewhere(const struct sink_config *sink, const char *brokers)
{
	const struct option *row = option_find(sink->type->options, "brokers");
	const char *own = row != NULL ? *(char *const *)((const char *)sink->options + row->offset) : NULL;
	return own != NULL && strcmp(own, brokers) != 0;
}

static int add_written(struct topics_view *v, const struct loaded_config *c, struct err *e)
{
	for (size_t i = 0; i < c->sink_count; i++) {
		const struct sink_config *sink = &c->sinks[i];
		const struct output_env env = {.name = sink->name, .cluster_id = "", .group = v->group};
		struct writing w = {v, sink, is_elsewhere(sink, v->brokers)};
		if (sink->type->topics == NULL)
			continue;
		struct output *o = sink->type->create(sink->options, &env, e);
		if (o == NULL)
			return -1;
		sink->type->topics(o, take_written, &w);
		sink->type->close(o);
	}
	return 0;
}

static bool is_wanted(const char *const *only, const char *name)
{
	for (; *only != NULL; only++)
		if (strcmp(*only, name) == 0)
			return true;
	return false;
}

static void free_row(struct topics_row *row)
{
	free(row->name);
	free(row->readers);
	free(row->writers);
}

static int keep_only(struct topics_view *v, const char *const *only, struct err *e)
{
	size_t kept = 0;
	v->partial = true;
	for (size_t i = 0; only[i] != NULL; i++)
		if (find(v, only[i]) == NULL)
			return err_set(e, ERR_CONFIG,
				       "topic %s: no script reads it and no output writes to it; add it to "
				       "the configuration's `topics`",
				       only[i]);
	for (size_t i = 0; i < v->n; i++) {
		v->rows[i].named = true; /* by the arguments */
		if (is_wanted(only, v->rows[i].name))
			v->rows[kept++] = v->rows[i];
		else
			free_row(&v->rows[i]);
	}
	v->n = kept;
	return 0;
}

int topics_rows(struct topics_view *v, const struct loaded_config *c, const struct texts *known,
		const char *const *only, struct err *e)
{
	*v = (struct topics_view){.brokers = c->config.kafka.brokers,
				  .group = c->config.kafka.group,
				  .workers = c->config.engine.workers,
				  .outage_ms = c->config.kafka.longest_outage_ms};
	add_all_read(v, c, known);
	if (add_written(v, c, e) != 0)
		return -1;
	if (only != NULL)
		return keep_only(v, only, e);
	if (is_known(known, OFFSETS_TOPIC) && find(v, OFFSETS_TOPIC) == NULL)
		add(v, OFFSETS_TOPIC)->offsets = true;
	return 0;
}

void topics_rows_free(struct topics_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		free_row(&v->rows[i]);
	free(v->rows);
	*v = (struct topics_view){0};
}

static bool is_looked_at(const struct topics_row *row)
{
	return !row->pattern && !row->elsewhere;
}

size_t topics_names(const struct topics_view *v, const char **names)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (is_looked_at(&v->rows[i]))
			names[n++] = v->rows[i].name;
	return n;
}

void topics_join(struct topics_view *v, const struct survey *s)
{
	size_t n = 0;
	v->survey = s;
	for (size_t i = 0; i < v->n; i++)
		v->rows[i].topic = is_looked_at(&v->rows[i]) ? &s->topics[n++] : NULL;
}
