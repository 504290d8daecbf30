/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: all keys and values of a message. The readers of the engine look for keys that are asked for;
 * here no key is known yet. Pieces point into the message, or, of columns, into the pairs themselves.
 */
#ifndef NATMILL_CLI_NEW_PAIRS_H
#define NATMILL_CLI_NEW_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "event/envelope.h"
#include "event/reader.h"

#define FORM_TEXT READER_COUNT /* no reader: templates */
#define NEW_PAIRS_MAX 128
#define NEW_COLUMNS_MIN 4 /* fewer make no line of columns */
#define NEW_CEF_HEADER 6  /* so many of a CEF message's first pairs are its header */

struct new_piece {
	const char *s;
	size_t n;
};

struct new_pair {
	struct new_piece key; /* of columns the number, from 1 */
	struct new_piece value;
};

struct new_pairs {
	struct new_piece text; /* the whole message */
	struct new_pair items[NEW_PAIRS_MAX];
	size_t count;
	size_t front; /* bytes before the first key */
	bool twice;   /* a key stands twice, which the readers do not see */
	char numbers[NEW_PAIRS_MAX][4];
};

/* The form of an open message (enum reader, or FORM_TEXT), and its pairs; none for FORM_TEXT. data: of the
 * arena, which must outlive out. out must not be copied. */
int new_pairs_cut(const char *data, const struct envelope *env, const struct envelope_pair *pairs,
		  struct new_pairs *out);

/* Cuts the text of p at commas, whatever it is; a column in quotes may hold commas, too. */
void new_pairs_columns(struct new_pairs *p);

/* Without blanks at both ends. */
struct new_piece new_piece_trimmed(struct new_piece v);

/* May a key have this byte? */
bool new_pairs_key_byte(char c);

#endif
