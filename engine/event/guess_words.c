/* SPDX-License-Identifier: Apache-2.0
 *
 * The words that guesses go by; see guess_words.h.
 */
#include "event/guess_words.h"

#include <stdbool.h>
#include <string.h>

#include "event/event.h"

#define WORD_MAX 40
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct hint_word {
	const char *word;
	unsigned hints;
	bool part; /* may be a part of a compound written in small letters */
};

static const struct hint_word hint_words[] = {
	{"source", HINT_INSIDE, true},
	{"src", HINT_INSIDE, true},
	{"inside", HINT_INSIDE, true},
	{"internal", HINT_INSIDE, true},
	{"int", HINT_INSIDE, false},
	{"private", HINT_INSIDE, true},
	{"priv", HINT_INSIDE, true},
	{"local", HINT_INSIDE, true},
	{"lan", HINT_INSIDE, false},
	{"client", HINT_INSIDE, true},
	{"cli", HINT_INSIDE, false},
	{"subs", HINT_INSIDE, false},
	{"orig", HINT_INSIDE, true},
	{"original", HINT_INSIDE, true},
	{"inner", HINT_INSIDE, true},
	{"cpe", HINT_INSIDE, false},
	{"from", HINT_INSIDE, false},
	{"sip", HINT_INSIDE, false},
	{"saddr", HINT_INSIDE, false},
	{"isaddr", HINT_INSIDE, false},
	{"spt", HINT_INSIDE | HINT_PORT, true},
	{"sport", HINT_INSIDE | HINT_PORT, false},
	{"isport", HINT_INSIDE | HINT_PORT, false},
	{"nat", HINT_OUTSIDE | HINT_NAT, true},
	{"translation", HINT_NAT, false},
	{"mapping", HINT_NAT, false},
	{"binding", HINT_NAT, false},
	{"cgnat", HINT_NAT, false},
	{"ipnat", HINT_NAT, false},
	{"napt", HINT_NAT, false},
	{"lsn", HINT_NAT, false},
	{"natted", HINT_OUTSIDE, true},
	{"xlate", HINT_OUTSIDE, true},
	{"xlated", HINT_OUTSIDE, true},
	{"translated", HINT_OUTSIDE, true},
	{"trans", HINT_OUTSIDE, true},
	{"tran", HINT_OUTSIDE, true},
	{"post", HINT_OUTSIDE, true},
	{"mapped", HINT_OUTSIDE, true},
	{"ext", HINT_OUTSIDE, false},
	{"external", HINT_OUTSIDE, true},
	{"outside", HINT_OUTSIDE, true},
	{"public", HINT_OUTSIDE, true},
	{"pub", HINT_OUTSIDE, true},
	{"global", HINT_OUTSIDE, true},
	{"cgn", HINT_OUTSIDE, true},
	{"wan", HINT_OUTSIDE, false},
	{"outer", HINT_OUTSIDE, true},
	{"reflexive", HINT_OUTSIDE, true},
	{"as", HINT_OUTSIDE, false},
	{"snat", HINT_OUTSIDE | HINT_NAT, false},
	{"nip", HINT_OUTSIDE, false},
	{"naddr", HINT_OUTSIDE, false},
	{"nport", HINT_OUTSIDE | HINT_PORT, false},
	{"xip", HINT_OUTSIDE, false},
	{"xport", HINT_OUTSIDE | HINT_PORT, false},
	{"nsip", HINT_OUTSIDE, false},
	{"xsaddr", HINT_OUTSIDE, false},
	{"nsport", HINT_OUTSIDE | HINT_PORT, false},
	{"xsport", HINT_OUTSIDE | HINT_PORT, false},
	{"destination", HINT_DESTINATION, true},
	{"dest", HINT_DESTINATION, true},
	{"dst", HINT_DESTINATION, true},
	{"remote", HINT_DESTINATION, true},
	{"server", HINT_DESTINATION, true},
	{"peer", HINT_DESTINATION, true},
	{"target", HINT_DESTINATION, true},
	{"dip", HINT_DESTINATION, false},
	{"daddr", HINT_DESTINATION, false},
	{"xdaddr", HINT_DESTINATION, false},
	{"dpt", HINT_DESTINATION | HINT_PORT, true},
	{"dport", HINT_DESTINATION | HINT_PORT, false},
	{"xdport", HINT_DESTINATION | HINT_PORT, false},
	{"ndip", HINT_DESTINATION | HINT_OUTSIDE, false},
	{"ndport", HINT_DESTINATION | HINT_OUTSIDE | HINT_PORT, false},
	{"ip", 0, true},
	{"addr", 0, true},
	{"address", 0, true},
	{"port", HINT_PORT, true},
	{"ports", HINT_PORT | HINT_BLOCK, true}, /* more than one */
	{"proto", HINT_PROTOCOL, true},
	{"prot", HINT_PROTOCOL, false},
	{"protocol", HINT_PROTOCOL, true},
	{"vrf", HINT_VRF, false},
	{"vdom", HINT_VRF, false},
	{"vd", HINT_VRF, false},
	{"vpn", HINT_VRF, false},
	{"context", HINT_VRF, false},
	{"partition", HINT_VRF, false},
	{"user", HINT_SUBSCRIBER, false},
	{"username", HINT_SUBSCRIBER, false},
	{"subscriber", HINT_SUBSCRIBER, false},
	{"imsi", HINT_SUBSCRIBER, false},
	{"msisdn", HINT_SUBSCRIBER, false},
	{"login", HINT_SUBSCRIBER, false},
	{"customer", HINT_SUBSCRIBER, false},
	{"time", HINT_TIME, true},
	{"timestamp", HINT_TIME, false},
	{"ts", HINT_TIME, false},
	{"epoch", HINT_TIME, false},
	{"start", HINT_FIRST, true},
	{"begin", HINT_FIRST, true},
	{"first", HINT_FIRST, true},
	{"low", HINT_FIRST, true},
	{"end", HINT_LAST, true},
	{"stop", HINT_LAST, true},
	{"last", HINT_LAST, true},
	{"high", HINT_LAST, true},
	{"act", HINT_ACTION, false},
	{"ev", HINT_ACTION, false},
	{"evt", HINT_ACTION, false},
	{"action", HINT_ACTION, true},
	{"event", HINT_ACTION, true},
	{"block", HINT_BLOCK, true},
	{"range", HINT_BLOCK, true},
	{"batch", HINT_BLOCK, true},
	{"pba", HINT_BLOCK, false},
	{"pb", HINT_BLOCK, false},
	{"nas", HINT_DEVICE, false},
	{"device", HINT_DEVICE, false},
	{"exporter", HINT_DEVICE, false},
	{"router", HINT_DEVICE, false},
	{"to", HINT_TO, false},
	{"not", HINT_REFUSED, false},
	{"no", HINT_REFUSED, false},
	{"never", HINT_REFUSED, false},
	{"deny", HINT_REFUSED, false},
	{"denied", HINT_REFUSED, false},
	{"drop", HINT_REFUSED, false},
	{"dropped", HINT_REFUSED, false},
	{"fail", HINT_REFUSED, false},
	{"failed", HINT_REFUSED, false},
	{"failure", HINT_REFUSED, false},
	{"exhausted", HINT_REFUSED, false},
	{"error", HINT_REFUSED, false},
	{"reject", HINT_REFUSED, false},
	{"rejected", HINT_REFUSED, false},
	{"refused", HINT_REFUSED, false},
	{"invalid", HINT_REFUSED, false},
	{"unable", HINT_REFUSED, false},
	{"cannot", HINT_REFUSED, false},
};

/* Blanks at both ends, so that ` word ` is found as a whole. SADD and the like: events of RFC 8158. */
static const char created_words[] =
	" add added adding create created creating creation open opened opening alloc allocate allocated "
	"allocating allocation assign assigned build built new start started begin began insert inserted "
	"map mapped bind bound grant granted up sadd badd ";
static const char deleted_words[] =
	" del delete deleted deleting deletion close closed closing free freed release released releasing "
	"end ended stop stopped remove removed teardown destroy destroyed expire expired forgot forget unmap "
	"unmapped unbind dealloc deallocate deallocated withdraw withdrawn finish finished clear cleared "
	"down sdel bdel ";
static const char updated_words[] = " update updated interim refresh refreshed renew renewed ";

static size_t lower_word(const char *word, size_t n, char out[WORD_MAX + 1])
{
	if (n == 0 || n > WORD_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		out[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + ('a' - 'A')) : word[i];
	out[n] = '\0';
	return n;
}

static const struct hint_word *find_hint(const char *word, size_t n)
{
	for (size_t i = 0; i < COUNT(hint_words); i++)
		if (hint_words[i].word[0] == word[0] && strlen(hint_words[i].word) == n &&
		    memcmp(hint_words[i].word, word, n) == 0) /* a line may have a NUL in its words */
			return &hint_words[i];
	return NULL;
}

/* srcip, natsourceport: known parts and nothing else, the longest first. Bounded: a part has a byte or more.
 */
static bool compound(const char *word, size_t n, unsigned *hints)
{
	size_t used = 0;
	*hints = 0;
	while (used < n) {
		const struct hint_word *found = NULL;
		size_t len = n - used;
		for (; len > 1 && found == NULL; len--) {
			found = find_hint(word + used, len);
			if (found != NULL && !found->part)
				found = NULL;
		}
		if (found == NULL)
			return false;
		*hints |= found->hints;
		used += len + 1;
	}
	return true;
}

static unsigned hints_of_part(const char *word, size_t n)
{
	unsigned hints;
	const struct hint_word *whole = find_hint(word, n);
	if (whole != NULL)
		return whole->hints;
	return compound(word, n, &hints) ? hints : 0;
}

static bool capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Camel case: sourceTranslatedPort. */
static unsigned hints_of_parts(const char *word, const char *low, size_t n)
{
	unsigned hints = 0;
	size_t from = 0;
	for (size_t i = 1; i <= n; i++) {
		if (i < n && (!capital(word[i]) || capital(word[i - 1])))
			continue;
		hints |= hints_of_part(low + from, i - from);
		from = i;
	}
	return hints;
}

unsigned guess_hints(const char *word, size_t n)
{
	char low[WORD_MAX + 1];
	if (lower_word(word, n, low) == 0)
		return 0;
	unsigned hints = hints_of_part(low, n);
	return hints != 0 ? hints : hints_of_parts(word, low, n);
}

static bool listed(const char *list, const char *word, size_t n)
{
	for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

static int action_of(const char *low, size_t n)
{
	if (n < 2 || memchr(low, ' ', n) != NULL || strnlen(low, n) < n)
		return 0;
	if (listed(created_words, low, n))
		return ACTION_CREATED;
	if (listed(deleted_words, low, n))
		return ACTION_DELETED;
	return listed(updated_words, low, n) ? ACTION_UPDATED : 0;
}

int guess_action(const char *word, size_t n, size_t *prefix)
{
	char low[WORD_MAX + 1];
	*prefix = 0;
	if (lower_word(word, n, low) == 0)
		return 0;
	int action = action_of(low, n);
	for (size_t i = n - 1; action == 0 && i > 0; i--) {
		if (!capital(word[i]) || i + 1 == n || !small(word[i + 1]) || capital(word[i - 1]))
			continue;
		action = action_of(low + i, n - i);
		*prefix = action != 0 ? i : 0;
	}
	return action;
}

int guess_action_letter(char c)
{
	switch (c) {
	case 'A':
	case 'C':
		return ACTION_CREATED;
	case 'D':
	case 'F':
	case 'R':
		return ACTION_DELETED;
	case 'U':
		return ACTION_UPDATED;
	default:
		return 0;
	}
}
