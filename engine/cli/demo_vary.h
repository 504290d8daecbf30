/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a sample line into fresh traffic: other addresses, other ports, the rest as it is. Used by natmill
 * demo.
 */
#ifndef NATMILL_CLI_DEMO_VARY_H
#define NATMILL_CLI_DEMO_VARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Adds text to out with each IPv4 address (last two bytes) and each port of four or five digits behind a ':'
 * replaced. What is the same in the text stays the same in the result, so that a destination named twice is
 * one. Port ranges stay. Pure in text and seed. */
void demo_vary(const char *text, size_t n, uint64_t seed, struct strbuf *out);

#endif
