/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a guess share: guess.c drives guess_address.c (which address is which), guess_port.c and
 * guess_value.c (action, protocol, time, names). Lives during one guess_cluster().
 */
#ifndef NATMILL_EVENT_GUESS_WORK_H
#define NATMILL_EVENT_GUESS_WORK_H

#include "event/guess.h"
#include "event/guess_words.h"

#define GUESS_ADDRESSES_MAX \
	8 /* different addresses of a line that are weighed; a line with more is doubted */

struct guess_work {
	const struct cluster *cluster;
	const struct shape *shapes; /* of its lines */
	size_t lines;
	struct guess *out;
	int16_t address_of[SHAPE_TOKENS_MAX]; /* token of an address that this one always equals; itself, if
						 none */
	unsigned own[SHAPE_TOKENS_MAX];       /* hints of the token itself */
	unsigned hints[SHAPE_TOKENS_MAX];     /* of what stands before the token */
	unsigned line_hints;                  /* of all words */
	bool keyed[SHAPE_TOKENS_MAX];         /* that is a key: `key=`, `key:` */
};

/* The token in a line of the cluster. */
const char *guess_text(const struct guess_work *w, size_t line, uint32_t token, size_t *n);

uint8_t guess_kind(const struct guess_work *w, uint32_t token);

/* Is it the mark c? False beyond the ends. */
bool guess_mark(const struct guess_work *w, uint32_t token, char c);

/* The same bytes in all lines? */
bool guess_constant(const struct guess_work *w, uint32_t token);

/* The number of the token in a line; -1 if it is none or has more than 9 digits. */
int32_t guess_number(const struct guess_work *w, size_t line, uint32_t token);

/* Smallest and largest number at the token over all lines; false if one is none. */
bool guess_numbers(const struct guess_work *w, uint32_t token, int32_t *low, int32_t *high);

/* Sets the field of the token if the token has none, and no other token has that field. */
void guess_set(struct guess_work *w, uint32_t token, enum event_field field);

/* The token of a field; UINT32_MAX if none has it. */
#define GUESS_NOWHERE UINT32_MAX
uint32_t guess_where(const struct guess_work *w, enum event_field field);

/* Ports: could all values of the token be ports? Their smallest and largest. */
bool guess_may_be_port(const struct guess_work *w, uint32_t token, int32_t *low, int32_t *high);

/* The token itself, or behind it if it is a blank. */
uint32_t guess_skip_blank(const struct guess_work *w, uint32_t token);

/* The number that a mark joins to the address: ADDRESS:N, ADDRESS/N, ADDRESS#N, [ADDRESS]:N, ADDRESS%0:N,
 * ADDRESS: N. GUESS_NOWHERE if there is none. */
uint32_t guess_joined_port(const struct guess_work *w, uint32_t address);

/* The same, or a number that a word such as `port` joins to it. */
uint32_t guess_port_behind(const struct guess_work *w, uint32_t address);

/* The port of an address that repeats one that has a field? */
bool guess_known_port(const struct guess_work *w, uint32_t token);

/* Finds first and last port of a block and sets both fields; false if there is none. A block that is only
 * likely makes the guess doubtful. */
bool guess_block(struct guess_work *w);

/* Is the public port perhaps the first of a block, whose width stands behind it? */
bool guess_half_block(const struct guess_work *w);

/* Where the second number of a range stands, whose first is at token: N-N, N .. N, N to N, N thru N>. */
uint32_t guess_range_end(const struct guess_work *w, uint32_t token);

/* A number that the rule skips, and that may be a port? */
bool guess_left_port(const struct guess_work *w, uint32_t token);

/* The parts. */
void guess_addresses(struct guess_work *w);
void guess_ports(struct guess_work *w);
void guess_values(struct guess_work *w);

#endif
