/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts one NATMILL_... variable where it belongs in the tree of settings. Called by envtree, which knows the
 * order and what to say of a variable that belongs nowhere.
 */
#ifndef NATMILL_CONTROL_OVERLAY_H
#define NATMILL_CONTROL_OVERLAY_H

#include <stdbool.h>

#include "base/errlist.h"
#include "base/node.h"
#include "control/envtree.h"
#include "control/section.h"

struct variable {
	const char *name;        /* with the prefix; outlives the tree */
	const char *value;       /* not empty */
	char rest[ENV_NAME_MAX]; /* behind the prefix, lower case */
};

/* False when no option has that name; then root, which is a map, is as before. A value that makes no sense
 * there is an error and true. */
bool overlay_apply(const struct section *sections, struct node *root, const struct variable *var,
		   struct errlist *errs);

#endif
