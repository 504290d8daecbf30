/* SPDX-License-Identifier: Apache-2.0
 *
 * Stars over secrets in what a server answers: it may repeat what it was sent, and its words go into the log,
 * into alarms, pages and letters. Called by outputs on the way to an error, on any thread.
 */
#ifndef NATMILL_OUTPUT_HIDE_H
#define NATMILL_OUTPUT_HIDE_H

#include <stddef.h>

/* The text as it came, and where the stars go. */
struct hiding {
	char *text;
	char *untouched;
	size_t n;
};

/* Between both, any number of words is hidden in text, which is the caller's and keeps its length. */
void hide_begin(struct hiding *h, char *text);
void hide_end(struct hiding *h);

/* Stars over the word, as it is and as JSON, percent and base64 write it; its control characters may have
 * become blanks. Also over the begin of it, of 8 bytes or more, where it was cut off: at the end of the text
 * or before a quotation mark. NULL and words of less than 4 bytes are left alone. */
void hide_word(const struct hiding *h, const char *word);

/* "USER:PASSWORD" in base64, as basic authentication has it; either may be NULL. */
void hide_basic(const struct hiding *h, const char *user, const char *password);

/* All for one word. */
void hide_one(char *text, const char *word);

#endif
