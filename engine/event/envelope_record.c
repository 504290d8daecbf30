/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON records: a message whose members are keys and values; see envelope.h. Texts are copied once into the
 * arena.
 */
#include <inttypes.h>

#include "base/err.h"
#include "event/envelope_opening.h"

int opening_no_room(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "the batch has no room left for this value");
}

int opening_wrong_escape(const struct opening *o, uint32_t at)
{
	return err_set(o->e, ERR_DATA,
		       "the value is not a JSON object: the string at byte %" PRIu32 " has a wrong escape",
		       at + 1);
}

int opening_scan(struct opening *o, size_t n)
{
	struct envelope_reader *r = o->r;
	int count = json_flat_object(o->flat, o->value, n, r->members, ENVELOPE_PAIRS_MAX);
	o->same_keys = count >= 0 && o->flat->same_keys;
	o->escapes = count >= 0 ? o->flat->escapes : memchr(o->value, '\\', n) != NULL;
	return count >= 0 ? count
			  : json_scan_object(r->scan, o->value, n, r->members, ENVELOPE_PAIRS_MAX, o->e);
}

int opening_add_string(const struct opening *o, uint32_t at, uint32_t len, struct text *out)
{
	if (!opening_is_escaped(o, at, len)) {
		uint32_t off = arena_add(o->arena, o->value + at, len);
		*out = (struct text){.off = off, .len = len};
		return off == ARENA_FULL ? opening_no_room(o->e) : 0;
	}
	uint32_t off = arena_alloc(o->arena, len + JSON_SLACK);
	if (off == ARENA_FULL)
		return opening_no_room(o->e);
	int64_t used = json_scan_unescape(o->r->scan, o->value + at, len, o->arena->data + off);
	if (used < 0)
		return opening_wrong_escape(o, at);
	arena_rewind(o->arena, off + (uint32_t)used);
	*out = (struct text){.off = off, .len = (uint32_t)used};
	return 0;
}

bool opening_is_object(const char *value, size_t n)
{
	if (n == 0 || value[0] != '{')
		return false;
	size_t next = 1;
	while (next < n &&
	       (value[next] == ' ' || value[next] == '\t' || value[next] == '\n' || value[next] == '\r'))
		next++;
	return next < n && (value[next] == '"' || value[next] == '}');
}

/* A string or other value of a record: within the copied text where nothing is escaped, else unescaped behind
 * it. */
static int add_part(const struct opening *o, uint32_t copy, uint32_t at, uint32_t len, bool string,
		    struct text *out)
{
	if (string && opening_is_escaped(o, at, len))
		return opening_add_string(o, at, len, out);
	*out = (struct text){.off = copy + at, .len = len};
	return 0;
}

/* -1 when the last pair's key stands among those before. seen: which keys there may be, by length and first
 * byte. */
static int check_twice(const struct opening *o, uint64_t *seen)
{
	const struct envelope_pair *pairs = o->r->pairs;
	struct text key = pairs[o->r->pair_count].key;
	const char *name = o->arena->data + key.off;
	unsigned ends = key.len > 0 ? (unsigned char)name[0] * 5U + (unsigned char)name[key.len - 1] * 3U : 0;
	uint64_t bit = UINT64_C(1) << ((key.len * 7U + ends) & 63);
	bool maybe = (*seen & bit) != 0;
	*seen |= bit;
	for (size_t i = 0; maybe && i < o->r->pair_count; i++)
		if (pairs[i].key.len == key.len &&
		    memcmp(o->arena->data + pairs[i].key.off, name, key.len) == 0)
			return err_set(o->e, ERR_DATA, "the key `%.*s` stands twice in the value",
				       (int)(key.len < 64 ? key.len : 64), name);
	return 0;
}

/* Fills the pairs of the record whose JSON is in the arena at copy. */
static int add_pairs(const struct opening *o, uint32_t copy, size_t count, struct envelope *out)
{
	struct envelope_reader *r = o->r;
	uint64_t seen = 0;
	out->kind = ENVELOPE_RECORD;
	for (r->pair_count = 0; r->pair_count < count; r->pair_count++) {
		const struct json_member *m = &r->members[r->pair_count];
		struct envelope_pair *pair = &r->pairs[r->pair_count];
		uint32_t len = m->kind == JSON_NULL ? 0 : m->value_len;
		if (add_part(o, copy, m->key, m->key_len, true, &pair->key) != 0 ||
		    add_part(o, copy, m->value, len, m->kind == JSON_STRING, &pair->value) != 0 ||
		    (!o->same_keys && check_twice(o, &seen) != 0))
			return -1;
	}
	out->pair_count = count;
	return 0;
}

int opening_record(const struct opening *o, size_t count, size_t n, struct envelope *out)
{
	uint32_t copy = arena_add(o->arena, o->value, (uint32_t)n);
	if (copy == ARENA_FULL)
		return opening_no_room(o->e);
	out->text = (struct text){.off = copy, .len = (uint32_t)n};
	return add_pairs(o, copy, count, out);
}

int opening_message(const struct opening *envelope, struct envelope *out)
{
	struct envelope_reader *r = envelope->r;
	struct arena *arena = envelope->arena;
	struct err no_json;
	uint32_t mark = arena->len;
	uint32_t room =
		out->text.len + JSON_SLACK; /* all that is unescaped below: the text does not move then */
	if (!opening_is_object(arena->data + out->text.off, out->text.len))
		return 0;
	if (arena_alloc(arena, room) == ARENA_FULL)
		return opening_no_room(envelope->e);
	arena_rewind(arena, mark);
	struct opening o = {.r = r,
			    .arena = arena,
			    .flat = &r->inner,
			    .value = arena->data + out->text.off,
			    .e = &no_json};
	int count = opening_scan(&o, out->text.len);
	if (count < 0)
		return 0;
	o.e = envelope->e;
	out->kind = ENVELOPE_RECORD;
	return add_pairs(&o, out->text.off, (size_t)count, out);
}
