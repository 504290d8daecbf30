/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers of routers and switches; see syslog_device.h. Sources: Cisco IOS and IOS XE configuration guides
 * (`service timestamps`, `service sequence-numbers`, `logging origin-id`), H3C Comware information centre,
 * and the lines of the test.
 */
#include "event/syslog_device.h"

#include <stdbool.h>
#include <string.h>

#include "event/event.h"
#include "event/timeparse.h"
#include "event/word_end.h"

#define CISCO_HEADER_MAX 128 /* bytes in front of the mnemonic */
#define TIME_MAX 40

static bool is_digit(char c)
{
	return (unsigned)(c - '0') <= 9;
}

static bool is_letter(char c)
{
	return (unsigned)((c | 0x20) - 'a') <= 25;
}

static bool is_upper(char c)
{
	return (unsigned)(c - 'A') <= 25;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *s, size_t n, size_t at)
{
	while (at < n && is_blank(s[at]))
		at++;
	return at;
}

static size_t skip_digits(const char *s, size_t n, size_t at)
{
	while (at < n && is_digit(s[at]))
		at++;
	return at;
}

/* "Jul  7 " of "Jul  7 04:20:04": where the clock begins, 0 if that is no such date. */
static size_t clock_of(const char *s, size_t n)
{
	size_t day = skip_blanks(s, n, 3);
	size_t end = skip_digits(s, n, day);
	size_t clock = skip_blanks(s, n, end);
	if (day == 3 || end == day || end > day + 2 || clock == end)
		return 0;
	return clock;
}

/* The same time with its year in the usual place. clock: its "04:20:04"; end: where that ends. */
static size_t year_behind(const char *s, size_t n, size_t clock, size_t end, int32_t zone_s, int64_t *us)
{
	unsigned ms = 0;
	size_t at = end;
	if (at + 1 < n && s[at] == ':' && is_digit(s[at + 1])) {
		at = skip_digits(s, n, at + 1);
		for (size_t i = end + 1; i < at && i < end + 4; i++)
			ms = ms * 10 + (unsigned)(s[i] - '0');
	}
	size_t year = skip_blanks(s, n, at);
	size_t behind = skip_digits(s, n, year);
	bool plausible = year > at && behind == year + 4 && (s[year] == '1' || s[year] == '2');
	if (!plausible || at > end + 4 || (behind < n && !is_blank(s[behind]) && s[behind] != ':'))
		return 0;
	char text[TIME_MAX + 16];
	size_t len = 0;
	memcpy(text, s, clock);
	memcpy(text + (len = clock), s + year, 4);
	text[len += 4] = ' ';
	memcpy(text + ++len, s + clock, end - clock);
	len += end - clock;
	if (at > end) {
		const char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
					 (char)('0' + ms % 10)};
		memcpy(text + len, fraction, sizeof fraction);
		len += sizeof fraction;
	}
	return time_read(text, len, zone_s, us) == len ? behind : 0;
}

size_t syslog_time(const char *s, size_t n, int32_t zone_s, int64_t *us)
{
	size_t used = time_read(s, n, zone_s, us);
	if (used < 12 || used > TIME_MAX || *us != EVENT_NO_TIME || !is_letter(s[0]))
		return used;
	size_t clock = clock_of(s, used);
	if (clock == 0 || memchr(s + clock, ' ', used - clock) != NULL)
		return used; /* it has its year, or a zone */
	size_t with_year = year_behind(s, n, clock, used, zone_s, us);
	return with_year > 0 ? with_year : used;
}

/* "%[@SEQ%]TIME HOST "; returns where it ends, at if there is none. */
static size_t comware(const char *s, size_t n, size_t at, int32_t zone_s, struct syslog_header *out)
{
	size_t start = at + 1;
	if (start < n && s[start] == '@') {
		start = skip_digits(s, n, start + 1);
		if (start >= n || s[start++] != '%')
			return at;
	}
	int64_t us;
	size_t used = start < n && is_letter(s[start]) ? syslog_time(s + start, n - start, zone_s, &us) : 0;
	size_t host = skip_blanks(s, n, start + used);
	size_t end = host < n ? word_end(s, n, host) : host;
	size_t text = skip_blanks(s, n, end);
	if (used == 0 || host == start + used || text == end || text == n)
		return at;
	if (us != EVENT_NO_TIME)
		out->timestamp = us;
	if (ip_parse(s + host, end - host, &out->host) != 0 && out->host_name_len == 0) {
		out->host_name = host;
		out->host_name_len = end - host;
	}
	return text;
}

/* A word and its colon at at: returns where the colon is, at if there is none. */
static size_t word_colon(const char *s, size_t n, size_t at)
{
	size_t end = at;
	while (end < n && (is_letter(s[end]) || is_digit(s[end]) || s[end] == '.' || s[end] == '_' ||
			   s[end] == '-' || s[end] == ':'))
		end++;
	if (end >= n || !is_blank(s[end]) || end < at + 2 || s[end - 1] != ':')
		return at;
	return end - 1;
}

/* Sequence numbers, a host, the time of day or the uptime: all words that end in a colon. */
static size_t cisco_words(const char *s, size_t n, size_t at, struct syslog_header *out)
{
	for (int words = 0; words < 4; words++) {
		size_t colon = word_colon(s, n, at);
		if (colon == at)
			break;
		size_t len = colon - at;
		struct ip ip;
		bool name = !is_digit(s[at]) && memchr(s + at, ':', len) == NULL;
		if (ip_parse(s + at, len, &ip) == 0) {
			if (out->host.family == 0)
				out->host = ip;
		} else if (name && out->host_name_len == 0) {
			out->host_name = at;
			out->host_name_len = len;
		}
		at = skip_blanks(s, n, colon + 1);
	}
	return at;
}

/* "[*|.]TIME[ ZONE]: "; returns where it ends, at if there is none. */
static size_t cisco_time(const char *s, size_t n, size_t at, int32_t zone_s, struct syslog_header *out)
{
	bool unset = s[at] == '*';
	size_t start = at + (unset || s[at] == '.' ? 1 : 0);
	int64_t us = EVENT_NO_TIME;
	size_t end = start;
	if (start < n && is_letter(s[start]))
		end += syslog_time(s + start, n - start, zone_s, &us);
	else
		while (end < n && (is_digit(s[end]) || s[end] == ':' || s[end] == '.'))
			end++;
	if (end == start)
		return at;
	if (end < n && s[end - 1] == ':')
		end--; /* a time of day took it along */
	size_t zone = skip_blanks(s, n, end);
	while (zone > end && zone < n && is_letter(s[zone])) {
		us = EVENT_NO_TIME;
		if (++zone < n && !is_letter(s[zone]))
			end = zone;
	}
	if (end + 1 >= n || s[end] != ':' || !is_blank(s[end + 1]))
		return at;
	if (us != EVENT_NO_TIME && !unset)
		out->timestamp = us;
	return skip_blanks(s, n, end + 1);
}

/* Does a mnemonic follow a colon and blanks within n bytes? */
static bool has_mnemonic(const char *s, size_t n)
{
	for (size_t at = 0; at + 2 < n; at++) {
		const char *colon = memchr(s + at, ':', n - at - 2);
		if (colon == NULL)
			return false;
		at = (size_t)(colon - s);
		size_t behind = skip_blanks(s, n, at + 1);
		if (behind > at + 1 && behind < n && s[behind] == '%')
			return true;
	}
	return false;
}

/* All in front of the mnemonic; at when it is something else. */
static size_t cisco(const char *s, size_t n, size_t at, int32_t zone_s, struct syslog_header *out)
{
	size_t look = n - at < CISCO_HEADER_MAX ? n - at : CISCO_HEADER_MAX;
	if (!has_mnemonic(s + at, look))
		return at;
	struct syslog_header found = *out;
	size_t text = cisco_words(s, n, at, &found);
	if (text < n && s[text] != '%')
		text = cisco_time(s, n, text, zone_s, &found);
	if (text + 1 >= n || s[text] != '%' || !is_upper(s[text + 1]))
		return at;
	*out = found;
	return text;
}

size_t syslog_device(const char *s, size_t n, size_t at, int32_t zone_s, struct syslog_header *out)
{
	if (at + 2 >= n)
		return at;
	if (s[at] == '%')
		return comware(s, n, at, zone_s, out);
	return cisco(s, n, at, zone_s, out);
}
