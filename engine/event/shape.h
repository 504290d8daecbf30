/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of a line: its text cut into tokens, with what changes from line to line (addresses, numbers,
 * times, names) told from what stays (words and marks). Lines of one shape are lines of one kind. Used where
 * lines are clustered: natmill new, and reports of unmatched lines. Pure functions; the caller owns all
 * memory, and tokens point into the text by offset. Any thread.
 */
#ifndef NATMILL_EVENT_SHAPE_H
#define NATMILL_EVENT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define SHAPE_TOKENS_MAX 512 /* what lies behind that many is one token of kind SHAPE_REST */

enum shape_kind {
	SHAPE_BLANK, /* one or more blanks or tabs */
	SHAPE_MARK,  /* one byte that is neither blank, letter nor digit */
	SHAPE_WORD,  /* letters */
	SHAPE_NAME, /* letters and digits mixed, a MAC address, a UUID, a name in quotes, a word behind `=` */
	SHAPE_NUMBER,  /* decimal digits */
	SHAPE_ADDRESS, /* IPv4 or IPv6 */
	SHAPE_TIME,    /* date and time in a form that time_read() reads, or a time of day */
	SHAPE_REST,
};

struct shape_token {
	uint32_t off;
	uint32_t len;
	uint8_t kind; /* enum shape_kind */
};

struct shape {
	uint32_t count;
	struct shape_token tokens[SHAPE_TOKENS_MAX];
};

/* Cuts n bytes into tokens, without a gap. Bytes from 0x80 up count as letters. Linear in n; never reads
 * beyond it. n up to 4 GB. */
void shape_of(const char *text, size_t n, struct shape *out);

/* The same for all lines of one shape: of the kinds of the tokens, of the bytes of marks, and, if words is
 * true, of the words too. Without words it is the skeleton, in which only the layout counts. */
uint64_t shape_hash(const struct shape *s, const char *text, bool words);

/* Adds the text with what changes masked: "nat open tcp <address>:<number> user <name>". */
void shape_mask(const struct shape *s, const char *text, struct strbuf *out);

#endif
