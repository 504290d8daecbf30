/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: url and headers of an output over HTTP, which may hold secrets anywhere. Called by
 * migrate_outputs.c.
 */
#ifndef NATMILL_CLI_MIGRATE_HTTP_H
#define NATMILL_CLI_MIGRATE_HTTP_H

#include "cli/migrate_plan.h"

/* options: of the old output. name: of the new one. */
void migrate_http(struct migrate_plan *p, const struct node *options, struct node *new, const char *name);

#endif
