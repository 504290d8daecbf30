/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics by vendor script, and when devices were last seen. A vendor's series begin with its first count,
 * those of loaded scripts with the start.
 */
#include "control/exposition.h"
#include "control/metrics.h"

/* Of vendor "" only what has counted: it is nobody's. */
static bool shown(const struct figures_vendor *v, uint64_t value)
{
	return value > 0 || v->name[0] != '\0';
}

static void write_records(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->vendor_count; i++) {
		const struct figures_vendor *v = &f->vendors[i];
		uint64_t value = *(const uint64_t *)(const void *)((const char *)v + row->offset);
		const struct label labels[] = {{"vendor", v->name}, {NULL, NULL}};
		if (shown(v, value))
			exposition_count(out, row->name, labels, value);
	}
}

static void write_events(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->vendor_count; i++)
		for (int t = 0; t < EVENT_TYPE_COUNT; t++) {
			const struct figures_vendor *v = &f->vendors[i];
			const struct label labels[] = {{"vendor", v->name},
						       {"type", event_type_json(t)},
						       {NULL, NULL}};
			if (shown(v, v->events[t]))
				exposition_count(out, row->name, labels, v->events[t]);
		}
}

static void write_dead(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->vendor_count; i++)
		for (int k = 0; k < DEAD_KIND_COUNT; k++) {
			const struct figures_vendor *v = &f->vendors[i];
			const struct label labels[] = {{"vendor", v->name},
						       {"kind", figures_dead_kind(k)},
						       {NULL, NULL}};
			if (shown(v, v->dead[k]))
				exposition_count(out, row->name, labels, v->dead[k]);
		}
}

static void write_devices(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	exposition_count(out, row->name, NULL, f->device_count);
}

static void write_overflow(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	exposition_count(out, row->name, NULL, f->device_overflow);
}

static void write_seen(struct strbuf *out, const struct metric *row, const struct figures *f)
{
	for (size_t i = 0; i < f->device_count; i++) {
		char text[IP_TEXT_MAX];
		const struct label labels[] = {{"device", text}, {NULL, NULL}};
		ip_format(&f->devices[i].ip, text);
		exposition_us(out, row->name, labels, f->devices[i].seen_us);
	}
}

const struct metric metrics_vendors[] = {
	{"natmill_vendor_parsed_total", "counter", "vendor", "records that became events", write_records,
	 offsetof(struct figures_vendor, parsed)},
	{"natmill_vendor_ignored_total", "counter", "vendor",
	 "records that the script ignores; tombstones are nobody's", write_records,
	 offsetof(struct figures_vendor, ignored)},
	{"natmill_vendor_events_total", "counter", "vendor, type", "events made", write_events, 0},
	{"natmill_vendor_dead_total", "counter", "vendor, kind",
	 "dead letters, refused events among them; the vendor is that of the script that got furthest",
	 write_dead, 0},
	{"natmill_devices", "gauge", "", "devices whose last message is known", write_devices, 0},
	{"natmill_devices_overflow_total", "counter", "",
	 "runs of messages of devices beyond the first 10000, whose last message is not noted",
	 write_overflow, 0},
	{"natmill_device_last_seen_timestamp_seconds", "gauge", "device",
	 "Kafka's time of the device's last message that was settled", write_seen, 0},
	{.name = NULL},
};
