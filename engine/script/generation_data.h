/* SPDX-License-Identifier: Apache-2.0
 *
 * What a generation holds; for script/ only. Written while it is loaded, read-only afterwards.
 */
#ifndef NATMILL_SCRIPT_GENERATION_DATA_H
#define NATMILL_SCRIPT_GENERATION_DATA_H

#include <regex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "script/by_host.h"
#include "script/generation.h"

/* A topic's name or ^regex. */
struct pattern {
	char *text;
	bool is_regex;
	regex_t regex;
};

int pattern_compile(struct pattern *p, const char *text, struct err *e);
void pattern_free(struct pattern *p);
bool pattern_matches(const struct pattern *p, const char *topic);

/* One vendor script, or filter, as read. */
struct source {
	char *name; /* of a filter: NULL */
	char *path;
	struct strbuf text;
	char hash[SCRIPT_HASH_SIZE];
	struct pattern *topics; /* that it declares */
	size_t topic_count;
};

/* Reads the scripts of a folder, sorted by name; -1 with errors. Free each with source_free, then the array.
 */
int sources_read(const char *dir, struct source **out, size_t *n, struct errlist *errors);
void source_free(struct source *s);

/* The file of a filter, of any name; -1 with errors. source_free after both. */
int source_read_filter(const char *path, struct source *s, struct errlist *errors);

/* Places of scripts, in the order to try them. */
struct choice {
	uint32_t *scripts;
	size_t count;
};

/* A row of the configuration, resolved. */
struct topic {
	struct pattern pattern;
	bool declared;           /* TOPIC_DECLARED: no pattern, but what the scripts declare */
	struct choice scripts;   /* count 0: those that declare the topic */
	struct by_host *by_host; /* NULL = all hosts alike; else numbers of hosts[] */
	struct choice *hosts;
	size_t host_count;
	struct ip host;
	int32_t zone_s;
};

/* Does the script at this place declare the topic? */
bool generation_declares(const struct generation *g, size_t script, const char *topic);

struct generation {
	_Atomic uint32_t refs;
	uint32_t number;
	struct source *sources;
	size_t source_count;
	struct source *filters;
	size_t filter_count;
	struct topic *topics;
	size_t topic_count;
	const char **names; /* to subscribe; point into topics or sources */
	size_t name_count;
};

#endif
