/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as people write them in a configuration: plain, durations ("250ms"), sizes ("64KiB"). Used
 * by option rows and by scripts' declarations. Texts end with NUL.
 */
#ifndef NATMILL_BASE_QUANTITY_H
#define NATMILL_BASE_QUANTITY_H

#include <stdint.h>

/* Decimal whole number with optional '-'. 0, or -1 when it is none or does not fit. */
int quantity_int(const char *text, int64_t *out);

/* Milliseconds: a whole number and ms, s, m, h or d; a bare 0 is allowed. 0 or -1. */
int quantity_duration(const char *text, int64_t *out);

/* Bytes: a whole number and B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024) or
 * nothing. 0 or -1. */
int quantity_size(const char *text, int64_t *out);

/* The reverse, in the largest unit that gives a whole number: "250ms", "5m", "64KiB", "100MB".
 * Returns buf. */
#define QUANTITY_MAX 32
const char *quantity_duration_text(int64_t ms, char buf[QUANTITY_MAX]);
const char *quantity_size_text(int64_t bytes, char buf[QUANTITY_MAX]);

#endif
