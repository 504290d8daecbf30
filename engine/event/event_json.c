/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON form of an event (COMPATIBILITY: keys and their order), for outputs, dead letters and
 * `natmill try`. Written by hand instead of by printf, as outputs call it for every event.
 * The caller owns the buffer.
 */
#include "event/event.h"

#include <string.h>

#include "base/strbuf.h"
#include "event/timeparse.h"

/* The longest of what a kind other than text can take, with its quotes. */
#define VALUE_MAX 64

_Static_assert(VALUE_MAX > IP_TEXT_MAX + 2 && VALUE_MAX > TIME_TEXT_MAX + 2, "a value fits");

/* Adds `,"name":`; the type stands before every field, so a comma is always right. */
static char *put_key(struct strbuf *out, const char *key, size_t n)
{
	char *to = strbuf_reserve(out, n + VALUE_MAX);
	memcpy(to, key, n);
	return to + n;
}

static void end_at(struct strbuf *out, char *end)
{
	out->len = (size_t)(end - out->data);
	*end = '\0';
}

static void add_number(struct strbuf *out, const char *key, size_t key_len, int32_t v)
{
	if (v == EVENT_ABSENT)
		return;
	strbuf_add(out, key, key_len);
	strbuf_add_int(out, v);
}

static void add_ip(struct strbuf *out, const char *key, size_t key_len, const struct ip *ip)
{
	if (ip->family == 0)
		return;
	char *to = put_key(out, key, key_len);
	*to++ = '"';
	to += ip_format(ip, to);
	*to++ = '"';
	end_at(out, to);
}

static void add_time(struct strbuf *out, const char *key, size_t key_len, int64_t us)
{
	char text[TIME_TEXT_MAX];
	size_t n = us == EVENT_NO_TIME ? 0 : time_format(us, text);
	if (n == 0)
		return;
	char *to = put_key(out, key, key_len);
	*to++ = '"';
	memcpy(to, text, n);
	to += n;
	*to++ = '"';
	end_at(out, to);
}

static void add_text(struct strbuf *out, const char *key, size_t key_len, const char *s, size_t n)
{
	if (s == NULL)
		return;
	strbuf_add(out, key, key_len);
	strbuf_add_json(out, s, n);
}

bool event_value(const struct event *ev, enum event_field f, const char *arena, uint32_t arena_len,
		 struct strbuf *out)
{
	const void *at = (const char *)ev + event_fields[f].offset;
	const struct text *text;
	const char *bytes;
	char *to;
	if (!event_has(ev, f))
		return false;
	switch (event_fields[f].kind) {
	case KIND_TEXT:
		text = at;
		bytes = event_text(*text, arena, arena_len);
		if (bytes != NULL)
			strbuf_add(out, bytes, text->len);
		return bytes != NULL;
	case KIND_IP:
		to = strbuf_reserve(out, VALUE_MAX);
		end_at(out, to + ip_format(at, to));
		return true;
	case KIND_TIME:
		to = strbuf_reserve(out, VALUE_MAX);
		end_at(out, to + time_format(*(const event_TIME *)at, to));
		return true;
	case KIND_ACTION:
	case KIND_PROTOCOL:
	case KIND_PORT:
		break;
	}
	strbuf_add_int(out, *(const event_PORT *)at);
	return true;
}

#define ADD_TIME(key, v) add_time(out, key, sizeof key - 1, v)
#define ADD_IP(key, v) add_ip(out, key, sizeof key - 1, &(v))
#define ADD_ACTION(key, v) add_number(out, key, sizeof key - 1, v)
#define ADD_PROTOCOL(key, v) add_number(out, key, sizeof key - 1, v)
#define ADD_PORT(key, v) add_number(out, key, sizeof key - 1, v)
#define ADD_TEXT(key, v) add_text(out, key, sizeof key - 1, event_text(v, arena, arena_len), (v).len)

void event_json(const struct event *ev, const char *arena, uint32_t arena_len, struct strbuf *out)
{
	const char *type = event_type_json(ev->type);
	strbuf_adds(out, "{\"type\":\"");
	strbuf_adds(out, type != NULL ? type : "unknown");
	strbuf_addc(out, '"');
#define X(name, kind, required, allowed, help) ADD_##kind(",\"" #name "\":", ev->name);
	EVENT_FIELDS(X)
#undef X
	strbuf_addc(out, '}');
}
