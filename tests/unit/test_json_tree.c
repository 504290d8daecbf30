/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as a tree: what a command reads of a running natmill's answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "event/json_tree.h"
#include "guard.h"

static struct node *tree(const char *text)
{
	return json_tree(guard_end(text, strlen(text)), strlen(text), "test");
}

static void all_kinds(void **state)
{
	(void)state;
	struct node *n =
		tree("{\"a\":[1,-2,18446744073709551615,0.5],\"b\":{\"c\":\"x\\u00e9\\n\"},\"t\":true,"
		     "\"f\":false,\"z\":null,\"e\":\"\"}");
	assert_non_null(n);
	const struct node *a = node_get(n, "a");
	assert_int_equal(a->kind, NODE_LIST);
	assert_int_equal(a->n, 4);
	assert_string_equal(a->items[0]->text, "1");
	assert_string_equal(a->items[1]->text, "-2");
	assert_string_equal(a->items[2]->text, "18446744073709551615");
	assert_string_equal(a->items[3]->text, "0.5");
	assert_string_equal(node_get(node_get(n, "b"), "c")->text, "x\xc3\xa9\n");
	assert_string_equal(node_get(n, "t")->text, "true");
	assert_string_equal(node_get(n, "f")->text, "false");
	assert_true(node_is_null(node_get(n, "z")));
	assert_false(node_is_null(node_get(n, "e")));
	assert_null(node_get(n, "none"));
	node_free(n);
}

static void broken_is_nothing(void **state)
{
	(void)state;
	char deep[2 * JSON_TREE_DEPTH_MAX + 4];
	const char *const broken[] = {"", "{", "{}{}", "{\"a\":}", "[1,]", "\"\xff\"", "nul"};
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_null(tree(broken[i]));
	for (int depth = JSON_TREE_DEPTH_MAX - 1; depth <= JSON_TREE_DEPTH_MAX + 1; depth++) {
		memset(deep, '[', (size_t)depth);
		memset(deep + depth, ']', (size_t)depth);
		deep[2 * depth] = '\0';
		struct node *n = tree(deep);
		assert_int_equal(n != NULL, depth <= JSON_TREE_DEPTH_MAX);
		node_free(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(broken_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
