/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes IPv4 and IPv6 addresses; see ip.h. On the hot path (three addresses a line), so no
 * libc calls, no copies. Nothing is allocated.
 */
#include "event/ip.h"

#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define IPV6_GROUPS 8

static bool is_digit(char c)
{
	return (unsigned)(c - '0') <= 9;
}

static bool is_alnum(char c)
{
	return is_digit(c) || (unsigned)((c | 0x20) - 'a') <= 25;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	unsigned letter = (unsigned)((c | 0x20) - 'a');
	return letter <= 5 ? (int)letter + 10 : -1;
}

/* The digit at s[at], or more than 9. */
static inline unsigned digit_at(const char *s, size_t n, size_t at)
{
	return at < n ? (unsigned)(s[at] - '0') : 10;
}

/* One number 0..255 of one to three digits without leading zeros at s[at]; returns the bytes used. */
static inline size_t read_octet(const char *s, size_t n, size_t at, uint8_t *out)
{
	unsigned v = digit_at(s, n, at);
	unsigned tens = digit_at(s, n, at + 1);
	if (v > 9)
		return 0;
	if (tens > 9) {
		*out = (uint8_t)v;
		return 1;
	}
	if (v == 0)
		return 0;
	v = v * 10 + tens;
	unsigned ones = digit_at(s, n, at + 2);
	size_t used = ones > 9 ? 2 : 3;
	v = ones > 9 ? v : v * 10 + ones;
	*out = (uint8_t)v;
	return v <= 255 ? used : 0;
}

/* Four numbers with dots, whatever follows; returns the bytes used. */
static size_t read_dotted(const char *s, size_t n, uint8_t out[4])
{
	size_t at = 0;
	for (int i = 0; i < 4; i++) {
		if (i > 0 && (at >= n || s[at++] != '.'))
			return 0;
		size_t used = read_octet(s, n, at, &out[i]);
		if (used == 0)
			return 0;
		at += used;
	}
	return at;
}

/* True when what follows an address of `at` bytes makes it a part of another word. */
static inline bool word_goes_on(const char *s, size_t n, size_t at, bool colons)
{
	if (at >= n)
		return false;
	if (is_alnum(s[at]))
		return true;
	if (at + 1 >= n)
		return false;
	char next = s[at + 1];
	return (s[at] == '.' && is_digit(next)) ||
	       (colons && s[at] == ':' && (is_alnum(next) || next == ':'));
}

#ifdef __SSE2__
static inline unsigned byte_mask(__m128i bytes)
{
	return (unsigned)_mm_movemask_epi8(bytes);
}

/* The one to three bytes from..to in the upper bytes of a number, the last one highest. Reads four. */
static inline int32_t three_bytes(const char *s, unsigned from, unsigned to)
{
	uint32_t word;
	memcpy(&word, s + from, sizeof word);
	return (int32_t)(word << (32 - 8 * (to - from)));
}

/* As read_dotted, from 16 bytes at s, more than which no address takes with the byte behind it: without
 * branches, as the lengths of the numbers differ from line to line. 0, too, for what only looks like one. */
static inline size_t read_dotted_block(const char *s, uint8_t out[4])
{
	__m128i text = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i values = _mm_sub_epi8(text, _mm_set1_epi8('0'));
	unsigned digit = byte_mask(_mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values));
	unsigned zero = byte_mask(_mm_cmpeq_epi8(values, _mm_setzero_si128()));
	unsigned dot = byte_mask(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
	unsigned other = ~digit & 0xffff;
	unsigned behind = other & (other - 1);
	behind &= behind - 1;
	behind &= behind - 1;
	unsigned dots = other ^ behind; /* the first three that are no digits */
	unsigned starts = dots << 1 | 1;
	unsigned bad = (dots & ~dot) | (starts & other);              /* no dot; no number */
	bad |= starts & zero & digit >> 1;                            /* 01 */
	bad |= starts & digit & digit >> 1 & digit >> 2 & digit >> 3; /* four digits */
	if (behind == 0 || bad != 0)
		return 0;
	unsigned first = (unsigned)__builtin_ctz(dots);
	unsigned second = (unsigned)__builtin_ctz(dots & (dots - 1));
	unsigned third = 31 - (unsigned)__builtin_clz(dots);
	unsigned end = (unsigned)__builtin_ctz(behind);
	__m128i all = _mm_set_epi32(three_bytes(s, third + 1, end), three_bytes(s, second + 1, third),
				    three_bytes(s, first + 1, second), three_bytes(s, 0, first));
	all = _mm_and_si128(all, _mm_set1_epi8(15));
	__m128i tens = _mm_madd_epi16(_mm_and_si128(all, _mm_set1_epi16(255)), _mm_set1_epi32(10 << 16));
	all = _mm_madd_epi16(_mm_srli_epi16(all, 8), _mm_set1_epi32(1 << 16 | 100));
	all = _mm_add_epi32(all, tens);
	if (byte_mask(_mm_cmpgt_epi32(all, _mm_set1_epi32(255))) != 0)
		return 0;
	all = _mm_packs_epi32(all, all);
	int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(all, all));
	memcpy(out, &bytes, sizeof bytes);
	return end;
}

/* The same when the text ends within the block. */
static inline size_t read_dotted_short(const char *s, size_t n, uint8_t out[4])
{
	char block[sizeof(__m128i) + sizeof(uint32_t)];
	uint64_t head;
	uint64_t tail = 0;
	if (n < sizeof head)
		return read_dotted(s, n, out);
	memcpy(&head, s, sizeof head);
	memcpy(&tail, s + n - sizeof tail, sizeof tail); /* overlaps the head */
	tail = n > sizeof head ? tail >> (8 * (sizeof(__m128i) - n)) : 0;
	memcpy(block, &head, sizeof head);
	memcpy(block + sizeof head, &tail, sizeof tail);
	return read_dotted_block(block, out);
}
#endif

static inline size_t read_v4(const char *s, size_t n, struct ip *out)
{
	uint8_t bytes[4];
#ifdef __SSE2__
	size_t at = n >= sizeof(__m128i) ? read_dotted_block(s, bytes) : read_dotted_short(s, n, bytes);
#else
	size_t at = read_dotted(s, n, bytes);
#endif
	if (at == 0 || word_goes_on(s, n, at, false))
		return 0;
	*out = (struct ip){.family = 4};
	memcpy(out->bytes, bytes, sizeof bytes);
	return at;
}

/* State of an IPv6 address that is being read: groups so far, and where `::` stood (-1 = nowhere). */
struct groups {
	uint8_t bytes[16];
	int count;
	int gap;
};

/* One group of hexadecimal digits, or a dotted IPv4 as the last two; returns the bytes used. */
static size_t read_group(const char *s, size_t n, struct groups *g)
{
	unsigned v = 0;
	size_t used = 0;
	int h;
	while (used < n && used < 5 && (h = hex_value(s[used])) >= 0) {
		v = v << 4 | (unsigned)h;
		used++;
	}
	if (used == 0 || used > 4)
		return 0;
	uint8_t *to = &g->bytes[2 * g->count];
	if (used + 1 < n && s[used] == '.' && is_digit(s[used + 1])) {
		uint8_t dotted[4];
		used = g->count <= IPV6_GROUPS - 2 ? read_dotted(s, n, dotted) : 0;
		if (used == 0)
			return 0;
		memcpy(to, dotted, sizeof dotted);
		g->count += 2;
		return used;
	}
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
	g->count++;
	return used;
}

/* Groups and colons, as long as they make an address; returns the bytes used. */
static size_t read_groups(const char *s, size_t n, struct groups *g)
{
	size_t at = 0;
	while (g->count < IPV6_GROUPS) {
		size_t colon = at < n && s[at] == ':' ? 1 : 0;
		bool pair = colon && at + 1 < n && s[at + 1] == ':';
		if (pair && g->gap >= 0)
			return 0;
		if (pair) {
			g->gap = g->count;
			colon = 2;
		} else if ((colon == 1) != (at > 0 && g->gap != g->count)) {
			break; /* no colon where one must be, or one where none may be */
		}
		int before = g->count;
		size_t used = read_group(s + at + colon, n - at - colon, g);
		if (used == 0 && !pair)
			break;
		at += colon + used;
		if (used == 0 || g->count == before + 2)
			break;
	}
	return at;
}

static size_t read_v6(const char *s, size_t n, struct ip *out)
{
	struct groups g = {.gap = -1};
	size_t at = read_groups(s, n, &g);
	if (at == 0 || word_goes_on(s, n, at, true))
		return 0;
	if (g.gap < 0 ? g.count != IPV6_GROUPS : g.count >= IPV6_GROUPS)
		return 0;
	*out = (struct ip){.family = 6};
	size_t head = g.gap < 0 ? 16 : (size_t)g.gap * 2;
	size_t tail = (size_t)g.count * 2 - (g.gap < 0 ? 16 : head);
	memcpy(out->bytes, g.bytes, head);
	memcpy(out->bytes + 16 - tail, g.bytes + head, tail);
	return at;
}

size_t ip_read(const char *s, size_t n, struct ip *out)
{
	size_t used = read_v4(s, n, out);
	return used > 0 ? used : read_v6(s, n, out);
}

int ip_parse(const char *s, size_t n, struct ip *out)
{
	struct ip ip;
	if (n == 0 || ip_read(s, n, &ip) != n)
		return -1;
	*out = ip;
	return 0;
}

static char *put_octet(char *to, unsigned v)
{
	if (v >= 100) {
		*to++ = (char)('0' + v / 100);
		v %= 100;
		*to++ = (char)('0' + v / 10);
	} else if (v >= 10) {
		*to++ = (char)('0' + v / 10);
	}
	*to++ = (char)('0' + v % 10);
	return to;
}

static char *put_dotted(char *to, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*to++ = '.';
		to = put_octet(to, bytes[i]);
	}
	return to;
}

static char *put_group(char *to, unsigned v)
{
	static const char digits[] = "0123456789abcdef";
	bool started = false;
	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned d = v >> shift & 15;
		started = started || d != 0 || shift == 0;
		if (started)
			*to++ = digits[d];
	}
	return to;
}

/* Finds the longest run of two or more zero groups, the first of equals. */
static void zero_run(const unsigned *group, int *start, int *length)
{
	*start = -1;
	*length = 1;
	for (int i = 0; i < IPV6_GROUPS; i++) {
		int run = 0;
		while (i + run < IPV6_GROUPS && group[i + run] == 0)
			run++;
		if (run > *length) {
			*start = i;
			*length = run;
		}
		i += run > 0 ? run - 1 : 0;
	}
}

static char *put_v6(char *to, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (memcmp(bytes, mapped, sizeof mapped) == 0) {
		memcpy(to, "::ffff:", 7);
		return put_dotted(to + 7, bytes + 12);
	}
	unsigned group[IPV6_GROUPS];
	for (int i = 0; i < IPV6_GROUPS; i++)
		group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	int start;
	int length;
	zero_run(group, &start, &length);
	for (int i = 0; i < IPV6_GROUPS; i++) {
		if (i == start) {
			*to++ = ':';
			*to++ = ':';
			i += length - 1;
			continue;
		}
		if (i > 0 && (start < 0 || i != start + length))
			*to++ = ':';
		to = put_group(to, group[i]);
	}
	return to;
}

size_t ip_format(const struct ip *ip, char *buf)
{
	char *end = buf;
	if (ip->family == 4)
		end = put_dotted(buf, ip->bytes);
	else if (ip->family == 6)
		end = put_v6(buf, ip->bytes);
	*end = '\0';
	return (size_t)(end - buf);
}
