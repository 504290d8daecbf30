/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks and reads the JSON that comes; see ask_json.h.
 */
#include "cli/ask_json.h"

#include <stdlib.h>
#include <string.h>

#include "event/json_tree.h"

#define STATUS_OK 200
#define STATUS_NOT_FOUND 404

int ask_get(const struct ask *a, const char *path, struct strbuf *out, struct err *e)
{
	long status;
	strbuf_reset(out);
	if (ask_text(a, "GET", path, out, &status, e) != 0)
		return -1;
	if (status == STATUS_OK)
		return 0;
	if (status == STATUS_NOT_FOUND)
		return err_set(e, ERR_SYSTEM, "the natmill that runs is older than this one: start it anew");
	int len = (int)strcspn(out->len > 0 ? out->data : "", "\n");
	return err_set(e, ERR_SYSTEM, "natmill refused it: %.*s", len, out->len > 0 ? out->data : "");
}

struct node *ask_json(const struct ask *a, const char *path, struct err *e)
{
	struct strbuf text = {0};
	struct node *tree = NULL;
	if (ask_get(a, path, &text, e) == 0) {
		tree = json_tree(text.len > 0 ? text.data : "", text.len, "natmill");
		if (tree == NULL)
			err_set(e, ERR_SYSTEM, "natmill's answer is no JSON: is it another version's?");
	}
	strbuf_free(&text);
	return tree;
}

const char *json_text(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);
	return n != NULL && n->kind == NODE_SCALAR ? n->text : "";
}

uint64_t json_count(const struct node *map, const char *key)
{
	return strtoull(json_text(map, key), NULL, 10);
}

double json_number(const struct node *map, const char *key)
{
	return strtod(json_text(map, key), NULL);
}

bool json_true(const struct node *map, const char *key)
{
	return strcmp(json_text(map, key), "true") == 0;
}
