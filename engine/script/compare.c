/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares two generations by names and hashes; see compare.h.
 */
#include "script/compare.h"

#include <string.h>

#include "script/generation_data.h"

/* Names of one kind in two generations; hashes are NULL where the name says all. */
struct names {
	const char *(*name)(const struct generation *g, size_t i);
	const char *(*hash)(const struct generation *g, size_t i);
	size_t (*count)(const struct generation *g);
};

static const char *path_of_filter(const struct generation *g, size_t i)
{
	return g->filters[i].path;
}

static const char *hash_of_filter(const struct generation *g, size_t i)
{
	return g->filters[i].hash;
}

static size_t count_of_filters(const struct generation *g)
{
	return g->filter_count;
}

static const char *name_of_topic(const struct generation *g, size_t i)
{
	return g->names[i];
}

static size_t count_of_topics(const struct generation *g)
{
	return g->name_count;
}

static const struct names scripts = {generation_script_name, generation_script_hash, generation_script_count};
static const struct names filters = {path_of_filter, hash_of_filter, count_of_filters};
static const struct names topics = {name_of_topic, NULL, count_of_topics};

/* Place of the name in g, or its count. */
static size_t find(const struct names *k, const struct generation *g, const char *name)
{
	size_t i = 0;
	while (i < k->count(g) && strcmp(k->name(g, i), name) != 0)
		i++;
	return i;
}

/* "; added a10, f5": those of `of` that `in` lacks, or, with same, has otherwise. */
static void add_names(const struct names *k, const struct generation *of, const struct generation *in,
		      bool same, const char *what, struct strbuf *line)
{
	bool any = false;
	for (size_t i = 0; i < k->count(of); i++) {
		const char *name = k->name(of, i);
		size_t at = find(k, in, name);
		bool wanted = at == k->count(in) ? !same
						 : same && k->hash != NULL &&
							   strcmp(k->hash(of, i), k->hash(in, at)) != 0;
		if (!wanted)
			continue;
		strbuf_printf(line, "%s%s %s", any ? "," : line->len > 0 ? "; " : "", any ? "" : what, name);
		any = true;
	}
}

static void compare(const struct names *k, const char *kind, const struct generation *now,
		    const struct generation *next, struct strbuf *out)
{
	struct strbuf line = {0};
	add_names(k, next, now, true, "changed", &line);
	add_names(k, next, now, false, "added", &line);
	add_names(k, now, next, false, "removed", &line);
	if (line.len > 0)
		strbuf_printf(out, "%s: %s\n", kind, line.data);
	strbuf_free(&line);
}

void generation_compare(const struct generation *now, const struct generation *next, struct strbuf *out)
{
	compare(&scripts, "scripts", now, next, out);
	compare(&filters, "filter scripts", now, next, out);
	compare(&topics, "topics", now, next, out);
}
