/* SPDX-License-Identifier: Apache-2.0
 *
 * Action, protocol, time, VRF and subscriber of a line.
 */
#include <string.h>

#include "event/guess_work.h"
#include "event/timeparse.h"
#include "event/vocabulary.h"

#define TIMES_MAX 2
#define ASKED_MAX 4 /* different words that may be actions */

/* What the token's values say, all lines together. */
struct actions {
	unsigned seen; /* set of 1 << enum event_action */
	size_t prefix;
	bool all; /* each line has one, and they differ in the text behind the prefix only */
};

static bool is_word(const struct guess_work *w, uint32_t token)
{
	uint8_t kind = guess_kind(w, token);
	return kind == SHAPE_WORD || kind == SHAPE_NAME;
}

static struct actions actions_at(const struct guess_work *w, uint32_t token)
{
	struct actions a = {.all = true};
	for (size_t i = 0; i < w->lines; i++) {
		size_t n;
		size_t prefix;
		const char *s = guess_text(w, i, token, &n);
		int action = n == 1 ? guess_action_letter(s[0]) : guess_action(s, n, &prefix);
		if (n == 1)
			prefix = 0;
		if (action == 0 || prefix > UINT8_MAX || (i > 0 && prefix != a.prefix))
			a.all = false;
		a.seen |= 1u << action;
		a.prefix = prefix;
	}
	return a;
}

/* A word in front of `=`, or `start` and the like in front of a number, says something else. */
static bool is_key(const struct guess_work *w, uint32_t token)
{
	uint32_t next = token + 1;
	while (guess_mark(w, next, '-') || guess_mark(w, next, '_'))
		next += 2; /* start-time=, start_port= */
	if (guess_mark(w, next, '"'))
		next++;
	if (guess_mark(w, next, '='))
		return true;
	if (guess_mark(w, next, ':'))
		return next + 1 < w->out->count && guess_kind(w, next + 1) != SHAPE_BLANK &&
		       guess_mark(w, token - 1, '"');
	size_t n;
	const char *s = guess_text(w, 0, token, &n);
	return (guess_hints(s, n) & (HINT_FIRST | HINT_LAST)) != 0 && next + 1 < w->out->count &&
	       next == token + 1 && guess_kind(w, next) == SHAPE_BLANK &&
	       guess_kind(w, next + 1) == SHAPE_NUMBER;
}

/* A single letter is an action where both kinds are seen, or where it begins the line. */
static bool letters_count(const struct guess_work *w, uint32_t token, const struct actions *a)
{
	size_t n;
	guess_text(w, 0, token, &n);
	unsigned both = (1u << ACTION_CREATED) | (1u << ACTION_DELETED);
	return n > 1 || token == 0 || (a->seen & both) == both;
}

static bool is_action_key(const struct guess_work *w, uint32_t token)
{
	return w->keyed[token] && (w->hints[token] & HINT_ACTION) != 0;
}

static bool is_one_of(const char *words, const char *s, size_t n)
{
	for (const char *at = words; (at = strcasestr(at, " ")) != NULL && at[1] != '\0'; at++)
		if (strncasecmp(at + 1, s, n) == 0 && at[1 + n] == ' ')
			return true;
	return false;
}

/* "up to", "link=down", "end user", "start time", user=open: what else such words are. */
static bool is_other(const struct guess_work *w, uint32_t token)
{
	const unsigned named = HINT_SUBSCRIBER | HINT_VRF | HINT_PROTOCOL;
	size_t n;
	const char *s = guess_text(w, 0, token, &n);
	if (is_action_key(w, token))
		return false;
	if (w->keyed[token] && (w->hints[token] & named) != 0)
		return true;
	if (is_one_of(" up down ", s, n))
		return w->keyed[token] || guess_constant(w, token);
	if (token + 2 >= w->out->count || !is_one_of(" end start begin new ", s, n))
		return false;
	uint32_t next = token + 2;
	s = guess_text(w, 0, next, &n);
	return (w->own[next] & (HINT_SUBSCRIBER | HINT_TIME)) != 0 || is_one_of(" point host up over ", s, n);
}

/* A key such as `event` whose word is none that is known: what other words say is no action then. */
static bool has_unknown_key(const struct guess_work *w)
{
	bool unknown = false;
	for (uint32_t i = 0; i < w->out->count; i++) {
		if (!is_word(w, i) || !is_action_key(w, i) || is_key(w, i))
			continue;
		if (actions_at(w, i).all)
			return false;
		unknown = true;
	}
	return unknown;
}

/* How good a place for the action the token is; 0: none. */
static int rank_action(const struct guess_work *w, uint32_t token, struct actions *a)
{
	if (!is_word(w, token) || is_key(w, token))
		return 0;
	*a = actions_at(w, token);
	if (!a->all || !letters_count(w, token, a) || is_other(w, token))
		return 0;
	int rank = 1;
	if ((a->seen & (a->seen - 1)) != 0)
		rank += 4; /* it changes from line to line */
	if (is_action_key(w, token))
		rank += 2;
	if (guess_mark(w, token - 1, '"') && guess_mark(w, token + 1, '"'))
		rank++; /* the whole value */
	return rank;
}

/* Protocols that are seen behind a NAT; a number that is one of them in all lines is likely one. */
static bool is_common_protocol(int32_t number)
{
	return number == 1 || number == 6 || number == 17 || number == 47 || number == 50 || number == 58 ||
	       number == 132;
}

static bool is_protocol(const struct guess_work *w, uint32_t token)
{
	struct vocabulary plain;
	struct event ev;
	bool told = (w->hints[token] & HINT_PROTOCOL) != 0;
	uint8_t kind = guess_kind(w, token);
	if (!is_word(w, token) && kind != SHAPE_NUMBER)
		return false;
	vocabulary_init(&plain);
	for (size_t i = 0; i < w->lines; i++) {
		size_t n;
		const char *s = guess_text(w, i, token, &n);
		if (vocabulary_parse(&plain, FIELD_protocol, s, n, 0, &ev) != 0)
			return false;
		if (kind == SHAPE_NUMBER && !told && !is_common_protocol(ev.protocol))
			return false;
	}
	bool alone = token == 0 || guess_kind(w, token - 1) == SHAPE_BLANK || guess_mark(w, token - 1, '[') ||
		     guess_mark(w, token - 1, '|');
	return kind != SHAPE_NUMBER || told || alone;
}

/* How many different values, up to one more than may be asked for. */
static size_t variety(const struct guess_work *w, uint32_t token)
{
	size_t count = 0;
	for (size_t i = 0; i < w->lines && count <= ASKED_MAX; i++) {
		size_t n;
		size_t n2;
		size_t before = 0;
		const char *s = guess_text(w, i, token, &n);
		for (; before < i; before++) {
			const char *other = guess_text(w, before, token, &n2);
			if (n == n2 && memcmp(s, other, n) == 0)
				break;
		}
		count += before == i ? 1 : 0;
	}
	return count;
}

/* A word that nobody knows may be the action by its key, or because it changes: then its meaning is asked
 * for. */
static void find_unknown_action(struct guess_work *w)
{
	const unsigned other = HINT_VRF | HINT_SUBSCRIBER | HINT_PROTOCOL | HINT_TIME | HINT_PORT;
	uint32_t place = GUESS_NOWHERE;
	for (uint32_t i = 0; i < w->out->count; i++) {
		uint8_t kind = guess_kind(w, i);
		bool keyed = is_action_key(w, i) && (is_word(w, i) || kind == SHAPE_NUMBER);
		bool changes = kind == SHAPE_WORD && !guess_constant(w, i) && (w->hints[i] & other) == 0;
		if (is_key(w, i) || (!keyed && !changes) || variety(w, i) > ASKED_MAX || is_protocol(w, i))
			continue;
		if (keyed || place == GUESS_NOWHERE)
			place = i;
		if (keyed)
			break;
	}
	if (place != GUESS_NOWHERE)
		guess_set(w, place, FIELD_event);
}

static void find_action(struct guess_work *w)
{
	int best = 0;
	uint32_t place = 0;
	struct actions chosen = {0};
	struct actions a;
	bool conflict = false;
	for (uint32_t i = 0; i < w->out->count; i++) {
		int rank = rank_action(w, i, &a);
		if (rank > 0 && rank == best && a.seen != chosen.seen)
			conflict = true;
		if (rank <= best)
			continue;
		best = rank;
		place = i;
		chosen = a;
		conflict = false;
	}
	bool unknown = best > 0 && !is_action_key(w, place) && has_unknown_key(w);
	if (best > 0 && !conflict && !unknown) {
		guess_set(w, place, FIELD_event);
		w->out->places[place].literal = (uint8_t)chosen.prefix;
		return;
	}
	w->out->doubts |= DOUBT_ACTION;
	if (best == 0 || unknown)
		find_unknown_action(w);
}

/* Words before numbers: where a line has both, the word is meant. Named ones before all. */
static void find_protocol(struct guess_work *w)
{
	uint32_t best = GUESS_NOWHERE;
	int best_rank = 0;
	for (uint32_t i = 0; i < w->out->count; i++) {
		if (w->out->places[i].field != GUESS_SKIP || !is_protocol(w, i))
			continue;
		int rank = ((w->hints[i] & HINT_PROTOCOL) != 0 ? 4 : 1) + (is_word(w, i) ? 1 : 0);
		if (rank <= best_rank)
			continue;
		best_rank = rank;
		best = i;
	}
	if (best != GUESS_NOWHERE)
		guess_set(w, best, FIELD_protocol);
}

/* All values are times, or epochs that a word calls times. */
static bool is_time(const struct guess_work *w, uint32_t token, bool *no_zone)
{
	uint8_t kind = guess_kind(w, token);
	bool told = (w->hints[token] & (HINT_TIME | HINT_FIRST | HINT_LAST)) != 0;
	if (kind != SHAPE_TIME && (kind != SHAPE_NUMBER || !told))
		return false;
	for (size_t i = 0; i < w->lines; i++) {
		int64_t us;
		size_t n;
		const char *s = guess_text(w, i, token, &n);
		if (time_read(s, n, TIME_ZONE_UNKNOWN, &us) != n)
			return false;
		*no_zone = *no_zone || us == EVENT_NO_TIME;
	}
	return true;
}

/* Of two times one is that of the beginning, which is wrong for a mapping that ends. So only a time that
 * stands alone is taken, and none called a beginning; without it the envelope's time holds. */
static void find_time(struct guess_work *w)
{
	uint32_t found[TIMES_MAX];
	size_t count = 0;
	bool no_zone = false;
	for (uint32_t i = 0; i < w->out->count && count < TIMES_MAX; i++)
		if (w->out->places[i].field == GUESS_SKIP && is_time(w, i, &no_zone))
			found[count++] = i;
	if (count != 1 || (w->hints[found[0]] & HINT_FIRST) != 0)
		return;
	guess_set(w, found[0], FIELD_timestamp);
	w->out->no_zone = no_zone;
}

/* A text runs up to a blank, so the token must be all that stands between two blanks or quotes. */
static bool is_whole(const struct guess_work *w, uint32_t token)
{
	uint32_t next = token + 1;
	bool quoted = (guess_mark(w, token - 1, '"') && guess_mark(w, next, '"')) ||
		      (guess_mark(w, token - 1, '\'') && guess_mark(w, next, '\''));
	bool before = token > 0 && (guess_kind(w, token - 1) == SHAPE_BLANK || guess_mark(w, token - 1, '='));
	bool behind = next >= w->out->count || guess_kind(w, next) == SHAPE_BLANK || guess_mark(w, next, ',');
	return quoted || (before && behind);
}

/* The word that names a text stands right in front of it, or it is its key; a word that names something else
 * is no text. */
static bool is_named_text(const struct guess_work *w, uint32_t token)
{
	uint32_t i = token;
	if (w->keyed[token])
		return true;
	while (i > 0 && (guess_kind(w, i - 1) == SHAPE_BLANK || guess_kind(w, i - 1) == SHAPE_MARK))
		i--;
	return w->own[token] == 0 && i > 0 && w->own[i - 1] == w->hints[token];
}

static void find_texts(struct guess_work *w)
{
	for (uint32_t i = 0; i < w->out->count; i++) {
		if ((!is_word(w, i) && guess_kind(w, i) != SHAPE_NUMBER) || !is_whole(w, i) ||
		    !is_named_text(w, i) || w->out->places[i].field != GUESS_SKIP)
			continue;
		if ((w->hints[i] & HINT_VRF) != 0)
			guess_set(w, i, FIELD_vrf_id);
		else if ((w->hints[i] & HINT_SUBSCRIBER) != 0)
			guess_set(w, i, FIELD_subscriber);
	}
}

void guess_values(struct guess_work *w)
{
	find_action(w);
	find_texts(w);
	find_protocol(w);
	find_time(w);
}
