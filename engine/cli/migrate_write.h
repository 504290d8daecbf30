/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the plan's files into a new folder. Called by cmd_migrate.c.
 */
#ifndef NATMILL_CLI_MIGRATE_WRITE_H
#define NATMILL_CLI_MIGRATE_WRITE_H

#include "cli/migrate_plan.h"

#define MIGRATE_FILE "natmill.yaml"

/* Makes the folder, which must not be there, and writes natmill.yaml and all other files. Adds natmill.yaml
 * and secrets.env to the plan's files. from: the old configuration's name. -1 with e: what was made is taken
 * away. */
int migrate_write(struct migrate_plan *p, const char *folder, const char *from, struct err *e);

#endif
