/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a tree as YAML that people read and change on. Called by migrate_write.c. Pure.
 */
#ifndef NATMILL_CLI_MIGRATE_YAML_H
#define NATMILL_CLI_MIGRATE_YAML_H

#include "base/node.h"
#include "base/strbuf.h"

/* Appends the map as block YAML; maps and lists within a list called `filters`, lists of texts, and what is
 * empty as flow. What yaml_parse() makes of it equals the tree. */
void migrate_yaml(const struct node *map, struct strbuf *out);

#endif
