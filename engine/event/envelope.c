/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the values of Kafka records; see envelope.h. Called once a message by the batch loop, so texts are
 * copied once, and how the last time and addresses read is kept: devices and seconds repeat. The reader owns
 * the scanner, members and pairs; texts go to the caller's arena.
 */
#include "event/envelope.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "event/envelope_opening.h"
#include "event/same_bytes.h"
#include "event/syslog_header.h"
#include "event/timeparse.h"

static const char *const known_keys[KEY_COUNT] = {"message", "timestamp", "ip", "host", "program"};

#define KEY_RAW_MAX 54 /* longest spelling of a known key: nine times \uXXXX */

#define REASON_TEXT_MAX 40 /* bytes of a text in the reason of a dead letter */

struct envelope_reader *envelope_reader_new(void)
{
	struct envelope_reader *r = xcalloc(1, sizeof *r);
	r->scan = json_scan_new();
	return r;
}

void envelope_reader_free(struct envelope_reader *r)
{
	if (r == NULL)
		return;
	json_scan_free(r->scan);
	free(r);
}

const struct envelope_pair *envelope_pairs(const struct envelope_reader *r)
{
	return r->pairs;
}

static inline enum known_key known_key_of(const char *key, size_t len)
{
	switch (len) {
	case 2:
		return memcmp(key, "ip", 2) == 0 ? KEY_IP : KEY_COUNT;
	case 4:
		return memcmp(key, "host", 4) == 0 ? KEY_HOST : KEY_COUNT;
	case 7:
		if (memcmp(key, "message", 7) == 0)
			return KEY_MESSAGE;
		return memcmp(key, "program", 7) == 0 ? KEY_PROGRAM : KEY_COUNT;
	case 9:
		return memcmp(key, "timestamp", 9) == 0 ? KEY_TIMESTAMP : KEY_COUNT;
	default:
		return KEY_COUNT;
	}
}

/* Which known key a member has, KEY_COUNT if none; wrong escapes in keys are found elsewhere. */
static enum known_key key_of(const struct opening *o, const struct json_member *m)
{
	const char *key = o->value + m->key;
	enum known_key plainly = known_key_of(key, m->key_len);
	if (plainly != KEY_COUNT || m->key_len > KEY_RAW_MAX || !opening_is_escaped(o, m->key, m->key_len))
		return plainly;
	char plain[KEY_RAW_MAX + JSON_SLACK];
	int64_t len = json_scan_unescape(o->r->scan, key, m->key_len, plain);
	return len < 0 ? KEY_COUNT : known_key_of(plain, (size_t)len);
}

static int find_known(const struct opening *o, size_t count)
{
	const struct json_member **known = o->r->known;
	memset(known, 0, sizeof o->r->known);
	for (size_t i = 0; i < count; i++) {
		enum known_key k = key_of(o, &o->r->members[i]);
		if (k == KEY_COUNT)
			continue;
		if (known[k] != NULL)
			return err_set(o->e, ERR_DATA, "the key `%s` stands twice in the value",
				       known_keys[k]);
		known[k] = &o->r->members[i];
	}
	return 0;
}

/* The known members of a syslog envelope must be strings; null is as good as absent. */
static int check_known(struct opening *o)
{
	for (enum known_key k = 0; k < KEY_COUNT; k++) {
		const struct json_member *m = o->known[k];
		if (m == NULL || m->kind == JSON_STRING)
			continue;
		if (m->kind != JSON_NULL || k == KEY_MESSAGE)
			return err_set(o->e, ERR_DATA, "`%s` is not a string (byte %" PRIu32 ")",
				       known_keys[k], m->value + 1);
		o->known[k] = NULL;
	}
	return 0;
}

/* Of times like 2025-05-02T11:34:56.870+02:00: where the point stands, and the digits behind it, six at most.
 */
#define TIME_POINT 19

/* How many there are; 0 = the text is no such time, or within a leap second, where time_read() lets it stand.
 */
static uint32_t fraction_of(const char *s, uint32_t len)
{
	uint32_t at = TIME_POINT + 1;
	if (len <= at || s[4] != '-' || s[TIME_POINT] != '.' || s[TIME_POINT - 2] == '6')
		return 0;
	while (at < len && s[at] >= '0' && s[at] <= '9')
		at++;
	return at - TIME_POINT - 1 <= 6 ? at - TIME_POINT - 1 : 0;
}

/* Most times differ from the one before only in the fraction of their second: then c becomes this time. False
 * when more differs; c is then to be read anew. */
static bool same_second(struct cached *c, const char *s)
{
	static const int32_t last_digit_us[] = {0, 100000, 10000, 1000, 100, 10, 1};
	uint32_t at = TIME_POINT + 1;
	uint32_t behind = at + c->fraction;
	int32_t later = 0;
	if (c->fraction == 0 || !same_bytes(c->text, s, at) ||
	    !same_bytes(c->text + behind, s + behind, c->len - behind))
		return false;
	for (; at < behind; at++) {
		if (s[at] < '0' || s[at] > '9')
			return false;
		later = later * 10 + (s[at] - c->text[at]);
		c->text[at] = s[at];
	}
	c->time += later * last_digit_us[c->fraction];
	return true;
}

/* Reads a member as a time (or else as an address) into c. A text that is neither leaves c saying so. -1 when
 * it has a wrong escape. */
static int read_anew(const struct opening *o, const struct json_member *m, bool time, struct cached *c)
{
	const char *text = o->value + m->value;
	size_t len = m->value_len;
	c->len = 0;
	c->no_time = len > CACHED_TEXT_MAX;
	c->time = EVENT_NO_TIME;
	c->fraction = 0;
	c->zone_s = o->zone_s;
	c->ip = (struct ip){0};
	if (len > CACHED_TEXT_MAX)
		return 0;
	memcpy(c->text, text, len);
	char plain[CACHED_TEXT_MAX + JSON_SLACK];
	if (opening_is_escaped(o, m->value, m->value_len)) {
		int64_t used = json_scan_unescape(o->r->scan, text, len, plain);
		if (used < 0)
			return opening_wrong_escape(o, m->value);
		text = plain;
		len = (size_t)used;
	}
	c->len = m->value_len;
	if (!time) {
		ip_parse(text, len, &c->ip);
		return 0;
	}
	c->no_time = time_read(text, len, o->zone_s, &c->time) != len;
	if (!c->no_time && c->time != EVENT_NO_TIME && len == m->value_len)
		c->fraction = fraction_of(text, c->len);
	return 0;
}

/* The same, unless c still holds what the same text meant. */
static inline int read_short(const struct opening *o, const struct json_member *m, bool time,
			     struct cached *c)
{
	bool kept = c->len == m->value_len && c->len > 0 && c->zone_s == o->zone_s;
	const char *text = o->value + m->value;
	if (kept && (same_bytes(c->text, text, m->value_len) || (time && same_second(c, text))))
		return 0;
	return read_anew(o, m, time, c);
}

/* When the collector says: a time without year, or without any zone, is none, but what is no time at all must
 * not silently become Kafka's. */
static int read_timestamp(const struct opening *o, const struct json_member *m, struct envelope *out)
{
	const struct cached *c = &o->r->time;
	if (read_short(o, m, true, &o->r->time) != 0)
		return -1;
	if (c->no_time)
		return err_set(o->e, ERR_DATA, "`timestamp` is no time: `%.*s`",
			       (int)(m->value_len < REASON_TEXT_MAX ? m->value_len : REASON_TEXT_MAX),
			       o->value + m->value);
	out->timestamp = c->time;
	return 0;
}

/* Reads a member as an address; what it is, is kept in one of the places. NULL when it has a wrong escape. */
static const struct ip *read_address(const struct opening *o, const struct json_member *m,
				     struct cached *kept)
{
	size_t last = m->value + m->value_len - (m->value_len > 0 ? 1 : 0);
	struct cached *c = &kept[(unsigned char)o->value[last] % CACHED_COUNT];
	return read_short(o, m, false, c) == 0 ? &c->ip : NULL;
}

/* Address and name of the device: `ip` if it is an address, else `host` if that is one. */
static int read_device(const struct opening *o, struct envelope *out)
{
	const struct json_member *ip = o->known[KEY_IP];
	const struct json_member *host = o->known[KEY_HOST];
	const struct ip *read = NULL;
	if (ip != NULL && (read = read_address(o, ip, o->r->ip)) == NULL)
		return -1;
	if (read != NULL)
		out->host = *read;
	if (host == NULL)
		return 0;
	read = read_address(o, host, o->r->host);
	if (read == NULL)
		return -1;
	if (read->family == 0)
		return opening_add_string(o, host->value, host->value_len, &out->host_name);
	if (out->host.family == 0)
		out->host = *read;
	return 0;
}

/* Takes a header off out->text. The device knows better when; the envelope who sent it. */
static void take_header(const struct opening *o, struct envelope *out)
{
	struct syslog_header h;
	size_t used = syslog_header(o->arena->data + out->text.off, out->text.len, o->zone_s, &h);
	if (used == 0)
		return;
	uint32_t line = out->text.off;
	out->text.off += (uint32_t)used;
	out->text.len -= (uint32_t)used;
	if (h.timestamp != EVENT_NO_TIME)
		out->timestamp = h.timestamp;
	if (out->host.family == 0)
		out->host = h.host;
	if (out->host_name.len == 0)
		out->host_name = (struct text){line + (uint32_t)h.host_name, (uint32_t)h.host_name_len};
	if (out->program.len == 0)
		out->program = (struct text){line + (uint32_t)h.program, (uint32_t)h.program_len};
}

static int open_syslog(const struct opening *o, struct envelope *out)
{
	const struct json_member *message = o->known[KEY_MESSAGE];
	const struct json_member *time = o->known[KEY_TIMESTAMP];
	const struct json_member *program = o->known[KEY_PROGRAM];
	out->kind = ENVELOPE_SYSLOG;
	if (opening_add_string(o, message->value, message->value_len, &out->text) != 0)
		return -1;
	if (time != NULL && read_timestamp(o, time, out) != 0)
		return -1;
	if (read_device(o, out) != 0)
		return -1;
	if (program != NULL && opening_add_string(o, program->value, program->value_len, &out->program) != 0)
		return -1;
	if (out->text.len > 0)
		take_header(o, out);
	return opening_message(o, out);
}

static int open_object(struct opening *o, size_t n, struct envelope *out)
{
	int count = opening_scan(o, n);
	if (count < 0 || (!o->same_keys && find_known(o, (size_t)count) != 0))
		return -1;
	memcpy(o->known, o->r->known, sizeof o->known);
	if (o->known[KEY_MESSAGE] == NULL)
		return opening_record(o, (size_t)count, n, out);
	return check_known(o) != 0 ? -1 : open_syslog(o, out);
}

static int open_raw(const struct opening *o, size_t n, struct envelope *out)
{
	uint32_t off = arena_add(o->arena, o->value, (uint32_t)n);
	if (off == ARENA_FULL)
		return opening_no_room(o->e);
	out->kind = ENVELOPE_RAW;
	out->text = (struct text){.off = off, .len = (uint32_t)n};
	take_header(o, out);
	return opening_message(o, out);
}

static size_t skip_blanks(const char *s, size_t n, size_t at)
{
	while (at < n && (s[at] == ' ' || s[at] == '\t' || s[at] == '\n' || s[at] == '\r'))
		at++;
	return at;
}

int envelope_open(struct envelope_reader *r, struct arena *arena, const char *value, size_t n, int32_t zone_s,
		  struct envelope *out, struct err *e)
{
	*out = (struct envelope){.timestamp = EVENT_NO_TIME};
	r->pair_count = 0;
	if (n > ENVELOPE_VALUE_MAX)
		return err_set(e, ERR_DATA, "the value has %zu bytes; %u are allowed", n, ENVELOPE_VALUE_MAX);
	size_t lead = skip_blanks(value, n, 0);
	if (lead == n)
		return err_set(e, ERR_DATA, "the value is empty");
	struct opening o =
		{.r = r, .arena = arena, .flat = &r->outer, .value = value + lead, .zone_s = zone_s, .e = e};
	n -= lead;
	int rc = opening_is_object(o.value, n) ? open_object(&o, n, out) : open_raw(&o, n, out);
	if (rc != 0)
		r->outer.count = r->inner.count = 0; /* nothing later may pass for having its keys */
	return rc;
}
