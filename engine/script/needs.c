/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses the words that tell a script's rules apart, and looks for them; see needs.h.
 */
#include "script/needs.h"

#include <string.h>

#include "event/find_bytes.h"
#include "script/script.h"

#define WORDS_OF_RULE 2 /* each costs as much as a few steps of the template */

/* The word's place, added if it is new; NEEDS_MAX when there is no room. */
static size_t add_word(struct needs *all, const char *text, uint32_t len)
{
	size_t i = 0;
	while (i < all->count && (all->words[i].len != len || memcmp(all->words[i].text, text, len) != 0))
		i++;
	if (i == all->count && i < NEEDS_MAX)
		all->words[all->count++] = (struct need){.text = text, .len = len};
	return i;
}

/* All words that the rule's texts have, as far as they are known. */
static uint64_t words_of(struct needs *all, const struct rule *r)
{
	struct template_word words[TEMPLATE_WORDS_MAX];
	uint64_t set = 0;
	size_t n = r->template != NULL ? template_words(r->template, words) : 0;
	for (size_t i = 0; i < n; i++) {
		size_t word = add_word(all, words[i].text, words[i].len);
		set |= word < NEEDS_MAX ? UINT64_C(1) << word : 0;
	}
	return set;
}

/* How many of the rules lack the word, and none of those chosen before. */
static size_t tells_apart(const struct rule *rules, size_t n, uint64_t word, uint64_t chosen)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += (rules[i].needs & word) == 0 && (chosen & ~rules[i].needs) == 0;
	return count;
}

/* Words of the first rule that tell its lines from those of the n rules behind it: the word that most of them
 * lack, of equal ones the longest, then the one that most of the others lack. A word that all of them have
 * says nothing, as no other line would fit later. */
static uint64_t choose(const struct needs *all, const struct rule *rule, size_t n)
{
	uint64_t chosen = 0;
	for (size_t k = 0; k < WORDS_OF_RULE; k++) {
		uint64_t best = 0;
		size_t most = 0;
		size_t len = 0;
		for (uint64_t left = rule->needs & ~chosen; left != 0; left &= left - 1) {
			size_t i = (size_t)__builtin_ctzll(left);
			size_t count = tells_apart(rule + 1, n, UINT64_C(1) << i, chosen);
			if (count == 0 || count < most || (count == most && all->words[i].len <= len))
				continue;
			best = UINT64_C(1) << i;
			most = count;
			len = all->words[i].len;
		}
		chosen |= best;
	}
	return chosen;
}

/* Do the words chosen tell the lines of all n rules apart? Of a regex' or function's lines nobody knows: they
 * may have those words. Those of readers do not: they look too different. */
static bool all_told_apart(const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i].template == NULL && rules[i].keys == NULL)
			return false;
	return true;
}

void needs_choose(struct script *s)
{
	s->needs = (struct needs){0};
	for (size_t i = 0; i < s->rule_count; i++)
		s->rules[i].needs = words_of(&s->needs, &s->rules[i]);
	for (size_t i = 0; i < s->rule_count; i++) {
		struct rule *r = &s->rules[i];
		r->needs = choose(&s->needs, r, s->rule_count - i - 1);
		if (r->needs != 0 && all_told_apart(r + 1, s->rule_count - i - 1))
			template_known_by_word(r->template);
	}
}

bool needs_look(const struct needs *all, uint64_t words, struct needs_seen *seen, const char *text, size_t n)
{
	for (uint64_t left = words & ~seen->looked; left != 0; left &= left - 1) {
		const struct need *word = &all->words[__builtin_ctzll(left)];
		uint64_t bit = left & -left;
		seen->looked |= bit;
		if (!find_bytes(text, n, word->text, word->len))
			return false;
		seen->there |= bit;
	}
	return true;
}
