/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the list `outputs` of the old configuration. Called by migrate_general.c.
 */
#ifndef NATMILL_CLI_MIGRATE_OUTPUTS_H
#define NATMILL_CLI_MIGRATE_OUTPUTS_H

#include "cli/migrate_plan.h"

/* The old list (NULL: there is none) to the section outputs of the plan's tree, whose kafka/brokers are there
 * already. */
void migrate_outputs(struct migrate_plan *p, const struct node *old);

#endif
