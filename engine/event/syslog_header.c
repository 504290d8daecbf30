/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes syslog headers apart; see syslog_header.h. The shapes are those of real lines (RFC 3164, RFC 5424,
 * vendors' documents). Runs for every raw line. Nothing is allocated or copied.
 */
#include "event/syslog_header.h"

#include <stdbool.h>
#include <string.h>

#include "event/event.h"
#include "event/syslog_device.h"
#include "event/word_end.h"

#define HOST_NAME_MAX_LEN 255
#define TAG_MAX_LEN 64

/* A line and how far it has been read. */
struct line {
	const char *s;
	size_t n;
	size_t at;
	int32_t zone_s; /* of times that tell none */
};

static bool is_digit(char c)
{
	return (unsigned)(c - '0') <= 9;
}

static bool is_lower(char c)
{
	return (unsigned)(c - 'a') <= 25;
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_lower((char)(c | 0x20));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool at_char(const struct line *l, size_t at, char c)
{
	return at < l->n && l->s[at] == c;
}

static bool at_blank_or_end(const struct line *l, size_t at)
{
	return at >= l->n || is_blank(l->s[at]);
}

static size_t skip_blanks(const struct line *l, size_t at)
{
	while (at < l->n && is_blank(l->s[at]))
		at++;
	return at;
}

/* Length of the word at at: up to a blank or the end. */
static size_t word_len(const struct line *l, size_t at)
{
	return at < l->n ? word_end(l->s, l->n, at) - at : 0;
}

/* "<0>" to "<191>" and the blanks behind it; returns where it ends, at when there is none. */
static size_t skip_pri(const struct line *l, size_t at)
{
	if (!at_char(l, at, '<'))
		return at;
	unsigned v = 0;
	size_t digits = 0;
	while (digits < 3 && at + 1 + digits < l->n && is_digit(l->s[at + 1 + digits]))
		v = v * 10 + (unsigned)(l->s[at + 1 + digits++] - '0');
	size_t end = at + 1 + digits;
	if (digits == 0 || v > 191 || !at_char(l, end, '>'))
		return at;
	return skip_blanks(l, end + 1);
}

/* A time of a header: calendar forms only, with a blank, a colon or nothing behind. Returns its length. */
static size_t time_len(const struct line *l, size_t at, int64_t *us)
{
	const char *s = l->s + at;
	size_t n = l->n - at;
	if (n < 15 || (is_digit(s[0]) && s[4] != '-' && s[4] != ' '))
		return 0;
	int64_t read;
	size_t used = syslog_time(s, n, l->zone_s, &read);
	if (used == 0 || !(at_blank_or_end(l, at + used) || at_char(l, at + used, ':')))
		return 0;
	*us = read;
	return used;
}

static inline bool is_one_of(char c, char c1, char c2, char c3, char c4)
{
	return c == c1 || c == c2 || c == c3 || c == c4;
}

/* A name that a device can have: letters, digits and . _ - / (A10 prints device/partition), not only digits.
 */
static bool is_host_name(const char *s, size_t n)
{
	bool number = true;
	if (n == 0 || n > HOST_NAME_MAX_LEN || !is_alnum(s[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_alnum(s[i]) && !is_one_of(s[i], '.', '_', '-', '/'))
			return false;
		number = number && is_digit(s[i]);
	}
	return !number;
}

static void set_host_name(struct syslog_header *out, size_t at, size_t n)
{
	out->host_name = at;
	out->host_name_len = n;
}

/* Takes the host behind a time, if the word there is one. */
static void read_host(struct line *l, struct syslog_header *out)
{
	size_t len = word_len(l, l->at);
	if (len == 0)
		return;
	size_t end = l->at + len;
	size_t rest = skip_blanks(l, end);
	bool colon = l->s[end - 1] == ':';
	size_t name = colon ? len - 1 : len;
	bool mnemonic = at_char(l, rest, '%');
	if (ip_parse(l->s + l->at, name, &out->host) == 0) {
		l->at = rest;
	} else if ((!colon || mnemonic) && rest < l->n && is_host_name(l->s + l->at, name)) {
		set_host_name(out, l->at, name);
		l->at = rest;
	} else {
		return;
	}
	if (at_char(l, l->at, ':') && at_blank_or_end(l, l->at + 1)) /* "host : %ASA-..." */
		l->at = skip_blanks(l, l->at + 1);
}

/* Length of "[pid]" at at, 0 if there is none. */
static size_t pid_len(const struct line *l, size_t at)
{
	size_t end = at;
	if (!at_char(l, end++, '['))
		return 0;
	while (end < l->n && (is_alnum(l->s[end]) || is_one_of(l->s[end], '.', '_', '-', '-')))
		end++;
	return end > at + 1 && at_char(l, end, ']') ? end + 1 - at : 0;
}

/* Takes a tag off, if there is one that does not itself tell the event. */
static void read_tag(struct line *l, struct syslog_header *out)
{
	size_t end = l->at;
	bool lower = false;
	bool number = true; /* that is how routers count their lines */
	while (end < l->n && end - l->at < TAG_MAX_LEN &&
	       (is_alnum(l->s[end]) || l->s[end] == '@' || is_one_of(l->s[end], '.', '_', '-', '/'))) {
		lower = is_lower(l->s[end]) || lower;
		number = is_digit(l->s[end++]) && number;
	}
	size_t name = end - l->at;
	size_t pid = pid_len(l, end);
	end += pid;
	if (number || !at_char(l, end, ':') || !at_blank_or_end(l, end + 1))
		return;
	size_t rest = skip_blanks(l, end + 1);
	size_t next = word_len(l, rest);
	if (pid == 0 && !lower && !(next > 1 && l->s[rest + next - 1] == ':'))
		return;
	out->program = l->at;
	out->program_len = name;
	l->at = rest;
}

/* The next word of an RFC 5424 header and the blanks behind it; returns its length, 0 at the end. */
static size_t take_word(struct line *l, size_t *start)
{
	size_t len = word_len(l, l->at);
	*start = l->at;
	l->at = skip_blanks(l, l->at + len);
	return len;
}

static bool is_nil(const struct line *l, size_t at, size_t len)
{
	return len == 1 && l->s[at] == '-';
}

/* Everything from TIME on; false when the parts do not fit (l and out may then be half changed). TIME may be
 * "-" only where a PRI stands: else any line that begins with "1 -" would be a header. */
static bool read_rfc5424(struct line *l, bool pri, struct syslog_header *out)
{
	size_t start;
	size_t host;
	size_t app;
	size_t msgid;
	size_t len = take_word(l, &start);
	if (!(pri && is_nil(l, start, len)) && (len == 0 || time_len(l, start, &out->timestamp) != len))
		return false;
	size_t host_len = take_word(l, &host);
	size_t app_len = take_word(l, &app);
	take_word(l, &start); /* PROCID */
	if (take_word(l, &msgid) == 0)
		return false;
	len = word_len(l, l->at);
	if (at_char(l, l->at, '[')) {
		l->at = msgid;
	} else if (is_nil(l, l->at, len)) {
		l->at = skip_blanks(l, l->at + 1);
		if (l->n - l->at >= 3 && memcmp(l->s + l->at, "\xef\xbb\xbf", 3) == 0)
			l->at += 3;
	} else {
		return false;
	}
	if (ip_parse(l->s + host, host_len, &out->host) != 0 && !is_nil(l, host, host_len))
		set_host_name(out, host, host_len);
	if (!is_nil(l, app, app_len)) {
		out->program = app;
		out->program_len = app_len;
	}
	return true;
}

/* Behind the version: an address or none, a time, and the host if it did not stand before. */
static bool read_versioned(struct line *l, struct syslog_header *out)
{
	size_t len = word_len(l, l->at);
	if (ip_parse(l->s + l->at, len, &out->host) == 0)
		l->at = skip_blanks(l, l->at + len);
	len = time_len(l, l->at, &out->timestamp);
	if (len == 0)
		return false;
	l->at = skip_blanks(l, l->at + len);
	if (out->host.family == 0)
		read_host(l, out);
	return true;
}

/* A time, then host and tag as far as they are there. */
static bool read_rfc3164(struct line *l, struct syslog_header *out)
{
	size_t len = time_len(l, l->at, &out->timestamp);
	if (len == 0)
		return false;
	l->at += len;
	if (at_char(l, l->at, ':')) {
		l->at = skip_blanks(l, l->at + 1);
		return true;
	}
	l->at = skip_blanks(l, l->at);
	if (skip_pri(l, l->at) != l->at)
		return true; /* what a relay put in front; the header proper follows */
	read_host(l, out);
	read_tag(l, out);
	return true;
}

static void clear(struct syslog_header *out)
{
	*out = (struct syslog_header){.timestamp = EVENT_NO_TIME};
}

/* Tries the forms from l->at on; false: none fits, nothing is changed. */
static bool read_forms(struct line *l, struct syslog_header *out)
{
	struct line try = *l;
	if (at_char(l, l->at, '1') && l->at + 1 < l->n && is_blank(l->s[l->at + 1])) {
		size_t start = skip_blanks(l, l->at + 1);
		try.at = start;
		if (!read_rfc5424(&try, l->at > 0, out)) {
			clear(out);
			try.at = start;
			if (!read_versioned(&try, out)) {
				clear(out);
				return false;
			}
		}
	} else if (!read_rfc3164(&try, out)) {
		return false;
	}
	*l = try;
	return true;
}

/* Most lines of most devices have no header: a few looks tell. */
static bool may_have_header(const char *s, size_t n)
{
	if (n < 3)
		return false;
	if (s[0] == '<' || is_digit(s[0]) || s[0] == '%' || s[0] == '*')
		return true;
	return n > 3 && s[3] == ' '; /* "Jan " */
}

/* The header of syslog itself; returns where it ends. */
static size_t standard_header(const char *s, size_t n, int32_t zone_s, struct syslog_header *out)
{
	struct line l = {.s = s, .n = n, .zone_s = zone_s};
	l.at = skip_pri(&l, 0);
	if (!read_forms(&l, out))
		return l.at;
	size_t inner = skip_pri(&l, l.at);
	if (inner == l.at)
		return l.at;
	struct syslog_header relay = *out;
	size_t behind_relay = l.at;
	l.at = inner;
	clear(out);
	if (!read_forms(&l, out)) {
		*out = relay;
		return behind_relay;
	}
	if (out->timestamp == EVENT_NO_TIME)
		out->timestamp = relay.timestamp;
	return l.at;
}

size_t syslog_header(const char *s, size_t n, int32_t zone_s, struct syslog_header *out)
{
	clear(out);
	if (!may_have_header(s, n))
		return 0;
	size_t end = standard_header(s, n, zone_s, out);
	return syslog_device(s, n, end, zone_s, out);
}
