/* SPDX-License-Identifier: Apache-2.0
 *
 * What the words of a log line hint at: actions, and what the value beside a word is. For guessing only
 * (event/guess.h): what a vendor script reads it declares itself. Pure functions over text of n bytes.
 */
#ifndef NATMILL_EVENT_GUESS_WORDS_H
#define NATMILL_EVENT_GUESS_WORDS_H

#include <stddef.h>

/* What a word or key says about the value behind it. */
enum guess_hint {
	HINT_INSIDE = 1 << 0,
	HINT_OUTSIDE = 1 << 1,
	HINT_DESTINATION = 1 << 2,
	HINT_PORT = 1 << 3,
	HINT_PROTOCOL = 1 << 4,
	HINT_VRF = 1 << 5,
	HINT_SUBSCRIBER = 1 << 6,
	HINT_TIME = 1 << 7,
	HINT_FIRST = 1 << 8, /* of a range, of a span of time */
	HINT_LAST = 1 << 9,
	HINT_ACTION = 1 << 10,  /* the key of an action */
	HINT_BLOCK = 1 << 11,   /* the line is about a block of ports */
	HINT_TO = 1 << 12,      /* "to": behind it is the outside address or the destination */
	HINT_REFUSED = 1 << 13, /* the line tells of a failure */
	HINT_DEVICE = 1 << 15,  /* the NAT device itself */
	HINT_NAT = 1 << 14 /* the line is about translation; in a key also which address: nat-source-ip */
};
#define HINT_SIDES (HINT_INSIDE | HINT_OUTSIDE | HINT_DESTINATION)

/* The hints of a word, in any case. Compounds are taken apart at capitals and, where no part is left over,
 * at known words: sourceTranslatedPort, nsport, srcip. 0: none. */
unsigned guess_hints(const char *word, size_t n);

/* The action (enum event_action) that a word names, 0 if none. *prefix = bytes in front of the part that
 * names it: 0, or 6 in `PoolV2Allocated`, where a capital begins it. Single letters are not taken. */
int guess_action(const char *word, size_t n, size_t *prefix);

/* The action of a single letter as devices print them (A, D ...), 0 if none. */
int guess_action_letter(char c);

#endif
