/* SPDX-License-Identifier: Apache-2.0
 *
 * Unmatched lines: what the script host calls so, how they meet in kinds, and that neither a flood nor ever
 * new kinds cost more memory or time than is allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "script_fixture.h"
#include "stream/unmatched_kinds.h"

#define BODY                                                     \
	"t:records '\\n'\n"                                      \
	"t:actions { A = 'created', D = 'deleted' }\n"           \
	"t:address_mapping '{action} INT {src_ip} EXT {x_ip}'\n" \
	"t:ignore 'HELLO {*}'\n"

static void put(struct batch *b, const char *value)
{
	b->messages[b->message_count] = (struct message){.topic = "t",
							 .partition = 2,
							 .offset = b->message_count,
							 .timestamp = 1000000,
							 .value = value,
							 .len = strlen(value)};
	b->message_count++;
}

static const struct unmatched_query all = {0};

static void the_host_tells_them(void **state)
{
	struct fixture *f = *state;
	struct batch *b = &f->batch;
	fixture_script(f, BODY);
	put(b, "A INT 10.0.0.1 EXT 192.0.2.1");
	put(b, "{\"message\":\"B INT 10.0.0.1\",\"host\":\"bng-1\"}");
	put(b, "A INT 10.0.0.1 EXT 0.0.0.0"); /* a rule fits: a dead letter that is matched */
	put(b, "{\"message\":");
	put(b, "{\"message\":\"C 1\\nHELLO 2\\nC 3\",\"ip\":\"192.0.2.9\"}");
	for (uint32_t i = 0; i < b->message_count; i++)
		b->messages[i].route = (uint32_t)f->route;
	put(b, "of a topic that nobody serves");
	b->messages[b->message_count - 1].route = UINT32_MAX;
	fixture_run(f);
	assert_int_equal(b->dead_count, 6);
	const bool unmatched[] = {true, false, false, true, true, true};
	const char *const texts[] = {"B INT 10.0.0.1", NULL, NULL, "C 1", "C 3", NULL};
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		assert_int_equal(dead_unmatched(d), unmatched[i]);
		if (texts[i] != NULL)
			assert_memory_equal(event_text(d->text, b->arena.data, b->arena.len), texts[i],
					    strlen(texts[i]));
	}
	assert_int_equal(b->dead[0].host_name.len, 5);
	assert_int_equal(b->dead[3].host.family, 4);
	assert_int_equal(b->dead[5].host.family, 0); /* not the one of the message before */
	struct unmatched *u = unmatched_new();
	struct strbuf out = {0};
	unmatched_take(u, b);
	unmatched_examples(u, &(struct unmatched_query){.vendor = "t"}, &out);
	assert_string_equal(out.data, "C 1\nC 3\n{\"message\":\"B INT 10.0.0.1\",\"host\":\"bng-1\"}\n");
	strbuf_reset(&out);
	unmatched_examples(u, &(struct unmatched_query){.vendor = ""}, &out);
	assert_string_equal(out.data, "of a topic that nobody serves\n");
	strbuf_reset(&out);
	unmatched_examples(u, &(struct unmatched_query){.kinds = 1, .lines = 1}, &out);
	assert_string_equal(out.data, "C 1\n");
	strbuf_reset(&out);
	unmatched_json(u, &(struct unmatched_query){.vendor = "t", .lines = 1}, &out);
	assert_non_null(strstr(out.data, "\"lines\":4,\"looked_at\":4,"));
	assert_non_null(strstr(out.data, "{\"count\":2,\"vendor\":\"t\",\"devices\":[\"192.0.2.9\"],"));
	assert_non_null(strstr(out.data, "\"devices\":[\"bng-1\"],\"more_devices\":false,"));
	assert_non_null(strstr(out.data, "\"topic\":\"t\",\"partition\":2,\"offset\":1,\"reason\":"));
	assert_non_null(strstr(out.data, "\"shape\":\"B INT <address>\",\"lines\":[\"{\\\"message"));
	assert_null(strstr(out.data, "C 3"));
	strbuf_free(&out);
	unmatched_free(u);
}

/* A dead letter as the host makes them. */
static void add_line(struct batch *b, const char *text, const char *device)
{
	uint32_t message = b->message_count;
	put(b, text);
	b->messages[message].records = 1;
	struct dead_letter *d = batch_add_dead(b, message, 0, "no rule fits");
	d->kind = DEAD_UNMATCHED;
	d->vendor = "x";
	d->text = (struct text){arena_add(&b->arena, text, (uint32_t)strlen(text)), (uint32_t)strlen(text)};
	ip_parse(device, strlen(device), &d->host);
}

static void a_flood_is_counted_and_sampled(void **state)
{
	(void)state;
	struct batch b;
	char lines[1000][32];
	batch_init(&b, 1000, 1 << 20);
	struct unmatched *u = unmatched_new();
	for (int i = 0; i < 1000; i++) { /* a rare kind in the midst of a frequent one */
		snprintf(lines[i], sizeof lines[i], i % 100 == 50 ? "RARE KIND %d" : "flood %d", i);
		add_line(&b, lines[i], "192.0.2.1");
	}
	for (int i = 0; i < 10; i++)
		unmatched_take(u, &b);
	assert_int_equal(u->lines, 10000);
	assert_int_equal(u->looked_at, 10 * UNMATCHED_BATCH);
	for (int i = 0; i < 1000; i++)
		unmatched_take(u, &b);
	assert_int_equal(u->lines, 1010000);
	assert_in_range(u->looked_at, UNMATCHED_SECOND, UNMATCHED_SECOND * 3); /* seconds may have passed */
	assert_int_equal(u->set->count, 2);
	assert_int_equal(u->set->items[0]->kept, UNMATCHED_LINES);
	batch_free(&b);
	unmatched_free(u);
}

static void kinds_and_devices_are_bounded(void **state)
{
	(void)state;
	struct batch b;
	char line[2 * UNMATCHED_KINDS + 16];
	char device[32];
	batch_init(&b, 1, 1 << 20);
	struct unmatched *u = unmatched_new();
	for (int i = 0; i < 3 * UNMATCHED_DEVICES; i++) {
		batch_reset(&b);
		snprintf(device, sizeof device, "192.0.2.%d", i % (2 * UNMATCHED_DEVICES));
		add_line(&b, "often 1", device);
		unmatched_take(u, &b);
	}
	for (int i = 0; i < UNMATCHED_KINDS + 7; i++) { /* each has one number more */
		batch_reset(&b);
		size_t n = 0;
		for (int k = 0; k <= i && n + 2 < sizeof line; k++, n += 2)
			memcpy(line + n, "7 ", 2);
		line[n - 1] = '\0';
		add_line(&b, line, "192.0.2.1");
		unmatched_take(u, &b);
	}
	assert_int_equal(u->set->count, UNMATCHED_KINDS);
	assert_int_equal(u->forgotten_kinds, 8);
	assert_int_equal(u->forgotten_lines, 8);
	const struct cluster *often = u->set->items[0];
	assert_int_equal(often->count, 3 * UNMATCHED_DEVICES); /* the one seen most has stayed */
	assert_int_equal(unmatched_notes(often)->device_count, UNMATCHED_DEVICES);
	assert_true(unmatched_notes(often)->more_devices);
	batch_reset(&b);
	char *huge = xcalloc(1, CLUSTER_TEXT_MAX + 2);
	memset(huge, 'a', CLUSTER_TEXT_MAX + 1);
	add_line(&b, huge, "");
	unmatched_take(u, &b);
	assert_int_equal(u->too_long, 1);
	struct strbuf out = {0};
	unmatched_json(u, &all, &out);
	assert_non_null(strstr(out.data, "\"too_long\":1,\"forgotten_kinds\":8,"));
	assert_non_null(strstr(out.data, "\"more_devices\":true"));
	strbuf_free(&out);
	free(huge);
	batch_free(&b);
	unmatched_free(u);
	unmatched_take(NULL, &b);
	unmatched_free(NULL);
}

static void stored_lines_are_all_taken(void **state)
{
	(void)state;
	struct batch b;
	batch_init(&b, 1, 1 << 20);
	struct unmatched *u = unmatched_new();
	add_line(&b, "stored 1", "192.0.2.1");
	for (int64_t day = 0; day < 3000; day++)
		unmatched_take_stored(u, &b, NULL, (day + 1000) % 3000 * 1000000);
	unmatched_take_stored(u, &b, "y", 1);
	b.dead[0].kind = DEAD_INVALID;
	unmatched_take_stored(u, &b, NULL, 1);
	assert_int_equal(u->lines, 3000);
	assert_int_equal(u->looked_at, 3000);
	assert_int_equal(u->since_us, 0);
	assert_int_equal(u->set->items[0]->count, 3000);
	assert_int_equal(unmatched_notes(u->set->items[0])->first_us, 0);
	assert_int_equal(unmatched_notes(u->set->items[0])->last_us, 2999000000);
	batch_free(&b);
	unmatched_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(the_host_tells_them),
		cmocka_unit_test(a_flood_is_counted_and_sampled),
		cmocka_unit_test(kinds_and_devices_are_bounded),
		cmocka_unit_test(stored_lines_are_all_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
