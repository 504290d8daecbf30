/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON that collectors write nearly always: one flat object of ASCII. Read in one pass and without a
 * copy; everything else is json_scan.h's. A collector writes the same keys in the same order each time, so
 * what stood between the values is remembered and compared at once. Used by envelope_record.c only; the
 * memory belongs to the envelope reader (one thread).
 */
#ifndef NATMILL_EVENT_JSON_FLAT_H
#define NATMILL_EVENT_JSON_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/json_scan.h"

#define JSON_FLAT_PLACES 256 /* members of an object at most; memory that none has is never touched */
#define JSON_FLAT_GAP_MAX 61 /* longest that is: a gap takes 64 bytes */

/* What stood in front of a value the last time, from behind the value before: `,"host":`. */
struct json_gap {
	uint8_t len; /* 0 = nothing kept */
	uint8_t key; /* where the key begins */
	uint8_t key_len;
	char text[JSON_FLAT_GAP_MAX];
};

/* All zero: nothing read yet. */
struct json_flat {
	int count; /* members of the object read last; 0 = it was left to others, or is to be forgotten */
	bool same_keys; /* its keys are those of the object before, in the same order */
	bool escapes;   /* a backslash stands in one of its string values */
	struct json_gap gaps[JSON_FLAT_PLACES];
};

/* Fills members as json_scan_object() would and returns their number; -1 when the value is not of this kind,
 * right or wrong: has a byte beyond ASCII, a backslash in a key, something nested, more than max members, or
 * an error. Then members holds nothing of use. As there, escapes in values are not looked at.
 * n < 1 GiB, max <= JSON_FLAT_PLACES; never reads beyond n bytes. */
int json_flat_object(struct json_flat *flat, const char *value, size_t n, struct json_member *members,
		     size_t max);

#endif
