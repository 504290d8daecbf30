/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and values of one record: which keys the rules of a script ask for (struct keys, made at load), and
 * what values a record gives them (struct reading, filled by a reader). Keys that nobody asks for cost a
 * hash and are passed over; nothing is allocated per record.
 */
#ifndef NATMILL_EVENT_READING_H
#define NATMILL_EVENT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "event/short_text.h"

#define KEYS_MAX 128     /* of one reader in one script */
#define KEY_TEXT_MAX 255 /* bytes of a key */
#define COLUMNS_MAX 999  /* keys that are numbers up to this are found by number, too */

struct keys {
	size_t count;
	struct key_name {
		char *text;
		struct short_text key; /* the same */
	} names[KEYS_MAX];
	uint8_t places[2 * KEYS_MAX];     /* by hash: 1 + number of the key, 0 = free */
	uint8_t columns[COLUMNS_MAX + 1]; /* by the number that the key is, likewise */
};

/* Texts beside the pairs that a rule may ask for, too; like the values without blanks at both ends. */
enum reading_part {
	PART_FRONT,     /* what stands before the first pair; all of it when there is none */
	PART_HOST_NAME, /* of the envelope or header */
	PART_PROGRAM,
	PART_COUNT
};

struct reading {
	uint64_t have[KEYS_MAX / 64];   /* the keys that stood in the record */
	uint64_t filled[KEYS_MAX / 64]; /* of those, with a value that is not empty */
	struct text parts[PART_COUNT];
	struct reading_value {
		struct text text; /* in the arena: of the record, or an unescaped copy */
		uint32_t place;   /* byte from 0 in the record's text, for columns */
	} values[KEYS_MAX];       /* those not in have are not set */
};

struct err;

/* Number of the key, added if it is new; -1 with e when there are too many or it is too long. */
int keys_add(struct keys *k, const char *text, size_t len, struct err *e);
void keys_free(struct keys *k);

/* Number of the key, or -1: nobody asks for it. */
int keys_find(const struct keys *k, const char *text, size_t len);

static inline void reading_reset(struct reading *r)
{
	for (size_t i = 0; i < KEYS_MAX / 64; i++)
		r->have[i] = r->filled[i] = 0;
}

static inline bool reading_has(const struct reading *r, int key)
{
	return (r->have[key / 64] >> (key % 64) & 1) != 0;
}

static inline void reading_put(struct reading *r, int key, struct text value, uint32_t place)
{
	uint64_t bit = UINT64_C(1) << (key % 64);
	r->have[key / 64] |= bit;
	r->filled[key / 64] |= value.len > 0 ? bit : 0;
	r->values[key] = (struct reading_value){.text = value, .place = place};
}

#endif
