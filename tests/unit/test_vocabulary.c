/* SPDX-License-Identifier: Apache-2.0
 *
 * Words that scripts declare, and the reader of field values that everything shares.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "event/timeparse.h"
#include "event/vocabulary.h"
#include "guard.h"

static struct vocabulary words(void)
{
	struct vocabulary v;
	struct err e = {0};
	vocabulary_init(&v);
	assert_int_equal(vocabulary_add_action(&v, "A", "created", &e), 0);
	assert_int_equal(vocabulary_add_action(&v, "D", "deleted", &e), 0);
	assert_int_equal(vocabulary_add_action(&v, "AD", "updated", &e), 0);
	assert_int_equal(vocabulary_add_action(&v, "NEW CONN", "created", &e), 0);
	assert_int_equal(vocabulary_add_action(&v, "+", "created", &e), 0);
	assert_int_equal(vocabulary_add_protocol(&v, "OTHER", 0, &e), 0);
	assert_int_equal(vocabulary_add_protocol(&v, "ICMP ECHO", 1, &e), 0);
	assert_int_equal(vocabulary_add_protocol(&v, "6in4", 41, &e), 0);
	assert_int_equal(vocabulary_add_protocol(&v, "99", 17, &e), 0);
	return v;
}

struct number_case {
	enum event_field field;
	const char *text;
	size_t used; /* 0: not read, and the event stays as it is */
	int32_t value;
};

static const struct number_case numbers_and_words[] = {
	{FIELD_src_port, "0", 1, 0},
	{FIELD_src_port, "443", 3, 443},
	{FIELD_src_port, "65535", 5, 65535},
	{FIELD_src_port, "00080", 5, 80},
	{FIELD_src_port, "80-90", 2, 80},
	{FIELD_src_port, "80x", 2, 80},
	{FIELD_src_port, "65536", 0, 0},
	{FIELD_src_port, "99999", 0, 0},
	{FIELD_src_port, "000080", 0, 0},
	{FIELD_src_port, "4294967297", 0, 0},
	{FIELD_src_port, "-1", 0, 0},
	{FIELD_src_port, "+1", 0, 0},
	{FIELD_src_port, " 1", 0, 0},
	{FIELD_src_port, "", 0, 0},
	{FIELD_protocol, "6", 1, 6},
	{FIELD_protocol, "255", 3, 255},
	{FIELD_protocol, "256", 0, 0},
	{FIELD_protocol, "1000", 0, 0},
	{FIELD_protocol, "6x", 0, 0},
	{FIELD_protocol, "6-", 1, 6},
	{FIELD_protocol, "tcp", 3, 6},
	{FIELD_protocol, "TCP", 3, 6},
	{FIELD_protocol, "Udp)", 3, 17},
	{FIELD_protocol, "TCPX", 0, 0},
	{FIELD_protocol, "TC", 0, 0},
	{FIELD_protocol, "TCP-C", 3, 6},
	{FIELD_protocol, "icmp", 4, 1},
	{FIELD_protocol, "ICMPv6", 6, 58},
	{FIELD_protocol, "icmp6", 5, 58},
	{FIELD_protocol, "ipv6-icmp", 9, 58},
	{FIELD_protocol, "IPv6-ICMP;", 9, 58},
	{FIELD_protocol, "ipv6-icmpx", 4, 41},
	{FIELD_protocol, "ipv6", 4, 41},
	{FIELD_protocol, "ipv4", 4, 4},
	{FIELD_protocol, "ipip", 4, 4},
	{FIELD_protocol, "igmp", 4, 2},
	{FIELD_protocol, "gre", 3, 47},
	{FIELD_protocol, "esp", 3, 50},
	{FIELD_protocol, "ah", 2, 51},
	{FIELD_protocol, "sctp", 4, 132},
	{FIELD_protocol, "udplite", 7, 136},
	{FIELD_protocol, "dccp", 4, 33},
	{FIELD_protocol, "other", 5, 0},
	{FIELD_protocol, "icmp echo", 9, 1},
	{FIELD_protocol, "icmp echoes", 4, 1},
	{FIELD_protocol, "6in4", 4, 41},
	{FIELD_protocol, "99", 2, 17}, /* the script's own meaning wins */
	{FIELD_protocol, "unknown", 0, 0},
	{FIELD_protocol, "\xd4\xc3\xd0", 0, 0},
	{FIELD_event, "A", 1, ACTION_CREATED},
	{FIELD_event, "A ", 1, ACTION_CREATED},
	{FIELD_event, "D:", 1, ACTION_DELETED},
	{FIELD_event, "AD", 2, ACTION_UPDATED},
	{FIELD_event, "ADD", 0, 0},
	{FIELD_event, "a", 0, 0},
	{FIELD_event, "A1", 0, 0},
	{FIELD_event, "NEW CONN:", 8, ACTION_CREATED},
	{FIELD_event, "+1", 1, ACTION_CREATED}, /* ends in no letter: may be followed by one */
	{FIELD_event, "created", 0, 0},         /* own words replace the names */
};

static void reads_numbers_and_words(void **state)
{
	struct vocabulary v = words();
	(void)state;
	for (size_t i = 0; i < sizeof(numbers_and_words) / sizeof(numbers_and_words[0]); i++) {
		const struct number_case *c = &numbers_and_words[i];
		size_t n = strlen(c->text);
		struct event ev;
		event_clear(&ev);
		size_t used = vocabulary_read(&v, c->field, guard_end(c->text, n), n, 0, &ev);
		int32_t got;
		memcpy(&got, (const char *)&ev + event_fields[c->field].offset, sizeof(got));
		if (used != c->used || got != (c->used > 0 ? c->value : EVENT_ABSENT))
			fail_msg("%s \"%s\": %zu bytes, %d", event_fields[c->field].name, c->text, used, got);
		event_clear(&ev);
		int rc = vocabulary_parse(&v, c->field, c->text, n, 0, &ev);
		assert_int_equal(rc, c->used == n && n > 0 ? 0 : -1);
		assert_int_equal(event_has(&ev, c->field), rc == 0);
	}
}

/* At the end of a text what is there is read byte by byte, amid a text as a word of eight. */
static void reads_the_same_amid_a_text(void **state)
{
	struct vocabulary v = words();
	(void)state;
	for (size_t i = 0; i < sizeof(numbers_and_words) / sizeof(numbers_and_words[0]); i++) {
		const struct number_case *c = &numbers_and_words[i];
		char line[80];
		struct event ev;
		size_t n = (size_t)snprintf(line, sizeof(line), "%s, and more of it", c->text);
		size_t used = vocabulary_read(&v, c->field, guard_end(line, n), n, 0, &ev);
		if (used != c->used)
			fail_msg("%s \"%s\": %zu bytes", event_fields[c->field].name, line, used);
	}
	for (int port = 0; port < 100000; port++) {
		char line[24];
		struct event ev;
		event_clear(&ev);
		size_t n = (size_t)snprintf(line, sizeof(line), "%d %d", port, port + 10000000);
		size_t used = vocabulary_read(&v, FIELD_src_port, guard_end(line, n), n, 0, &ev);
		assert_int_equal(used, port <= 65535 ? strchr(line, ' ') - line : 0);
		assert_int_equal(ev.src_port, port <= 65535 ? port : EVENT_ABSENT);
		n = (size_t)snprintf(line, sizeof(line), "%d", port);
		used = vocabulary_read(&v, FIELD_src_port, guard_end(line, n), n, 0, &ev);
		assert_int_equal(used, port <= 65535 ? n : 0);
		assert_int_equal(ev.src_port, port <= 65535 ? port : EVENT_ABSENT);
	}
}

static bool is_alnum_of_ascii(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Each byte behind a name, and in each place of one; at the end of a text, and amid it. */
static void names_byte_by_byte(void **state)
{
	struct vocabulary v = words();
	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t more = 0; more <= 8; more += 8) {
			struct event ev;
			char line[24] = "udp?";
			line[3] = (char)c;
			memset(line + 4, '-', 8);
			size_t used = vocabulary_read(&v, FIELD_protocol, guard_end(line, 4 + more), 4 + more,
						      0, &ev);
			assert_int_equal(used, is_alnum_of_ascii(c) ? 0 : 3);
			for (size_t place = 0; place < 7; place++) {
				memcpy(line, "uDpLiTe-", 8);
				bool same = c == line[place] || (c ^ ' ') == line[place];
				line[place] = (char)c;
				memset(line + 8, '-', 8);
				used = vocabulary_read(&v, FIELD_protocol, guard_end(line, 7 + more),
						       7 + more, 0, &ev);
				bool udp = place == 3 && !is_alnum_of_ascii(c);
				assert_int_equal(used, same ? 7 : udp ? 3 : 0);
			}
		}
	}
}

static void reads_the_default_actions(void **state)
{
	struct vocabulary v;
	struct event ev;
	(void)state;
	vocabulary_init(&v);
	assert_int_equal(vocabulary_parse(&v, FIELD_event, "created", 7, 0, &ev), 0);
	assert_int_equal(ev.event, ACTION_CREATED);
	assert_int_equal(vocabulary_parse(&v, FIELD_event, "updated", 7, 0, &ev), 0);
	assert_int_equal(ev.event, ACTION_UPDATED);
	assert_int_equal(vocabulary_parse(&v, FIELD_event, "A", 1, 0, &ev), -1);
}

static void reads_addresses_times_and_texts(void **state)
{
	struct vocabulary v = words();
	struct event ev;
	(void)state;
	event_clear(&ev);
	assert_int_equal(vocabulary_read(&v, FIELD_src_ip, "10.0.0.1:80", 11, 0, &ev), 8);
	assert_int_equal(ev.src_ip.family, 4);
	assert_int_equal(vocabulary_read(&v, FIELD_x_ip, "10.0.0", 6, 0, &ev), 0);
	assert_int_equal(ev.x_ip.family, 0);
	assert_int_equal(vocabulary_read(&v, FIELD_vrf_id, "red", 3, 77, &ev), 3);
	assert_int_equal(ev.vrf_id.off, 77);
	assert_int_equal(ev.vrf_id.len, 3);
	assert_int_equal(vocabulary_read(&v, FIELD_host_name, "", 0, 0, &ev), 0);
	char text[EVENT_TEXT_MAX + 1];
	memset(text, 'x', sizeof(text));
	assert_int_equal(vocabulary_read(&v, FIELD_host_name, text, EVENT_TEXT_MAX, 0, &ev), EVENT_TEXT_MAX);
	assert_int_equal(vocabulary_read(&v, FIELD_subscriber, text, EVENT_TEXT_MAX + 1, 0, &ev), 0);
	static const char time[] = "2025-05-02 11:35:00";
	assert_int_equal(vocabulary_parse(&v, FIELD_timestamp, time, strlen(time), 0, &ev), 0);
	assert_true(ev.timestamp == EVENT_NO_TIME); /* no zone is declared, none is guessed */
	v.zone_s = 3600;
	assert_int_equal(vocabulary_parse(&v, FIELD_timestamp, time, strlen(time), 0, &ev), 0);
	assert_true(ev.timestamp == INT64_C(1746182100000000));
	assert_int_equal(vocabulary_parse(&v, FIELD_timestamp, time, 10, 0, &ev), -1);
}

static void refuses_bad_words(void **state)
{
	struct vocabulary v = words();
	struct err e = {0};
	char longest[VOCABULARY_WORD_MAX + 2] = "";
	(void)state;
	assert_int_equal(vocabulary_add_action(&v, "X", "creatd", &e), -1);
	assert_string_equal(
		e.msg,
		"action word \"X\": unknown action \"creatd\" (did you mean created?): use created, deleted "
		"or updated");
	assert_int_equal(vocabulary_add_action(&v, "A", "deleted", &e), -1);
	assert_string_equal(e.msg, "action word \"A\" is given two meanings: keep one");
	assert_int_equal(vocabulary_add_action(&v, "A", "created", &e), 0);
	assert_int_equal(vocabulary_add_action(&v, "", "created", &e), -1);
	assert_int_equal(vocabulary_add_action(&v, "A ", "created", &e), -1);
	assert_string_equal(e.msg, "action word \"A \": must not begin or end with a blank");
	memset(longest, 'x', VOCABULARY_WORD_MAX);
	assert_int_equal(vocabulary_add_action(&v, longest, "created", &e), 0);
	longest[VOCABULARY_WORD_MAX] = 'x';
	assert_int_equal(vocabulary_add_action(&v, longest, "created", &e), -1);
	assert_int_equal(vocabulary_add_protocol(&v, "x", 256, &e), -1);
	assert_string_equal(e.msg, "protocol word \"x\": 256 is no protocol number (0 to 255)");
	assert_int_equal(vocabulary_add_protocol(&v, "x", -1, &e), -1);
	assert_int_equal(vocabulary_add_protocol(&v, "other", 1, &e), -1); /* names have no case */
	for (size_t i = v.action_count; i < VOCABULARY_WORDS_MAX; i++) {
		char word[16];
		snprintf(word, sizeof(word), "w%zu", i);
		assert_int_equal(vocabulary_add_action(&v, word, "created", &e), 0);
	}
	assert_int_equal(vocabulary_add_action(&v, "more", "created", &e), -1);
	assert_string_equal(e.msg, "action word \"more\": more than 64 words");
}

static void says_what_it_expects(void **state)
{
	struct vocabulary v;
	char buf[64];
	(void)state;
	vocabulary_init(&v);
	assert_string_equal(vocabulary_expects(&v, FIELD_x_ip, buf, sizeof(buf)), "an IPv4 or IPv6 address");
	assert_string_equal(vocabulary_expects(&v, FIELD_end_port, buf, sizeof(buf)), "a port (0 to 65535)");
	assert_string_equal(vocabulary_expects(&v, FIELD_event, buf, sizeof(buf)),
			    "an action (created, deleted, updated)");
	assert_int_equal(vocabulary_add_action(&v, "A", "created", NULL), 0);
	assert_int_equal(vocabulary_add_action(&v, "D", "deleted", NULL), 0);
	assert_string_equal(vocabulary_expects(&v, FIELD_event, buf, sizeof(buf)), "an action (A, D)");
	assert_string_equal(vocabulary_expects(&v, FIELD_event, buf, 8), "an acti");
	for (char word[] = "aaa"; word[0] <= 'z'; word[0]++)
		assert_int_equal(vocabulary_add_action(&v, word, "created", NULL), 0);
	assert_int_equal(strlen(vocabulary_expects(&v, FIELD_event, buf, sizeof(buf))), sizeof(buf) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_and_words),
		cmocka_unit_test(reads_the_same_amid_a_text),
		cmocka_unit_test(names_byte_by_byte),
		cmocka_unit_test(reads_the_default_actions),
		cmocka_unit_test(reads_addresses_times_and_texts),
		cmocka_unit_test(refuses_bad_words),
		cmocka_unit_test(says_what_it_expects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
