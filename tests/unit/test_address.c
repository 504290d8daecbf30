/* SPDX-License-Identifier: Apache-2.0
 *
 * Servers' addresses as users write them, and names by the type of event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output/address.h"
#include "output/by_type.h"

static void addresses(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		const char *port;
		bool local;
	} rows[] = {
		{"localhost", "localhost", "6379", false},
		{"localhost:80", "localhost", "80", false},
		{"10.0.0.1:65535", "10.0.0.1", "65535", false},
		{"[2001:db8::1]", "2001:db8::1", "6379", false},
		{"[2001:db8::1]:7000", "2001:db8::1", "7000", false},
		{"unix:/run/redis.sock", "/run/redis.sock", "", true},
		{"/run/redis.sock", "/run/redis.sock", "", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct address a;
		struct err e = {0};
		if (address_parse(rows[i].text, "6379", &a, &e) != 0)
			fail_msg("%s: %s", rows[i].text, e.msg);
		assert_string_equal(a.host, rows[i].host);
		assert_string_equal(a.port, rows[i].port);
		assert_int_equal(a.local, rows[i].local);
	}
}

static void wrong_addresses(void **state)
{
	char longest[ADDRESS_HOST_MAX + 1];
	memset(longest, 'h', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	const char *const texts[] = {"",          ":80",       "host:",    "host:0", "host:65536",
				     "host:http", "host:80:1", "host: 80", "a b",    "[::1",
				     "[]:80",     "[::1]80",   "::1:80",   "unix:",  "unix:path",
				     "host:-80",  longest};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct address a;
		struct err e = {0};
		if (address_parse(texts[i], "6379", &a, &e) == 0)
			fail_msg("'%s' is taken as %s port %s", texts[i], a.host, a.port);
		assert_non_null(strstr(e.msg, "address must be like"));
	}
}

static void names_by_default(void **state)
{
	struct by_type t;
	struct text_map none = {NULL, 0};
	struct err e;
	(void)state;
	assert_int_equal(by_type_fill(&t, "cgnat.events", '.', &none, "keys", &e), 0);
	assert_string_equal(t.names[EVENT_SESSION], "cgnat.events.sessionmapping");
	assert_string_equal(t.names[EVENT_PORT], "cgnat.events.portmapping");
	assert_string_equal(t.names[EVENT_PORT_BLOCK], "cgnat.events.portblockmapping");
	assert_string_equal(t.names[EVENT_ADDRESS], "cgnat.events.addressmapping");
	by_type_free(&t);
}

static void names_of_a_map(void **state)
{
	char keys[][24] = {"session-mapping", "port_mapping", "PORTBLOCKMAPPING"};
	char values[][4] = {"s", "p", "b"};
	struct text_pair pairs[] = {{keys[0], values[0]}, {keys[1], values[1]}, {keys[2], values[2]}};
	struct text_map map = {pairs, 3};
	struct by_type t;
	struct err e;
	(void)state;
	assert_int_equal(by_type_fill(&t, "base", '.', &map, "keys", &e), 0);
	assert_string_equal(t.names[EVENT_SESSION], "s");
	assert_string_equal(t.names[EVENT_PORT], "p");
	assert_string_equal(t.names[EVENT_PORT_BLOCK], "b");
	assert_string_equal(t.names[EVENT_ADDRESS], "base");
	by_type_free(&t);
	memcpy(keys[1], "port-mappings-of-a-long", sizeof keys[1]);
	assert_int_equal(by_type_fill(&t, "base", '.', &map, "keys", &e), -1);
	assert_non_null(strstr(e.msg, "keys: 'port-mappings-of-a-long' is no type of event"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(wrong_addresses),
		cmocka_unit_test(names_by_default),
		cmocka_unit_test(names_of_a_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
