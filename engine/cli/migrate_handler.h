/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the section `handler` of the old configuration: topics, scripts, patterns. Called by
 * migrate_general.c.
 */
#ifndef NATMILL_CLI_MIGRATE_HANDLER_H
#define NATMILL_CLI_MIGRATE_HANDLER_H

#include "cli/migrate_plan.h"

/* The old section (NULL: there is none) to `topics`, `vendors` and scripts of the plan. */
void migrate_handler(struct migrate_plan *p, const struct node *old);

#endif
