/* SPDX-License-Identifier: Apache-2.0
 *
 * One output's part of a batch. Used by deliver.c only; one thread. Order: pick, mask, plan moves, ask; then
 * the attempts.
 */
#ifndef NATMILL_STREAM_SHARE_H
#define NATMILL_STREAM_SHARE_H

#include "stream/deliver.h"

/* One output's part of a batch. */
struct share {
	struct sink *sink;
	size_t place; /* among the sinks; index into taken */
	size_t n;     /* events picked */
	size_t filtered;
	size_t raised; /* a filter written in Lua raised on so many: dead letters */
	bool masked;   /* its filters hide fields: it sees the delivery's masked events */
	size_t move_count;
	uint32_t dead_mark;    /* dead letters before this output's turn */
	uint32_t attempt_mark; /* and with those that its filters raised on: an attempt begins behind them */
	uint32_t arena_mark;   /* what the arena held then */
};

/* The events that the output does not have yet and that its filters let through, into d->pick. */
void share_pick(struct delivery *d, const struct batch *b, struct share *share);

/* Copies of the picked events without the fields that the filters hide, so that no output need know of
 * filters: into d->masked, by the same places. */
void share_mask(struct delivery *d, const struct batch *b, struct share *share);

/* How the watermarks move when this output has the batch: into d->moves. */
void share_plan_moves(struct delivery *d, struct share *share);

/* Asks the output's filters written in Lua of the picked events, once for a batch: they may remember. Events
 * that one raises on become dead letters of the batch. */
void share_ask(struct delivery *d, struct batch *b, struct share *share);

/* The event becomes a dead letter of the batch, for the reason of r. */
void share_refuse(const struct delivery *d, struct batch *b, const struct share *share, enum dead_kind kind,
		  uint32_t event, const struct output_result *r);

#endif
