/* SPDX-License-Identifier: Apache-2.0
 *
 * Taps: which messages they take of a batch, what they tell of each, and that neither many messages nor a
 * slow reader cost more than is allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "script_fixture.h"
#include "stream/tap_line.h"
#include "stream/tap.h"

#define BODY                                                     \
	"t:actions { A = 'created', D = 'deleted' }\n"           \
	"t:records ';'\n"                                        \
	"t:address_mapping '{action} INT {src_ip} EXT {x_ip}'\n" \
	"t:ignore 'HELLO {*}'\n"

struct rig {
	struct fixture *f;
	struct taps *taps;
	struct strbuf out;
};

static void add(struct fixture *f, const char *value)
{
	struct message *m = fixture_add(f, value, strlen(value));
	m->partition = 3;
	m->offset = 100 + f->batch.message_count;
}

static void five_messages(struct fixture *f)
{
	fixture_script(f, BODY);
	add(f, "{\"message\":\"A INT 10.0.0.1 EXT 192.0.2.1\",\"ip\":\"198.51.100.1\"}");
	add(f, "HELLO 1");
	add(f, "{\"message\":\"A IN 10.0.0.2 EXT 192.0.2.1\",\"host\":\"bng-2\"}");
	add(f, "{\"message\":\"A INT 10.0.0.3 EXT 192.0.2.1;X;D INT 10.0.0.3 EXT 192.0.2.1\","
	       "\"host\":\"bng-3\"}");
	add(f, "D INT 10.0.0.5 EXT 192.0.2.1");
	fixture_run(f);
}

/* The offsets that a tap with this filter takes of the batch, in order; "" = none. */
static const char *taken(struct rig *r, const struct tap_filter *filter)
{
	static char offsets[256];
	struct err e;
	struct tap *tap = tap_open(r->taps, filter, &e);
	assert_non_null(tap);
	taps_offer(r->taps, &r->f->batch, r->f->generation);
	struct tap_counts counts = tap_take(r->taps, tap, &r->out);
	tap_close(r->taps, tap);
	assert_int_equal(counts.passed, r->f->batch.message_count);
	offsets[0] = '\0';
	const char *at = r->out.len > 0 ? r->out.data : "";
	while ((at = strstr(at, "\"offset\":")) != NULL) {
		snprintf(offsets + strlen(offsets), sizeof offsets - strlen(offsets), "%d ",
			 atoi(at + strlen("\"offset\":")));
		at++;
		counts.taken--;
	}
	assert_int_equal(counts.taken, 0);
	return offsets;
}

static void filters(void **state)
{
	struct rig r = {.f = *state, .taps = taps_new()};
	five_messages(r.f);
	assert_string_equal(taken(&r, &(struct tap_filter){0}), "101 102 103 104 105 ");
	assert_string_equal(taken(&r, &(struct tap_filter){.vendor = "t"}), "105 101 103 104 "); /* turns */
	assert_string_equal(taken(&r, &(struct tap_filter){.vendor = "u"}), "");
	assert_string_equal(taken(&r, &(struct tap_filter){.topic = "other"}), "");
	assert_string_equal(taken(&r, &(struct tap_filter){.dead = true}), "103 104 ");
	assert_string_equal(taken(&r, &(struct tap_filter){.device = "198.51.100.1"}), "101 ");
	assert_string_equal(taken(&r, &(struct tap_filter){.device = "bng-2"}), "103 ");
	assert_string_equal(taken(&r, &(struct tap_filter){.device = "bng-3", .dead = true}), "104 ");
	struct dead_letter *d = batch_add_dead(&r.f->batch, 4, 0, "too long a name");
	d->output = "pg";
	d->vendor = "t";
	for (int turn = 0; turn < 5; turn++) { /* wherever it begins */
		const char *offsets = taken(&r, &(struct tap_filter){.dead = true});
		assert_non_null(strstr(offsets, "103 "));
		assert_non_null(strstr(offsets, "104 "));
		assert_non_null(strstr(offsets, "105 "));
		assert_int_equal(strlen(offsets), 12);
	}
	assert_non_null(strstr(r.out.data, "\"verdict\":\"events\""));
	assert_non_null(strstr(r.out.data, "\"reason\":\"too long a name\",\"output\":\"pg\""));
	strbuf_free(&r.out);
	taps_free(r.taps);
}

static void lines(void **state)
{
	struct rig r = {.f = *state, .taps = taps_new()};
	five_messages(r.f);
	taken(&r, &(struct tap_filter){0});
	static const char *const expected[] = {
		"{\"line\":1,\"topic\":\"cgnat.test\",\"partition\":3,\"offset\":101,\"vendor\":\"t\","
		"\"verdict\":\"events\",\"events\":[{\"type\":\"address-mapping\"",
		"\"value\":\"{\\\"message\\\":\\\"A INT 10.0.0.1",
		"{\"line\":2,\"topic\":\"cgnat.test\",\"partition\":3,\"offset\":102,\"verdict\":\"ignored\","
		"\"value\":\"HELLO 1\"}\n",
		"\"offset\":103,\"vendor\":\"t\",\"verdict\":\"dead\",\"reason\":\"",
		"\"column\":3,\"text\":\"A IN 10.0.0.2 EXT 192.0.2.1\",\"value\":",
		"\"offset\":104,\"vendor\":\"t\",\"verdict\":\"events\",\"events\":[{",
		"},{\"type\":\"address-mapping\"",
		"\"text\":\"X\",",
	};
	const char *at = r.out.data;
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		at = strstr(at, expected[i]);
		if (at == NULL)
			fail_msg("%s not in its place in %s", expected[i], r.out.data);
	}
	strbuf_free(&r.out);
	taps_free(r.taps);
}

/* Many messages, and one that would fill the buffer by itself. */
static void bounds(void **state)
{
	struct rig r = {.f = *state, .taps = taps_new()};
	struct err e;
	fixture_script(r.f, BODY);
	struct strbuf much = {0};
	for (int i = 0; i < 3000; i++)
		strbuf_adds(&much, "A INT 10.0.0.1 EXT 192.0.2.1;");
	for (int i = 0; i < 100; i++) {
		struct message *m = fixture_add(r.f, much.data, much.len);
		m->offset = i;
	}
	r.f->batch.arena.max = 1u << 28;
	fixture_run(r.f);
	struct tap *tap = tap_open(r.taps, &(struct tap_filter){.vendor = "t"}, &e);
	assert_non_null(tap);
	for (int i = 0; i < 200; i++)
		taps_offer(r.taps, &r.f->batch, r.f->generation);
	struct tap_counts counts = tap_take(r.taps, tap, &r.out);
	assert_int_equal(counts.passed, 20000);
	assert_in_range(counts.taken, TAP_SECOND, 3 * TAP_SECOND); /* seconds may have passed */
	assert_true(counts.lost > 0 && counts.lost < counts.taken);
	assert_true(r.out.len <= TAP_BUFFER && r.out.data[r.out.len - 1] == '\n');
	assert_non_null(strstr(r.out.data, "\"more_events\":2980,"));
	assert_non_null(strstr(r.out.data, "\"cut\":true"));
	struct tap *others[TAPS_MAX];
	for (int i = 1; i < TAPS_MAX; i++)
		assert_non_null(others[i] = tap_open(r.taps, &(struct tap_filter){0}, &e));
	assert_null(tap_open(r.taps, &(struct tap_filter){0}, &e));
	for (int i = 1; i < TAPS_MAX; i++)
		tap_close(r.taps, others[i]);
	tap_close(r.taps, tap);
	taps_offer(r.taps, &r.f->batch, r.f->generation); /* nobody taps */
	taps_offer(NULL, &r.f->batch, r.f->generation);
	taps_free(r.taps);
	taps_free(NULL);
	strbuf_free(&r.out);
	strbuf_free(&much);
}

#define MANY 30000

/* Their letters come in no order; each message is looked at in about the same time, and not all of them. */
static void all_refused(void **state)
{
	struct rig r = {.f = *state, .taps = taps_new()};
	struct batch *b = &r.f->batch;
	struct tap *open[TAPS_MAX];
	struct err e;
	fixture_script(r.f, BODY);
	struct batch many = *b;
	many.messages = calloc(MANY, sizeof *many.messages);
	many.message_count = MANY;
	many.events = NULL;
	many.event_count = many.event_max = 0;
	many.dead = NULL;
	many.dead_count = many.dead_max = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		many.messages[i] = (struct message){.topic = "t", .value = "", .offset = i};
		batch_add_dead(&many, MANY - 1 - i, 0, "")->output = "pg";
	}
	for (int i = 0; i < TAPS_MAX; i++) /* what fits none of them is looked for to the end */
		assert_non_null(open[i] = tap_open(r.taps, &(struct tap_filter){.topic = "other"}, &e));
	clock_t began = clock();
	taps_offer(r.taps, &many, r.f->generation);
	assert_true((double)(clock() - began) / CLOCKS_PER_SEC < 0.5);
	for (int i = 0; i < TAPS_MAX; i++)
		tap_close(r.taps, open[i]);
	struct tap_letters letters;
	struct tap_walk walk;
	struct tap_sight s;
	uint32_t n = 0;
	tap_letters_sort(&letters, &many);
	tap_walk_begin(&walk, &many, r.f->generation, &letters, MANY - 5);
	for (; tap_walk_next(&walk, &s); n++)
		assert_int_equal(s.dead->message, (MANY - 5 + n) % MANY);
	assert_int_equal(n, TAP_LOOKS);
	tap_letters_free(&letters);
	b->arena = many.arena; /* it may have moved */
	free(many.messages);
	free(many.dead);
	taps_free(r.taps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(filters),
		FIXTURE_TEST(lines),
		FIXTURE_TEST(bounds),
		FIXTURE_TEST(all_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
