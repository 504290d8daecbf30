/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text to a tree of nodes, by simdjson: for commands that ask a running natmill and show its answer. Not
 * for the hot path. The tree belongs to the caller.
 */
#ifndef NATMILL_EVENT_JSON_TREE_H
#define NATMILL_EVENT_JSON_TREE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "base/node.h"

#define JSON_TREE_DEPTH_MAX 32

/* The tree, or NULL when the n bytes are no JSON or nested too deeply. Numbers, true and false are scalars
 * with their text; null is one that node_is_null(). A text ends at a NUL byte in it. source names the text in
 * messages and must outlive the tree. */
struct node *json_tree(const char *text, size_t n, const char *source);

#ifdef __cplusplus
}
#endif

#endif
