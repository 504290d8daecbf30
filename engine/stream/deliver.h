/* SPDX-License-Identifier: Apache-2.0
 *
 * Delivers one batch to every output: begin, write with bisecting, dead letters, commit; retries with backoff
 * until each required output has it, or the work is to be given up. See DESIGN of the guarantee in
 * docs/architecture.md.
 */
#ifndef NATMILL_STREAM_DELIVER_H
#define NATMILL_STREAM_DELIVER_H

#include "event/batch.h"
#include "script/generation.h"
#include "script/host.h"
#include "stream/partitions.h"
#include "stream/sinks.h"
#include "stream/stats.h"

enum deliver_verdict {
	DELIVER_DONE,     /* every required output has the batch; taken and settled have moved */
	DELIVER_GIVEN_UP, /* the wait said so: nothing uncommitted is left behind, the batch will be read
			     again */
	DELIVER_FENCED,   /* another owner has moved the watermark: take up the assignment anew */
};

#define DELIVER_BEST_EFFORT_ATTEMPTS 3

/* Of a batch made of dead letters that come back. Their store comes last of all outputs, so that the letters
 * leave it when every other has the events, together with its own. What is refused is a letter again, however
 * much it is. */
struct deliver_return {
	const struct dead_key *keys; /* these letters are taken out; are they gone, the verdict is FENCED */
	size_t n;
	bool apart; /* another store has them, without transactions: they are noted instead; FENCED if they
		       were */
	const char *const *only; /* for each event of the batch the one output it is for; NULL = all */
};

struct delivery {
	struct sinks *sinks;
	struct partitions *parts;
	struct output_host *host;
	struct worker_stats *stats;
	const struct generation *generation;  /* of the scripts that made the events; NULL unknown */
	struct host *scripts;                 /* knows the filters written in Lua; NULL: no output has one */
	bool (*renew)(struct output_host *h); /* between two attempts: outputs take up new settings; true =
						 some did, so that it is worth an attempt; NULL = never */
	void (*headers)(
		struct message *m); /* fills in the record's headers, for a dead letter; may be NULL */
	const struct deliver_return *letters; /* of this batch; NULL = its messages come from Kafka */
	enum output_identity leave_known;     /* not NONE: events are left out that the output's tables, when
						 they tell events apart so well, have already */
	/* Scratch, kept between batches: */
	uint32_t *pick;
	size_t pick_max;
	struct event *masked; /* the picked events without what a filter hides */
	size_t masked_max;
	struct position *moves;
	size_t moves_max;
};

enum deliver_verdict deliver_batch(struct delivery *d, struct batch *b);
void delivery_free(struct delivery *d);

/* True when so many of n events refused mean that the output refuses, not the data. Pure. */
bool deliver_output_refuses(size_t refused, size_t n);

#endif
