/* SPDX-License-Identifier: Apache-2.0
 *
 * Clusters of lines by their shape, in bounded memory: what kinds of lines are there, how many of each, and
 * some of them as examples. Lines with the same layout (event/shape.h) belong together when their words agree
 * too, but for words that may change: actions, protocols, one other. Owner: whoever called cluster_set_new();
 * one thread.
 */
#ifndef NATMILL_EVENT_CLUSTER_H
#define NATMILL_EVENT_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "event/shape.h"

#define CLUSTER_LINES 32      /* lines kept of each cluster */
#define CLUSTER_TEXT_MAX 4096 /* longest text and longest value that is taken, bytes */

/* A line kept. */
struct cluster_line {
	char *value; /* as it came, NUL behind */
	size_t value_len;
	char *text; /* that its shape is of: without header or envelope; NUL behind */
	size_t text_len;
	uint64_t number; /* which of all lines it was, from 1 */
};

struct cluster {
	uint64_t skeleton;
	int kind;           /* as the caller gave it */
	uint64_t count;     /* all its lines */
	struct shape shape; /* of lines[0], the first that came */
	struct cluster_line lines[CLUSTER_LINES];
	size_t kept;
	void *notes; /* the caller's own, who frees it before the cluster goes */
};

struct cluster_set {
	struct cluster **items; /* in the order in which they came */
	size_t count;
	size_t max;
	size_t keep;      /* lines of each cluster: CLUSTER_LINES, or fewer when the caller says so */
	uint64_t lines;   /* all that were given */
	uint64_t refused; /* of a further cluster when max are there */
};

/* At most max clusters: about max * keep * 2 * CLUSTER_TEXT_MAX bytes when all lines are long. */
struct cluster_set *cluster_set_new(size_t max);
void cluster_set_free(struct cluster_set *set); /* NULL is legal */

/* Adds a line; lines of different kinds (any number) never meet. value and text of at most CLUSTER_TEXT_MAX
 * bytes, both copied when kept. Which lines are kept is a sample of all, the same for the same input. Its
 * cluster; NULL when it was refused. */
struct cluster *cluster_add(struct cluster_set *set, int kind, const char *value, size_t value_len,
			    const char *text, size_t text_len);

/* Frees the cluster at that place and makes room for another one. */
void cluster_drop(struct cluster_set *set, size_t place);

#endif
