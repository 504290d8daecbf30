/* SPDX-License-Identifier: Apache-2.0
 *
 * NATMILL_... variables into the tree that the file gave, so that one reader serves both: an option of
 * the environment replaces that of the file and keeps the variable's name as its place. Called by
 * settings.
 */
#ifndef NATMILL_CONTROL_ENVTREE_H
#define NATMILL_CONTROL_ENVTREE_H

#include "base/errlist.h"
#include "base/node.h"
#include "base/option.h"
#include "control/section.h"

#define ENV_PREFIX "NATMILL_"
#define ENV_NAME_MAX 256

/* Changes root, which is a map, by every variable with the prefix; an empty one counts as not set. Variables
 * in allowed (ends with NULL; may be NULL) are left alone, and what Kubernetes sets for services; any other
 * unknown one is an error. names takes the texts that the new nodes have as source: free it after the tree.
 */
void envtree_apply(const struct section *sections, struct node *root, char *const *env,
		   const char *const *allowed, struct texts *names, struct errlist *errs);

/* The variable of an option: section "kafka", option "brokers" give NATMILL_KAFKA_BROKERS. index is what
 * stands for the entry in a list ("0"), NULL elsewhere. option NULL: the whole section. Returns buf. */
const char *envtree_name(const struct section *section, const char *index, const char *option,
			 char buf[ENV_NAME_MAX]);

#endif
