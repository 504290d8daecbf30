/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers: cut a record into keys and values in one pass, for the rules of a vendor script that name keys.
 * Each form has a file of its own (reader_pairs.c, reader_cef.c, reader_csv.c). Nothing is validated here:
 * what is no pair is passed over, and the templates of the values decide.
 */
#ifndef NATMILL_EVENT_READER_H
#define NATMILL_EVENT_READER_H

#include "base/arena.h"
#include "event/envelope.h"
#include "event/reading.h"

enum reader {
	READER_KEY_VALUE,       /* key=value or key="value", between blanks or commas */
	READER_CEF,             /* the header's fields by name, then the extension */
	READER_STRUCTURED_DATA, /* [id param="value" ...], RFC 5424 */
	READER_CSV,             /* keys are the numbers of the columns, from 1 */
	READER_JSON,            /* members of the message's JSON record */
	READER_COUNT
};

/* "key_value" and so on, as scripts write it. */
const char *reader_name(enum reader r);

/* Reads the record's text, which lies in the arena, and fills out. The first of equal keys wins. Values that
 * have escapes are added to the arena unescaped: at most text.len bytes, for which the caller has made room
 * (without it the value is left out). A value whose closing quote is missing was cut: it is left out. JSON
 * takes the pairs of the envelope, as envelope_pairs() gives them: none when the message is no record. */
void reader_read(enum reader r, const struct keys *keys, struct arena *arena, struct text text,
		 const struct envelope *envelope, const struct envelope_pair *pairs, struct reading *out);

#endif
