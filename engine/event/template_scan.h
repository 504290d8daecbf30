/* SPDX-License-Identifier: Apache-2.0
 *
 * How template_match.c looks at text: comparing, skipping, searching, and the address before a port. Inline,
 * for that one file. Nothing is read beyond n bytes.
 */
#ifndef NATMILL_EVENT_TEMPLATE_SCAN_H
#define NATMILL_EVENT_TEMPLATE_SCAN_H

#include <stdint.h>
#include <string.h>

#include "event/find_bytes.h"
#include "event/ip.h"
#include "event/template_program.h"
#include "event/word_end.h"

#define NO_PLACE SIZE_MAX
#define ADDRESS_MAX 64 /* no address is longer, with brackets */

/* Do the n bytes at s begin with the operation's? */
static inline bool literal_fits(const struct template *t, const struct template_op *op, const char *s,
				size_t n)
{
	uint64_t word;
	if (__builtin_expect(n < sizeof(word), 0))
		return op->len <= n && memcmp(s, t->text + op->text, op->len) == 0;
	memcpy(&word, s, sizeof(word));
	if ((word & op->mask) != op->word)
		return false;
	return op->len <= sizeof(word) || (op->len <= n && memcmp(s, t->text + op->text, op->len) == 0);
}

/* The short cut fits when no further blank follows its last one. */
static inline bool word_fits(const struct template *t, const struct template_op *op, const char *s, size_t n)
{
	if (!literal_fits(t, op, s, n))
		return false;
	return op->len == n || !template_blank(s[op->len]) || s[op->len - 1] != ' ';
}

static inline size_t skip_blanks(const char *s, size_t n, size_t pos)
{
	while (pos < n && template_blank(s[pos]))
		pos++;
	return pos;
}

/* Where the literal stands at or behind from. */
static inline size_t find_literal(const struct template *t, const struct template_op *op, const char *s,
				  size_t n, size_t from)
{
	const char *at = from < n ? find_bytes(s + from, n - from, t->text + op->text, op->len) : NULL;
	return at != NULL ? (size_t)(at - s) : NO_PLACE;
}

/* Where a byte of the set stands at or behind from. */
static inline size_t find_of_set(const struct byte_set *set, const char *s, size_t n, size_t from)
{
	for (; from < n; from++)
		if (byte_set_has(set, s[from]))
			return from;
	return set->end ? n : NO_PLACE;
}

static inline bool of_address(char c)
{
	return (c >= '0' && c <= ':') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.';
}

/* An IPv6 address before a colon and a port: in brackets, or up to the last colon. */
static inline size_t read_v6_endpoint(const char *s, size_t n, bool tight, struct ip *ip)
{
	size_t len = 0;
	if (s[0] == '[') {
		const char *end = memchr(s, ']', n);
		len = end != NULL ? (size_t)(end - s) : 0;
		return len > 1 && ip_parse(s + 1, len - 1, ip) == 0 && ip->family == 6 ? len + 1 : 0;
	}
	if (!tight)
		return ip_read(s, n, ip);
	for (size_t i = 0; i < n && of_address(s[i]); i++)
		if (s[i] == ':')
			len = i;
	return len > 0 && ip_parse(s, len, ip) == 0 ? len : 0;
}

/* An address of the operation's kind; returns the bytes used, 0 if there is none. */
static inline size_t read_endpoint(const struct template_op *op, const char *s, size_t n, struct ip *ip)
{
	if (n > ADDRESS_MAX)
		n = ADDRESS_MAX;
	size_t used = n > 0 ? ip_read(s, n, ip) : 0;
	if ((used > 0 && ip->family == 4) || n == 0)
		return used;
	return read_v6_endpoint(s, n, op->tight, ip);
}

/* The word that was looked at last, so that ends of a run within it do not scan it again and again. */
struct token {
	size_t from;
	size_t end; /* the blank behind it */
	const struct template_op *op;
	size_t looked; /* from here on for what ends the word of op */
	size_t at;     /* where that stands; NO_PLACE = not within the word */
};

/* Length of the word at pos: up to a blank, or to the first of the characters that must follow it; 0 = none.
 */
static inline size_t token_len(struct token *k, const struct template *t, const struct template_op *op,
			       const char *s, size_t n, size_t pos)
{
	if (pos < k->from || pos >= k->end) {
		*k = (struct token){.from = pos, .end = word_end(s, n, pos)};
	}
	if (op->must == 0)
		return k->end - pos;
	if (k->op != op || pos < k->looked || pos > k->at) {
		k->op = op;
		k->looked = pos;
		k->at = find_literal(t, &t->ops[op->must], s, k->end, pos);
	}
	return k->at == NO_PLACE ? 0 : k->at - pos;
}

#endif
