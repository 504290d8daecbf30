/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters as JSON, for the stores that keep text. Bytes that are no UTF-8 are written in base64 under
 * the member's name with "_base64" behind it, so the original can always be had back.
 */
#ifndef NATMILL_OUTPUT_LETTER_H
#define NATMILL_OUTPUT_LETTER_H

#include <stdint.h>

#include "base/strbuf.h"
#include "event/batch.h"

/* Adds the whole letter as one JSON object without a line end: identity, reason and where it came from, then
 * the record's own timestamp, key, headers and value. What is unknown or absent is left out. stored_at:
 * microseconds UTC. */
void letter_json(const struct batch *b, const struct dead_letter *d, const char *cluster, int64_t stored_at,
		 struct strbuf *out);

/* Adds the record's headers as a JSON array of {"name", "value"}; nothing when there are none. */
void letter_headers(const struct message *m, struct strbuf *out);

#endif
