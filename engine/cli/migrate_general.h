/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the old configuration as a whole, file and environment, into a plan. Called by
 * cmd_migrate.c.
 */
#ifndef NATMILL_CLI_MIGRATE_GENERAL_H
#define NATMILL_CLI_MIGRATE_GENERAL_H

#include "cli/migrate_plan.h"

/* file: the old file's tree, NULL when there is none. env: as migrate_env_read() gave it. What is wrong is
 * among the plan's errors. */
void migrate_general(struct migrate_plan *p, const struct node *file, const struct node *env);

#endif
