/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters that come back: reads them from their store page by page, runs today's scripts over their
 * messages, and delivers the events as a worker does; each letter leaves its store in the transaction in
 * which that store takes the letter's events. A store apart has no transactions: its letters are noted as
 * come back in the transaction of the output that would keep them by default. Called by the command `dead
 * replay`. One thread.
 */
#ifndef NATMILL_STREAM_COMEBACK_H
#define NATMILL_STREAM_COMEBACK_H

#include "script/generation.h"
#include "stream/comeback_page.h"
#include "stream/sinks.h"

struct comeback_config {
	struct generation *generation;
	const struct sink_config *outputs; /* of the configuration; one keeps letters in transactions */
	size_t output_count;
	const struct sink_config *apart; /* the store apart, not among the outputs; NULL = none */
	struct output_host *host;        /* a wait that answers -1 ends the work */
	struct dead_query query;         /* which; after, bytes and brief are not looked at; limit 0 = all */
	bool dry_run;                    /* no output but the store is asked, and nothing is changed */
	/* Told of each letter when its fate is sealed: the reason why it stays, else "". */
	void (*told)(void *ctx, const struct page_letter *letter, const char *reason);
	void *ctx;
};

struct comeback_output {
	const char *name;
	struct output_stats stats;
};

struct comeback_counts {
	uint64_t letters;                            /* looked at */
	uint64_t events;                             /* made of them */
	struct comeback_output outputs[OUTPUTS_MAX]; /* that took part, in the order of delivery */
	size_t output_count;
};

/* 0 when all letters of the query were looked at; -1 with e: an output does not work, or the host's wait said
 * so. Counts hold in both cases. */
int comeback_run(const struct comeback_config *config, struct comeback_counts *counts, struct err *e);

#endif
