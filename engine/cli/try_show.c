/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows one line's outcome; see try_show.h. Everything from outside is made harmless for a terminal first.
 */
#include "cli/try_show.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "event/event.h"
#include "event/outcome_json.h"

#define WINDOW 160 /* bytes of a long line that are shown */
#define BOLD "\033[1m"
#define RED "\033[31m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static const struct dead_letter *first_dead(const struct batch *b)
{
	return b->dead_count > 0 ? &b->dead[0] : NULL;
}

void try_show_json(uint64_t line, const struct batch *b, struct strbuf *out)
{
	strbuf_printf(out, "{\"line\":%" PRIu64 ",", line);
	outcome_json(b, 0, b->event_count, first_dead(b), out);
	strbuf_adds(out, "}\n");
}

/* One step of text at s: a printable character, or '.' for what a terminal might obey. Returns the bytes
 * taken. */
static size_t add_step(const char *s, size_t n, struct strbuf *out)
{
	size_t len = utf8_sequence(s, n);
	if (len == 0 || (len == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f)) ||
	    (len == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0)) {
		strbuf_addc(out, '.');
		return len > 0 ? len : 1;
	}
	strbuf_add(out, s, len);
	return len;
}

void try_show_safe(const char *s, size_t n, struct strbuf *out)
{
	for (size_t i = 0; i < n;)
		i += add_step(s + i, n - i, out);
}

/* Characters that add_safe makes of the n bytes. */
static size_t width(const char *s, size_t n)
{
	size_t steps = 0;
	for (size_t i = 0; i < n; steps++) {
		size_t len = utf8_sequence(s + i, n - i);
		i += len > 0 ? len : 1;
	}
	return steps;
}

/* The text, with the fields that the rule found in bold. */
static void add_spans(const char *text, size_t n, const struct field_span *spans, size_t count,
		      struct strbuf *out)
{
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (spans[i].off < at || spans[i].off + spans[i].len > n)
			continue;
		try_show_safe(text + at, spans[i].off - at, out);
		strbuf_adds(out, BOLD);
		try_show_safe(text + spans[i].off, spans[i].len, out);
		strbuf_adds(out, PLAIN);
		at = spans[i].off + spans[i].len;
	}
	try_show_safe(text + at, n - at, out);
}

void try_show_caret(const char *text, size_t n, uint32_t column, bool colour, struct strbuf *out)
{
	size_t at = column > 0 && column - 1 <= n ? column - 1 : n;
	size_t from = at > WINDOW / 2 && n > WINDOW ? at - WINDOW / 2 : 0;
	size_t len = n - from > WINDOW ? WINDOW : n - from;
	strbuf_adds(out, from > 0 ? "  ..." : "  ");
	try_show_safe(text + from, len, out);
	strbuf_adds(out, from + len < n ? "...\n" : "\n");
	if (column == 0)
		return;
	size_t pad = width(text + from, at - from) + (from > 0 ? 3 : 0);
	strbuf_printf(out, "  %*s%s^%s\n", (int)pad, "", colour ? RED : "", colour ? PLAIN : "");
}

/* The members of the JSON form as `src_ip=10.0.0.1`: commas outside of strings become blanks, quotes go. */
static void add_members(const char *json, size_t n, struct strbuf *out)
{
	bool quoted = false;
	bool value = false;
	for (size_t i = 0; i < n; i++) {
		if (quoted && json[i] == '\\' && i + 1 < n) {
			strbuf_add(out, json + i++, 2);
		} else if (json[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && json[i] == ',') {
			strbuf_addc(out, ' ');
			value = false;
		} else if (!quoted && !value && json[i] == ':') {
			strbuf_addc(out, '=');
			value = true;
		} else {
			strbuf_addc(out, json[i]);
		}
	}
}

/* "type" comes first; no type holds a comma or a quote. */
void try_show_event(const char *json, size_t n, bool colour, struct strbuf *out)
{
	static const char begin[] = "{\"type\":\"";
	size_t at = sizeof begin - 1;
	const char *end = n > at ? memchr(json + at, '"', n - at) : NULL;
	if (end == NULL)
		return;
	strbuf_printf(out, "  %s%.*s%s ", colour ? BOLD : "", (int)(end - json - (ptrdiff_t)at), json + at,
		      colour ? PLAIN : "");
	if (end + 2 < json + n)
		add_members(end + 2, (size_t)(json + n - end - 3), out);
	strbuf_addc(out, '\n');
}

static void add_event(const struct event *ev, const struct batch *b, bool colour, struct strbuf *out)
{
	struct strbuf json = {0};
	event_json(ev, b->arena.data, b->arena.len, &json);
	try_show_event(json.data, json.len, colour, out);
	strbuf_free(&json);
}

/* Whose rule stopped; the reason below names the rule. */
static void add_vendor(const struct dead_letter *d, struct strbuf *out)
{
	if (d->vendor[0] != '\0')
		strbuf_printf(out, " (%s)", d->vendor);
}

uint64_t try_show_hostless(const struct batch *b)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < b->event_count; i++)
		n += b->events[i].host.family == 0;
	return n;
}

void try_show_note(uint64_t hostless, struct strbuf *out)
{
	if (hostless == 0)
		return;
	strbuf_printf(out,
		      "note: %" PRIu64
		      " event%s no host; on Kafka %s unless the collector's envelope tells it "
		      "or topics.NAME.host is set\n",
		      hostless, hostless == 1 ? " has" : "s have",
		      hostless == 1 ? "it becomes a dead letter" : "they become dead letters");
}

static void add_times(uint64_t n, const char *what, struct strbuf *out)
{
	strbuf_printf(out, "note: %" PRIu64 " event%s no %s and %s not used; ", n,
		      n == 1 ? "'s time tells" : "s' times tell", what, n == 1 ? "is" : "are");
}

void try_show_times(const struct host_times *times, struct strbuf *out)
{
	if (times->no_zone > 0) {
		add_times(times->no_zone, "zone", out);
		strbuf_printf(out, "declare %s:zone \"UTC\" or set topics.NAME.zone\n", times->vendor);
	}
	if (times->no_year > 0) {
		add_times(times->no_year, "year", out);
		strbuf_adds(out, "on Kafka the time of header, collector or record stands in its place\n");
	}
}

void try_show_text(uint64_t line, const struct batch *b, const struct host_last *last, bool colour,
		   struct strbuf *out)
{
	const char *text = event_text(last->text, b->arena.data, b->arena.len);
	size_t n = text != NULL ? last->text.len : 0;
	strbuf_printf(out, "%sline %" PRIu64 ":%s %s", colour ? DIM : "", line, colour ? PLAIN : "",
		      outcome_verdict(b->event_count, first_dead(b)));
	if (b->dead_count > 0)
		add_vendor(&b->dead[b->dead_count - 1], out);
	else if (last->vendor[0] != '\0')
		strbuf_printf(out, " (%s: %s)", last->vendor, last->rule);
	strbuf_addc(out, '\n');
	if (b->dead_count == 0 && n > 0) {
		strbuf_adds(out, "  ");
		if (colour)
			add_spans(text, n, last->spans, last->span_count, out);
		else
			try_show_safe(text, n, out);
		strbuf_addc(out, '\n');
	}
	for (uint32_t i = 0; i < b->event_count; i++)
		add_event(&b->events[i], b, colour, out);
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		strbuf_printf(out, "  %s", colour ? RED : "");
		try_show_safe(b->arena.data + d->reason.off, d->reason.len, out);
		strbuf_printf(out, "%s\n", colour ? PLAIN : "");
		if (n > 0 && i + 1 == b->dead_count)
			try_show_caret(text, n, d->column, colour, out);
	}
}
