/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the questions, each with a rule to begin with that is a comment. See new_script.h.
 */
#ifndef NATMILL_CLI_NEW_DOUBT_H
#define NATMILL_CLI_NEW_DOUBT_H

#include "cli/new_draft.h"

/* Adds a block for each doubtful draft; those that differ in a phrase only are one. */
void new_doubts(const char *name, struct drafts *d, struct strbuf *out);

#endif
