/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as collectors and devices print them, to microseconds since 1970 UTC. Reads from length-bounded
 * text. A time without a zone is taken in the zone the caller gives or refused, never guessed. time_format
 * is in timeformat.c.
 */
#ifndef NATMILL_EVENT_TIMEPARSE_H
#define NATMILL_EVENT_TIMEPARSE_H

#include <stddef.h>
#include <stdint.h>

#define TIME_ZONE_UNKNOWN INT32_MIN /* no zone declared: a time without one is not taken */

/* Reads a time at the start of s. Returns the bytes used, 0 if there is no time (*us is then as before).
 * *us becomes EVENT_NO_TIME (INT64_MIN) when the text lacks a year, or a zone while zone_s (seconds east of
 * UTC) is TIME_ZONE_UNKNOWN; it counts as read all the same. Forms (source: vendors' lines):
 *
 *   RFC 3339 with T, t or blanks
 *   YYYY/M/D h:m:s, YYYY Mon dd hh:mm:ss, Mon dd [YYYY ]hh:mm:ss; months in any case
 *   YYYYMMDDhhmmss
 *   epoch by its digits: 10 s, these with or without .fraction; 13 ms; 16 us; 19 ns
 *   epoch seconds in hexadecimal: 0x and 8 to 16 digits, or exactly 8 digits
 *   that make 2004 or later
 *
 * All but the last three may have a fraction (what is below microseconds is cut off) and a zone: Z, +hh,
 * +hhmm, +hh:mm directly behind; UTC, GMT, (UTC), (GMT), +hhmm, +hh:mm directly or after blanks. A zone
 * out of range and `GMT+8` (east or, as POSIX has it, west?) make it no time. Days that are not in the
 * calendar, hour 24 and year 0 are no time. Second 60 is the last microsecond of its minute. */
size_t time_read(const char *s, size_t n, int32_t zone_s, int64_t *us);

/* "UTC", "GMT", "Z", "+02:00", "-0530" to seconds east; 0, or -1 if unknown (names of regions are not
 * taken: they would change with daylight saving). */
int time_zone_parse(const char *s, size_t n, int32_t *zone_s);

/* "2025-05-02T11:34:56.870Z"; fraction of 0, 3 or 6 digits as needed: none when zero, 3 when whole
 * milliseconds. buf of TIME_TEXT_MAX bytes; returns the length, 0 when us is outside years 1..9999. */
#define TIME_TEXT_MAX 32
size_t time_format(int64_t us, char *buf);

#endif
