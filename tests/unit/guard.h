/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of parsers: a copy of the input whose neighbour is a page that nobody may touch, so that reading
 * one byte too far ends the test. A copy is valid until the next call for the same side. Never freed.
 */
#ifndef NATMILL_TESTS_UNIT_GUARD_H
#define NATMILL_TESTS_UNIT_GUARD_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_MAX ((size_t)1 << 20) /* longest input, bytes; a multiple of every page size */

/* Readable room of GUARD_MAX bytes with a forbidden page on both sides. */
static inline char *guard_room(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, GUARD_MAX + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + page, GUARD_MAX, PROT_READ | PROT_WRITE) != 0)
		abort();
	return map + page;
}

/* The copy ends where the forbidden page begins. */
static inline char *guard_end(const void *data, size_t n)
{
	static char *room;
	if (room == NULL)
		room = guard_room();
	if (n > GUARD_MAX)
		abort();
	char *copy = room + GUARD_MAX - n;
	if (n > 0)
		memcpy(copy, data, n);
	return copy;
}

/* The copy begins where the forbidden page ends. */
static inline char *guard_begin(const void *data, size_t n)
{
	static char *room;
	if (room == NULL)
		room = guard_room();
	if (n > GUARD_MAX)
		abort();
	if (n > 0)
		memcpy(room, data, n);
	return room;
}

#endif
