/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the command `dead` share: cmd_dead.c (arguments), dead_store.c (the stores of the
 * configuration), dead_read.c (read to their ends), dead_show.c (letters as text), dead_count.c (kinds of
 * letters), dead_replay.c.
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

/* Where a configuration keeps dead letters. The keeper is an output that can do it in its transactions; it
 * also notes which letters of a store apart came back, and keeps what is left of these. */
struct dead_stores {
	struct sink_config keeper;               /* type NULL = none */
	struct sink_config apart;                /* a file, a topic; type NULL = none */
	struct sink_config outputs[OUTPUTS_MAX]; /* all sinks but the store apart */
	size_t output_count;
};

/* 0, or the exit status after it has told that there is none. replay: there must be a keeper. */
int dead_find_stores(struct dead_stores *s, const struct loaded_config *c, bool replay);

/* Calls row for each letter that the request asks for, but those of a store apart that came back. brief:
 * without key, value and headers. Exit status. */
int dead_each(const struct dead_stores *stores, const struct dead_request *request, bool brief,
	      dead_row_fn *row, void *ctx);

/* Adds a text from outside so that it does a terminal no harm and stays in its line: what is no printable
 * UTF-8 is \xNN. */
void dead_add_plain(struct strbuf *out, const char *text, size_t n);

/* "topic/partition/offset/record", as the arguments take it. */
void dead_add_name(struct strbuf *out, const struct dead_key *at);

/* "2025-05-02T11:34:56Z" or "-". */
void dead_add_time(struct strbuf *out, int64_t us);

/* The subcommands; exit status. */
int dead_list(const struct dead_stores *stores, const struct dead_request *request);
int dead_show(const struct dead_stores *stores, const struct dead_request *request);
int dead_export(const struct dead_stores *stores, const struct dead_request *request);
int dead_count(const struct dead_stores *stores, const struct dead_request *request);
int dead_replay(const struct loaded_config *c, const struct dead_stores *stores,
		const struct dead_request *request);

/* Kinds of letters: output, vendor and reason, in which what a rule found is left out. */
struct dead_kinds;
struct dead_kinds *dead_kinds_new(void);
void dead_kinds_add(struct dead_kinds *k, const struct stored_letter *letter, const char *reason);
void dead_kinds_print(const struct dead_kinds *k, const struct dead_request *request);
void dead_kinds_free(struct dead_kinds *k);

#endif
