/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads times; see timeparse.h. Each form of text becomes the parts of a calendar time, which plain
 * arithmetic (proleptic Gregorian calendar) turns into microseconds: no libc, no locale, no table of zones.
 */
#include "event/timeparse.h"

#include <stdbool.h>
#include <string.h>

#include "event/event.h"
#include "event/number.h"

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY 86400
#define EPOCH_DIGITS 19 /* of nanoseconds; fits 64 bits */

/* A calendar time as read. year 0 = the text has none. */
struct civil {
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
	int us;
};

/* What stands behind a time. */
enum zone { ZONE_NONE, ZONE_READ, ZONE_BAD };

static bool is_digit(char c)
{
	return (unsigned)(c - '0') <= 9;
}

static bool is_alpha(char c)
{
	return (unsigned)((c | 0x20) - 'a') <= 25;
}

/* min to max digits as a number; returns the bytes used. max <= 9. */
static inline size_t read_number(const char *s, size_t n, size_t min, size_t max, int *out)
{
	size_t used = 0;
	int v = 0;
	while (used < max && used < n && is_digit(s[used]))
		v = v * 10 + (s[used++] - '0');
	*out = v;
	return used >= min ? used : 0;
}

/* Days since 1970-01-01. March is taken as the first month, so that the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1; /* >= 0, as year >= 1 */
	int m = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
	return y * INT64_C(365) + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static int month_days(int year, int month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month == 2 && (leap || year == 0) ? 29 : days[month - 1];
}

static bool civil_valid(const struct civil *c)
{
	if (c->month < 1 || c->month > 12 || c->day < 1 || c->hour > 23 || c->minute > 59 || c->second > 60)
		return false;
	return c->day <= 28 || c->day <= month_days(c->year, c->month);
}

/* zone_s seconds east. A leap second becomes the last microsecond of its minute. */
static int64_t civil_us(const struct civil *c, int32_t zone_s)
{
	int64_t day = days_from_civil(c->year, c->month, c->day);
	int second = c->second < 60 ? c->second : 59;
	int us = c->second < 60 ? c->us : (int)US_PER_S - 1;
	int64_t s = day * S_PER_DAY + c->hour * 3600 + c->minute * 60 + second - zone_s;
	return s * US_PER_S + us;
}

/* Fraction of a second behind a '.': any number of digits, beyond microseconds cut off. */
static size_t read_fraction(const char *s, size_t n, int *us)
{
	*us = 0;
	if (n < 2 || s[0] != '.' || !is_digit(s[1]))
		return 0;
	size_t used = 1;
	int scale = (int)US_PER_S;
	while (used < n && is_digit(s[used])) {
		scale /= 10;
		*us += (s[used++] - '0') * scale;
	}
	return used;
}

/* hh:mm:ss[.fraction]; digits = 2, or 1 where devices leave zeros out. */
static size_t read_clock(const char *s, size_t n, size_t digits, struct civil *c)
{
	size_t at = read_number(s, n, digits, 2, &c->hour);
	if (at == 0 || at >= n || s[at] != ':')
		return 0;
	size_t used = read_number(s + at + 1, n - at - 1, digits, 2, &c->minute);
	at += used + 1;
	if (used == 0 || at >= n || s[at] != ':')
		return 0;
	used = read_number(s + at + 1, n - at - 1, digits, 2, &c->second);
	at += used + 1;
	if (used == 0 || (at < n && is_digit(s[at])))
		return 0;
	return at + read_fraction(s + at, n - at, &c->us);
}

/* +hh, +hhmm or +hh:mm at the start of s; *used tells its length. */
static enum zone read_offset(const char *s, size_t n, int32_t *zone_s, size_t *used)
{
	int hour;
	int minute = 0;
	if (n < 3 || (s[0] != '+' && s[0] != '-') || read_number(s + 1, n - 1, 2, 2, &hour) == 0)
		return ZONE_NONE;
	size_t at = 3;
	if (at < n && s[at] == ':')
		at++;
	size_t minutes = read_number(s + at, n - at, 2, 2, &minute);
	if (minutes == 0 && at > 3)
		return ZONE_NONE;
	at += minutes;
	if (at < n && (is_digit(s[at]) || is_alpha(s[at]) || s[at] == '/' || s[at] == '-'))
		return ZONE_NONE; /* a date or word that happens to follow */
	if (hour > 23 || minute > 59)
		return ZONE_BAD;
	*zone_s = (hour * 3600 + minute * 60) * (s[0] == '-' ? -1 : 1);
	*used = at;
	return ZONE_READ;
}

/* "UTC", "GMT", "Z" in any case; the number of letters, 0 if it is none of them. */
static size_t read_utc_name(const char *s, size_t n)
{
	static const char *const names[] = {"utc", "gmt", "z"};
	size_t letters = 0;
	while (letters < n && letters < 4 && is_alpha(s[letters]))
		letters++;
	if (letters < n && is_digit(s[letters]))
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t same = 0;
		while (same < letters && names[i][same] == (s[same] | 0x20))
			same++;
		if (same == letters && names[i][same] == '\0')
			return letters;
	}
	return 0;
}

/* "UTC" or "GMT" behind a time, with or without parentheses; Z only directly behind it. */
static enum zone read_zone_name(const char *s, size_t n, size_t min_letters, size_t *used)
{
	size_t paren = n > 0 && s[0] == '(' ? 1 : 0;
	size_t letters = read_utc_name(s + paren, n - paren);
	size_t at = paren + letters;
	if (letters < min_letters || (paren && (at >= n || s[at++] != ')')))
		return ZONE_NONE;
	if (at + 1 < n && (s[at] == '+' || s[at] == '-') && is_digit(s[at + 1]))
		return ZONE_BAD; /* "GMT+8": east or, as POSIX has it, west? */
	*used = at;
	return ZONE_READ;
}

static size_t read_blanks(const char *s, size_t n)
{
	size_t used = 0;
	while (used < n && s[used] == ' ')
		used++;
	return used;
}

/* The zone behind a time: directly, or after blanks. */
static enum zone read_zone(const char *s, size_t n, int32_t *zone_s, size_t *used)
{
	if (n == 0)
		return ZONE_NONE;
	size_t blank = read_blanks(s, n);
	s += blank;
	n -= blank;
	enum zone z;
	if (n > 0 && (s[0] == '+' || s[0] == '-')) {
		/* After a blank "-05" could be anything: there it must have its minutes. */
		if (blank && (n < 5 || (!is_digit(s[3]) && s[3] != ':')))
			return ZONE_NONE;
		z = read_offset(s, n, zone_s, used);
	} else {
		z = read_zone_name(s, n, blank ? 3 : 1, used);
		if (z == ZONE_READ)
			*zone_s = 0;
	}
	*used += blank;
	return z;
}

/* The end of every calendar form: checks the parts, reads a zone, and computes. at = bytes read so far. */
static size_t finish(const struct civil *c, const char *s, size_t n, size_t at, int32_t zone_s, int64_t *us)
{
	size_t used = 0;
	if (!civil_valid(c))
		return 0;
	*us = EVENT_NO_TIME;
	if (c->year == 0)
		return at;
	enum zone z = read_zone(s + at, n - at, &zone_s, &used);
	if (z == ZONE_BAD)
		return 0;
	if (zone_s != TIME_ZONE_UNKNOWN)
		*us = civil_us(c, zone_s);
	return z == ZONE_READ ? at + used : at;
}

/* YYYY-MM-DDThh:mm:ss, YYYY-MM-DD hh:mm:ss; fixed places, as this is the form that collectors write. */
static size_t read_dashed(const char *s, size_t n, int32_t zone_s, int64_t *us)
{
	struct civil c;
	uint64_t bad = 0;
	if (n < 19 || s[7] != '-' || (s[10] != 'T' && s[10] != 't' && s[10] != ' '))
		return 0;
	size_t more = s[11] == ' ' && s[10] == ' ' ? read_blanks(s + 11, n - 11) : 0;
	if (n - more < 19 || s[more + 13] != ':' || s[more + 16] != ':')
		return 0;
	uint64_t date = number_read_pairs(s + 2, &bad);
	uint64_t clock = number_read_pairs(s + more + 11, &bad);
	if (bad != 0 || read_number(s, 2, 2, 2, &c.year) == 0)
		return 0;
	c.year = c.year * 100 + (int)(date & 0xff);
	c.month = (int)(date >> 24 & 0xff);
	c.day = (int)(date >> 48 & 0xff);
	c.hour = (int)(clock & 0xff);
	c.minute = (int)(clock >> 24 & 0xff);
	c.second = (int)(clock >> 48 & 0xff);
	s += more;
	n -= more;
	if (c.year == 0 || (n > 19 && is_digit(s[19])))
		return 0;
	size_t used = finish(&c, s, n, 19 + read_fraction(s + 19, n - 19, &c.us), zone_s, us);
	return used == 0 ? 0 : used + more;
}

/* YYYY/M/D h:m:s, as Jool prints it; Palo Alto with all digits. */
static size_t read_slashed(const char *s, size_t n, int32_t zone_s, int64_t *us)
{
	struct civil c;
	size_t at = 5;
	if (read_number(s, 4, 4, 4, &c.year) == 0 || c.year == 0)
		return 0;
	size_t used = read_number(s + at, n - at, 1, 2, &c.month);
	at += used;
	if (used == 0 || at >= n || s[at++] != '/')
		return 0;
	used = read_number(s + at, n - at, 1, 2, &c.day);
	at += used;
	size_t blanks = used > 0 ? read_blanks(s + at, n - at) : 0;
	at += blanks;
	if (blanks == 0)
		return 0;
	used = read_clock(s + at, n - at, 1, &c);
	return used == 0 ? 0 : finish(&c, s, n, at + used, zone_s, us);
}

/* "Jan" to 1; 0 if the first three bytes of s are no month. */
static int month_of(const char *s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (const char *m = names; *m != '\0'; m += 3)
		if (m[0] == (s[0] | 0x20) && m[1] == (s[1] | 0x20) && m[2] == (s[2] | 0x20))
			return (int)(m - names) / 3 + 1;
	return 0;
}

/* "Mon dd " with one or more blanks; returns the bytes used with the blanks behind the day. */
static size_t read_month_day(const char *s, size_t n, struct civil *c)
{
	if (n < 6 || s[3] != ' ' || (c->month = month_of(s)) == 0)
		return 0;
	size_t at = 3 + read_blanks(s + 3, n - 3);
	size_t used = read_number(s + at, n - at, 1, 2, &c->day);
	at += used;
	size_t blanks = used > 0 ? read_blanks(s + at, n - at) : 0;
	return blanks > 0 ? at + blanks : 0;
}

/* Mon dd [YYYY ]hh:mm:ss, with the year before the month when c->year is set already. */
static size_t read_named(const char *s, size_t n, size_t at, struct civil *c, int32_t zone_s, int64_t *us)
{
	size_t used = read_month_day(s + at, n - at, c);
	if (used == 0)
		return 0;
	at += used;
	int year;
	if (c->year == 0 && n - at > 5 && s[at + 4] == ' ' && read_number(s + at, 4, 4, 4, &year) > 0) {
		c->year = year;
		at += 4;
		at += read_blanks(s + at, n - at);
		if (year == 0)
			return 0;
	}
	used = read_clock(s + at, n - at, 2, c);
	return used == 0 ? 0 : finish(c, s, n, at + used, zone_s, us);
}

/* YYYYMMDDhhmmss, as A10's default custom format prints it. */
static size_t read_compact(const char *s, int32_t zone_s, int64_t *us)
{
	struct civil c = {0};
	read_number(s, 4, 4, 4, &c.year);
	int *const pairs[] = {&c.month, &c.day, &c.hour, &c.minute, &c.second};
	for (int i = 0; i < 5; i++)
		read_number(s + 4 + 2 * i, 2, 2, 2, pairs[i]);
	return c.year == 0 ? 0 : finish(&c, s, 14, 14, zone_s, us);
}

/* Epoch by its number of digits: 10 seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds (2001 to 2286;
 * nanoseconds to 2262). Other lengths are no time: a guess could be wrong by centuries, and a number that was
 * cut would be another time. */
static size_t read_epoch(const char *s, size_t n, int32_t zone_s, int64_t *us)
{
	size_t digits;
	uint64_t v = number_of_word(number_word(s, n), &digits);
	while (digits < n && digits < EPOCH_DIGITS && is_digit(s[digits]))
		v = v * 10 + (uint64_t)(s[digits++] - '0');
	size_t at = digits;
	int fraction = 0;
	if (digits == 10)
		at += read_fraction(s + at, n - at, &fraction);
	if (at < n && (is_alpha(s[at]) || is_digit(s[at])))
		return 0;
	if (digits == 14)
		return read_compact(s, zone_s, us);
	int64_t scale = digits == 10   ? US_PER_S
			: digits == 13 ? 1000
			: digits == 16 ? 1
			: digits == 19 ? -1000
				       : 0;
	if (scale == 0 || v > INT64_MAX)
		return 0;
	*us = scale > 0 ? (int64_t)v * scale + fraction : (int64_t)(v / 1000);
	return at;
}

/* Hexadecimal seconds of Junos. Without 0x they are of 2004 or later, so that no date becomes one. */
static size_t read_hexadecimal(const char *s, size_t n, int64_t *us)
{
	uint64_t v;
	size_t at = n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x' ? 2 : 0;
	if (at == 0 && n > 8 && (is_digit(s[8]) || is_alpha(s[8])))
		return 0; /* what most other forms go on with */
	size_t used = hexadecimal_read(s + at, n - at, 8, at > 0 ? 16 : 8, &v);
	if (used == 0 || v > UINT32_MAX || (at == 0 && v < 0x40000000))
		return 0;
	*us = (int64_t)v * US_PER_S;
	return at + used;
}

size_t time_read(const char *s, size_t n, int32_t zone_s, int64_t *us)
{
	struct civil c = {0};
	int64_t read = EVENT_NO_TIME;
	bool dashed = n >= 9 && s[4] == '-';
	size_t used = dashed ? 0 : read_hexadecimal(s, n, us);
	if (used > 0 || n < 9)
		return used;
	if (!is_digit(s[0]))
		used = read_named(s, n, 0, &c, zone_s, &read);
	else if (dashed)
		used = read_dashed(s, n, zone_s, &read);
	else if (s[4] == '/')
		used = read_slashed(s, n, zone_s, &read);
	else if (s[4] == ' ' && read_number(s, 4, 4, 4, &c.year) > 0 && c.year > 0)
		used = read_named(s, n, 4 + read_blanks(s + 4, n - 4), &c, zone_s, &read);
	else
		used = read_epoch(s, n, zone_s, &read);
	if (used > 0)
		*us = read;
	return used;
}

int time_zone_parse(const char *s, size_t n, int32_t *zone_s)
{
	size_t used = n;
	int32_t zone = 0;
	bool utc = n > 0 && read_utc_name(s, n) == n;
	if (!utc && (read_offset(s, n, &zone, &used) != ZONE_READ || used != n))
		return -1;
	*zone_s = zone;
	return 0;
}
