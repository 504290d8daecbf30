/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts to numbers: names before addresses, long prefixes before short ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/by_host.h"

static const char *const keys[] = {
	"10.0.0.0/8",  "10.1.0.0/16",    "10.1.2.3",       "cgn-3",     "2001:db8::/32",
	"2001:db8::1", "192.0.2.128/25", "a10.x/cgn-demo", "0.0.0.0/0",
};

static struct by_host *made(size_t n)
{
	struct by_host *b = by_host_new();
	struct err e = {0};
	for (size_t i = 0; i < n; i++)
		if (by_host_add(b, keys[i], &e) != 0)
			fail_msg("%s", e.msg);
	by_host_seal(b);
	return b;
}

static uint32_t find(const struct by_host *b, const char *address, const char *name)
{
	struct ip ip = {0};
	if (address[0] != '\0')
		assert_int_equal(ip_parse(address, strlen(address), &ip), 0);
	return by_host_find(b, &ip, name, strlen(name));
}

static void finds_the_best(void **state)
{
	(void)state;
	struct by_host *b = made(8);
	assert_int_equal(find(b, "10.200.0.1", ""), 0);
	assert_int_equal(find(b, "10.1.9.9", ""), 1);
	assert_int_equal(find(b, "10.1.2.3", ""), 2);
	assert_int_equal(find(b, "10.1.2.3", "other"), 2);
	assert_int_equal(find(b, "10.1.2.3", "CGN-3"), 3);
	assert_int_equal(find(b, "", "cgn-3"), 3);
	assert_int_equal(find(b, "2001:db8:7::1", ""), 4);
	assert_int_equal(find(b, "2001:db8::1", ""), 5);
	assert_int_equal(find(b, "192.0.2.128", ""), 6);
	assert_int_equal(find(b, "192.0.2.255", ""), 6);
	assert_int_equal(find(b, "", "a10.x/cgn-demo"), 7);
	assert_true(find(b, "192.0.2.127", "") == BY_HOST_NONE);
	assert_true(find(b, "2001:db9::1", "") == BY_HOST_NONE);
	assert_true(find(b, "", "") == BY_HOST_NONE);
	assert_true(find(b, "", "cgn-33") == BY_HOST_NONE);
	char longest[300];
	memset(longest, 'a', sizeof longest);
	assert_true(by_host_find(b, &(struct ip){0}, longest, sizeof longest) == BY_HOST_NONE);
	by_host_free(b);
	b = made(9);
	assert_int_equal(find(b, "192.0.2.127", ""), 8);
	assert_true(find(b, "2001:db9::1", "") == BY_HOST_NONE);
	by_host_free(b);
	b = made(0);
	assert_true(find(b, "192.0.2.127", "x") == BY_HOST_NONE);
	by_host_free(b);
}

static void refuses(void **state)
{
	(void)state;
	static const char *const wrong[][2] = {
		{"10.0.0.0/33", "host '10.0.0.0/33': the length behind / must be from 0 to 32"},
		{"::/129", "host '::/129': the length behind / must be from 0 to 128"},
		{"10.0.0.0/", "host '10.0.0.0/': the length behind / must be from 0 to 32"},
		{"10.0.0.0/x", "host '10.0.0.0/x': the length behind / must be from 0 to 32"},
		{"10.9.2.3/12", "host '10.9.2.3/12' has bits behind its length; write 10.0.0.0/12"},
		{"2001:db8::1/64", "host '2001:db8::1/64' has bits behind its length; write 2001:db8::/64"},
		{"10.0.0", "host '10.0.0' is no IPv4 or IPv6 address or prefix"},
		{"10.0.0.256", "host '10.0.0.256' is no IPv4 or IPv6 address or prefix"},
		{"10.0/16", "host '10.0/16' is no IPv4 or IPv6 address or prefix"},
		{"2001:db8::g", "host '2001:db8::g' is no IPv4 or IPv6 address or prefix"},
		{"", "host '' is no IPv4 or IPv6 address or prefix"},
		{"a b", "host 'a b' is no address, prefix or host name"},
		{"10.1.2.3/32", "host '10.1.2.3/32' stands there twice"},
		{"Cgn-3", "host 'Cgn-3' stands there twice"},
	};
	struct by_host *b = made(8);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = {0};
		assert_int_equal(by_host_add(b, wrong[i][0], &e), -1);
		assert_string_equal(e.msg, wrong[i][1]);
	}
	assert_int_equal(find(b, "10.1.2.3", ""), 2);
	by_host_free(b);
	by_host_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_best),
		cmocka_unit_test(refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
