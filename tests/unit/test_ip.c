/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses: what is read, what is refused, what is written, and that no byte too many is looked at.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event/ip.h"
#include "guard.h"

/* Text, bytes that belong to the address, its canonical form. */
static const struct {
	const char *text;
	size_t used;
	const char *canonical;
} good[] = {
	{"10.0.0.1", 8, "10.0.0.1"},
	{"0.0.0.0", 7, "0.0.0.0"},
	{"255.255.255.255", 15, "255.255.255.255"},
	{"10.0.0.1:57938 EXT", 8, "10.0.0.1"},
	{"10.0.0.1%0:4000", 8, "10.0.0.1"},
	{"10.0.0.1/32", 8, "10.0.0.1"},
	{"10.0.0.1->", 8, "10.0.0.1"},
	{"10.0.0.1. Then", 8, "10.0.0.1"},
	{"10.0.0.1.", 8, "10.0.0.1"},
	{"100.64.9.250]", 12, "100.64.9.250"},
	{"::", 2, "::"},
	{"::1", 3, "::1"},
	{"1::", 3, "1::"},
	{"fe80::1%eth0", 7, "fe80::1"},
	{"1::2:80", 7, "1::2:80"},
	{"2001:db8::1: text", 11, "2001:db8::1"},
	{"2001:db8::1:", 11, "2001:db8::1"},
	{"2001:DB8:0000:0000:0000:0000:0000:0002/57964", 38, "2001:db8::2"},
	{"3002:0:0:0:0:0:0:1 -> 33.33.0.3", 18, "3002::1"},
	{"64:ff9b::c000:205#80", 17, "64:ff9b::c000:205"},
	{"1:2:3:4:5:6:7:8", 15, "1:2:3:4:5:6:7:8"},
	{"1:2:3:4:5:6:7::", 15, "1:2:3:4:5:6:7:0"},
	{"::2:3:4:5:6:7:8", 15, "0:2:3:4:5:6:7:8"},
	{"1:0:0:2:0:0:0:3", 15, "1:0:0:2::3"},
	{"1:0:0:2:3:0:0:4", 15, "1::2:3:0:0:4"},
	{"0:0:1::", 7, "0:0:1::"},
	{"1:0:2:3:4:5:6:7", 15, "1:0:2:3:4:5:6:7"},
	{"::ffff:1.2.3.4", 14, "::ffff:1.2.3.4"},
	{"::ffff:0102:0304", 16, "::ffff:1.2.3.4"},
	{"::1.2.3.4", 9, "::102:304"},
	{"1:2:3:4:5:6:1.2.3.4 x", 19, "1:2:3:4:5:6:102:304"},
	{"64:ff9b::192.0.2.33", 19, "64:ff9b::c000:221"},
};

static const char *const bad[] = {
	"",
	"1",
	"1.2.3",
	"1.2.3.",
	"1.2.3.256",
	"1.2.3.999",
	"1.2.3.1000",
	"010.1.1.1",
	"1.02.3.4",
	"00.1.1.1",
	"1.2.3.4.5",
	"1.2.3.4x",
	"1.2.3.4a",
	"1..2.3",
	".1.2.3.4",
	" 1.2.3.4",
	"-1.2.3.4",
	"+1.2.3.4",
	"1.2.3.x",
	"1,2,3,4",
	"0x1.2.3.4",
	"1.2.3.04",
	"11:34:56",
	":",
	":1",
	"1:2",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7:8::",
	"1::2:3:4:5:6:7:8",
	"1::2::3",
	":::1",
	"1:::2",
	"12345::",
	"::12345",
	"2001::2:54045",
	"::g",
	"1::2g",
	"::1.2.3",
	"::1.2.3.4.5",
	"::1.2.3.256",
	"::1.2.3.4:5",
	"1:2:3:4:5:6:7:1.2.3.4",
	"::ffff:01.2.3.4",
	"g::1",
	"[::1]",
	"NAT",
	"face",
};

static void reads_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct ip ip;
		char text[IP_TEXT_MAX];
		size_t n = strlen(good[i].text);
		assert_int_equal(ip_read(good[i].text, n, &ip), good[i].used);
		assert_int_equal(ip_format(&ip, text), strlen(good[i].canonical));
		assert_string_equal(text, good[i].canonical);
		assert_int_equal(ip_parse(good[i].text, n, &ip), good[i].used == n ? 0 : -1);
	}
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct ip ip = {.family = 9, .bytes = {7}};
		size_t n = strlen(bad[i]);
		if (ip_read(bad[i], n, &ip) != 0)
			fail_msg("read `%s`", bad[i]);
		assert_int_equal(ip_parse(bad[i], n, &ip), -1);
		assert_int_equal(ip.family, 9); /* untouched */
		assert_int_equal(ip.bytes[0], 7);
	}
}

/* Every cut of every text, at both guard pages; what is read must lie within the cut. */
static void never_reads_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		for (size_t n = 0; n <= strlen(good[i].text); n++) {
			struct ip ip;
			assert_true(ip_read(guard_end(good[i].text, n), n, &ip) <= n);
			assert_true(ip_read(guard_begin(good[i].text, n), n, &ip) <= n);
		}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (size_t n = 0; n <= strlen(bad[i]); n++) {
			struct ip ip;
			assert_true(ip_read(guard_end(bad[i], n), n, &ip) <= n);
		}
}

/* With much text behind them addresses are read 16 bytes at once, at the end of a text byte by byte: libc as
 * the second opinion on both. */
static void check_both_ways(const char *text)
{
	char line[64];
	struct ip near_end;
	struct ip amid;
	uint8_t theirs[4];
	int n = snprintf(line, sizeof line, "%s and sixteen bytes more", text);
	size_t len = strlen(text);
	size_t used = ip_read(guard_end(line, len), len, &near_end);
	if (ip_read(guard_end(line, (size_t)n), (size_t)n, &amid) != used)
		fail_msg("`%s` is not the same with text behind it", text);
	if (used == 0 || near_end.family == 6)
		return;
	assert_memory_equal(&amid, &near_end, sizeof amid);
	line[used] = '\0';
	if (inet_pton(AF_INET, line, theirs) != 1)
		fail_msg("libc does not read `%s`", line);
	assert_memory_equal(amid.bytes, theirs, sizeof theirs);
}

static void ipv4_is_the_same_amid_a_text(void **state)
{
	static const char *const texts[] = {"1.2.3.4", "10.200.3.40",    "255.255.255.255",
					    "0.0.0.0", "192.168.17.250", "100.64.9.1"};
	static const char bytes[] = "01256789./:a ";
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char text[24];
		size_t n = strlen(texts[i]);
		check_both_ways(texts[i]);
		for (size_t at = 0; at < n * (sizeof bytes - 1); at++) {
			size_t place = at / (sizeof bytes - 1);
			char byte = bytes[at % (sizeof bytes - 1)];
			snprintf(text, sizeof text, "%s", texts[i]);
			text[place] = byte;
			check_both_ways(text);
			snprintf(text, sizeof text, "%.*s%c%s", (int)place, texts[i], byte, texts[i] + place);
			check_both_ways(text);
			snprintf(text, sizeof text, "%.*s%s", (int)place, texts[i], texts[i] + place + 1);
			check_both_ways(text);
		}
	}
}

/* libc as the second opinion; it writes IPv4-compatible addresses (::1.2.3.4) differently, so there are none
 * here. */
static void writes_like_libc(void **state)
{
	(void)state;
	static const uint8_t values[] = {0, 1, 0x0f, 0x10, 0xff};
	struct ip ip = {.family = 6};
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		for (unsigned g = 0; g < 8; g++) {
			bool zero = (pattern >> g & 1) == 0;
			ip.bytes[2 * g] = zero ? 0 : values[(pattern + g) % 5];
			ip.bytes[2 * g + 1] = zero ? 0 : values[1 + pattern % 4];
		}
		char ours[IP_TEXT_MAX];
		char theirs[INET6_ADDRSTRLEN];
		inet_ntop(AF_INET6, ip.bytes, theirs, sizeof theirs);
		if (strchr(theirs, '.') != NULL)
			continue;
		ip_format(&ip, ours);
		assert_string_equal(ours, theirs);
		struct ip back;
		assert_int_equal(ip_parse(ours, strlen(ours), &back), 0);
		assert_memory_equal(&back, &ip, sizeof ip);
	}
}

static void every_ipv4_byte_round_trips(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		struct ip ip = {.family = 4, .bytes = {(uint8_t)v, (uint8_t)(255 - v), 0, (uint8_t)v}};
		struct ip back;
		char text[IP_TEXT_MAX];
		size_t n = ip_format(&ip, text);
		assert_int_equal(ip_parse(text, n, &back), 0);
		assert_memory_equal(&back, &ip, sizeof ip);
	}
}

static void absent_has_no_text(void **state)
{
	(void)state;
	struct ip ip = {0};
	char text[IP_TEXT_MAX] = "x";
	assert_int_equal(ip_format(&ip, text), 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),    cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(never_reads_beyond), cmocka_unit_test(ipv4_is_the_same_amid_a_text),
		cmocka_unit_test(writes_like_libc),   cmocka_unit_test(every_ipv4_byte_round_trips),
		cmocka_unit_test(absent_has_no_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
