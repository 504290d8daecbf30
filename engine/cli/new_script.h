/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the script and the samples as text. The reader is a network engineer who has never seen Lua,
 * so both explain themselves. The caller owns the strings.
 */
#ifndef NATMILL_CLI_NEW_SCRIPT_H
#define NATMILL_CLI_NEW_SCRIPT_H

#include "cli/new_draft.h"
#include "cli/new_form.h"
#include "script/host.h"

/* What was read of standard input. */
struct new_input {
	uint64_t lines;
	uint64_t unreadable; /* too long, not text, a broken envelope */
	uint64_t refused;    /* of further shapes than are looked at */
	const struct new_header *header;
};

/* A script and samples to start from, where there are no lines. */
void new_skeleton(const char *name, struct strbuf *script, struct strbuf *samples);

/* Adds the script. */
void new_script(const char *name, struct drafts *d, const struct new_input *in, struct strbuf *out);

/* Adds the samples: some lines of each rule with what the host gives for them, those of questions as
 * comments. 0, or -1 when the host is broken. */
int new_samples(const char *name, const struct drafts *d, const struct new_input *in, struct host *h,
		struct strbuf *out, struct err *e);

#endif
