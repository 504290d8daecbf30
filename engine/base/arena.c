/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte block of a batch; see arena.h.
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

void arena_init(struct arena *a, uint32_t max)
{
	*a = (struct arena){.max = max < ARENA_FULL ? max : ARENA_FULL - 1};
}

void arena_free(struct arena *a)
{
	if (a->data != NULL)
		ASAN_UNPOISON_MEMORY_REGION(a->data, a->cap);
	free(a->data);
	*a = (struct arena){.max = a->max};
}

void arena_reset(struct arena *a)
{
	arena_rewind(a, 0);
}

void arena_rewind(struct arena *a, uint32_t mark)
{
	a->len = mark;
	if (a->data != NULL)
		ASAN_POISON_MEMORY_REGION(a->data + mark, a->cap - mark);
}

static int arena_grow(struct arena *a, uint32_t need)
{
	if (need > a->max)
		return -1;
	uint64_t cap = a->cap > 0 ? a->cap : 4096;
	while (cap < need)
		cap *= 2;
	if (cap > a->max)
		cap = a->max;
	if (a->data != NULL)
		ASAN_UNPOISON_MEMORY_REGION(a->data, a->cap);
	a->data = xrealloc(a->data, (size_t)cap);
	a->cap = (uint32_t)cap;
	ASAN_POISON_MEMORY_REGION(a->data + a->len, a->cap - a->len);
	return 0;
}

uint32_t arena_alloc(struct arena *a, uint32_t n)
{
	if (n > a->max || a->len > a->max - n)
		return ARENA_FULL;
	uint32_t need = a->len + n;
	if (need > a->cap && arena_grow(a, need) != 0)
		return ARENA_FULL;
	uint32_t at = a->len;
	if (n > 0)
		ASAN_UNPOISON_MEMORY_REGION(a->data + at, n);
	a->len = need;
	return at;
}

uint32_t arena_add(struct arena *a, const void *data, uint32_t n)
{
	uint32_t at = arena_alloc(a, n);
	if (at != ARENA_FULL && n > 0)
		memcpy(a->data + at, data, n);
	return at;
}
