/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8, as far as natmill must know it: is this byte sequence well-formed (RFC 3629)?
 */
#ifndef NATMILL_BASE_UTF8_H
#define NATMILL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length (1..4) of the well-formed sequence at s, 0 if there is none within n bytes. n > 0. */
size_t utf8_sequence(const char *s, size_t n);

/* True when all n bytes are well-formed UTF-8. n = 0 is. */
bool utf8_valid(const char *s, size_t n);

#endif
