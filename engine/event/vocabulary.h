/* SPDX-License-Identifier: Apache-2.0
 *
 * What a vendor script declares about words: action letters, protocol names, time zone; and the one
 * reader of field values that templates, regex, readers and functions share, so that all agree.
 * Read-only after load; belongs to its vendor script.
 */
#ifndef NATMILL_EVENT_VOCABULARY_H
#define NATMILL_EVENT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define VOCABULARY_WORDS_MAX 64
#define VOCABULARY_WORD_MAX 63

struct vocabulary_word {
	char text[VOCABULARY_WORD_MAX + 1]; /* filled up with NUL */
	uint8_t len;
	int16_t value; /* enum event_action, or a protocol number */
};

struct vocabulary {
	struct vocabulary_word actions[VOCABULARY_WORDS_MAX];
	size_t action_count; /* 0: the names created, deleted, updated hold */
	struct vocabulary_word protocols[VOCABULARY_WORDS_MAX];
	size_t protocol_count; /* the script's own names; numbers and the common names always hold */
	uint64_t
		actions_from[256]; /* by the first byte of a text: a bit for each word that may stand there */
	uint64_t protocols_from[256];
	int32_t zone_s;    /* seconds east of UTC, or TIME_ZONE_UNKNOWN */
	unsigned *lacking; /* raised by what the times lack that are read and not used; NULL: nobody asks */
};

enum vocabulary_lack { TIME_LACKS_ZONE = 1, TIME_LACKS_YEAR = 2 };

struct err;

void vocabulary_init(struct vocabulary *v);

/* Adds a word; -1 with e when too long, too many, twice with another meaning, or unknown meaning. Longest
 * word wins when reading, in whatever order they were added. */
int vocabulary_add_action(struct vocabulary *v, const char *word, const char *action, struct err *e);
int vocabulary_add_protocol(struct vocabulary *v, const char *word, int number, struct err *e);

/* Reads a value of field f at the start of s into ev; returns the bytes used, 0 if none is there (ev
 * untouched). Numbers are decimal and range-checked (70000 is no port; 1-5 digits, no sign). Protocol: number
 * 0..255, or a name in any case. TEXT takes all n bytes (callers cut it first); text_off = where s stands in
 * the arena. */
size_t vocabulary_read(const struct vocabulary *v, enum event_field f, const char *s, size_t n,
		       uint32_t text_off, struct event *ev);

/* The same for two kinds of fields: into *value, which is untouched when there is none. */
size_t vocabulary_read_action(const struct vocabulary *v, const char *s, size_t n, int32_t *value);
size_t vocabulary_read_protocol(const struct vocabulary *v, const char *s, size_t n, int32_t *value);

/* As vocabulary_read, but all n bytes must be the value; 0, or -1. */
int vocabulary_parse(const struct vocabulary *v, enum event_field f, const char *s, size_t n,
		     uint32_t text_off, struct event *ev);

/* May a protocol begin with this byte? For those who look for one. */
bool vocabulary_may_begin_protocol(const struct vocabulary *v, char c);

/* "an IPv4 or IPv6 address", "a port (0 to 65535)", "an action (A, D)": for messages. Into buf, returns buf.
 */
const char *vocabulary_expects(const struct vocabulary *v, enum event_field f, char *buf, size_t size);

#endif
