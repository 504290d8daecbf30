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
static inline size_t place_of(const struct short_text *key)
{
	uint64_t h = ((key->head + key->len) * UINT64_C(0x9e3779b97f4a7c15)) ^
		     (key->tail * UINT64_C(0xc2b2ae3d27d4eb4f));
	return (size_t)(((h ^ h >> 29) * UINT64_C(0x94d049bb133111eb)) >> 56) % PLACES;
}

static inline bool same(const struct key_name *name, const struct short_text *key, const char *text)
{
	return short_text_same(&name->key, key) &&
	       (key->len <= SHORT_TEXT_MAX || memcmp(name->text, text, key->len) == 0);
}

int keys_find(const struct keys *k, const char *text, size_t len)
{
	struct short_text asked = short_text_of(text, len);
	size_t at = place_of(&asked);
	while (k->places[at] != 0) {
		int key = k->places[at] - 1;
		if (same(&k->names[key], &asked, text))
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
	struct short_text key = short_text_of(text, len);
	size_t at = place_of(&key);
	while (k->places[at] != 0)
		at = (at + 1) % PLACES;
	struct key_name *name = &k->names[k->count++];
	name->text = xmalloc(len);
	name->key = key;
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
