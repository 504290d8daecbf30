/* SPDX-License-Identifier: Apache-2.0
 *
 * The identities of a range of events, sorted, for outputs that are asked which of them they hold already:
 * groups of one table, topic and partition, so that one question covers a span of offsets. Owner: the caller.
 */
#ifndef NATMILL_OUTPUT_IDENTITIES_H
#define NATMILL_OUTPUT_IDENTITIES_H

#include "output/output.h"

struct identity_place {
	int32_t type;
	const char *topic;
	int32_t partition;
	int64_t offset;
	uint32_t index;
	size_t place; /* in the range */
};

struct identities {
	struct identity_place *items;
	size_t n;
	size_t next; /* of identities_group() */
};

/* Events without a type are left out. */
void identities_init(struct identities *ids, const struct output_range *range);
void identities_free(struct identities *ids);

/* The next group: its first and last item are the span of offsets. NULL = there are no more. */
const struct identity_place *identities_group(struct identities *ids, size_t *n);

/* Marks the event of the group that has this offset and index, if there is one. */
void identities_mark(const struct identity_place *group, size_t n, int64_t offset, int64_t index,
		     bool *there);

#endif
