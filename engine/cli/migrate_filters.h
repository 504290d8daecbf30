/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the `preprocessors` of an old output to the `filters` of a new one: the same names and
 * arguments, as far as natmill's own compiler takes them. Called by migrate_outputs.c.
 */
#ifndef NATMILL_CLI_MIGRATE_FILTERS_H
#define NATMILL_CLI_MIGRATE_FILTERS_H

#include "cli/migrate_plan.h"

/* old may be NULL. tables: the output's tables need what every event has. */
void migrate_filters(struct migrate_plan *p, const struct node *old, struct node *new, bool tables);

#endif
