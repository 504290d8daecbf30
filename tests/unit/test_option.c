/* SPDX-License-Identifier: Apache-2.0
 *
 * Option rows: each type from text, its refusals, defaults, comparing; and the numbers with units.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/node.h"
#include "base/option.h"
#include "base/quantity.h"
#include "base/secret.h"

struct values {
	char *text;
	int64_t number;
	bool yes;
	int64_t wait;
	int64_t size;
	int choice;
	struct secret secret;
	struct texts texts;
	struct text_map map;
	const struct node *node;
	int unset;
};

#define AT(field) .offset = offsetof(struct values, field)

static const struct option rows[] = {
	{.name = "text", .type = OPTION_TEXT, AT(text), .fallback = "hello"},
	{.name = "number", .type = OPTION_INT, AT(number), .fallback = "4", .min = -5, .max = 64},
	{.name = "yes", .type = OPTION_BOOL, AT(yes), .fallback = "true"},
	{.name = "wait", .type = OPTION_DURATION, AT(wait), .fallback = "250ms", .min = 10, .max = 3600000},
	{.name = "size", .type = OPTION_SIZE, AT(size), .fallback = "64KiB", .min = 1000, .max = INT64_MAX},
	{.name = "choice", .type = OPTION_CHOICE, AT(choice), .fallback = "two", .choices = "one|two|three"},
	{.name = "secret", .type = OPTION_SECRET, AT(secret), .required = true},
	{.name = "texts", .type = OPTION_TEXTS, AT(texts), .fallback = "a, b"},
	{.name = "map", .type = OPTION_MAP, AT(map)},
	{.name = "node", .type = OPTION_NODE, AT(node)},
	{.name = "unset", .type = OPTION_CHOICE, AT(unset), .choices = "x|y"},
	{0},
};

static int setup(void **state)
{
	struct values *v = calloc(1, sizeof *v);
	option_defaults(rows, v);
	*state = v;
	return v == NULL;
}

static int teardown(void **state)
{
	option_free(rows, *state);
	free(*state);
	return 0;
}

static int set(struct values *v, const char *name, const char *text)
{
	return option_set(option_find(rows, name), v, text, NULL);
}

static void refused(struct values *v, const char *name, const char *text, const char *message)
{
	struct err e = {0};
	assert_int_equal(option_set(option_find(rows, name), v, text, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.msg, message);
}

static void defaults_are_set(void **state)
{
	const struct values *v = *state;
	assert_string_equal(v->text, "hello");
	assert_int_equal(v->number, 4);
	assert_true(v->yes);
	assert_int_equal(v->wait, 250);
	assert_int_equal(v->size, 65536);
	assert_int_equal(v->choice, 1);
	assert_null(v->secret.text);
	assert_int_equal(v->texts.n, 2);
	assert_string_equal(v->texts.items[0], "a");
	assert_string_equal(v->texts.items[1], "b");
	assert_int_equal(v->map.n, 0);
	assert_int_equal(v->unset, -1);
}

static void values_are_set(void **state)
{
	struct values *v = *state;
	assert_int_equal(set(v, "text", ""), 0);
	assert_string_equal(v->text, "");
	assert_int_equal(set(v, "number", "-5"), 0);
	assert_int_equal(v->number, -5);
	assert_int_equal(set(v, "yes", "false"), 0);
	assert_false(v->yes);
	assert_int_equal(set(v, "wait", "1h"), 0);
	assert_int_equal(v->wait, 3600000);
	assert_int_equal(set(v, "choice", "three"), 0);
	assert_int_equal(v->choice, 2);
	assert_int_equal(set(v, "texts", " x ,, y z ,"), 0);
	assert_int_equal(v->texts.n, 2);
	assert_string_equal(v->texts.items[0], "x");
	assert_string_equal(v->texts.items[1], "y z");
	assert_int_equal(set(v, "texts", ""), 0);
	assert_int_equal(v->texts.n, 0);
}

static void wrong_values_are_refused(void **state)
{
	struct values *v = *state;
	refused(v, "number", "65", "must be from -5 to 64, is '65'");
	refused(v, "number", "-6", "must be from -5 to 64, is '-6'");
	refused(v, "number", "4x", "must be a whole number, is '4x'");
	refused(v, "number", "", "must be a whole number, is ''");
	refused(v, "number", "99999999999999999999", "must be a whole number, is '99999999999999999999'");
	refused(v, "yes", "yes", "must be true or false, is 'yes'");
	refused(v, "wait", "5", "must be a duration such as 250ms, 5s, 2m, 1h or 7d, is '5'");
	refused(v, "wait", "9ms", "must be from 10ms to 1h, is '9ms'");
	refused(v, "size", "1 kilo", "must be a size such as 64KiB, 100MB or 1GB, is '1 kilo'");
	refused(v, "size", "999", "must be at least 1KB, is '999'");
	refused(v, "choice", "on", "must be one of one, two, three, is 'on'");
	refused(v, "choice", "one|two", "must be one of one, two, three, is 'one|two'");
	refused(v, "secret", "", "must not be empty");
	refused(v, "map", "x", "must be a map or a list, is a single value");
	assert_int_equal(v->number, 4); /* and the former value stays */
	assert_int_equal(v->choice, 1);
}

static void messages_are_harmless(void **state)
{
	struct values *v = *state;
	refused(v, "number", "\033[2J\r", "must be a whole number, is '?[2J?'");
	refused(v, "number", "123456789012345678901234567890123456789\xc3\xa4 and more",
		"must be a whole number, is '123456789012345678901234567890123456789...'");
}

static void maps_keep_one_value_a_key(void **state)
{
	struct values *v = *state;
	const struct option *row = option_find(rows, "map");
	option_put(row, v, "a", "1");
	option_put(row, v, "b", "2");
	option_put(row, v, "a", "3");
	assert_int_equal(v->map.n, 2);
	assert_string_equal(text_map_get(&v->map, "a"), "3");
	assert_null(text_map_get(&v->map, "c"));
}

static void equal_means_equal(void **state)
{
	struct values *v = *state;
	struct values other = {0};
	option_defaults(rows, &other);
	for (const struct option *row = rows; row->name != NULL; row++)
		assert_true(option_equal(row, v, &other));
	static const char *const changes[][2] = {{"text", "x"},   {"number", "5"},   {"yes", "false"},
						 {"wait", "1s"},  {"size", "1KB"},   {"choice", "one"},
						 {"secret", "s"}, {"texts", "a, c"}, {"unset", "y"}};
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		set(&other, changes[i][0], changes[i][1]);
		assert_false(option_equal(option_find(rows, changes[i][0]), v, &other));
	}
	const struct option *map = option_find(rows, "map");
	option_put(map, v, "a", "1");
	option_put(map, v, "b", "2");
	option_put(map, &other, "b", "2");
	option_put(map, &other, "a", "1");
	assert_true(option_equal(map, v, &other)); /* in any order */
	option_put(map, &other, "a", "x");
	assert_false(option_equal(map, v, &other));
	struct node *node = node_scalar("test", "a", 1);
	option_set_node(option_find(rows, "node"), &other, node);
	assert_false(option_equal(option_find(rows, "node"), v, &other));
	option_free(rows, &other);
	node_free(node);
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"0", 0},       {"0ms", 0},      {"1ms", 1},        {"5s", 5000},
		    {"2m", 120000}, {"1h", 3600000}, {"7d", 604800000}, {"10 s", 10000}};
	static const char *const bad[] = {"",     "1",   "-1s",
					  "1.5s", "s",   "1 hour",
					  "5S",   "1s ", "99999999999999999d"};
	char buf[QUANTITY_MAX];
	int64_t out = 0;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(quantity_duration(good[i].text, &out), 0);
		assert_int_equal(out, good[i].ms);
		int64_t again = -1;
		assert_int_equal(quantity_duration(quantity_duration_text(out, buf), &again), 0);
		assert_int_equal(again, out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(quantity_duration(bad[i], &out), -1);
}

static void sizes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {{"0", 0},
		    {"4096", 4096},
		    {"7B", 7},
		    {"64KiB", 65536},
		    {"1kB", 1000},
		    {"100MB", 100000000},
		    {"2 GiB", 2147483648},
		    {"1TB", 1000000000000}};
	static const char *const bad[] = {"",    "-1",    "MB",         "1M",
					  "1mb", "1.5GB", "9999999TiB", "9223372036854775808"};
	char buf[QUANTITY_MAX];
	int64_t out = 0;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(quantity_size(good[i].text, &out), 0);
		assert_int_equal(out, good[i].bytes);
		int64_t again = -1;
		assert_int_equal(quantity_size(quantity_size_text(out, buf), &again), 0);
		assert_int_equal(again, out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(quantity_size(bad[i], &out), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_are_set, setup, teardown),
		cmocka_unit_test_setup_teardown(values_are_set, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_values_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_are_harmless, setup, teardown),
		cmocka_unit_test_setup_teardown(maps_keep_one_value_a_key, setup, teardown),
		cmocka_unit_test_setup_teardown(equal_means_equal, setup, teardown),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
