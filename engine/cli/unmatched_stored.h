/* SPDX-License-Identifier: Apache-2.0
 *
 * Unmatched lines out of the dead letters that a configuration keeps: what natmill unmatched --stored tells.
 * Called by cmd_unmatched.c; keeps nothing. One thread.
 */
#ifndef NATMILL_CLI_UNMATCHED_STORED_H
#define NATMILL_CLI_UNMATCHED_STORED_H

#include <stdint.h>

#include "cli/dead.h"
#include "stream/unmatched.h"

/* Runs the messages of the letters that the request asks for through today's scripts, and adds to out what is
 * unmatched still: as unmatched_json() does, or, with examples, as unmatched_examples(). Letters are read
 * page by page; memory does not grow with their number. Exit status, after it has told why it is none. */
int unmatched_stored(const struct dead_request *request, const struct unmatched_query *q, bool examples,
		     struct strbuf *out);

#endif
