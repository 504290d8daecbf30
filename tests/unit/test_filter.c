/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters: what each lets through and hides, in their order, and what is refused in the configuration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "control/yaml.h"
#include "output/filter.h"

static const char arena[] = "red bob";

static struct event session(void)
{
	struct event ev;
	event_clear(&ev);
	ev.type = EVENT_SESSION;
	ev.event = ACTION_CREATED;
	ev.protocol = 6;
	ev.src_port = 4000;
	ev.dst_port = 443;
	ip_parse("10.0.0.1", 8, &ev.src_ip);
	ip_parse("192.0.2.1", 9, &ev.x_ip);
	ip_parse("198.51.100.1", 12, &ev.dst_ip);
	ev.vrf_id = (struct text){.off = 0, .len = 3};
	return ev;
}

static struct filter *compile(const char *yaml, struct errlist *errs)
{
	struct node *list = yaml_parse(yaml, strlen(yaml), "f.yaml", errs);
	assert_non_null(list);
	struct filter *f = filter_new(list, errs);
	node_free(list);
	return f;
}

static bool passes(const char *yaml, const struct event *ev)
{
	struct errlist errs = {0};
	struct filter *f = compile(yaml, &errs);
	if (f == NULL)
		fail_msg("%s", errs.items[0].msg);
	bool answer = filter_passes(f, ev, arena, sizeof arena - 1);
	filter_free(f);
	return answer;
}

static void each_by_itself(void **state)
{
	(void)state;
	struct event ev = session();
	assert_true(passes("- match_kv: { key: protocol, value: 6 }", &ev));
	assert_true(passes("- match_kv: { key: protocol, value: TCP }", &ev));
	assert_false(passes("- match_kv: { key: protocol, value: udp }", &ev));
	assert_true(passes("- match_kv: { key: vrf_id, value: red }", &ev));
	assert_false(passes("- match_kv: { key: vrf_id, value: redder }", &ev));
	assert_true(passes("- match_kv: { key: src_ip, value: 10.0.0.1 }", &ev));
	assert_false(passes("- match_kv: { key: src_ip, value: '::ffff:10.0.0.1' }", &ev));
	assert_true(passes("- match_kv: { key: event, value: 1 }", &ev));
	assert_true(passes("- match_kv: { key: action, value: created }", &ev));
	assert_true(passes("- match_kv: { key: type, value: session-mapping }", &ev));
	assert_false(passes("- match_kv: { key: type, value: port_mapping }", &ev));
	assert_false(passes("- match_kv: { key: x_port, value: 0 }", &ev)); /* absent is not zero */
	assert_true(passes("- match_kvs: { kvs: { dst_port: 443, vrf_id: red } }", &ev));
	assert_false(passes("- match_kvs: { kvs: { dst_port: 443, vrf_id: blue } }", &ev));
	assert_true(passes("- key_exists: { key: dst_ip }", &ev));
	assert_false(passes("- key_exists: { key: x_port }", &ev));
	assert_true(passes("- key_exists: { key: x_port, ignore_none: false }", &ev));
	assert_false(passes("- exclude_by_kv: { key: dst_port, value: 443 }", &ev));
	assert_true(passes("- exclude_by_kv: { key: dst_port, value: 80 }", &ev));
	assert_true(passes("- exclude_by_kv: { key: x_port, value: 80 }", &ev));
	assert_false(passes("- exclude_by_kv_values: { key: dst_port, values: [80, 443] }", &ev));
	assert_true(passes("- exclude_by_kv_values: { key: dst_port, values: [80, 53] }", &ev));
	assert_false(passes("- exclude_by_kvs: { kvs: { dst_port: 80, vrf_id: red } }", &ev)); /* any */
	assert_true(passes("- exclude_by_kvs: { kvs: { dst_port: 80, vrf_id: blue } }", &ev));
}

static void in_their_order(void **state)
{
	(void)state;
	struct event ev = session();
	struct errlist errs = {0};
	assert_false(passes("- drop_destination:\n- key_exists: { key: dst_ip }", &ev));
	assert_true(passes("- key_exists: { key: dst_ip }\n- drop_destination:", &ev));
	assert_false(
		passes("- match_kv: { key: vrf_id, value: red }\n- match_kv: { key: protocol, value: 17 }",
		       &ev));
	struct filter *f = compile("- drop_destination:", &errs);
	assert_int_equal(filter_hides(f), 1 << FIELD_dst_ip | 1 << FIELD_dst_port);
	filter_free(f);
	f = compile("- filter_keys: { keys: [timestamp, src_ip, action] }\n- drop_destination:", &errs);
	assert_int_equal(filter_hides(f), ((1 << FIELD_COUNT) - 1) & ~(1 << FIELD_timestamp |
								       1 << FIELD_src_ip | 1 << FIELD_event));
	filter_free(f);
}

static void samples_subscribers(void **state)
{
	(void)state;
	struct event ev = session();
	int kept = 0;
	for (int i = 0; i < 1000; i++) {
		ev.src_ip.bytes[15] = (uint8_t)i;
		ev.src_ip.bytes[14] = (uint8_t)(i >> 8);
		kept += passes("- sample_by_subscriber: { one_in: 10 }", &ev);
	}
	assert_in_range(kept, 60, 140);
	ev.subscriber = (struct text){.off = 4, .len = 3};
	bool bob = passes("- sample_by_subscriber: { one_in: 3 }", &ev);
	for (int i = 0; i < 10; i++) { /* the subscriber counts, not the address */
		ev.src_ip.bytes[15] = (uint8_t)i;
		assert_true(passes("- sample_by_subscriber: { one_in: 3 }", &ev) == bob);
	}
	assert_true(passes("- sample_by_subscriber: { one_in: 1 }", &ev));
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *yaml;
		const char *wanted;
	} cases[] = {
		{"- match: { key: a }", "f.yaml:1:3: filters: there is no 'match'"},
		{"- matchkv: { key: a }", "did you mean match_kv?"},
		{"- match_kv: { key: src_ipp, value: 1 }",
		 "f.yaml:1:20: filters: unknown field \"src_ipp\": did you mean src_ip?"},
		{"- match_kv: { key: src_ip, value: 10.0.0 }",
		 "src_ip must be an IPv4 or IPv6 address, is '10.0.0'"},
		{"- match_kv: { key: src_port, value: 70000 }", "src_port must be a port"},
		{"- match_kv: { key: event, value: 4 }", "event must be an action"},
		{"- match_kv: { key: type, value: mapping }", "expected a type of event"},
		{"- match_kv: { key: src_port }", "lacks the argument 'value'"},
		{"- match_kv: { key: src_port, value: 1, kind: x }",
		 "f.yaml:1:40: filters: has no argument 'kind'"},
		{"- match_kv", "write each one as"},
		{"- { a: {}, b: {} }", "write each one as"},
		{"match_kv: { key: a }", "must be a list"},
		{"- exclude_by_kv_values: { key: vrf_id, values: a }", "expected a list of values"},
		{"- filter_keys: { keys: [] }", "expected a list of fields"},
		{"- sample_by_subscriber: { one_in: 0 }", "one_in must be"},
		{"- sample_by_subscriber: { one_in: 10x }", "one_in must be"},
		{"- key_exists: { key: x_ip, ignore_none: maybe }", "must be true or false"},
		{"- drop_destination: { a: 1 }", "takes no arguments"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errlist errs = {0};
		assert_null(compile(cases[i].yaml, &errs));
		if (errs.n == 0 || strstr(errs.items[0].msg, cases[i].wanted) == NULL)
			fail_msg("%s: %s", cases[i].yaml, errs.n > 0 ? errs.items[0].msg : "no error");
		errlist_free(&errs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_by_itself),
		cmocka_unit_test(in_their_order),
		cmocka_unit_test(samples_subscribers),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
