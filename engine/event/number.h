/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal numbers as field values have them. Inline: templates read several a line.
 */
#ifndef NATMILL_EVENT_NUMBER_H
#define NATMILL_EVENT_NUMBER_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PORT_DIGITS 5
#define PORT_MAX 65535

/* The digits that the eight bytes of the word begin with, the first one lowest; *count = their number, 8 =
 * perhaps more. Less than eight of them are read without a branch, as their number differs from line to line.
 */
static inline uint32_t number_of_word(uint64_t word, size_t *count)
{
	word ^= UINT64_C(0x3030303030303030);
	uint64_t over = word | ((word & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676));
	over &= UINT64_C(0x8080808080808080);
	*count = over != 0 ? (size_t)__builtin_ctzll(over) / 8 : 8;
	if (*count == 0)
		return 0;
	word <<= 64 - 8 * *count;
	word = word * 10 + (word >> 8); /* two digits in each second byte */
	uint64_t high = (word & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32));
	uint64_t low = (word >> 16 & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32));
	return (uint32_t)((high + low) >> 32);
}

/* The first bytes at s as a word, as above; zero behind the n bytes, of which there are at least four. */
static inline uint64_t number_word(const char *s, size_t n)
{
	uint64_t word;
	uint32_t head;
	uint32_t tail;
	if (n >= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		return le64toh(word);
	}
	memcpy(&head, s, sizeof(head));
	memcpy(&tail, s + n - sizeof(tail), sizeof(tail)); /* overlaps the head */
	return le32toh(head) | (uint64_t)le32toh(tail) << (8 * (n - sizeof(tail)));
}

/* Reads 1 to max_digits (at most 9) digits that make at most max and are not followed by another digit.
 * Returns the bytes used; 0 if there is no such number, then *value is untouched. */
static inline size_t number_read(const char *s, size_t n, size_t max_digits, int32_t max, int32_t *value)
{
	size_t i = 0;
	int32_t number = 0;
	unsigned digit;
	if (n >= sizeof(uint32_t) && max_digits < sizeof(uint64_t)) {
		number = (int32_t)number_of_word(number_word(s, n), &i);
	} else {
		size_t end = n <= max_digits ? n : max_digits + 1;
		for (; i < end && (digit = (unsigned)(s[i] - '0')) <= 9; i++)
			number = i < max_digits ? number * 10 + (int32_t)digit : number;
	}
	if (i == 0 || i > max_digits || number > max)
		return 0;
	*value = number;
	return i;
}

/* Three numbers of two digits with any byte between them ("12:34:56"), from eight bytes at s. They are the
 * bytes 0, 3 and 6 of the result; *wrong becomes more than 0 when a digit is none. */
static inline uint64_t number_read_pairs(const char *s, uint64_t *wrong)
{
	uint64_t word;
	memcpy(&word, s, sizeof(word));
	word = le64toh(word) ^ UINT64_C(0x3030303030303030);
	uint64_t over = word | ((word & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676));
	*wrong |= over & UINT64_C(0x8080008080008080);
	word &= UINT64_C(0x0f0f0f0f0f0f0f0f);
	return word * 10 + (word >> 8);
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
