/* SPDX-License-Identifier: Apache-2.0
 *
 * Where dead letters that come back are read from, page by page: the table of the output that keeps them, its
 * keeper, and behind that a store apart, whose letters the keeper notes when they have come back. Used by
 * comeback.c only. Owner: the caller; pages and the store apart are the reader's.
 */
#ifndef NATMILL_STREAM_COMEBACK_READ_H
#define NATMILL_STREAM_COMEBACK_READ_H

#include "stream/comeback.h"

#define COMEBACK_PAGE_LETTERS 1000

struct comeback_reader {
	const struct comeback_config *config;
	struct sinks *sinks; /* the keeper is among them; they may be made anew between two calls */
	size_t left;         /* letters that are still asked for */
	struct page page;    /* without what came back before: may be empty */
	struct page last;    /* holds the last letter of what was read for it */
	struct page behind;  /* holds the letter that the next page begins behind */
	struct sinks apart;  /* the store apart alone */
	struct output_stats apart_stats;
	bool from_apart; /* the page is of the store apart */
	bool some_gone;  /* of whose letters some have come back */
};

/* The rest of the struct is zeroed. 0, or -1 with e. */
int comeback_read_open(struct comeback_reader *re, const struct comeback_config *config, struct sinks *sinks,
		       struct err *e);
void comeback_read_close(struct comeback_reader *re);

/* Fills the page: 1; 0 = there are no more letters; -1 with e. The same page again unless comeback_read_on()
 * was called. */
int comeback_read_page(struct comeback_reader *re, struct err *e);

/* This page is done. */
void comeback_read_on(struct comeback_reader *re);

/* At the end: takes what came back out of the store apart, where it can. They are noted, so it may be done at
 * any time; a failure is told in the log. */
void comeback_read_sweep(struct comeback_reader *re);

/* Ends the work because the host's wait said so: -1 with e. */
int comeback_interrupted(struct err *e);

#endif
