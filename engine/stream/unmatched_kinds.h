/* SPDX-License-Identifier: Apache-2.0
 *
 * What unmatched.c (which fills it) and unmatched_show.c (which tells of it) share. All under the lock.
 */
#ifndef NATMILL_STREAM_UNMATCHED_KINDS_H
#define NATMILL_STREAM_UNMATCHED_KINDS_H

#include <pthread.h>
#include <stdbool.h>

#include "event/cluster.h"
#include "stream/unmatched.h"

#define UNMATCHED_NAME_MAX 256 /* bytes of a name with its NUL; longer ones are cut or left out */
#define UNMATCHED_REASON_MAX 512

/* Of a cluster, in its notes. Times are microseconds UTC, of settling; of a stored letter its message's. */
struct unmatched_notes {
	char vendor[UNMATCHED_NAME_MAX];
	char topic[UNMATCHED_NAME_MAX]; /* these four: of the first line */
	int32_t partition;
	int64_t offset;
	char reason[UNMATCHED_REASON_MAX];
	int64_t first_us;
	int64_t last_us;
	char devices[UNMATCHED_DEVICES][UNMATCHED_NAME_MAX];
	size_t device_count;
	bool more_devices;
};

struct unmatched {
	pthread_mutex_t lock;
	struct cluster_set *set;
	int64_t since_us;
	uint64_t lines;     /* all */
	uint64_t looked_at; /* of them */
	uint64_t too_long;  /* of those, not clustered */
	uint64_t forgotten_kinds;
	uint64_t forgotten_lines; /* looked at, of those kinds */
	int64_t second_us;
	uint32_t second_lines;
	uint64_t turn;
};

static inline struct unmatched_notes *unmatched_notes(const struct cluster *c)
{
	return c->notes;
}

#endif
