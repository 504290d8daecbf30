/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON form of dead letters; see letter.h.
 */
#include "output/letter.h"

#include <string.h>

#include "base/utf8.h"
#include "event/timeparse.h"

static void add_base64(struct strbuf *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (; n > 0; p += 3) {
		unsigned group =
			(unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);
		char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
				n > 1 ? digits[group >> 6 & 63] : '=', n > 2 ? digits[group & 63] : '='};
		strbuf_add(out, four, 4);
		n = n > 3 ? n - 3 : 0;
	}
}

/* "name":"text", or "name_base64":"..." */
static void add_bytes(struct strbuf *out, const char *name, const char *data, size_t n)
{
	bool text = utf8_valid(data, n);
	strbuf_printf(out, "\"%s%s\":", name, text ? "" : "_base64");
	if (text) {
		strbuf_add_json(out, data, n);
		return;
	}
	strbuf_addc(out, '"');
	add_base64(out, (const unsigned char *)data, n);
	strbuf_addc(out, '"');
}

/* A text member; left out when empty. */
static void add_text(struct strbuf *out, const char *name, const char *text, size_t n)
{
	if (n == 0)
		return;
	strbuf_printf(out, ",\"%s\":", name);
	strbuf_add_json(out, text, n);
}

static void add_time(struct strbuf *out, const char *name, int64_t us)
{
	char text[TIME_TEXT_MAX];
	if (us != EVENT_NO_TIME)
		add_text(out, name, text, time_format(us, text));
}

void letter_headers(const struct message *m, struct strbuf *out)
{
	if (m->headers_json != NULL)
		strbuf_adds(out, m->headers_json);
	for (size_t i = 0; i < m->header_count; i++) {
		const struct message_header *h = &m->headers[i];
		strbuf_adds(out, i > 0 ? ",{\"name\":" : "[{\"name\":");
		strbuf_add_json(out, h->name, strlen(h->name));
		strbuf_addc(out, ',');
		if (h->value != NULL)
			add_bytes(out, "value", h->value, h->len);
		else
			strbuf_adds(out, "\"value\":null");
		strbuf_addc(out, '}');
	}
	if (m->header_count > 0)
		strbuf_addc(out, ']');
}

static void add_record(struct strbuf *out, const struct message *m)
{
	add_time(out, "timestamp", m->timestamp);
	if (m->key != NULL) {
		strbuf_addc(out, ',');
		add_bytes(out, "key", m->key, m->key_len);
	}
	if (m->header_count > 0 || m->headers_json != NULL) {
		strbuf_adds(out, ",\"headers\":");
		letter_headers(m, out);
	}
	if (m->value != NULL && !m->tombstone) {
		strbuf_addc(out, ',');
		add_bytes(out, "value", m->value, m->len);
	}
}

void letter_json(const struct batch *b, const struct dead_letter *d, const char *cluster, int64_t stored_at,
		 struct strbuf *out)
{
	const struct message *m = &b->messages[d->message];
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	strbuf_adds(out, "{\"topic\":");
	strbuf_add_json(out, m->topic, strlen(m->topic));
	strbuf_printf(out, ",\"partition\":%d,\"offset\":%lld,\"record\":%u,\"index\":%u", m->partition,
		      (long long)m->offset, d->record, d->index);
	add_text(out, "cluster", cluster, strlen(cluster));
	add_text(out, "output", d->output, strlen(d->output));
	add_text(out, "vendor", d->vendor, strlen(d->vendor));
	add_text(out, "rule", d->rule, strlen(d->rule));
	if (d->column > 0)
		strbuf_printf(out, ",\"column\":%u", d->column);
	add_text(out, "reason", reason, reason != NULL ? d->reason.len : 0);
	add_text(out, "script_hash", d->script_hash, strlen(d->script_hash));
	strbuf_printf(out, ",\"generation\":%u", d->generation);
	add_time(out, "stored_at", stored_at);
	add_record(out, m);
	strbuf_addc(out, '}');
}
