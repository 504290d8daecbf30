/* SPDX-License-Identifier: Apache-2.0
 *
 * A running natmill's answer as a tree, for the commands that show it: unmatched, top. And what they share of
 * reading such trees. The tree belongs to the caller.
 */
#ifndef NATMILL_CLI_ASK_JSON_H
#define NATMILL_CLI_ASK_JSON_H

#include <stdint.h>

#include "base/node.h"
#include "cli/ask.h"

/* GET path with the answer in out, which is reset. -1 with e when nobody answered, or not as hoped. */
int ask_get(const struct ask *a, const char *path, struct strbuf *out, struct err *e);

/* The same as a tree; NULL with e. */
struct node *ask_json(const struct ask *a, const char *path, struct err *e);

/* Members of a tree: the text, "" when it is absent or none; the number, 0 likewise; "true"? map may be NULL.
 */
const char *json_text(const struct node *map, const char *key);
uint64_t json_count(const struct node *map, const char *key);
double json_number(const struct node *map, const char *key);
bool json_true(const struct node *map, const char *key);

#endif
