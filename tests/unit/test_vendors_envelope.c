/* SPDX-License-Identifier: Apache-2.0
 *
 * Every sample that is a raw line gives the same in the collectors' envelope, but for what the envelope says:
 *   - its address is the host, whatever the line says,
 *   - its name is the device's name, unless the script reads one from the line,
 *   - its time stands where the line tells none; a header's time gives way to it.
 * Samples that are JSON themselves are not wrapped: collectors send them as they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/vendor_help.h"

#define ENVELOPE_HOST "192.0.2.9"
#define ENVELOPE_NAME "nat9"
#define ENVELOPE_TIME INT64_C(1746185700000000) /* 2025-05-02T11:35:00Z */

static void wrap(const struct sample *s, struct strbuf *out)
{
	strbuf_reset(out);
	strbuf_adds(out,
		    "{\"version\":\"1\",\"type\":\"generic\",\"timestamp\":\"2025-05-02T11:35:00.000+00:00\","
		    "\"program\":\"\",\"message\":");
	strbuf_add_json(out, s->value, s->len);
	strbuf_adds(out, ",\"ip\":\"" ENVELOPE_HOST "\",\"host\":\"" ENVELOPE_NAME "\"}");
}

/* May the field of the wrapped line's event be what it is? */
static bool explained(const struct batch *b, const struct event *raw, const struct event *wrapped,
		      enum event_field f)
{
	struct ip ip;
	if (f == FIELD_host) {
		ip_parse(ENVELOPE_HOST, strlen(ENVELOPE_HOST), &ip);
		return memcmp(&wrapped->host, &ip, sizeof ip) == 0;
	}
	if (same_field(b, raw, b, wrapped, f))
		return true;
	if (f == FIELD_timestamp)
		return wrapped->timestamp == ENVELOPE_TIME;
	if (f == FIELD_host_name)
		return wrapped->host_name.len == strlen(ENVELOPE_NAME) &&
		       memcmp(b->arena.data + wrapped->host_name.off, ENVELOPE_NAME, strlen(ENVELOPE_NAME)) ==
			       0;
	return false;
}

static void compare(const struct vendor *vendor, const struct sample *s, const struct batch *b)
{
	uint32_t half = b->event_count / 2;
	bool same = b->event_count % 2 == 0 && b->dead_count % 2 == 0 && b->counts.ignored % 2 == 0;
	for (uint32_t i = 0; same && i < half; i++) {
		const struct event *raw = &b->events[i];
		const struct event *wrapped = &b->events[half + i];
		same = raw->message == 0 && wrapped->message == 1 && raw->type == wrapped->type;
		for (int f = 0; same && f < FIELD_COUNT; f++)
			same = explained(b, raw, wrapped, (enum event_field)f);
	}
	for (uint32_t i = 0; same && i < b->dead_count; i++)
		same = b->dead[i].message == (i < b->dead_count / 2 ? 0 : 1);
	if (!same) {
		struct strbuf shown = {0};
		for (uint32_t i = 0; i < b->event_count; i++) {
			strbuf_adds(&shown, "\n  ");
			event_json(&b->events[i], b->arena.data, b->arena.len, &shown);
		}
		print_error("%s, line %zu: raw and wrapped differ: `%.*s`%s\n", vendor->name, s->line,
			    (int)s->len, s->value, shown.len > 0 ? shown.data : "");
		strbuf_free(&shown);
		fail();
	}
}

static void raw_and_wrapped(void **state)
{
	static struct vendors v;
	struct strbuf envelope = {0};
	(void)state;
	vendors_load(&v);
	for (size_t i = 0; i < v.count; i++)
		for (size_t k = 0; k < v.items[i].samples.count; k++) {
			const struct sample *s = &v.items[i].samples.samples[k];
			if (s->len == 0 || s->value[0] == '{')
				continue;
			wrap(s, &envelope);
			vendors_reset(&v);
			vendor_add(&v, &v.items[i], s->value, s->len);
			vendor_add(&v, &v.items[i], envelope.data, envelope.len);
			compare(&v.items[i], s, vendors_run(&v));
		}
	strbuf_free(&envelope);
	vendors_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(raw_and_wrapped)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
