/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of readers, what they share, and the one that needs no scanning; see reader.h.
 */
#include "event/reader.h"

#include "event/reader_scan.h"

static const char *const names[READER_COUNT] = {"key_value", "cef", "structured_data", "csv", "json"};

const char *reader_name(enum reader r)
{
	return names[r];
}

/* A copy without the marks before the characters given; `\n` is a line's end where n is given. */
static struct text unescaped(struct scan *sc, const struct piece *value)
{
	uint32_t to = arena_alloc(sc->arena, (uint32_t)value->len);
	if (to == ARENA_FULL)
		return (struct text){.off = 0, .len = 0};
	sc->s = sc->arena->data + sc->text.off;
	const char *from = sc->s + value->off;
	char *at = sc->arena->data + to;
	char mark = value->mark != 0 ? value->mark : '\\';
	for (size_t i = 0; i < value->len; i++) {
		char c = from[i];
		if (c == mark && i + 1 < value->len && from[i + 1] != '\0' &&
		    strchr(value->escapes, from[i + 1]) != NULL) {
			c = from[++i];
			c = c == 'n' ? '\n' : c;
		}
		*at++ = c;
	}
	uint32_t len = (uint32_t)(at - (sc->arena->data + to));
	arena_rewind(sc->arena, to + len);
	return (struct text){.off = to, .len = len};
}

/* Without blanks at both ends. */
static inline struct text trimmed(const char *data, struct text t)
{
	if (t.len > 0 && data[t.off] > ' ' && data[t.off + t.len - 1] > ' ')
		return t;
	while (t.len > 0 && scan_blank(data[t.off + t.len - 1]))
		t.len--;
	while (t.len > 0 && scan_blank(data[t.off])) {
		t.off++;
		t.len--;
	}
	return t;
}

void scan_put_number(struct scan *sc, int key, const struct piece *value)
{
	struct text whole = {.off = sc->text.off + (uint32_t)value->off, .len = (uint32_t)value->len};
	uint32_t place = (uint32_t)value->off;
	if (value->escapes != NULL)
		whole = unescaped(sc, value);
	struct text t = trimmed(sc->arena->data, whole);
	reading_put(sc->out, key, t, place + t.off - whole.off);
}

void scan_put(struct scan *sc, const char *key, size_t key_len, const struct piece *value)
{
	int number = keys_find(sc->keys, key, key_len);
	if (number >= 0 && !reading_has(sc->out, number))
		scan_put_number(sc, number, value);
}

void scan_front(struct scan *sc, size_t n)
{
	sc->out->parts[PART_FRONT] =
		trimmed(sc->s - sc->text.off, (struct text){.off = sc->text.off, .len = (uint32_t)n});
}

static void read_json(struct scan *sc, const struct envelope_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text key = pairs[i].key;
		int number = keys_find(sc->keys, sc->arena->data + key.off, key.len);
		if (number < 0)
			continue;
		struct text t = trimmed(sc->arena->data, pairs[i].value);
		bool inside = t.off >= sc->text.off && t.off - sc->text.off < sc->text.len;
		reading_put(sc->out, number, t, inside ? t.off - sc->text.off : 0);
	}
}

void reader_read(enum reader r, const struct keys *keys, struct arena *arena, struct text text,
		 const struct envelope *envelope, const struct envelope_pair *pairs, struct reading *out)
{
	struct scan sc = {.keys = keys,
			  .arena = arena,
			  .text = text,
			  .s = arena->data + text.off,
			  .n = text.len,
			  .marks = MARKS_NONE,
			  .out = out};
	reading_reset(out);
	out->parts[PART_FRONT] = trimmed(arena->data, text);
	out->parts[PART_HOST_NAME] = trimmed(arena->data, envelope->host_name);
	out->parts[PART_PROGRAM] = trimmed(arena->data, envelope->program);
	switch (r) {
	case READER_KEY_VALUE:
		reader_key_value(&sc);
		return;
	case READER_CEF:
		reader_cef(&sc);
		return;
	case READER_STRUCTURED_DATA:
		reader_structured_data(&sc);
		return;
	case READER_CSV:
		reader_csv(&sc);
		return;
	case READER_JSON:
		read_json(&sc, pairs, envelope->pair_count);
		return;
	case READER_COUNT:
		return;
	}
}
