/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters in the log: where each is from and why nothing became of it. Called by the worker when a
 * batch is settled; on its thread.
 */
#ifndef NATMILL_STREAM_LETTERS_TELL_H
#define NATMILL_STREAM_LETTERS_TELL_H

#include "event/batch.h"

/* A line for each dead letter of the batch as far as the log's rate allows; the others are counted there. */
void letters_tell(const struct batch *b);

/* Where a message is from, for log lines: "topic T partition P offset N from DEVICE". The device is the
 * address, else the name that its envelope tells, "?" when there is none. Returns buf. */
#define LETTERS_ORIGIN_MAX 512
const char *letters_origin(const struct message *m, char buf[LETTERS_ORIGIN_MAX]);

#endif
