/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of the contract suite, by subject: each runs for every output whose type claims, and whose driver
 * can show, what the case needs. A new case is a function and a row in its file.
 */
#ifndef NATMILL_TESTS_CASES_H
#define NATMILL_TESTS_CASES_H

#include "tests/contract/fixture.h"

/* What an output must have for a case. */
enum contract_needs {
	NEEDS_EVENTS = 1,
	NEEDS_TRANSACTIONS = 2,
	NEEDS_LETTERS = 4,
	NEEDS_HOLD_UP = 8,    /* its driver can make it wait */
	NEEDS_SHARED = 16,    /* its store outlives a process */
	NEEDS_OWN_MARKS = 32, /* its watermarks are its own, not those of a group */
	NEEDS_RETURN = 64,    /* its letters can be read back */
};

struct contract_case {
	const char *name;          /* NULL ends an array */
	void (*run)(void **state); /* *state is the struct fixture, open */
	unsigned needs;
};

extern const struct contract_case cases_events[];
extern const struct contract_case cases_marks[];
extern const struct contract_case cases_dead[];
extern const struct contract_case cases_return[];
extern const struct contract_case cases_workers[];

/* What is stored must be exactly the batch's events; NULL: nothing. */
void cases_assert_stored(struct fixture *f, const struct batch *b);

/* The verdict; all but OK must say why. */
void cases_assert_verdict(const struct output_result *r, enum output_verdict verdict);

#endif
