/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the rules drafted for clusters of lines, each tried on the lines of its cluster. What was not
 * sure, or did not read its own lines, is no rule but a question. Owner: the command.
 */
#ifndef NATMILL_CLI_NEW_DRAFT_H
#define NATMILL_CLI_NEW_DRAFT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "event/cluster.h"
#include "event/guess.h"
#include "event/template.h"
#include "event/vocabulary.h"

enum draft_state {
	DRAFT_RULE,
	DRAFT_COVERED, /* an earlier rule reads its lines */
	DRAFT_DOUBTFUL
};

struct draft {
	const struct cluster *cluster;
	struct guess guess;
	enum draft_state state;
	struct strbuf text;        /* the template; may be empty when doubtful */
	struct template *template; /* NULL when it does not compile */
	size_t skips;              /* parts that it skips */
	char why[ERR_MSG_MAX];     /* of a doubtful one: what the engine said; "" = see guess.doubts */
};

struct drafts {
	struct draft *items; /* in the order in which the rules stand in the script */
	size_t count;
	struct vocabulary words; /* with the actions that the lines have */
	bool no_zone;            /* a rule reads a time that tells no zone */
};

/* The set must outlive the drafts. */
void drafts_make(struct drafts *d, const struct cluster_set *set);
void drafts_free(struct drafts *d);

/* The name of the rule in scripts: "session_mapping", "ignore". */
const char *draft_rule(const struct draft *d);

/* Adds the template that the guess makes of the cluster's first line; ignore: just how the line begins.
 * Returns how many parts it skips. */
size_t draft_template(const struct draft *d, bool ignore, struct strbuf *out);

#endif
