/* SPDX-License-Identifier: Apache-2.0
 *
 * {word}: up to the next blank, or to the first of the characters that stand directly behind it.
 */
#include "template_help.h"

#define BOTH "{\"type\":\"address-mapping\",\"src_ip\":\"1.1.1.1\",\"x_ip\":\"2.2.2.2\"}"
#define V6 "{\"type\":\"address-mapping\",\"src_ip\":\"2001:db8::1\",\"x_ip\":\"2.2.2.2\"}"

static void before_a_blank(void **state)
{
	static const struct template_case cases[] = {
		{"{src_ip} {word} {x_ip}", ADDRESS, "1.1.1.1  one:  2.2.2.2", BOTH},
		{"{src_ip} {word} {x_ip}", ADDRESS, "1.1.1.1 one two 2.2.2.2", NULL},
		{"{src_ip} {word} {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", NULL},
		{"{src_ip} {x_ip} {word}", ADDRESS, "1.1.1.1 2.2.2.2 x", BOTH},
		{"{src_ip} {x_ip}[ {word}]", ADDRESS, "1.1.1.1 2.2.2.2", BOTH},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void before_characters(void **state)
{
	static const struct template_case cases[] = {
		{"{word}:{src_ip} {x_ip}", ADDRESS, "inside(acl):1.1.1.1 2.2.2.2", BOTH},
		{"{word}:{src_ip} {x_ip}", ADDRESS, "in:2001:db8::1 2.2.2.2", V6},
		{"{word}:{src_ip} {x_ip}", ADDRESS, ":1.1.1.1 2.2.2.2", NULL},
		{"{word}:{src_ip} {x_ip}", ADDRESS, ":2001:db8::1 2.2.2.2", NULL},
		{"{word}:{src_ip} {x_ip}", ADDRESS, "in1.1.1.1 2.2.2.2", NULL},
		{"{src_ip} {word}->{x_ip}", ADDRESS, "1.1.1.1 a-b->2.2.2.2", BOTH},
		{"{src_ip} {word}->{x_ip}", ADDRESS, "1.1.1.1 a- >2.2.2.2", NULL},
		{"[{word}:]{src_ip} {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", BOTH},
		{"[{word}:]{src_ip} {x_ip}", ADDRESS, "in:1.1.1.1 2.2.2.2", BOTH},
		{"{word}:", IGNORE, "in:", "match"},
		{"{word}:", IGNORE, "in", NULL},
	};
	(void)state;
	CHECK_CASES(cases);
}

/* A skip would look for a place further on, where the end of a broken address reads as a whole one. */
static void stays_where_it_ended(void **state)
{
	static const struct template_case cases[] = {
		{"{word}:{src_ip} {x_ip}", ADDRESS, "in:99999:db8::1 2.2.2.2", NULL},
		{"{word}:{src_ip} {x_ip}", ADDRESS, "in 1.1.1.1 out:1.1.1.1 2.2.2.2", NULL},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void families(void **state)
{
	static const struct template_case cases[] = {
		{"{src_ip:v4} {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", BOTH},
		{"{src_ip:v4} {x_ip}", ADDRESS, "2001:db8::1 2.2.2.2", NULL},
		{"{src_ip:v6} {x_ip:v4}", ADDRESS, "2001:db8::1 2.2.2.2", V6},
		{"{src_ip:v6} {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", NULL},
		{"({src_ip:v4}|x) {x_ip}", ADDRESS, "1.1.1.1 2.2.2.2", BOTH},
		{"{src_ip:v6}:{src_port} {x_ip}", PORT, "[2001:db8::1]:7 2.2.2.2",
		 "{\"type\":\"port-mapping\",\"src_ip\":\"2001:db8::1\",\"src_port\":7,\"x_ip\":\"2.2.2."
		 "2\"}"},
		{"{src_ip:v6}:{src_port} {x_ip}", PORT, "1.1.1.1:7 2.2.2.2", NULL},
	};
	(void)state;
	CHECK_CASES(cases);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_a_blank),
		cmocka_unit_test(before_characters),
		cmocka_unit_test(stays_where_it_ended),
		cmocka_unit_test(families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
