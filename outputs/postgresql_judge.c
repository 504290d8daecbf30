/* SPDX-License-Identifier: Apache-2.0
 *
 * What an error of PostgreSQL means for delivery: is a row to blame, does a human have to mend something,
 * must the connection be made anew. Pure functions over SQLSTATE and texts, so that a table can test them.
 * Unknown errors are never the data's fault: they are tried again, with an alarm.
 */
#include "outputs/postgresql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DATA                 \
	{                    \
		.data = true \
	}
#define MEND                                  \
	{                                     \
		.alarm = true, .reopen = true \
	} /* schema, rights, login */
#define FULL                  \
	{                     \
		.alarm = true \
	}
#define AGAIN     \
	{         \
		0 \
	}
#define ANEW                   \
	{                      \
		.reopen = true \
	}

/* Classes (two characters) and single codes of appendix A of PostgreSQL's manual; the longest match counts.
 */
static const struct {
	const char *prefix;
	struct postgresql_verdict verdict;
} verdicts[] = {
	{"08", ANEW},    /* connection exceptions */
	{"08P01", MEND}, /* too few bytes for a value: the column's type has changed */
	{"21", DATA},    /* cardinality violation, out of a trigger */
	{"22", DATA},    /* data exceptions */
	{"22021", MEND}, /* not UTF-8: texts are checked before, so the column holds something else now */
	{"22P03", MEND}, /* invalid binary representation: the column's type has changed */
	{"22P04", MEND}, /* bad COPY file format: the column's type has changed */
	{"23", DATA},    /* constraints */
	{"25", ANEW},    /* invalid transaction state; 25P03 idle in transaction for too long */
	{"25006", MEND}, /* read-only: a standby */
	{"28", MEND},    /* login refused */
	{"3D", MEND},    /* no such database */
	{"3F", MEND},    /* no such schema */
	{"40", AGAIN},   /* deadlock, serialisation */
	{"42", MEND},    /* no such table or column, no right to it */
	{"53", AGAIN},   /* resources */
	{"53100", FULL}, /* disk full */
	{"53300", ANEW}, /* too many connections */
	{"54", DATA},    /* program limits: a row too long for an index */
	{"55", AGAIN},   /* object in use, lock not available */
	{"55000", MEND}, /* object not in the state that it should be in */
	{"57", AGAIN},   /* operator intervention; 57014 statement time-out */
	{"57P", ANEW},   /* server stops, starts, drops the database */
	{"P0001", DATA}, /* RAISE EXCEPTION of a trigger */
};

/* "no partition of relation found for row" is 23514 as a failed CHECK is, but names no constraint. */
#define CHECK_VIOLATION "23514"

struct postgresql_verdict postgresql_judge(const char *sqlstate, bool constrained)
{
	struct postgresql_verdict best = MEND;
	size_t longest = 0;
	if (sqlstate == NULL)
		return (struct postgresql_verdict)ANEW;
	if (strcmp(sqlstate, CHECK_VIOLATION) == 0 && !constrained)
		return best;
	for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
		size_t n = strlen(verdicts[i].prefix);
		if (n > longest && strncmp(sqlstate, verdicts[i].prefix, n) == 0) {
			best = verdicts[i].verdict;
			longest = n;
		}
	}
	return best;
}

static bool is_state(const char *s)
{
	for (int i = 0; i < 5; i++)
		if (!isdigit((unsigned char)s[i]) && !(s[i] >= 'A' && s[i] <= 'Z'))
			return false;
	return s[5] == ':';
}

bool postgresql_find_state(const char *message, char state[6])
{
	bool found = false;
	for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
		if (!is_state(at + 3))
			continue;
		memcpy(state, at + 3, 5); /* the last one: of the host tried last */
		state[5] = '\0';
		found = true;
	}
	return found;
}

uint64_t postgresql_find_row(const char *context, const char *table)
{
	if (context == NULL || strncmp(context, "COPY ", 5) != 0)
		return 0;
	const char *at = context + 5;
	size_t n = strlen(table);
	if (strncmp(at, table, n) != 0 || strncmp(at + n, ", line ", 7) != 0)
		return 0;
	return strtoull(at + n + 7, NULL, 10);
}
