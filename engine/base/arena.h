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
#include <string.h>

#define ARENA_FULL UINT32_MAX

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define ARENA_POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define ARENA_UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define ARENA_POISON(p, n) ((void)0)
#define ARENA_UNPOISON(p, n) ((void)0)
#endif

struct arena {
	char *data;
	uint32_t len;
	uint32_t cap;
	uint32_t max; /* never grows beyond: the batch's share of the memory budget, in bytes */
};

void arena_init(struct arena *a, uint32_t max);
void arena_free(struct arena *a);  /* a may be zeroed */
void arena_reset(struct arena *a); /* len = 0; memory kept, poisoned under the address sanitizer */

/* For arena_alloc(): what does not fit without more memory. */
uint32_t arena_alloc_more(struct arena *a, uint32_t n);

/* Offset of n fresh bytes, or ARENA_FULL when they need more memory than max allows. Inline, as it is called
 * several times a record. */
static inline uint32_t arena_alloc(struct arena *a, uint32_t n)
{
	uint32_t at = a->len;
	if (n == 0) /* there may be no memory yet */
		return at;
	if (n > a->cap - at)
		return arena_alloc_more(a, n);
	ARENA_UNPOISON(a->data + at, n);
	a->len = at + n;
	return at;
}

/* Copies n bytes in; offset or ARENA_FULL. */
static inline uint32_t arena_add(struct arena *a, const void *data, uint32_t n)
{
	uint32_t at = arena_alloc(a, n);
	if (at != ARENA_FULL && n > 0)
		memcpy(a->data + at, data, n);
	return at;
}

/* Gives the last bytes back: len becomes mark, which is a former len. */
void arena_rewind(struct arena *a, uint32_t mark);

#endif
