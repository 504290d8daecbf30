/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages that a worker keeps for the trial run of a reload: few of each batch, each place in its turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream/seen.h"

static char bytes[256]; /* a message is one byte: its place in the batch */

static void fill(struct batch *b, uint32_t n)
{
	batch_reset(b);
	for (uint32_t i = 0; i < n; i++)
		b->messages[b->message_count++] =
			(struct message){.topic = "t", .value = &bytes[i], .len = 1};
}

/* Which places are kept; returns how many messages. */
static size_t places(struct seen *s, unsigned count[256])
{
	struct seen_message out[SEEN_MESSAGES];
	size_t n = seen_copy(s, out);
	memset(count, 0, 256 * sizeof count[0]);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(out[i].bytes, "t");
		count[(unsigned char)out[i].bytes[out[i].topic_size]]++;
		free(out[i].bytes);
	}
	return n;
}

static void each_place_has_its_turn(void **state)
{
	(void)state;
	struct seen s;
	struct batch b;
	unsigned count[256];
	bool found = false;
	seen_init(&s);
	batch_init(&b, 256, 1 << 16);
	fill(&b, 100);
	seen_note(&s, &b);
	assert_int_equal(places(&s, count), SEEN_OF_BATCH);
	for (unsigned i = 0; i < 256; i++)
		assert_true(count[i] <= 1); /* none twice of one batch */
	for (unsigned turn = 0; turn < 100 && !found; turn++) {
		seen_note(&s, &b);
		places(&s, count);
		found = count[99] > 0;
	}
	assert_true(found);
	batch_free(&b);
	seen_free(&s);
}

static void small_batches_are_kept_whole_and_long_messages_not(void **state)
{
	(void)state;
	static char longer[SEEN_BYTES_MAX + 1];
	struct seen s;
	struct batch b;
	unsigned count[256];
	seen_init(&s);
	batch_init(&b, 256, 1 << 16);
	fill(&b, 3);
	b.messages[1].value = longer;
	b.messages[1].len = sizeof longer;
	seen_note(&s, &b);
	assert_int_equal(places(&s, count), 2);
	assert_true(count[0] == 1 && count[2] == 1);
	for (int i = 0; i < 1000; i++)
		seen_note(&s, &b);
	assert_int_equal(places(&s, count), SEEN_MESSAGES);
	batch_free(&b);
	seen_free(&s);
}

int main(void)
{
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_has_its_turn),
		cmocka_unit_test(small_batches_are_kept_whole_and_long_messages_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
