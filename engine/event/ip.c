/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and writes IPv4 and IPv6 addresses; see ip.h. On the hot path (three addresses a line), so no
 * libc calls, no copies. Nothing is allocated.
 */
#include "event/ip.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define IPV6_GROUPS 8
#define IPV4_ROOM 16 /* no IPv4 address looks at more bytes: 15, and the one behind the last number */
#define ALWAYS_INLINE inline __attribute__((always_inline))

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

/* The digit at s[at], or more than 9. roomy: at lies within s for certain. */
static ALWAYS_INLINE unsigned digit_at(const char *s, size_t n, size_t at, bool roomy)
{
	return roomy || at < n ? (unsigned)(s[at] - '0') : 10;
}

/* One number 0..255 of one to three digits without leading zeros at s[at]; returns the bytes used. */
static ALWAYS_INLINE size_t read_octet(const char *s, size_t n, size_t at, bool roomy, uint32_t *out)
{
	unsigned v = digit_at(s, n, at, roomy);
	if (v > 9)
		return 0;
	unsigned tens = digit_at(s, n, at + 1, roomy);
	if (tens > 9) {
		*out = v;
		return 1;
	}
	if (v == 0)
		return 0;
	v = v * 10 + tens;
	unsigned ones = digit_at(s, n, at + 2, roomy);
	size_t used = ones > 9 ? 2 : 3;
	v = ones > 9 ? v : v * 10 + ones;
	*out = v;
	return v <= 255 ? used : 0;
}

/* Four numbers with dots, whatever follows; the first becomes the lowest byte of *out. */
static ALWAYS_INLINE size_t read_numbers(const char *s, size_t n, bool roomy, uint32_t *out)
{
	uint32_t bytes = 0;
	size_t at = 0;
	for (int i = 0; i < 4; i++) {
		uint32_t v;
		if (i > 0 && ((!roomy && at >= n) || s[at++] != '.'))
			return 0;
		size_t used = read_octet(s, n, at, roomy, &v);
		if (used == 0)
			return 0;
		bytes |= v << 8 * i;
		at += used;
	}
	*out = bytes;
	return at;
}

/* The same into four bytes; most addresses stand well before the end of their text, and need no look at it
 * for each byte. */
static inline size_t read_dotted(const char *s, size_t n, uint8_t out[4])
{
	uint32_t bytes = 0;
	size_t at = n >= IPV4_ROOM ? read_numbers(s, n, true, &bytes) : read_numbers(s, n, false, &bytes);
	bytes = htole32(bytes);
	memcpy(out, &bytes, sizeof bytes);
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

static inline size_t read_v4(const char *s, size_t n, struct ip *out)
{
	uint8_t bytes[4];
	size_t at = read_dotted(s, n, bytes);
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
