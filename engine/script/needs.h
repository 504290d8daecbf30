/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rule is worth trying on a record? Most lines of a script differ in a word or two that one kind has
 * and the others lack. Each template names words that stand in every text that fits it; per record each word
 * is looked for at most once, whatever the number of rules. Made when the script is loaded; asked by the
 * batch loop (match.c). Texts belong to the templates.
 */
#ifndef NATMILL_SCRIPT_NEEDS_H
#define NATMILL_SCRIPT_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEEDS_MAX 64 /* words of a script; what is more is not looked for */

struct needs {
	size_t count;
	struct need {
		const char *text;
		uint32_t len;
	} words[NEEDS_MAX];
};

/* What is known of the record under way; all zero for a new one. */
struct needs_seen {
	uint64_t looked;
	uint64_t there; /* of those */
};

struct script;

/* Fills s->needs and the needs of all its rules, when the last one is declared. */
void needs_choose(struct script *s);

/* Looks for those words of the set that were not looked for yet, up to the first that is missing. */
bool needs_look(const struct needs *all, uint64_t words, struct needs_seen *seen, const char *text, size_t n);

/* Do the words of the set stand in the text? */
static inline bool needs_there(const struct needs *all, uint64_t words, struct needs_seen *seen,
			       const char *text, size_t n)
{
	if ((words & seen->looked & ~seen->there) != 0)
		return false;
	return (words & ~seen->there) == 0 || needs_look(all, words, seen, text, n);
}

#endif
