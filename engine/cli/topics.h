/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the command `topics` share: cmd_topics.c (arguments), topics_rows.c (which topics the
 * configuration reads and writes), topics_advice.c (what is wrong with them; pure), topics_words.c (how that
 * is said), topics_show.c and topics_json.c (printing), topics_make.c (making what is missing). The view owns
 * its rows; names point into configuration and survey.
 */
#ifndef NATMILL_CLI_TOPICS_H
#define NATMILL_CLI_TOPICS_H

#include "base/strbuf.h"
#include "cli/config.h"
#include "stream/survey.h"

/* A topic, and what this configuration has to do with it. */
struct topics_row {
	char *name;     /* or a ^regex that no topic fits */
	bool pattern;   /* it is one */
	bool named;     /* in the configuration: by `topics`, an output, the dead letters */
	bool letters;   /* dead letters are written to it */
	bool elsewhere; /* on other brokers than those that messages come from: not looked at */
	bool offsets;   /* Kafka's own, for the offsets of groups */
	char *readers;  /* vendor scripts, "a10, nfware"; NULL = it is not read */
	char *writers;  /* outputs, likewise */
	int64_t bytes;  /* the largest set of records that is written to it at once; 0 = not written */
	const struct survey_topic *topic; /* NULL: pattern, elsewhere */
};

struct topics_view {
	struct topics_row *rows; /* what is read first, in the order of the scripts and the configuration */
	size_t n;
	bool partial; /* some topics were left out: nothing is said of all together */
	const struct survey *survey;
	const char *brokers;
	const char *group;
	int64_t workers; /* of this configuration */
	int64_t outage_ms;
	int64_t now_us;
};

/* Rows for all topics that the configuration has to do with; known: those on the cluster. only: NULL, or the
 * names to be left in, ended by NULL. -1 with e: one of these is not among them. topics_rows_free() after
 * both. */
int topics_rows(struct topics_view *v, const struct loaded_config *c, const struct texts *known,
		const char *const *only, struct err *e);
void topics_rows_free(struct topics_view *v);

/* Joins rows and survey, which was asked for topics_names(). */
void topics_join(struct topics_view *v, const struct survey *s);
size_t topics_names(const struct topics_view *v, const char **names); /* room for v->n */

/* What may be found. A warning wants to be mended, a note is good to know. */
#define TOPICS_KINDS(X)    \
	X(MISSING, true)   \
	X(NO_MATCH, true)  \
	X(UNUSED, false)   \
	X(REFUSED, true)   \
	X(LEADER, true)    \
	X(IN_SYNC, true)   \
	X(SINGLE, true)    \
	X(DOUBLE, false)   \
	X(WRITES, true)    \
	X(ONE_COPY, true)  \
	X(UNCLEAN, true)   \
	X(COMPACT, true)   \
	X(LOST, true)      \
	X(RETENTION, true) \
	X(CUT, true)       \
	X(BYTES, false)    \
	X(SMALL, true)     \
	X(LETTERS, true)   \
	X(TIME, false)     \
	X(IDLE, true)      \
	X(NARROW, false)   \
	X(UNEVEN, false)

enum topics_kind {
#define X(name, warning) TOPICS_##name,
	TOPICS_KINDS(X)
#undef X
		TOPICS_KIND_COUNT
};

struct topics_finding {
	enum topics_kind kind;
	const char *topic;  /* NULL: of all */
	char figure[64];    /* "1 of 16"; "" = none */
	char setting[64];   /* of the topic that mends it, "retention.ms=604800000"; "" = none */
	int64_t partitions; /* that would be right; 0 = no matter */
	size_t place;       /* in which it was found */
};

struct topics_findings {
	struct topics_finding *items; /* in the order of the kinds, then of the rows */
	size_t n;
};

/* Pure. Free items. */
struct topics_findings topics_advise(const struct topics_view *v);
bool topics_is_warning(enum topics_kind kind);

/* How many consumers there are or will be: the group's, at least this configuration's. */
int64_t topics_consumers(const struct topics_view *v);

/* The partitions that a new topic should have: at least 16, and a multiple of the consumers. */
int64_t topics_partitions(const struct topics_view *v);

/* How long a new topic should keep messages: a week, or twice the longest outage. */
int64_t topics_retention(const struct topics_view *v);

/* What max.message.bytes of the dead letters' topic should be at least: a letter holds the message that it is
 * about. */
int64_t topics_letter_bytes(const struct topics_view *v);

/* Adds one line, without its end, for the n findings of one kind: what, which topics, why, what to do. */
void topics_say(const struct topics_view *v, const struct topics_finding *f, size_t n, struct strbuf *out);

/* "missing", as JSON and tests call the kind. */
const char *topics_kind_name(enum topics_kind kind);

/* How many findings from f on are of its kind. */
size_t topics_same(const struct topics_findings *all, size_t from);

/* Add all of it. colour: with escape sequences for a terminal. */
void topics_show(const struct topics_view *v, const struct topics_findings *f, bool colour,
		 struct strbuf *out);
void topics_json(const struct topics_view *v, const struct topics_findings *f, struct strbuf *out);

/* What --create was told; 0 = as seems right. */
struct topics_wish {
	int64_t partitions;
	int64_t replication;
	int64_t retention_ms;
	bool dry_run;
};

/* Makes what is missing and adds what it did. Exit status; errors go to standard error. */
int topics_make(struct survey_link *l, const struct topics_view *v, const struct topics_wish *wish,
		struct strbuf *out);

#endif
