/* SPDX-License-Identifier: Apache-2.0
 *
 * One block of bytes for a batch: texts and encoded rows lie in it by offset, so that it may move
 * when it grows and nothing keeps a pointer across a call that adds. Reset with the batch, not
 * freed. Owner: the batch. One thread.
 */
#ifndef NATMILL_BASE_ARENA_H
#define NATMILL_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_FULL UINT32_MAX

struct arena {
	char *data;
	uint32_t len;
	uint32_t cap;
	uint32_t max; /* never grows beyond: the batch's share of the memory budget, in bytes */
};

void arena_init(struct arena *a, uint32_t max);
void arena_free(struct arena *a);  /* a may be zeroed */
void arena_reset(struct arena *a); /* len = 0; memory kept, poisoned under the address sanitizer */

/* Offset of n fresh bytes, or ARENA_FULL when max does not allow them. */
uint32_t arena_alloc(struct arena *a, uint32_t n);

/* Copies n bytes in; offset or ARENA_FULL. */
uint32_t arena_add(struct arena *a, const void *data, uint32_t n);

/* Gives the last bytes back: len becomes mark, which is a former len. */
void arena_rewind(struct arena *a, uint32_t mark);

#endif
