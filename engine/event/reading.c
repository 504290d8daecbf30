/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys that the rules of a script ask for; see reading.h.
 */
#include "event/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"

#define PLACES (2 * KEYS_MAX)

/* Both ends of the key and its length: vendors' keys differ there. */
static inline uint32_t hash(const char *s, size_t n)
{
	uint32_t head = 0;
	uint32_t tail = 0;
	if (n >= sizeof head) {
		memcpy(&head, s, sizeof head);
		memcpy(&tail, s + n - sizeof tail, sizeof tail);
	} else if (n > 0) {
		head = (uint32_t)(unsigned char)s[0] << 16 | (uint32_t)(unsigned char)s[n / 2] << 8 |
		       (unsigned char)s[n - 1];
	}
	uint32_t h = (head * 0x9e3779b1U) ^ ((tail + (uint32_t)n) * 0x85ebca6bU);
	return (h ^ h >> 15) * 0x2c1b3c6dU >> 24;
}

static bool same(const struct key_name *name, const char *text, size_t len)
{
	return name->len == len && memcmp(name->text, text, len) == 0;
}

int keys_find(const struct keys *k, const char *text, size_t len)
{
	uint32_t at = hash(text, len) % PLACES;
	while (k->places[at] != 0) {
		int key = k->places[at] - 1;
		if (same(&k->names[key], text, len))
			return key;
		at = (at + 1) % PLACES;
	}
	return -1;
}

/* The number that the text is, 0 if it is none from 1 to COLUMNS_MAX as one writes it. */
static size_t column_of(const char *text, size_t len)
{
	size_t column = 0;
	if (len == 0 || len > 3 || text[0] == '0')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		column = column * 10 + (size_t)(text[i] - '0');
	}
	return column;
}

int keys_add(struct keys *k, const char *text, size_t len, struct err *e)
{
	int known = keys_find(k, text, len);
	if (known >= 0)
		return known;
	if (len == 0 || len > KEY_TEXT_MAX)
		return err_set(e, ERR_SCRIPT, "a key must have 1 to %d bytes", KEY_TEXT_MAX);
	if (k->count == KEYS_MAX)
		return err_set(e, ERR_SCRIPT, "more than %d different keys for one reader", KEYS_MAX);
	uint32_t at = hash(text, len) % PLACES;
	while (k->places[at] != 0)
		at = (at + 1) % PLACES;
	struct key_name *name = &k->names[k->count++];
	name->text = xmalloc(len);
	name->len = (uint32_t)len;
	memcpy(name->text, text, len);
	k->places[at] = (uint8_t)k->count;
	k->columns[column_of(text, len)] = (uint8_t)k->count; /* [0]: keys that are no numbers */
	return (int)k->count - 1;
}

void keys_free(struct keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->names[i].text);
	*k = (struct keys){0};
}
