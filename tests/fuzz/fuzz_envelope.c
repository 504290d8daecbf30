/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any value of a Kafka record through the envelope. What comes out lies within the arena, a dead
 * letter has its reason, the second opening agrees with the first (nothing kept from before decides), and
 * what was read as a JSON object is one for a second scanner's strings too. Corpus: corpus/envelope/.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "event/envelope.h"
#include "event/json_flat.h"
#include "event/timeparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* All texts lie within the arena; every byte is touched, so that the sanitizer sees a wrong one. */
static uint32_t touch(struct text t, const struct arena *a)
{
	uint32_t sum = 0;
	must(t.len == 0 || event_text(t, a->data, a->len) != NULL);
	for (uint32_t i = 0; i < t.len; i++)
		sum += (unsigned char)a->data[t.off + i];
	return sum;
}

static bool same(struct text x, const struct arena *a, struct text y, const struct arena *b)
{
	return x.len == y.len && (x.len == 0 || memcmp(a->data + x.off, b->data + y.off, x.len) == 0);
}

static void check(const struct envelope_reader *r, const struct envelope *env, const struct arena *a)
{
	touch(env->text, a);
	touch(env->host_name, a);
	touch(env->program, a);
	must(env->host.family == 0 || env->host.family == 4 || env->host.family == 6);
	must(env->pair_count <= ENVELOPE_PAIRS_MAX);
	must(env->pair_count == 0 || env->kind == ENVELOPE_RECORD);
	for (size_t i = 0; i < env->pair_count; i++) {
		touch(envelope_pairs(r)[i].key, a);
		touch(envelope_pairs(r)[i].value, a);
	}
}

/* Behind a header a record may have a `message`; as a value of its own it would be an envelope. */
static bool has_message(const struct envelope_pair *pairs, size_t n, const struct arena *a)
{
	for (size_t i = 0; i < n; i++)
		if (pairs[i].key.len == 7 && memcmp(a->data + pairs[i].key.off, "message", 7) == 0)
			return true;
	return false;
}

/* The pairs written as JSON strings again: that must open as a record with the same pairs. */
static void check_round_trip(struct envelope_reader *r, const struct envelope *env, const struct arena *a)
{
	struct envelope_pair before[ENVELOPE_PAIRS_MAX];
	struct strbuf again = {0};
	memcpy(before, envelope_pairs(r), env->pair_count * sizeof before[0]);
	for (size_t i = 0; i < env->pair_count; i++) {
		strbuf_adds(&again, i == 0 ? "{" : ",");
		strbuf_add_json(&again, a->data + before[i].key.off, before[i].key.len);
		strbuf_addc(&again, ':');
		strbuf_add_json(&again, a->data + before[i].value.off, before[i].value.len);
	}
	strbuf_addc(&again, '}');
	struct arena b;
	struct envelope second;
	arena_init(&b, 64u << 20);
	must(envelope_open(r, &b, again.data, again.len, TIME_ZONE_UNKNOWN, &second, NULL) == 0);
	must(second.kind == ENVELOPE_RECORD && second.pair_count == env->pair_count);
	for (size_t i = 0; i < env->pair_count; i++) {
		must(same(before[i].key, a, envelope_pairs(r)[i].key, &b));
		must(same(before[i].value, a, envelope_pairs(r)[i].value, &b));
	}
	arena_free(&b);
	strbuf_free(&again);
}

/* What the quick reader takes, the other one takes, with the same members. */
static void check_flat(const char *value, size_t n)
{
	static struct json_scan *scan;
	static struct json_flat flat;
	struct json_member quick[ENVELOPE_PAIRS_MAX];
	struct json_member other[ENVELOPE_PAIRS_MAX];
	struct err e;
	if (scan == NULL)
		scan = json_scan_new();
	int count = json_flat_object(&flat, value, n, quick, ENVELOPE_PAIRS_MAX);
	must(count < 0 || json_scan_object(scan, value, n, other, ENVELOPE_PAIRS_MAX, &e) == count);
	for (int i = 0; i < count; i++)
		must(memcmp(&quick[i], &other[i], sizeof quick[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct envelope_reader *r;
	static struct arena first;
	static struct arena second;
	if (r == NULL) {
		r = envelope_reader_new();
		arena_init(&first, 64u << 20);
		arena_init(&second, 64u << 20);
	}
	arena_reset(&first);
	arena_reset(&second);
	char *value = malloc(size > 0 ? size : 1); /* exactly its size: the sanitizer sees the byte beyond */
	if (size > 0)
		memcpy(value, data, size);
	check_flat(value, size);
	struct envelope one;
	struct envelope two;
	struct err e = {0};
	int32_t zone_s = size % 2 == 0 ? TIME_ZONE_UNKNOWN : 7200;
	int result = envelope_open(r, &first, value, size, zone_s, &one, &e);
	must((result == 0) == (e.code == ERR_NONE));
	must(result == 0 || (result == -1 && e.msg[0] != '\0'));
	must(envelope_open(r, &second, value, size, zone_s, &two, NULL) == result);
	if (result == 0) {
		check(r, &two, &second);
		must(one.kind == two.kind && one.timestamp == two.timestamp);
		must(memcmp(&one.host, &two.host, sizeof one.host) == 0);
		must(same(one.text, &first, two.text, &second));
		must(same(one.host_name, &first, two.host_name, &second));
		if (two.pair_count > 0 && !has_message(envelope_pairs(r), two.pair_count, &second))
			check_round_trip(r, &two, &second);
	}
	free(value);
	return 0;
}
