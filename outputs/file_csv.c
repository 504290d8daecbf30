/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of the output `file` as CSV: a column for each field, in the order of the table of fields, quoted as
 * RFC 4180 says where a value has a quote, a comma or a line break. An absent field is empty.
 */
#include <string.h>

#include "event/timeparse.h"
#include "outputs/file.h"

void file_csv_head(struct strbuf *out)
{
	strbuf_adds(out, "type");
#define X(name, kind, required, allowed, help) strbuf_adds(out, "," #name);
	EVENT_FIELDS(X)
#undef X
	strbuf_addc(out, '\n');
}

static void add_number(struct strbuf *out, int32_t v)
{
	char digits[12];
	size_t at = sizeof digits;
	if (v < 0) /* absent: no field is negative */
		return;
	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	strbuf_add(out, digits + at, sizeof digits - at);
}

static void add_ip(struct strbuf *out, const struct ip *ip)
{
	char *to = strbuf_reserve(out, IP_TEXT_MAX);
	size_t n = ip_format(ip, to);
	out->len += n;
	to[n] = '\0';
}

static void add_time(struct strbuf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];
	if (us != EVENT_NO_TIME)
		strbuf_add(out, text, time_format(us, text));
}

static void add_text(struct strbuf *out, const char *text, size_t n)
{
	bool plain = true;
	for (size_t i = 0; i < n && text != NULL && plain; i++)
		plain = text[i] != '"' && text[i] != ',' && text[i] != '\n' && text[i] != '\r';
	if (text == NULL)
		return;
	if (plain) {
		strbuf_add(out, text, n);
		return;
	}
	strbuf_addc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			strbuf_addc(out, '"');
		strbuf_addc(out, text[i]);
	}
	strbuf_addc(out, '"');
}

#define ADD_TIME(v) add_time(out, v)
#define ADD_IP(v) add_ip(out, &(v))
#define ADD_ACTION(v) add_number(out, v)
#define ADD_PROTOCOL(v) add_number(out, v)
#define ADD_PORT(v) add_number(out, v)
#define ADD_TEXT(v) add_text(out, event_text(v, arena, arena_len), (v).len)

void file_csv_line(const struct event *ev, const char *arena, uint32_t arena_len, struct strbuf *out)
{
	const char *type = event_type_json(ev->type);
	strbuf_adds(out, type != NULL ? type : "unknown");
#define X(name, kind, required, allowed, help) \
	strbuf_addc(out, ',');                 \
	ADD_##kind(ev->name);
	EVENT_FIELDS(X)
#undef X
	strbuf_addc(out, '\n');
}
