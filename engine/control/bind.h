/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole tree into the config struct, section by section. Called by settings. The config struct owns
 * what is put there until bind_free.
 */
#ifndef NATMILL_CONTROL_BIND_H
#define NATMILL_CONTROL_BIND_H

#include "base/node.h"
#include "control/rows.h"
#include "control/section.h"

/* Puts the defaults of the plain sections into the zeroed config struct; entries get theirs when made. */
void bind_defaults(const struct section *sections, void *config);

/* Reads root, which is a map. Every mistake is an error in b->errs. */
void bind_tree(struct binder *b, const struct section *sections, void *config, const struct node *root);

/* Frees every value and entry. */
void bind_free(const struct section *sections, void *config);

#endif
