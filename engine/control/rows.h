/* SPDX-License-Identifier: Apache-2.0
 *
 * A map of the tree into plain structs, by option rows: every key known, every value of its type and
 * within its bounds, every required one there. Called by bind for each section and entry; notes where
 * each value came from. The structs own the values, the tree stays as it is.
 */
#ifndef NATMILL_CONTROL_ROWS_H
#define NATMILL_CONTROL_ROWS_H

#include <stddef.h>

#include "base/errlist.h"
#include "base/node.h"
#include "base/option.h"
#include "control/section.h"

struct origin {
	const void *field; /* address in the config struct */
	const struct node *node;
};

struct origins {
	struct origin *items;
	size_t n;
};

struct binder {
	struct errlist *errs;
	struct origins *origins;
};

/* Rows and the struct they describe. */
struct row_target {
	const struct option *rows; /* NULL = none */
	void *base;
};

/* What is being read, for messages. */
struct row_place {
	const struct section *section;
	const char *path;          /* "kafka", "outputs[0]", "" for the top level */
	const char *index;         /* LIST: "0"; else NULL */
	const struct node *at;     /* the section's place when it is not there itself */
	const char *const *others; /* keys that are known but no rows, read by the caller */
	size_t n_others;
};

void rows_note(struct binder *b, const void *field, const struct node *node);

/* Reads a map, or nothing when map is NULL: then only what is required is looked for. */
void rows_bind(struct binder *b, const struct row_place *place, const struct node *map,
	       const struct row_target *targets, size_t n);

/* Reads one value of one row. */
void rows_value(struct binder *b, const char *path, const struct option *row, void *base,
		const struct node *node);

/* Adds "WHERE: PATH WHAT". */
void rows_refuse(struct binder *b, const struct node *node, const char *path, const char *what);

/* Adds "WHERE: unknown WHAT 'NAME'...; did you mean 'X'?", or else the list of what is known. in may be "".
 */
void rows_unknown(struct binder *b, const struct node *node, const char *what, const char *in,
		  const struct texts *known);

#endif
