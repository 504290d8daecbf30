/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes times in RFC 3339, UTC; see time_format in timeparse.h. Called for every event that an output
 * writes as JSON, so plain arithmetic instead of libc. The caller owns the buffer.
 */
#include "event/timeparse.h"

#include <string.h>

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY 86400
#define DAYS_PER_ERA 146097 /* 400 years */

#define TIME_FIRST_US (INT64_C(-62135596800) * US_PER_S)               /* 0001-01-01 */
#define TIME_LAST_US (INT64_C(253402300799) * US_PER_S + US_PER_S - 1) /* end of 9999 */

static char *put(char *to, unsigned v, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		to[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return to + digits;
}

/* days counts from 0000-03-01, so is never negative here; March is the first month of its year. */
static char *put_date(char *to, unsigned days)
{
	unsigned era = days / DAYS_PER_ERA;
	unsigned day_of_era = days % DAYS_PER_ERA;
	unsigned year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned m = (5 * day_of_year + 2) / 153;
	unsigned day = day_of_year - (153 * m + 2) / 5 + 1;
	unsigned month = m < 10 ? m + 3 : m - 9;
	to = put(to, era * 400 + year_of_era + (month <= 2 ? 1 : 0), 4);
	*to++ = '-';
	to = put(to, month, 2);
	*to++ = '-';
	return put(to, day, 2);
}

size_t time_format(int64_t us, char *buf)
{
	if (us < TIME_FIRST_US || us > TIME_LAST_US) {
		buf[0] = '\0';
		return 0;
	}
	int64_t since = us - TIME_FIRST_US; /* no signs to think of below */
	unsigned fraction = (unsigned)(since % US_PER_S);
	int64_t s = since / US_PER_S;
	unsigned clock = (unsigned)(s % S_PER_DAY);
	char *to = put_date(buf, (unsigned)(s / S_PER_DAY) + 306); /* 0001-01-01 is day 306 of that count */
	*to++ = 'T';
	to = put(to, clock / 3600, 2);
	*to++ = ':';
	to = put(to, clock / 60 % 60, 2);
	*to++ = ':';
	to = put(to, clock % 60, 2);
	if (fraction != 0) {
		*to++ = '.';
		to = fraction % 1000 == 0 ? put(to, fraction / 1000, 3) : put(to, fraction, 6);
	}
	*to++ = 'Z';
	*to = '\0';
	return (size_t)(to - buf);
}
