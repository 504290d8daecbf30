/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML text to a tree of nodes, by libyaml, within hard limits, so that no file can exhaust the
 * process. Of YAML it takes what a configuration needs: maps, lists, scalars. Aliases, tags and
 * several documents in one file are refused. Used by settings. The tree belongs to the caller.
 */
#ifndef NATMILL_CONTROL_YAML_H
#define NATMILL_CONTROL_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errlist.h"
#include "base/node.h"

#define YAML_MAX_BYTES (1024 * 1024) /* the whole text */
#define YAML_MAX_SCALAR (64 * 1024)  /* bytes of one value */
#define YAML_MAX_DEPTH 16            /* maps and lists inside each other */
#define YAML_MAX_NODES 20000

/* The tree, or NULL with the error ("SOURCE:line:column: ...") added. An empty text is an empty map. A key
 * that comes twice in a map is an error each, the reading goes on. source names the text in
 * messages and must outlive the tree. */
struct node *yaml_parse(const char *text, size_t len, const char *source, struct errlist *errs);

#endif
