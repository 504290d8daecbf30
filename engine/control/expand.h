/* SPDX-License-Identifier: Apache-2.0
 *
 * ${VAR} in the values of a configuration file. Called by settings on the parsed tree, not on the text:
 * so what a variable holds is always one value and never structure.
 */
#ifndef NATMILL_CONTROL_EXPAND_H
#define NATMILL_CONTROL_EXPAND_H

#include "base/errlist.h"
#include "base/node.h"

/* The value of a variable in NAME=VALUE ... (ends with NULL; may be NULL), or NULL when it is not there. */
const char *expand_getenv(char *const *env, const char *name, size_t len);

/* Replaces ${VAR} and ${VAR:-default} in every scalar below root, keys excepted; $${ is a plain ${. The
 * default serves when the variable is not set or empty. Adds an error for each variable that is not set and
 * has no default. */
void expand_tree(struct node *root, char *const *env, struct errlist *errs);

#endif
