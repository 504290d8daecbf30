/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as lines of InfluxDB's line protocol; see influxdb.h. Texts come from outside: what cannot be
 * written so that InfluxDB reads the same again is refused. Syntax as in InfluxDB's reference for 1.x: in
 * tags comma, equals sign and blank are escaped, and nothing else can be; in texts quote and backslash.
 */
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "outputs/influxdb.h"

#define NS_PER_US 1000
#define SLOTS_OF_MS 4
/* The range of times that InfluxDB takes, nanoseconds. */
#define TIME_MIN_NS (INT64_MIN + 2)
#define TIME_MAX_NS (INT64_MAX - 1)

int influxdb_form_tags(const struct texts *names, struct influxdb_form *f, struct err *e)
{
	f->tags = 0;
	for (size_t i = 0; i < names->n; i++) {
		int field = event_field_of(names->items[i], strlen(names->items[i]));
		if (field < 0 || field == FIELD_timestamp)
			return err_set(e, ERR_CONFIG, "tags: '%s' is no field of events that can be a tag",
				       names->items[i]);
		f->tags |= 1u << field;
	}
	return 0;
}

int64_t influxdb_slots(int64_t time_us, int64_t most)
{
	if (time_us % 1000 != 0)
		return 1;
	if (time_us % 1000000 != 0 && most > SLOTS_OF_MS)
		return SLOTS_OF_MS;
	return most;
}

static const void *member(const struct event *ev, enum event_field f)
{
	return (const char *)ev + event_fields[f].offset;
}

static void add_number(struct strbuf *out, const char *key, int64_t v)
{
	strbuf_adds(out, key);
	strbuf_add_int(out, v);
}

static void add_value(const struct batch *b, const struct event *ev, enum event_field f, struct strbuf *out)
{
	event_value(ev, f, b->arena.data, b->arena.len, out);
}

static const char *text_of(const struct batch *b, const struct event *ev, enum event_field f, size_t *len)
{
	const struct text *t = member(ev, f);
	*len = t->len;
	return event_text(*t, b->arena.data, b->arena.len);
}

/* Can the text be a tag's value? A line end or a backslash has no escape there. */
static bool can_be_tag(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == '\\')
			return false;
	return true;
}

static void add_escaped(struct strbuf *out, const char *text, size_t n, const char *special)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr(special, text[i]) != NULL)
			strbuf_addc(out, '\\');
		strbuf_addc(out, text[i]);
	}
}

static bool add_tag(const struct batch *b, const struct event *ev, enum event_field f, struct strbuf *out,
		    struct output_result *r)
{
	const struct field_info *info = &event_fields[f];
	if (!event_has(ev, f))
		return true;
	strbuf_addc(out, ',');
	strbuf_adds(out, info->name);
	strbuf_addc(out, '=');
	if (info->kind == KIND_TEXT) {
		size_t n;
		const char *text = text_of(b, ev, f, &n);
		if (text == NULL || !can_be_tag(text, n)) {
			output_reject(
				r, 1,
				"influxdb: %s cannot be a tag: it has a backslash, a line end or another "
				"control character",
				info->name);
			return false;
		}
		add_escaped(out, text, n, ",= ");
	} else {
		add_value(b, ev, f, out);
	}
	return true;
}

/* Fields stand behind the offset, which is always there: so a comma is always right. */
static void add_field(const struct batch *b, const struct event *ev, enum event_field f, struct strbuf *out)
{
	const struct field_info *info = &event_fields[f];
	size_t n = 0;
	const char *text = info->kind == KIND_TEXT ? text_of(b, ev, f, &n) : NULL;
	if (!event_has(ev, f) || (info->kind == KIND_TEXT && text == NULL))
		return;
	strbuf_addc(out, ',');
	strbuf_adds(out, info->name);
	strbuf_addc(out, '=');
	if (info->kind == KIND_IP) {
		strbuf_addc(out, '"');
		add_value(b, ev, f, out);
		strbuf_addc(out, '"');
	} else if (info->kind == KIND_TEXT) {
		strbuf_addc(out, '"');
		add_escaped(out, text, n, "\"\\");
		strbuf_addc(out, '"');
	} else {
		add_value(b, ev, f, out);
		strbuf_addc(out, 'i');
	}
}

/* The tags that make points of different events differ. */
static void add_place(const struct influxdb_form *f, const struct message *m, const struct event *ev,
		      struct strbuf *out)
{
	int64_t slots = influxdb_slots(ev->timestamp, f->slots);
	strbuf_adds(out, ",topic=");
	strbuf_adds(out, m->topic);
	add_number(out, ",partition=", m->partition);
	if (ev->index > 0)
		add_number(out, ",index=", ev->index);
	if (slots > 1)
		add_number(out, ",slot=", m->offset / NS_PER_US % slots);
}

bool influxdb_line(const struct influxdb_form *f, const struct batch *b, const struct event *ev,
		   struct strbuf *out, struct output_result *r)
{
	const struct message *m = batch_message_of(b, ev);
	size_t before = out->len;
	int64_t ns;
	if (__builtin_mul_overflow(ev->timestamp, (int64_t)NS_PER_US, &ns) ||
	    __builtin_add_overflow(ns, m->offset % NS_PER_US, &ns) || ns < TIME_MIN_NS || ns > TIME_MAX_NS) {
		output_reject(r, 1, "influxdb: the time is none that InfluxDB can store (1677 to 2262)");
		return false;
	}
	strbuf_adds(out, event_type_script(ev->type));
	for (int i = 0; i < FIELD_COUNT; i++)
		if ((f->tags & 1u << i) != 0 && !add_tag(b, ev, (enum event_field)i, out, r)) {
			out->len = before;
			return false;
		}
	add_place(f, m, ev, out);
	add_number(out, " offset=", m->offset);
	strbuf_addc(out, 'i');
	for (int i = 0; i < FIELD_COUNT; i++)
		if (i != FIELD_timestamp && (f->tags & 1u << i) == 0)
			add_field(b, ev, (enum event_field)i, out);
	add_number(out, " ", ns);
	strbuf_addc(out, '\n');
	return true;
}
