/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's accounts by vendor, and how large its batches are. They move when a batch is settled, as those
 * of stats.h do. One writer, its worker; anybody may read. Vendors are told apart by their names, which all
 * workers share and which outlive reloads: a script that comes back goes on where it was.
 */
#ifndef NATMILL_STREAM_ACCOUNTS_H
#define NATMILL_STREAM_ACCOUNTS_H

#include "base/histogram.h"
#include "event/batch.h"
#include "script/generation.h"
#include "stream/stats.h"

#define ACCOUNT_VENDORS 320 /* names in a process's life; further ones are counted under "" */

#define ACCOUNT_BATCH_BOUNDS                                                  \
	{                                                                     \
		1, 10, 100, 1000, 3000, 10000, 30000, 100000, 300000, 1000000 \
	} /* messages */

struct account {
	_Atomic uint64_t parsed; /* records */
	_Atomic uint64_t ignored;
	_Atomic uint64_t events[EVENT_TYPE_COUNT];
	_Atomic uint64_t dead[DEAD_KIND_COUNT]; /* letters */
};

struct accounts {
	struct account vendors[ACCOUNT_VENDORS]; /* by place in the names; 0 is "", nobody's */
	struct histogram batches;
	uint32_t generation; /* that places is for; 0 = none yet */
	uint16_t places[GENERATION_SCRIPTS_MAX];
};

extern const uint64_t account_batch_bounds[];
extern const size_t account_batch_bound_count;

struct account_names;

struct account_names *account_names_new(void);
void account_names_free(struct account_names *n); /* NULL is legal */

/* How many there are, "" included; the name at a place. From any thread. */
size_t account_names_count(const struct account_names *n);
const char *account_name(const struct account_names *n, size_t place);

/* The generation's scripts get their places, so that they are there before their first batch. */
void accounts_prepare(struct accounts *a, struct account_names *names, const struct generation *g);

/* Takes a settled batch, which the generation's scripts have read. */
void accounts_settle(struct accounts *a, struct account_names *names, const struct generation *g,
		     const struct batch *b);

#endif
