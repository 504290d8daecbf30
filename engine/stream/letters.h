/* SPDX-License-Identifier: Apache-2.0
 *
 * What delivery does apart for a batch of dead letters that come back: they leave their store, and they move
 * no watermark. Used by deliver.c only.
 */
#ifndef NATMILL_STREAM_LETTERS_H
#define NATMILL_STREAM_LETTERS_H

#include "stream/deliver.h"

/* First of all in the store's transaction: who comes second waits here, and finds the letters gone: FENCED.
 */
void letters_take_out(const struct deliver_return *letters, struct sink *store, struct output_result *r);

/* Before the transaction of an output that takes events only with a move: moves of their partitions from
 * where they stand to the same place. Nothing for other outputs. OK, or RETRY. */
void letters_plan_moves(struct delivery *d, struct sink *s, const struct batch *b, size_t picked,
			size_t *moves, struct output_result *r);

#endif
