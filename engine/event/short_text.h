/* SPDX-License-Identifier: Apache-2.0
 *
 * A text as two numbers, so that short ones are compared and hashed without a loop or a call: keys of
 * records, words that a value may be. Any thread; keeps nothing.
 */
#ifndef NATMILL_EVENT_SHORT_TEXT_H
#define NATMILL_EVENT_SHORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SHORT_TEXT_MAX 16 /* bytes: up to this, equal numbers are equal texts */

struct short_text {
	uint64_t head; /* the first bytes, */
	uint64_t tail; /* the last ones, which overlap them or are 0 when head has all */
	size_t len;
};

/* Of the n bytes at s; none behind them is read. */
static inline struct short_text short_text_of(const char *s, size_t n)
{
	struct short_text t = {.len = n};
	if (n >= sizeof t.head) {
		memcpy(&t.head, s, sizeof t.head);
		memcpy(&t.tail, s + n - sizeof t.tail, sizeof t.tail);
	} else if (n >= sizeof(uint32_t)) {
		uint32_t head;
		uint32_t tail;
		memcpy(&head, s, sizeof head);
		memcpy(&tail, s + n - sizeof tail, sizeof tail);
		t.head = (uint64_t)tail << 32 | head;
	} else if (n > 0) {
		t.head = (uint64_t)(unsigned char)s[0] << 16 | (uint64_t)(unsigned char)s[n / 2] << 8 |
			 (unsigned char)s[n - 1];
	}
	return t;
}

/* False: they differ. True: they are equal, or longer than SHORT_TEXT_MAX and differ in the middle only. */
static inline bool short_text_same(const struct short_text *a, const struct short_text *b)
{
	return ((a->head ^ b->head) | (a->tail ^ b->tail) | (a->len ^ b->len)) == 0;
}

#endif
