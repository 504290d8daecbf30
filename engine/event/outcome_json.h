/* SPDX-License-Identifier: Apache-2.0
 *
 * What became of one message, as members of a JSON object: the form of the command-line contract, which
 * natmill try --json and natmill tap share.
 */
#ifndef NATMILL_EVENT_OUTCOME_JSON_H
#define NATMILL_EVENT_OUTCOME_JSON_H

#include "base/strbuf.h"
#include "event/batch.h"

/* "events", "ignored" or "dead", which is what neither gave events nor is ignored. */
const char *outcome_verdict(uint32_t events, const struct dead_letter *dead);

/* Adds `"verdict":"events","events":[...]` of n events of the batch from first on, or `"verdict":"ignored"`;
 * of a dead letter (NULL = there is none) reason, and template and column where known. Where some records of
 * a message gave events and others are dead, the verdict is "events". */
void outcome_json(const struct batch *b, uint32_t first, uint32_t n, const struct dead_letter *dead,
		  struct strbuf *out);

#endif
