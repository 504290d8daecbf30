/* SPDX-License-Identifier: Apache-2.0
 *
 * What metrics are made of: the text form, accounts of a batch, devices, the lag of a partition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/exposition.h"
#include "control/figures.h"
#include "stream/devices.h"
#include "stream/view.h"

static void text_is_escaped(void **state)
{
	struct strbuf out = {0};
	const struct label labels[] = {{"a", "x\"y\\z\nw"}, {"b", "\xff\xc3\xa9"}, {NULL, NULL}};
	(void)state;
	exposition_head(&out, "m_total", "counter", "a \\ b\nc \"d\"");
	exposition_count(&out, "m_total", labels, UINT64_MAX);
	exposition_count(&out, "m_total", NULL, 0);
	assert_string_equal(out.data, "# HELP m_total a \\\\ b\\nc \"d\"\n# TYPE m_total counter\n"
				      "m_total{a=\"x\\\"y\\\\z\\nw\",b=\"\xef\xbf\xbd\xc3\xa9\"} "
				      "18446744073709551615\nm_total 0\n");
	strbuf_free(&out);
}

static void seconds_are_exact(void **state)
{
	struct strbuf out = {0};
	(void)state;
	exposition_us(&out, "s", NULL, 1763859484123456);
	exposition_us(&out, "s", NULL, 5);
	exposition_us(&out, "s", NULL, -1500000);
	assert_string_equal(out.data, "s 1763859484.123456\ns 0.000005\ns -1.500000\n");
	strbuf_free(&out);
}

static void a_histogram_adds_up(void **state)
{
	static const uint64_t bounds[] = {1000, 2500000};
	struct histogram h = {0};
	struct strbuf out = {0};
	uint64_t counts[3];
	(void)state;
	histogram_note(&h, bounds, 2, 1000); /* an upper end belongs to its range */
	histogram_note(&h, bounds, 2, 1001);
	histogram_note(&h, bounds, 2, 2500001);
	for (size_t i = 0; i < 3; i++)
		counts[i] = h.counts[i];
	const struct label labels[] = {{"o", "x"}, {NULL, NULL}};
	exposition_histogram(&out, "t_seconds", labels,
			     &(struct exposition_histogram){bounds, 2, counts, h.sum, 1e-6});
	assert_string_equal(out.data, "t_seconds_bucket{o=\"x\",le=\"0.001\"} 1\n"
				      "t_seconds_bucket{o=\"x\",le=\"2.5\"} 2\n"
				      "t_seconds_bucket{o=\"x\",le=\"+Inf\"} 3\n"
				      "t_seconds_sum{o=\"x\"} 2.502002\n"
				      "t_seconds_count{o=\"x\"} 3\n");
	strbuf_free(&out);
}

static struct ip v4(uint32_t n)
{
	struct ip ip = {.family = 4};
	memcpy(ip.bytes, &n, sizeof n);
	return ip;
}

static const struct device *find(const struct devices *d, const struct ip *ip)
{
	for (size_t i = 0; i < DEVICES_ROOM; i++)
		if (d->items[i].seen_us != 0 && memcmp(&d->items[i].ip, ip, sizeof *ip) == 0)
			return &d->items[i];
	return NULL;
}

static void devices_are_bounded(void **state)
{
	struct devices d;
	struct ip ip;
	(void)state;
	devices_init(&d);
	for (uint32_t i = 0; i < DEVICES_MAX; i++) {
		ip = v4(i);
		devices_note(&d, &ip, 100 + i);
	}
	assert_int_equal(d.n, DEVICES_MAX);
	for (uint32_t i = 0; i < 5; i++) { /* no room for these */
		ip = v4(1000000 + i);
		devices_note(&d, &ip, 1);
		assert_null(find(&d, &ip));
	}
	assert_int_equal(d.overflow, 5);
	ip = v4(77); /* those that are known go on */
	devices_note(&d, &ip, 5000);
	devices_note(&d, &ip, 4000); /* another partition is behind */
	assert_int_equal(find(&d, &ip)->seen_us, 5000);
	devices_note(&d, &(struct ip){0}, 9); /* no device */
	devices_note(&d, &ip, INT64_MIN);     /* no time */
	assert_int_equal(d.overflow, 5);
	devices_free(&d);
}

static void runs_of_a_batch(void **state)
{
	struct message messages[] = {{.timestamp = 10},
				     {.timestamp = 20},
				     {.timestamp = 30},
				     {.timestamp = 40}};
	struct event events[] = {{.message = 0, .host = v4(1)},
				 {.message = 1, .host = v4(1)},
				 {.message = 2, .host = v4(2)}};
	struct dead_letter dead[] = {{.message = 3, .host = v4(3)}, {.message = 3}};
	struct batch b = {.messages = messages,
			  .events = events,
			  .event_count = 3,
			  .dead = dead,
			  .dead_count = 2};
	struct devices d;
	(void)state;
	devices_init(&d);
	devices_settle(&d, &b);
	static const int64_t seen[] = {20, 30, 40};
	for (uint32_t i = 0; i < 3; i++) {
		struct ip ip = v4(i + 1);
		assert_int_equal(find(&d, &ip)->seen_us, seen[i]);
	}
	assert_int_equal(d.n, 3);
	struct ip near = {.family = 6, .bytes = {0x20, 1}}; /* two that differ in their last byte */
	events[0].host = events[1].host = events[2].host = near;
	events[2].host.bytes[15] = 1;
	devices_settle(&d, &b);
	assert_int_equal(find(&d, &near)->seen_us, 20);
	near.bytes[15] = 1;
	assert_int_equal(find(&d, &near)->seen_us, 30);
	assert_int_equal(d.n, 5);
	devices_free(&d);
}

static void lag(void **state)
{
	struct partition_view p = {.settled = 90, .end = 100, .behind_us = 5000000};
	(void)state;
	assert_int_equal(view_lag(&p), 10);
	assert_int_equal(view_lag_us(&p, 7000000), 2000000);
	assert_int_equal(view_lag_us(&p, 4000000), 0); /* Kafka's clock is ahead of ours */
	p.behind_us = 0;
	assert_int_equal(view_lag_us(&p, 7000000), -1); /* nobody knows how old they are */
	p.settled = 101;                                /* what Kafka told is older than what we read */
	assert_int_equal(view_lag(&p), 0);
	assert_int_equal(view_lag_us(&p, 7000000), 0);
	p.end = -1;
	assert_int_equal(view_lag(&p), -1);
	p = (struct partition_view){.settled = -1, .end = 5};
	assert_int_equal(view_lag(&p), -1);
	assert_int_equal(view_lag_us(&p, 1), -1);
}

static void one_failed_attempt_holds_nobody_up(void **state)
{
	struct sink_view s = {.failing_ms = 1000};
	(void)state;
	assert_false(view_holds(&s, 1000000)); /* it works */
	s.failures = 1;
	assert_false(view_holds(&s, 1000));
	assert_false(view_holds(&s, 1000 + VIEW_PATIENCE_MS - 1));
	assert_true(view_holds(&s, 1000 + VIEW_PATIENCE_MS));
	s.alarm = true;
	assert_true(view_holds(&s, 1000));
}

static struct figures_partition part(unsigned worker, const char *topic, int32_t id,
				     enum partition_state state, int64_t settled)
{
	struct figures_partition p = {.worker = worker,
				      .view = {.id = id, .state = state, .settled = settled}};
	snprintf(p.view.topic, sizeof p.view.topic, "%s", topic);
	return p;
}

static void a_partition_is_shown_once(void **state)
{
	struct figures_partition p[] = {
		part(0, "b", 1, PARTITION_READING, 5),  part(0, "a", 1, PARTITION_READING, 70),
		part(0, "a", 0, PARTITION_WAITING, 9),  part(1, "a", 1, PARTITION_READING, 80),
		part(2, "a", 1, PARTITION_WAITING, 90), part(1, "a", 0, PARTITION_READING, 8),
	};
	(void)state;
	assert_int_equal(figures_merge(p, 6), 3);
	assert_int_equal(p[0].worker, 1);
	assert_int_equal(p[0].view.settled, 8);
	assert_int_equal(p[1].worker, 1);
	assert_int_equal(p[1].view.settled, 80);
	assert_string_equal(p[2].view.topic, "b");
	assert_int_equal(figures_merge(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(seconds_are_exact),
		cmocka_unit_test(a_histogram_adds_up),
		cmocka_unit_test(devices_are_bounded),
		cmocka_unit_test(runs_of_a_batch),
		cmocka_unit_test(lag),
		cmocka_unit_test(a_partition_is_shown_once),
		cmocka_unit_test(one_failed_attempt_holds_nobody_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
