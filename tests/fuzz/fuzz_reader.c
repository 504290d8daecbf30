/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: the input is a line that every reader cuts, twice: values lie in the arena, and the second time
 * gives the same. Corpus: corpus/reader/.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const asked[] = {"a", "src", "vendor", "class", "1", "2", "17", "source-address"};

#define ASKED (int)(sizeof asked / sizeof *asked)

static void must(int truth)
{
	if (!truth)
		abort();
}

static void read_twice(enum reader r, const struct keys *keys, const uint8_t *data, size_t size)
{
	struct envelope none = {0};
	struct arena arena;
	struct reading first;
	struct reading second;
	arena_init(&arena, (uint32_t)(3 * size));
	struct text text = {.off = arena_add(&arena, data, (uint32_t)size), .len = (uint32_t)size};
	reader_read(r, keys, &arena, text, &none, NULL, &first);
	reader_read(r, keys, &arena, text, &none, NULL, &second);
	must(first.parts[PART_FRONT].off + first.parts[PART_FRONT].len <= size);
	for (int k = 0; k < ASKED; k++) {
		must(reading_has(&first, k) == reading_has(&second, k));
		if (!reading_has(&first, k))
			continue;
		struct text a = first.values[k].text;
		struct text b = second.values[k].text;
		must(a.len == b.len && a.len <= size && a.off + a.len <= arena.len &&
		     b.off + b.len <= arena.len);
		must(memcmp(arena.data + a.off, arena.data + b.off, a.len) == 0);
		must(first.values[k].place <= size);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keys keys;
	for (int k = 0; keys.count < (size_t)ASKED; k++)
		must(keys_add(&keys, asked[k], strlen(asked[k]), NULL) == k);
	if (size == 0 || size > 1 << 16)
		return 0;
	for (enum reader r = 0; r < READER_COUNT; r++)
		read_twice(r, &keys, data, size);
	return 0;
}
