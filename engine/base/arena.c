/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte block of a batch; see arena.h.
 */
#include "base/arena.h"

#include <stdlib.h>

#include "base/strbuf.h"

void arena_init(struct arena *a, uint32_t max)
{
	*a = (struct arena){.max = max < ARENA_FULL ? max : ARENA_FULL - 1};
}

void arena_free(struct arena *a)
{
	if (a->data != NULL)
		ARENA_UNPOISON(a->data, a->cap);
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
		ARENA_POISON(a->data + mark, a->cap - mark);
}

/* need is at most max. */
static void grow(struct arena *a, uint32_t need)
{
	uint64_t cap = a->cap > 0 ? a->cap : 4096;
	while (cap < need)
		cap *= 2;
	if (cap > a->max)
		cap = a->max;
	if (a->data != NULL)
		ARENA_UNPOISON(a->data, a->cap);
	a->data = xrealloc(a->data, (size_t)cap);
	a->cap = (uint32_t)cap;
	ARENA_POISON(a->data + a->len, a->cap - a->len);
}

uint32_t arena_alloc_more(struct arena *a, uint32_t n)
{
	uint32_t at = a->len;
	if (n > a->max || at > a->max - n)
		return ARENA_FULL;
	grow(a, at + n);
	ARENA_UNPOISON(a->data + at, n);
	a->len += n;
	return at;
}
