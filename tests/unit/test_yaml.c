/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML to nodes: places, and every kind of hostile text within its limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "control/yaml.h"

static void where_is(const struct node *node, const char *expected)
{
	char where[NODE_WHERE_MAX];
	assert_non_null(node);
	assert_string_equal(node_where(node, where), expected);
}

static void refused_bytes(const char *text, size_t len, const char *message)
{
	struct errlist errs = {0};
	struct node *node = yaml_parse(text, len, "f.yaml", &errs);
	assert_int_equal(errs.n, 1);
	assert_string_equal(errs.items[0].msg, message);
	assert_int_equal(errs.items[0].code, ERR_CONFIG);
	node_free(node);
	errlist_free(&errs);
}

static void refused(const char *text, const char *message)
{
	refused_bytes(text, strlen(text), message);
}

static void tree_and_places(void **state)
{
	(void)state;
	const char *text = "# first\n"
			   "kafka:\n"
			   "  brokers: \"localhost:9094\"\n"
			   "  properties: { a.b: 1, \xc3\xa4: ~ }\n"
			   "list:\n"
			   "- x\n"
			   "- [y, 'z']\n"
			   "none:\n";
	struct errlist errs = {0};
	struct node *root = yaml_parse(text, strlen(text), "f.yaml", &errs);
	assert_int_equal(errs.n, 0);
	where_is(root, "f.yaml:2:1");
	const struct node *brokers = node_get(node_get(root, "kafka"), "brokers");
	where_is(brokers, "f.yaml:3:12");
	assert_string_equal(brokers->text, "localhost:9094");
	assert_false(brokers->plain);
	const struct node *properties = node_get(node_get(root, "kafka"), "properties");
	where_is(node_get(properties, "a.b"), "f.yaml:4:22");
	where_is(node_get(properties, "\xc3\xa4"), "f.yaml:4:28"); /* columns count characters */
	assert_true(node_is_null(node_get(properties, "\xc3\xa4")));
	const struct node *list = node_get(root, "list");
	assert_int_equal(list->n, 2);
	where_is(list->items[1]->items[1], "f.yaml:7:7");
	assert_false(node_is_null(list->items[1]->items[1]));
	assert_true(node_is_null(node_get(root, "none")));
	assert_null(node_get(root, "nothing"));
	assert_null(node_get(list, "x"));
	node_free(root);
}

static void nothing_is_an_empty_map(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "\n\n", "# only a comment\n", "\xef\xbb\xbf"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct errlist errs = {0};
		struct node *root = yaml_parse(texts[i], strlen(texts[i]), "f.yaml", &errs);
		assert_int_equal(errs.n, 0);
		assert_int_equal(root->kind, NODE_MAP);
		assert_int_equal(root->n, 0);
		node_free(root);
	}
}

static void broken_yaml(void **state)
{
	(void)state;
	refused("a: b: c\n", "f.yaml:1:5: not valid YAML: mapping values are not allowed in this context");
	refused("a: 1\n\tb: 2\n",
		"f.yaml:2:1: not valid YAML: found a tab character that violates indentation while "
		"scanning a plain scalar");
	refused("a: [1, 2\nb: 3\n",
		"f.yaml:2:2: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence");
	refused("a: \"open\n",
		"f.yaml:2:1: not valid YAML: found unexpected end of stream while scanning a quoted "
		"scalar");
	refused_bytes("a: 1\nb: \xff\xfe\n", 11,
		      "f.yaml:2: not valid YAML: invalid leading UTF-8 octet (byte 9 of the text)");
	refused_bytes("a: x\0y\n", 7,
		      "f.yaml:1: not valid YAML: control characters are not allowed (byte 5 of the text)");
}

static void refused_parts_of_yaml(void **state)
{
	(void)state;
	refused("a: &x 1\nb: *x\n", "f.yaml:2:4: an alias (*name) is not supported; write the value out");
	refused("a: !!str 1\n", "f.yaml:1:4: a tag (!...) is not supported; remove it");
	refused("a: !secret [1]\n", "f.yaml:1:4: a tag (!...) is not supported; remove it");
	refused("a: !!map {}\n", "f.yaml:1:4: a tag (!...) is not supported; remove it");
	refused("a: 1\n---\nb: 2\n", "f.yaml:2:1: only one document is allowed in a file");
	refused("a: \"x\\0y\"\n", "f.yaml:1:4: a value must not contain a NUL byte");
	refused("{ [a]: 1 }\n", "f.yaml:1:3: a key must be a plain text");
	refused("k: 1\nx: 2\nk: 3\n", "f.yaml:3:1: key 'k' is given twice; remove one");
	refused("? {a: {b: c}}\n: x\n", "f.yaml:1:3: a key must be a plain text");
}

static void billion_laughs(void **state)
{
	(void)state;
	struct strbuf text = {0};
	strbuf_adds(&text, "a0: &a0 [lol, lol, lol]\n");
	for (int i = 1; i < 30; i++)
		strbuf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
	refused(text.data, "f.yaml:2:10: an alias (*name) is not supported; write the value out");
	strbuf_free(&text);
}

static void deep_nesting(void **state)
{
	(void)state;
	struct strbuf text = {0};
	for (int i = 0; i < YAML_MAX_DEPTH; i++)
		strbuf_addc(&text, '[');
	for (int i = 0; i < YAML_MAX_DEPTH; i++)
		strbuf_addc(&text, ']');
	struct errlist errs = {0};
	struct node *root = yaml_parse(text.data, text.len, "f.yaml", &errs);
	assert_non_null(root);
	node_free(root);
	strbuf_reset(&text);
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&text, '[');
	refused(text.data, "f.yaml:1:17: maps and lists are nested too deeply");
	strbuf_reset(&text);
	for (int i = 0; i < 100000; i++)
		strbuf_adds(&text, "{a: ");
	refused(text.data, "f.yaml:1:65: maps and lists are nested too deeply");
	strbuf_free(&text);
}

static void large_texts(void **state)
{
	(void)state;
	struct strbuf text = {0};
	strbuf_adds(&text, "a: ");
	memset(strbuf_reserve(&text, 10000000), 'x', 10000000);
	text.len = 3 + YAML_MAX_SCALAR;
	struct errlist errs = {0};
	struct node *root = yaml_parse(text.data, text.len, "f.yaml", &errs);
	assert_non_null(root);
	node_free(root);
	refused_bytes(text.data, text.len + 1, "f.yaml:1:4: this value is too long");
	refused_bytes(text.data, 10000000, "f.yaml: larger than 1048576 bytes");
	strbuf_reset(&text);
	strbuf_adds(&text, "a: [");
	for (int i = 0; i < YAML_MAX_NODES; i++)
		strbuf_adds(&text, "1,");
	refused_bytes(text.data, text.len, "f.yaml:1:39999: too many values in one file");
	strbuf_free(&text);
}

/* Every prefix of a text that uses everything ends without a leak or a read past its end. */
static void any_end(void **state)
{
	(void)state;
	const char *text =
		"a: {b: [1, \"x\\u00e4\", 'y'], c: |\n  block\n  more\n}\n? d\n: - e\n  - &f ${X}\n";
	for (size_t n = 0; n <= strlen(text); n++) {
		char *copy = malloc(n > 0 ? n : 1); /* exactly n bytes, for the address sanitizer */
		assert_non_null(copy);
		memcpy(copy, text, n);
		struct errlist errs = {0};
		node_free(yaml_parse(copy, n, "f.yaml", &errs));
		errlist_free(&errs);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_and_places), cmocka_unit_test(nothing_is_an_empty_map),
		cmocka_unit_test(broken_yaml),     cmocka_unit_test(refused_parts_of_yaml),
		cmocka_unit_test(billion_laughs),  cmocka_unit_test(deep_nesting),
		cmocka_unit_test(large_texts),     cmocka_unit_test(any_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
