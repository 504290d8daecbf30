/* SPDX-License-Identifier: Apache-2.0
 *
 * A generation: one loaded set of vendor scripts, as source bytes with their hashes, and the topics they
 * serve. Made by a start or a reload, immutable afterwards, shared by all workers and counted, because they
 * swap at different moments. Each worker runs it in its own host (script/host.h). Dead letters point at names
 * and hashes in here: hold a reference until the batch is delivered.
 */
#ifndef NATMILL_SCRIPT_GENERATION_H
#define NATMILL_SCRIPT_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errlist.h"
#include "base/strbuf.h"
#include "event/batch.h"
#include "event/ip.h"

#define GENERATION_SCRIPT_MAX (1u << 20) /* bytes of one script */
#define GENERATION_SCRIPTS_MAX BATCH_SCRIPTS_MAX
#define SCRIPT_HASH_SIZE 65 /* SHA-256 in hex, with NUL */

#define TOPIC_DECLARED "*" /* a row of the configuration for all topics that the scripts declare */

/* One device, or several, whose messages on a topic are for certain scripts. */
struct topic_host {
	const char *host;                 /* address, prefix or host name, as in by_host.h */
	const char *where;                /* it was written, for messages; NULL = unknown */
	const char *const *vendors;       /* scripts to try, in this order */
	const char *const *vendor_places; /* where each was written; NULL = unknown */
	size_t vendor_count;
};

/* One row of the configuration's `topics`. */
struct topic_config {
	const char *pattern;        /* a topic's name, a ^regex (POSIX extended, as librdkafka has it), or
				     * TOPIC_DECLARED: topics that scripts declare and no other row names */
	const char *const *vendors; /* scripts to try, in this order; none: those that declare the topic */
	const char *const *vendor_places; /* where each was written, for messages; NULL = unknown */
	size_t vendor_count;
	const struct topic_host *hosts; /* in their place for messages of these devices */
	size_t host_count;
	struct ip host; /* of messages that tell none; family 0 = none */
	int32_t zone_s; /* of times without zone, or TIME_ZONE_UNKNOWN. For times in lines the script's own
			 * zone is stronger; for those of headers and collectors this one is */
};

struct generation;

/* Reads DIR's *.lua in alphabetical order, runs each once to check it, and resolves the topics. topics may be
 * NULL (n = 0): then the scripts' own topics hold. Returns it with one reference; NULL with every error found
 * added to errors. */
struct generation *generation_load(const char *vendors_dir, const struct topic_config *topics, size_t n,
				   uint32_t number, struct errlist *errors);

/* Adds the files of filters written in Lua, and runs all that there are once to check them; the same path
 * twice is one. Only before the generation is shared. -1 with the errors. */
int generation_add_filters(struct generation *g, const char *const *paths, size_t n, struct errlist *errors);

/* From any thread. unref(NULL) is legal. */
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g);

/* What to subscribe to: names and ^regexes, no name twice. Returns their number. */
size_t generation_topics(const struct generation *g, const char *const **names);

/* Is the topic one of them? */
bool generation_reads(const struct generation *g, const char *topic);

/* Adds the names of the scripts that read the topic, some of its hosts alone included, as "a10, nfware", in
 * the order in which they are tried. */
void generation_readers(const struct generation *g, const char *topic, struct strbuf *out);

uint32_t generation_number(const struct generation *g);

/* The scripts, by their place: event.script is one. Names and texts live as long as the generation. */
size_t generation_script_count(const struct generation *g);
const char *generation_script_name(const struct generation *g, size_t i); /* "nfware" */
const char *generation_script_path(const struct generation *g, size_t i); /* "vendors/nfware.lua" */
const char *generation_script_hash(const struct generation *g, size_t i); /* SHA-256, hex */

/* The first topic that the script declares by its whole name; NULL if none. */
const char *generation_script_topic(const struct generation *g, size_t i);

/* Place of the script of that name; -1 with the nearest name in e. */
int generation_script_find(const struct generation *g, const char *name, struct err *e);

#endif
