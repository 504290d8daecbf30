/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the regex_patterns of an old handler as a vendor script. Called by migrate_handler.c.
 */
#ifndef NATMILL_CLI_MIGRATE_SCRIPT_H
#define NATMILL_CLI_MIGRATE_SCRIPT_H

#include "cli/migrate_plan.h"

struct migrate_word {
	const char *word; /* of the line; NULL ends a list */
	const char *meaning;
};

struct migrate_script {
	const char *name; /* of the vendor */
	const char *topic;
	const struct migrate_word *actions;
};

/* Writes vendors/NAME.lua and vendors/NAME.samples into the plan: a rule for each pattern of the list that
 * natmill takes, a comment for each other. */
void migrate_script(struct migrate_plan *p, const struct migrate_script *s, const struct node *patterns);

#endif
