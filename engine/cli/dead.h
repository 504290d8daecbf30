/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the command `dead` share: cmd_dead.c (arguments), dead_store.c (the store of the
 * configuration, read to its end), dead_show.c (letters as text), dead_count.c (kinds of letters),
 * dead_replay.c.
 */
#ifndef NATMILL_CLI_DEAD_H
#define NATMILL_CLI_DEAD_H

#include "cli/config.h"
#include "output/dead.h"

struct dead_request {
	const char *config;      /* NULL = the usual file */
	struct dead_query query; /* limit 0 = all */
	char *topic;             /* of a letter that was named; owned; the query points to it */
	bool json;
	bool dry_run;
	bool terminal; /* standard output is one: tables with heads, else columns with tabs between them */
};

/* The place of the store among the configuration's sinks; NULL after it has told that there is none that can
 * be read. replay: it must be able to give letters back, too. */
const struct sink_config *dead_store(const struct loaded_config *c, bool replay);

/* Calls row for each letter that the request asks for. brief: without key, value and headers. Exit status. */
int dead_each(const struct sink_config *store, const struct dead_request *request, bool brief,
	      dead_row_fn *row, void *ctx);

/* Adds a text from outside so that it does a terminal no harm and stays in its line: what is no printable
 * UTF-8 is \xNN. */
void dead_add_plain(struct strbuf *out, const char *text, size_t n);

/* "topic/partition/offset/record", as the arguments take it. */
void dead_add_name(struct strbuf *out, const struct dead_key *at);

/* "2025-05-02T11:34:56Z" or "-". */
void dead_add_time(struct strbuf *out, int64_t us);

/* The subcommands; exit status. */
int dead_list(const struct sink_config *store, const struct dead_request *request);
int dead_show(const struct sink_config *store, const struct dead_request *request);
int dead_export(const struct sink_config *store, const struct dead_request *request);
int dead_count(const struct sink_config *store, const struct dead_request *request);
int dead_replay(const struct loaded_config *c, const struct dead_request *request);

/* Kinds of letters: output, vendor and reason, in which what a rule found is left out. */
struct dead_kinds;
struct dead_kinds *dead_kinds_new(void);
void dead_kinds_add(struct dead_kinds *k, const struct stored_letter *letter, const char *reason);
void dead_kinds_print(const struct dead_kinds *k, const struct dead_request *request);
void dead_kinds_free(struct dead_kinds *k);

#endif
