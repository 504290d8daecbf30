/* SPDX-License-Identifier: Apache-2.0
 *
 * Guesses what the tokens of a cluster of lines mean: which address is inside, which is public, which are
 * ports, protocol, time and action. A guess says what it doubts; natmill new writes only rules without doubt
 * as rules. Pure function; any thread.
 */
#ifndef NATMILL_EVENT_GUESS_H
#define NATMILL_EVENT_GUESS_H

#include "event/cluster.h"
#include "event/event.h"

#define GUESS_LITERAL (-1) /* the token stands in the rule as it is */
#define GUESS_SKIP (-2)    /* the rule skips it */

enum guess_doubt {
	DOUBT_ADDRESS = 1 << 0, /* which address is the public one? */
	DOUBT_ACTION = 1 << 1, /* no word tells whether the mapping begins or ends, or two contradict; a field
				* for it then stands at a word that may */
	DOUBT_ONE = 1 << 2,    /* just one address */
	DOUBT_PORT = 1 << 3,   /* numbers that may be ports, but not which */
	DOUBT_REFUSED = 1 << 4 /* a word tells of a failure: perhaps to be ignored */
};

struct guess_place {
	int16_t field;   /* enum event_field, GUESS_LITERAL or GUESS_SKIP */
	uint8_t literal; /* bytes of the token that stand in front of the field as they are: PoolV2{action} */
};

struct guess {
	int type;        /* enum event_type; EVENT_ABSENT: no address, so no event */
	unsigned doubts; /* enum guess_doubt */
	bool no_zone;    /* its time tells no zone */
	uint32_t count;
	struct guess_place places[SHAPE_TOKENS_MAX];
};

/* Guesses from the lines kept. */
void guess_cluster(const struct cluster *c, struct guess *out);

/* Has it a public port, or first and last of a block? */
bool guess_has_public_port(const struct guess *g);

/* The word and its meaning (enum event_action) at the first {action} of the guess in a text of that cluster;
 * 0 if there is none. *word points into text. */
int guess_action_at(const struct guess *g, const struct shape *s, const char *text, const char **word,
		    size_t *n);

#endif
