/* SPDX-License-Identifier: Apache-2.0
 *
 * Shows tapped messages; see tap_show.h. Of a message in an envelope the text is shown, as its script saw it.
 */
#include "cli/tap_show.h"

#include <stdlib.h>
#include <string.h>

#include "cli/try_show.h"
#include "event/envelope.h"
#include "event/json_scan.h"
#include "event/timeparse.h"
#include "script/sample_json.h"

#define MEMBERS_MAX 24
#define ARENA_MAX (1u << 20)
#define RED "\033[31m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

struct tap_show {
	bool colour;
	struct json_scan *scan;
	struct envelope_reader *reader;
	struct arena arena;
	struct strbuf text;
	/* The line under way. */
	const char *line;
	struct json_member members[MEMBERS_MAX];
	int count;
};

struct tap_show *tap_show_new(bool colour)
{
	struct tap_show *s = xcalloc(1, sizeof *s);
	s->colour = colour;
	s->scan = json_scan_new();
	s->reader = envelope_reader_new();
	arena_init(&s->arena, ARENA_MAX);
	return s;
}

void tap_show_free(struct tap_show *s)
{
	if (s == NULL)
		return;
	json_scan_free(s->scan);
	envelope_reader_free(s->reader);
	arena_free(&s->arena);
	strbuf_free(&s->text);
	free(s);
}

static const struct json_member *member(const struct tap_show *s, const char *key)
{
	size_t len = strlen(key);
	for (int i = 0; i < s->count; i++)
		if (s->members[i].key_len == len && memcmp(s->line + s->members[i].key, key, len) == 0)
			return &s->members[i];
	return NULL;
}

/* The member's text in s->text; false when it is no text or absent. */
static bool read_text(struct tap_show *s, const char *key)
{
	const struct json_member *m = member(s, key);
	strbuf_reset(&s->text);
	if (m == NULL || m->kind != JSON_STRING)
		return false;
	char *to = strbuf_reserve(&s->text, m->value_len + JSON_SLACK);
	int64_t len = json_scan_unescape(s->scan, s->line + m->value, m->value_len, to);
	if (len < 0)
		return false;
	s->text.len = (size_t)len;
	to[len] = '\0';
	return true;
}

static void add_text(struct tap_show *s, const char *before, const char *key, const char *behind,
		     struct strbuf *out)
{
	if (!read_text(s, key))
		return;
	strbuf_adds(out, before);
	try_show_safe(s->text.data, s->text.len, out);
	strbuf_adds(out, behind);
}

static void add_number(const struct tap_show *s, const char *before, const char *key, const char *behind,
		       struct strbuf *out)
{
	const struct json_member *m = member(s, key);
	if (m == NULL || m->kind != JSON_PLAIN)
		return;
	strbuf_adds(out, before);
	strbuf_add(out, s->line + m->value, m->value_len);
	strbuf_adds(out, behind);
}

static void add_head(struct tap_show *s, struct strbuf *out)
{
	strbuf_adds(out, s->colour ? DIM : "");
	add_text(s, "", "topic", "", out);
	add_number(s, " [", "partition", "]", out);
	add_number(s, " ", "offset", ":", out);
	strbuf_adds(out, s->colour ? PLAIN : "");
	add_text(s, " ", "verdict", "", out);
	add_text(s, " (", "vendor", ")", out);
	add_text(s, ", refused by ", "output", "", out);
	strbuf_addc(out, '\n');
}

/* The text of the value in s->text. */
static void add_value(struct tap_show *s, struct strbuf *out)
{
	struct envelope env;
	arena_reset(&s->arena);
	const char *text = s->text.data;
	size_t n = s->text.len;
	if (envelope_open(s->reader, &s->arena, text, n, TIME_ZONE_UNKNOWN, &env, NULL) == 0) {
		const char *inner = event_text(env.text, s->arena.data, s->arena.len);
		text = inner != NULL ? inner : text;
		n = inner != NULL ? env.text.len : n;
	}
	strbuf_adds(out, "  ");
	try_show_safe(text, n, out);
	strbuf_adds(out, member(s, "cut") != NULL ? "...\n" : "\n");
}

static void add_events(struct tap_show *s, struct strbuf *out)
{
	const struct json_member *events = member(s, "events");
	if (events == NULL || events->kind != JSON_NESTED)
		return;
	const char *at = s->line + events->value;
	const char *end = at + events->value_len;
	const char *one;
	size_t len;
	while ((one = sample_json_next(&at, end, &len)) != NULL)
		try_show_event(one, len, s->colour, out);
	add_number(s, "  and ", "more_events", " more events\n", out);
}

static void add_dead(struct tap_show *s, struct strbuf *out)
{
	const struct json_member *column = member(s, "column");
	add_text(s, s->colour ? "  " RED : "  ", "reason", s->colour ? PLAIN "\n" : "\n", out);
	if (read_text(s, "text"))
		try_show_caret(s->text.data, s->text.len,
			       column != NULL ? (uint32_t)strtoul(s->line + column->value, NULL, 10) : 0,
			       s->colour, out);
}

bool tap_show(struct tap_show *s, const char *line, size_t n, struct strbuf *out)
{
	s->line = line;
	s->count = json_scan_object(s->scan, line, n, s->members, MEMBERS_MAX, NULL);
	if (s->count < 0 || member(s, "verdict") == NULL)
		return false;
	add_head(s, out);
	bool dead = member(s, "reason") != NULL;
	if ((!dead || member(s, "events") != NULL || member(s, "text") == NULL) && read_text(s, "value"))
		add_value(s, out);
	add_events(s, out);
	if (dead)
		add_dead(s, out);
	return true;
}
