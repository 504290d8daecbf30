/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal numbers as field values have them. Inline: templates read several a line.
 */
#ifndef NATMILL_EVENT_NUMBER_H
#define NATMILL_EVENT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define PORT_DIGITS 5
#define PORT_MAX 65535

/* Reads 1 to max_digits (at most 9) digits that make at most max and are not followed by another digit.
 * Returns the bytes used; 0 if there is no such number, then *value is untouched. */
static inline size_t number_read(const char *s, size_t n, size_t max_digits, int32_t max, int32_t *value)
{
	size_t i = 0;
	int32_t number = 0;
	size_t end = n < max_digits ? n : max_digits;
	unsigned digit;
	for (; i < end && (digit = (unsigned)(s[i] - '0')) <= 9; i++)
		number = number * 10 + (int32_t)digit;
	if (i == 0 || number > max || (i < n && (unsigned)(s[i] - '0') <= 9))
		return 0;
	*value = number;
	return i;
}

/* Reads min to max (at most 16) hexadecimal digits in either case, not followed by another digit or letter.
 * Returns the bytes used; 0 if there is no such number, then *value is untouched. */
static inline size_t hexadecimal_read(const char *s, size_t n, size_t min, size_t max, uint64_t *value)
{
	uint64_t number = 0;
	size_t i = 0;
	for (; i < n; i++) {
		unsigned digit = (unsigned)(s[i] - '0');
		unsigned letter = (unsigned)((s[i] | 0x20) - 'a');
		if (digit > 9 && letter > 25)
			break;
		if (i == max || (digit > 9 && letter > 5))
			return 0;
		number = number << 4 | (digit <= 9 ? digit : letter + 10);
	}
	if (i < min)
		return 0;
	*value = number;
	return i;
}

#endif
