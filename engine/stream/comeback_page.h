/* SPDX-License-Identifier: Apache-2.0
 *
 * A page of dead letters on their way back: copies of what the store gave, as messages for the scripts, and
 * what is to become of each letter after the scripts have run. Used by comeback.c only. Owner: the caller;
 * reset and used again. No output is called here.
 */
#ifndef NATMILL_STREAM_COMEBACK_PAGE_H
#define NATMILL_STREAM_COMEBACK_PAGE_H

#include "output/dead.h"
#include "script/host.h"

enum letter_fate {
	FATE_BACK,    /* today's scripts make events of it */
	FATE_IGNORED, /* today's scripts ignore it */
	FATE_AGAIN,   /* dead again, for another reason, which it is kept with unless its store is apart */
	FATE_SAME,    /* dead again for the same reason: left as it is */
	FATE_LOST,    /* today's scripts find no such record or event in the message: left as it is */
	FATE_NOWHERE, /* the output that refused its event is not in the configuration: left as it is */
};

struct page_letter {
	struct stored_letter stored; /* the copy: one block, which begins with at.cluster */
	uint32_t message;            /* in the batch */
	enum letter_fate fate;
	uint32_t events; /* made of it */
	uint32_t deads;
	bool same;          /* one of these is the letter as it stands in the store */
	struct text reason; /* of the last of these, in the batch's arena */
};

struct page {
	struct page_letter *letters; /* in the order of their keys, all of one cluster */
	size_t n;
	size_t max;
	bool apart;    /* letters of a store apart: what is dead again stays there as it is */
	size_t *first; /* for each message of the batch its first letter; one more entry ends them */
	struct dead_key *leaving; /* of the letters that leave the store */
	size_t leaving_count;
	const char **only; /* for each event of the batch the one output it is for; NULL = all */
	size_t only_max;
};

/* Copies a letter; a dead_row_fn. */
void page_add(void *page, const struct stored_letter *letter);

/* Forgets the letters behind the first whose cluster differs. */
void page_cut(struct page *p);

/* Of letters in any order: forgets those that are gone, and of the same letter all but the last written; the
 * rest is in the order of their keys afterwards. */
void page_order(struct page *p, const bool *gone);

/* Fills the empty batch with the messages of the letters. It must take as many messages as there are
 * letters. */
void page_fill(struct page *p, struct host *h, struct batch *b);

/* After the scripts have run: decides what becomes of each letter, and leaves in the batch just the events
 * and dead letters that come of them. has_output says whether an event can go to the output of that name. */
void page_settle(struct page *p, struct batch *b, bool (*has_output)(void *ctx, const char *name), void *ctx);

void page_reset(struct page *p);
void page_free(struct page *p);

#endif
