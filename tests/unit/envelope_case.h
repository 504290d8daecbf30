/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of envelopes share: one reader and arena, opening a value that ends at a guard page, and
 * asking what came out. To be included after cmocka.h by one test program each.
 */
#ifndef NATMILL_TESTS_UNIT_ENVELOPE_CASE_H
#define NATMILL_TESTS_UNIT_ENVELOPE_CASE_H

#include "base/arena.h"
#include "base/err.h"
#include "event/envelope.h"
#include "event/timeparse.h"
#include "guard.h"

static struct envelope_reader *reader;
static struct arena arena;
static struct envelope env;
static struct err err;
static int32_t zone_s = TIME_ZONE_UNKNOWN; /* given to envelope_open */

static inline int make_reader(void **state)
{
	(void)state;
	reader = envelope_reader_new();
	arena_init(&arena, 16u << 20);
	return 0;
}

static inline int free_reader(void **state)
{
	(void)state;
	envelope_reader_free(reader);
	arena_free(&arena);
	return 0;
}

static inline int open_bytes(const char *value, size_t n)
{
	arena_reset(&arena);
	err = (struct err){0};
	return envelope_open(reader, &arena, guard_end(value, n), n, zone_s, &env, &err);
}

static inline void opens(const char *value)
{
	if (open_bytes(value, strlen(value)) != 0)
		fail_msg("`%.200s`: %s", value, err.msg);
}

/* reason: part of the message. */
static inline void is_dead(const char *value, const char *reason)
{
	assert_int_equal(open_bytes(value, strlen(value)), -1);
	if (err.code != ERR_DATA || strstr(err.msg, reason) == NULL)
		fail_msg("`%.200s`: %s", value, err.msg);
}

static inline void text_is(struct text t, const char *expected)
{
	const char *s = event_text(t, arena.data, arena.len);
	size_t n = strlen(expected);
	if (t.len != n || (n > 0 && memcmp(s, expected, n) != 0))
		fail_msg("`%.*s` is not `%s`", s != NULL ? (int)t.len : 0, s != NULL ? s : "", expected);
}

static inline void host_is(const char *expected)
{
	char text[IP_TEXT_MAX];
	ip_format(&env.host, text);
	assert_string_equal(text, expected);
}

static inline void time_is(const char *expected)
{
	char text[TIME_TEXT_MAX];
	time_format(env.timestamp, text); /* of what no year can tell, too, an empty text */
	assert_string_equal(text, expected);
	if (expected[0] == '\0')
		assert_true(env.timestamp == EVENT_NO_TIME);
}

static inline void pair_is(size_t i, const char *key, const char *value)
{
	text_is(envelope_pairs(reader)[i].key, key);
	text_is(envelope_pairs(reader)[i].value, value);
}

#endif
