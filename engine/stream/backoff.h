/* SPDX-License-Identifier: Apache-2.0
 *
 * How long to wait before the next attempt: doubling with jitter, bounded. Pure.
 */
#ifndef NATMILL_STREAM_BACKOFF_H
#define NATMILL_STREAM_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 5000

/* attempt: failures so far, from 1. random: any 32 bits. Between half and all of min(FIRST * 2^(attempt-1),
 * MAX). */
int64_t backoff_ms(unsigned attempt, uint32_t random);

#endif
