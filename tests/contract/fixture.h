/* SPDX-License-Identifier: Apache-2.0
 *
 * What the contract's cases stand on: a host whose waits can be told to give up, batches full of every kind
 * of event, and one short call for each step of delivery. A struct fixture belongs to its test.
 */
#ifndef NATMILL_TESTS_FIXTURE_H
#define NATMILL_TESTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/batch.h"
#include "output/output.h"

#define FIXTURE_TOPIC "cgnat.syslog.nfware"

struct fixture_host {
	struct output_host host; /* first: it is cast back */
	unsigned waits;
	unsigned give_up_after; /* waits that are answered as asked before every further one gives up */
	const void *membership; /* of a group; the driver's, NULL = none */
	size_t membership_len;
};

/* Waits by poll(2) until told to give up; never gives up at first. */
void fixture_host_init(struct fixture_host *h);

struct driver;
struct strbuf;

struct fixture {
	const struct driver *driver;
	const struct output_type *type;
	char folder[64]; /* of its own, removed at the end */
	char path[96];   /* within it */
	union {
		char bytes[256];
		void *align;
	} options;
	struct output_env env;
	struct fixture_host host;
	struct output *output; /* worker 0, open */
	struct batch batch;
	uint32_t *pick;
	void *own; /* the driver's */
};

/* One output under test: how it is set up, read back by other means, and held up. */
struct driver {
	const struct output_type *type;
	bool forgets; /* nothing to read back */
	bool shared;  /* what is stored outlives the process that wrote it */
	void (*set_up)(struct fixture *f);
	void (*tear_down)(struct fixture *f); /* may be NULL */
	/* Appends the JSON form of each stored event, a line each. */
	void (*read)(struct fixture *f, struct strbuf *out);
	/* Appends "offset record index output reason value" of each dead letter, a line each. */
	void (*read_dead)(struct fixture *f, struct strbuf *out);
	void (*block)(struct fixture *f); /* makes some call wait; NULL: nothing can */
	void (*unblock)(struct fixture *f);
};

void fixture_open(struct fixture *f, const struct driver *driver);
void fixture_close(struct fixture *f);

/* Sets an option from its text; for set_up. */
void fixture_option(struct fixture *f, const char *name, const char *value);

/* One more instance of the output for another worker; opened. Close it with its type's close. */
struct output *fixture_worker(struct fixture *f, struct output_env *env);

/* Empties the batch and fills it with n messages of one event each, offsets from `offset`; types and texts
 * vary. */
void fixture_fill(struct batch *b, int32_t partition, int64_t offset, uint32_t n);

/* Adds one event with the next offset: required fields only, of the type. */
struct event *fixture_add(struct batch *b, int type, int32_t partition, int64_t offset);
struct text fixture_text(struct batch *b, const char *text);

/* All events of the batch as a range; the places lie in *pick, freed by the caller. */
struct output_range fixture_range(const struct batch *b, uint32_t **pick);

/* The steps, on any instance. write goes on after partial OKs until all is taken or another verdict comes. */
enum output_verdict fixture_begin(struct output *o, const struct output_type *type, struct output_result *r);
enum output_verdict fixture_write(struct output *o, const struct output_type *type, const struct batch *b,
				  struct output_result *r);
enum output_verdict fixture_commit(struct output *o, const struct output_type *type, int32_t partition,
				   int64_t expected, int64_t next, struct output_result *r);
int64_t fixture_position(struct output *o, const struct output_type *type, int32_t partition, int64_t start,
			 bool *born);

/* begin, write, commit of the whole batch of f; asserts OK. */
void fixture_deliver(struct fixture *f, int64_t expected, int64_t next);

/* What reading back must give for the batch (event_json); both texts with sorted lines must be equal. */
void fixture_expect(const struct batch *b, struct strbuf *out);
void fixture_assert_lines(struct strbuf *found, struct strbuf *expected);

#endif
