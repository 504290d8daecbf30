/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads field values from text: the one place that knows what a port, a protocol or an action looks like.
 * Called by templates, regexes, readers and script functions. Nothing is allocated; the vocabulary belongs to
 * its vendor script.
 */
#include "event/vocabulary.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "event/number.h"
#include "event/same_bytes.h"
#include "event/timeparse.h"

/* No value but a text is longer; hostile text behind it is not looked at. */
#define VALUE_MAX 80

/* A name of at most 8 letters and digits as one number, so that all can be compared at once. */
#define NAME_MAX_BYTES 8

/* Names that devices and collectors print, besides numbers. Numbers: IANA "Protocol Numbers". */
static const struct {
	char name[NAME_MAX_BYTES];
	uint8_t number;
} common_protocols[] = {
	{"tcp", 6},     {"udp", 17},   {"icmp", 1},   {"gre", 47},      {"esp", 50},
	{"icmpv6", 58}, {"icmp6", 58}, {"sctp", 132}, {"ipip", 4},      {"ipv4", 4},
	{"ipv6", 41},   {"igmp", 2},   {"ah", 51},    {"udplite", 136}, {"dccp", 33},
	{"l2tp", 115},  {"ospf", 89},  {"pim", 103},  {"rsvp", 46},     {"vrrp", 112},
};

static const struct vocabulary_word default_actions[] = {
#define X(constant, number, script) {script, sizeof(script) - 1, number},
	EVENT_ACTIONS(X)
#undef X
};

_Static_assert(VOCABULARY_WORDS_MAX <= 64, "sets of words are 64 bits wide");

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_word(char c)
{
	char l = lower(c);
	return is_digit(c) || (l >= 'a' && l <= 'z');
}

void vocabulary_init(struct vocabulary *v)
{
	memset(v, 0, sizeof(*v));
	v->zone_s = TIME_ZONE_UNKNOWN;
}

/* A word that ends in a letter or digit must not go on with one: TCP is not the start of TCPX. */
static bool ends_here(const char *s, size_t n, size_t len)
{
	return len == n || !is_word(s[len]) || !is_word(s[len - 1]);
}

static bool same_word(const char *a, const char *b, size_t len, bool any_case)
{
	if (!any_case)
		return memcmp(a, b, len) == 0;
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* Is the word, of exactly that case, at s? */
static inline bool begins_with(const char *s, size_t n, const struct vocabulary_word *word)
{
	uint64_t given;
	uint64_t known;
	if (n < sizeof(given) || word->len > sizeof(given))
		return word->len <= n && same_bytes(s, word->text, word->len);
	memcpy(&given, s, sizeof(given));
	memcpy(&known, word->text, sizeof(known));
	return le64toh(given ^ known) << (64 - 8 * word->len) == 0;
}

/* Which words begin with which byte. */
static void index_words(const struct vocabulary_word *words, size_t count, bool any_case, uint64_t from[256])
{
	memset(from, 0, 256 * sizeof(from[0]));
	for (size_t i = 0; i < count; i++) {
		for (int c = 0; c < 256; c++) {
			char byte = (char)c;
			if (same_word(&byte, words[i].text, 1, any_case))
				from[c] |= UINT64_C(1) << i;
		}
	}
}

/* Puts the word before the first shorter one: readers take the first that fits, hence the longest. */
static int add_word(struct vocabulary *v, bool protocol, const char *word, int value, struct err *e)
{
	struct vocabulary_word *words = protocol ? v->protocols : v->actions;
	size_t *count = protocol ? &v->protocol_count : &v->action_count;
	const char *what = protocol ? "protocol" : "action";
	size_t len = strlen(word);
	if (len == 0 || len > VOCABULARY_WORD_MAX)
		return err_set(e, ERR_SCRIPT, "%s word \"%.80s\": must have 1 to %d bytes", what, word,
			       VOCABULARY_WORD_MAX);
	if (strchr(" \t", word[0]) != NULL || strchr(" \t", word[len - 1]) != NULL)
		return err_set(e, ERR_SCRIPT, "%s word \"%s\": must not begin or end with a blank", what,
			       word);
	size_t at = *count;
	for (size_t i = 0; i < *count; i++) {
		if (words[i].len == len && same_word(words[i].text, word, len, protocol)) {
			if (words[i].value == value)
				return 0;
			return err_set(e, ERR_SCRIPT, "%s word \"%s\" is given two meanings: keep one", what,
				       word);
		}
		if (at == *count && words[i].len < len)
			at = i;
	}
	if (*count == VOCABULARY_WORDS_MAX)
		return err_set(e, ERR_SCRIPT, "%s word \"%s\": more than %d words", what, word,
			       VOCABULARY_WORDS_MAX);
	memmove(&words[at + 1], &words[at], (*count - at) * sizeof(words[0]));
	memset(&words[at], 0, sizeof(words[at]));
	memcpy(words[at].text, word, len);
	words[at].len = (uint8_t)len;
	words[at].value = (int16_t)value;
	(*count)++;
	index_words(words, *count, protocol, protocol ? v->protocols_from : v->actions_from);
	return 0;
}

int vocabulary_add_action(struct vocabulary *v, const char *word, const char *action, struct err *e)
{
	const char *names[COUNT(default_actions)];
	for (size_t i = 0; i < COUNT(default_actions); i++) {
		names[i] = default_actions[i].text;
		if (strcmp(action, names[i]) == 0)
			return add_word(v, false, word, default_actions[i].value, e);
	}
	const char *near = near_name(action, names, COUNT(names));
	return err_set(
		e, ERR_SCRIPT,
		"action word \"%.80s\": unknown action \"%.80s\"%s%s%s: use created, deleted or updated",
		word, action, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

int vocabulary_add_protocol(struct vocabulary *v, const char *word, int number, struct err *e)
{
	if (number < 0 || number > 255)
		return err_set(e, ERR_SCRIPT, "protocol word \"%.80s\": %d is no protocol number (0 to 255)",
			       word, number);
	return add_word(v, true, word, number, e);
}

/* The longest action word of the set that fits; words are sorted so. Its bytes, or 0. */
static inline size_t read_word(const struct vocabulary_word *words, uint64_t set, const char *s, size_t n,
			       int32_t *value)
{
	for (; set != 0; set &= set - 1) {
		const struct vocabulary_word *word = &words[__builtin_ctzll(set)];
		if (begins_with(s, n, word) && ends_here(s, n, word->len)) {
			*value = word->value;
			return word->len;
		}
	}
	return 0;
}

/* The same of the script's protocols, in any case. */
static size_t read_own_protocol(const struct vocabulary *v, uint64_t set, const char *s, size_t n,
				int32_t *value)
{
	for (; set != 0; set &= set - 1) {
		const struct vocabulary_word *word = &v->protocols[__builtin_ctzll(set)];
		size_t len = word->len;
		if (len <= n && same_word(s, word->text, len, true) && ends_here(s, n, len)) {
			*value = word->value;
			return len;
		}
	}
	return 0;
}

/* The letters and digits that the eight bytes at s begin with, in small letters, zero behind them; *len =
 * their number, 8 = perhaps more. All eight at once: a byte's upper bit tells whether a sum has reached 128.
 */
static inline uint64_t lower_word(const char *s, size_t *len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;
	memcpy(&word, s, sizeof(word));
	word = le64toh(word);
	uint64_t small = (word | ones * 0x20) & ones * 0x7f; /* digits have that bit */
	uint64_t letter = (small + ones * (0x80 - 'a')) & ~(small + ones * (0x80 - 'z' - 1));
	uint64_t digit = (word & ones * 0x7f) + ones * (0x80 - '0');
	digit &= ~((word & ones * 0x7f) + ones * (0x80 - '9' - 1));
	uint64_t other = ~(letter | digit) | word;
	other &= ones * 0x80;
	*len = other != 0 ? (size_t)__builtin_ctzll(other) / 8 : 8;
	return *len == 8 ? small : small & ((UINT64_C(1) << 8 * *len) - 1);
}

/* The letters and digits at s are compared as a whole, so a longer word is none of the names. */
static size_t read_common_protocol(const char *s, size_t n, int32_t *value)
{
	char name[NAME_MAX_BYTES] = "";
	size_t len;
	for (size_t i = 0; n < sizeof(name) && i < n; i++)
		name[i] = s[i];
	uint64_t given = lower_word(n < sizeof(name) ? name : s, &len);
	if (len == 4 && n >= 9 && same_word(s, "ipv6-icmp", 9, true) && ends_here(s, n, 9)) {
		*value = 58;
		return 9;
	}
	if (len == sizeof(name) && n > len && is_word(s[len]))
		return 0;
	for (size_t i = 0; i < COUNT(common_protocols); i++) {
		uint64_t known;
		memcpy(&known, common_protocols[i].name, sizeof(known));
		if (le64toh(known) == given) {
			*value = common_protocols[i].number;
			return len;
		}
	}
	return 0;
}

bool vocabulary_may_begin_protocol(const struct vocabulary *v, char c)
{
	if (is_digit(c))
		return true;
	for (size_t i = 0; i < COUNT(common_protocols); i++)
		if (common_protocols[i].name[0] == lower(c))
			return true;
	return v->protocols_from[(unsigned char)c] != 0;
}

/* The script's own words win over numbers and common names of the same length. */
size_t vocabulary_read_protocol(const struct vocabulary *v, const char *s, size_t n, int32_t *value)
{
	if (n == 0)
		return 0;
	uint64_t set = v->protocols_from[(unsigned char)s[0]];
	size_t own = set != 0 ? read_own_protocol(v, set, s, n, value) : 0;
	int32_t other_value = 0;
	size_t other;
	if (is_digit(s[0])) {
		other = number_read(s, n, 3, 255, &other_value);
		if (other > 0 && !ends_here(s, n, other))
			other = 0;
	} else {
		other = read_common_protocol(s, n, &other_value);
	}
	if (other > own) {
		*value = other_value;
		return other;
	}
	return own;
}

size_t vocabulary_read_action(const struct vocabulary *v, const char *s, size_t n, int32_t *value)
{
	if (n == 0)
		return 0;
	if (v->action_count == 0)
		return read_word(default_actions, (1 << COUNT(default_actions)) - 1, s, n, value);
	return read_word(v->actions, v->actions_from[(unsigned char)s[0]], s, n, value);
}

/* With any zone it would be a time, unless it lacks the year. */
static unsigned time_lacks(const char *s, size_t n)
{
	int64_t us;
	return time_read(s, n, 0, &us) > 0 && us == EVENT_NO_TIME ? TIME_LACKS_YEAR : TIME_LACKS_ZONE;
}

size_t vocabulary_read(const struct vocabulary *v, enum event_field f, const char *s, size_t n,
		       uint32_t text_off, struct event *ev)
{
	char *place = (char *)ev + event_fields[f].offset;
	if (n == 0)
		return 0;
	enum field_kind kind = event_fields[f].kind;
	if (kind == KIND_TEXT) {
		if (n > EVENT_TEXT_MAX)
			return 0;
		struct text t = {.off = text_off, .len = (uint32_t)n};
		memcpy(place, &t, sizeof(t));
		return n;
	}
	if (n > VALUE_MAX)
		n = VALUE_MAX;
	if (kind == KIND_IP) {
		struct ip ip;
		size_t used = ip_read(s, n, &ip);
		if (used > 0)
			memcpy(place, &ip, sizeof(ip));
		return used;
	}
	if (kind == KIND_TIME) {
		int64_t us;
		size_t used = time_read(s, n, v->zone_s, &us);
		if (used > 0)
			memcpy(place, &us, sizeof(us));
		if (used > 0 && us == EVENT_NO_TIME && v->lacking != NULL)
			*v->lacking |= time_lacks(s, used);
		return used;
	}
	int32_t value = 0;
	size_t used;
	if (kind == KIND_PORT)
		used = number_read(s, n, PORT_DIGITS, PORT_MAX, &value);
	else if (kind == KIND_PROTOCOL)
		used = vocabulary_read_protocol(v, s, n, &value);
	else
		used = vocabulary_read_action(v, s, n, &value);
	if (used > 0)
		memcpy(place, &value, sizeof(value));
	return used;
}

int vocabulary_parse(const struct vocabulary *v, enum event_field f, const char *s, size_t n,
		     uint32_t text_off, struct event *ev)
{
	static const size_t sizes[] = {
		[KIND_TIME] = sizeof(event_TIME),     [KIND_IP] = sizeof(event_IP),
		[KIND_ACTION] = sizeof(event_ACTION), [KIND_PROTOCOL] = sizeof(event_PROTOCOL),
		[KIND_PORT] = sizeof(event_PORT),     [KIND_TEXT] = sizeof(event_TEXT),
	};
	struct event scratch;
	if (n == 0 || vocabulary_read(v, f, s, n, text_off, &scratch) != n)
		return -1;
	uint16_t at = event_fields[f].offset;
	memcpy((char *)ev + at, (const char *)&scratch + at, sizes[event_fields[f].kind]);
	return 0;
}

static void expects_action(const struct vocabulary *v, char *buf, size_t size)
{
	const struct vocabulary_word *words = v->action_count > 0 ? v->actions : default_actions;
	size_t count = v->action_count > 0 ? v->action_count : COUNT(default_actions);
	size_t len = (size_t)snprintf(buf, size, "an action (");
	for (size_t i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i > 0 ? ", " : "", words[i].text);
	if (len < size)
		snprintf(buf + len, size - len, ")");
}

const char *vocabulary_expects(const struct vocabulary *v, enum event_field f, char *buf, size_t size)
{
	static const char *const names[] = {
		[KIND_TIME] = "a time",
		[KIND_IP] = "an IPv4 or IPv6 address",
		[KIND_PROTOCOL] = "a protocol (its name, or 0 to 255)",
		[KIND_PORT] = "a port (0 to 65535)",
		[KIND_TEXT] = "a text",
	};
	if (size == 0)
		return buf;
	if (event_fields[f].kind == KIND_ACTION)
		expects_action(v, buf, size);
	else
		snprintf(buf, size, "%s", names[event_fields[f].kind]);
	return buf;
}
