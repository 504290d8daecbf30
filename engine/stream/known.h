/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaves out what an output has already, by the identity columns of its tables: for history and dead letters,
 * which no watermark keeps from being stored twice. Used by delivery only.
 */
#ifndef NATMILL_STREAM_KNOWN_H
#define NATMILL_STREAM_KNOWN_H

#include "stream/sinks.h"

/* Within a transaction: takes the events that are there already out of the n picked ones, if the output's
 * tables tell events apart at least so well. r: OK or RETRY. */
void known_leave_out(struct sink *s, enum output_identity least, const struct batch *b, uint32_t *pick,
		     size_t *n, struct output_result *r);

#endif
