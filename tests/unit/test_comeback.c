/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters that come back: what becomes of each letter of a page when the scripts have run, and the order
 * in which outputs and the letters' store get what comes of them.
 */
#include "tests/unit/deliver_rig.h"

#include "base/strbuf.h"
#include "stream/comeback_page.h"

static bool knows(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "gone") != 0;
}

/* A page of letters whose messages "the scripts" turn into what the test puts into the batch. */
struct scene {
	struct page page;
	struct batch batch;
};

static void scene_open(struct scene *s)
{
	*s = (struct scene){0};
	batch_init(&s->batch, 16, 1u << 16);
}

static void scene_close(struct scene *s)
{
	page_free(&s->page);
	batch_free(&s->batch);
}

static void letter(struct scene *s, int64_t offset, uint32_t record, uint32_t index, const char *output)
{
	struct stored_letter l = {.at = {.cluster = "c",
					 .topic = "t",
					 .offset = offset,
					 .record = record,
					 .index = index,
					 .output = output},
				  .vendor = "v",
				  .rule = "r",
				  .reason = "old reason",
				  .script_hash = "",
				  .value = "raw",
				  .len = 3};
	page_add(&s->page, &l);
}

/* What page_fill() does without a script host: each letter of these tests has a message of its own, or shares
 * that of the one before. */
static void fill(struct scene *s, uint32_t records)
{
	struct page *p = &s->page;
	p->first = xcalloc(p->n + 1, sizeof *p->first);
	for (size_t i = 0; i < p->n; i++) {
		struct page_letter *l = &p->letters[i];
		if (i == 0 || l->stored.at.offset != p->letters[i - 1].stored.at.offset) {
			s->batch.messages[s->batch.message_count] = dead_message(&l->stored);
			s->batch.messages[s->batch.message_count].records = records;
			p->first[s->batch.message_count++] = i;
		}
		l->message = s->batch.message_count - 1;
	}
	p->first[s->batch.message_count] = p->n;
}

static void event(struct scene *s, uint32_t message, uint32_t record, uint32_t place)
{
	struct event *ev = batch_add_event(&s->batch);
	event_clear(ev);
	ev->message = message;
	ev->record = record;
	ev->index = record * HOST_EVENTS_MAX + place;
}

static void dead(struct scene *s, uint32_t message, uint32_t record, uint32_t index, const char *reason)
{
	struct dead_letter *d = batch_add_dead(&s->batch, message, record, reason);
	d->index = index;
	d->vendor = "v";
	d->rule = "r";
}

/* "record/index>only ..." of the events that are left. */
static void assert_events(struct scene *s, const char *expected)
{
	char text[512] = "";
	for (uint32_t i = 0; i < s->batch.event_count; i++) {
		const struct event *ev = &s->batch.events[i];
		size_t n = strlen(text);
		snprintf(text + n, sizeof text - n, "%u/%u/%u>%s ", ev->message, ev->record, ev->index,
			 s->page.only[i] != NULL ? s->page.only[i] : "");
	}
	assert_string_equal(text, expected);
}

/* Only the letter's own record counts: its siblings were read long ago. */
static void only_its_own_record(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	letter(&s, 7, 1, 1, "");
	fill(&s, 3);
	event(&s, 0, 0, 0);
	event(&s, 0, 1, 0);
	event(&s, 0, 1, 1);
	event(&s, 0, 2, 0);
	page_settle(&s.page, &s.batch, knows, NULL);
	assert_events(&s, "0/1/1000> 0/1/1001> ");
	assert_int_equal(s.page.letters[0].fate, FATE_BACK);
	assert_int_equal(s.page.leaving_count, 1);
	assert_int_equal(s.page.leaving[0].record, 1);
	scene_close(&s);
}

/* Nothing of the message came behind the record: the letter stands for all that is found there now. */
static void the_last_record_stands_for_the_rest(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	letter(&s, 7, 1, 0, "");
	fill(&s, 4);
	event(&s, 0, 0, 0);
	event(&s, 0, 2, 0);
	dead(&s, 0, 1, 1, "old reason");
	dead(&s, 0, 3, 0, "new reason");
	page_settle(&s.page, &s.batch, knows, NULL);
	assert_events(&s, "0/2/2000> ");
	assert_int_equal(s.page.letters[0].fate, FATE_BACK);
	assert_int_equal(s.batch.dead_count, 2);
	scene_close(&s);
}

static void dead_again_ignored_or_lost(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	letter(&s, 1, 0, 0, ""); /* the same reason */
	letter(&s, 2, 0, 0, ""); /* another one */
	letter(&s, 3, 0, 0, ""); /* ignored */
	letter(&s, 4, 5, 1, ""); /* no such record */
	fill(&s, 2);
	dead(&s, 0, 0, 0, "old reason");
	dead(&s, 1, 0, 0, "new reason");
	page_settle(&s.page, &s.batch, knows, NULL);
	const enum letter_fate fates[] = {FATE_SAME, FATE_AGAIN, FATE_IGNORED, FATE_LOST};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(s.page.letters[i].fate, fates[i]);
	assert_int_equal(s.page.leaving_count, 2); /* what is the same is not touched */
	assert_int_equal(s.page.leaving[0].offset, 2);
	assert_int_equal(s.page.leaving[1].offset, 3);
	assert_int_equal(s.batch.dead_count, 1);
	assert_int_equal(s.batch.dead[0].message, 1);
	scene_close(&s);
}

/* An event that outputs had refused goes to these, one that today's scripts do not make stays a letter. */
static void refused_events(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	letter(&s, 1, 0, 1, "a");
	letter(&s, 1, 0, 1, "b");
	letter(&s, 1, 0, 1, "gone");
	letter(&s, 2, 0, 1, "a");
	fill(&s, 1);
	event(&s, 0, 0, 0);
	event(&s, 0, 0, 1);
	event(&s, 1, 0, 0);
	page_settle(&s.page, &s.batch, knows, NULL);
	assert_events(&s, "0/0/1>a 0/0/1>b ");
	const enum letter_fate fates[] = {FATE_BACK, FATE_BACK, FATE_NOWHERE, FATE_LOST};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(s.page.letters[i].fate, fates[i]);
	assert_int_equal(s.page.leaving_count, 2);
	scene_close(&s);
}

static void page_ends_with_its_cluster(void **state)
{
	struct scene s;
	(void)state;
	scene_open(&s);
	letter(&s, 1, 0, 0, "");
	struct stored_letter other = s.page.letters[0].stored;
	other.at.cluster = "d";
	page_add(&s.page, &other);
	page_cut(&s.page);
	assert_int_equal(s.page.n, 1);
	scene_close(&s);
}

/* The store as the double has it, and the letters that it is asked to let go. */
static struct {
	struct rig *rig;
	size_t there;
	size_t asked;
	size_t others_had; /* rows of the first output when it was asked */
} store;

static void let_go(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	(void)o;
	(void)keys;
	store.asked = n;
	store.others_had = store.rig->server[1]->row_count;
	output_ok(r, store.there < n ? store.there : n);
}

/* Outputs "store", "other" and, if it is not NULL, "lines"; three events; only the store keeps letters. */
static void rig_letters_of(struct rig *r, struct output_type *type, struct deliver_return *letters,
			   const struct output_type *other, const struct output_type *lines)
{
	static const struct dead_key keys[3];
	static const char *const everywhere[200];
	rig_open(r);
	*type = capture_output;
	type->dead_remove = let_go;
	rig_add(r, type, "store");
	rig_add(r, other, "other");
	if (lines != NULL)
		rig_add(r, lines, "lines");
	rig_start(r);
	store.rig = r;
	store.there = 3;
	*letters = (struct deliver_return){.keys = keys, .n = 3, .only = everywhere};
	r->d.letters = letters;
	struct partition p = {.topic = (char *)(uintptr_t)RIG_TOPIC, .next = 40};
	rig_fill(r, &p, 3);
}

static void rig_letters(struct rig *r, struct output_type *type, struct deliver_return *letters,
			const struct output_type *other)
{
	rig_letters_of(r, type, letters, other, NULL);
}

/* The letters leave last, when every other output has the events: also before another database's turn. */
static void letters_leave_last(void **state)
{
	const struct output_type *const others[] = {&capture_plain_output, &capture_output};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig r;
		struct output_type type;
		struct deliver_return letters;
		rig_letters(&r, &type, &letters, others[i]);
		r.server[0]->plan.retry_commit = 2;
		assert_int_equal(rig_deliver(&r), DELIVER_DONE);
		assert_int_equal(store.asked, 3);
		assert_int_equal(store.others_had, 3);
		assert_int_equal(r.server[1]->row_count, 3); /* once, whatever the store did */
		rig_assert_stored(r.server[0], 0, 40, 43, 1);
		rig_assert_accounts(&r);
		rig_close(&r);
	}
}

static void letters_that_are_gone_stop_the_batch(void **state)
{
	struct rig r;
	struct output_type type;
	struct deliver_return letters;
	(void)state;
	rig_letters(&r, &type, &letters, &capture_plain_output);
	store.there = 2;
	assert_int_equal(rig_deliver(&r), DELIVER_FENCED);
	assert_int_equal(r.server[0]->row_count, 0);
	rig_close(&r);
}

static void events_of_one_output(void **state)
{
	struct rig r;
	struct output_type type;
	struct deliver_return letters;
	static const char *const only[] = {"other", "store", NULL};
	(void)state;
	rig_letters(&r, &type, &letters, &capture_plain_output);
	letters.only = only;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(r.server[0], 0, 40, 41, 0);
	rig_assert_stored(r.server[0], 0, 41, 43, 1);
	rig_assert_stored(r.server[1], 0, 40, 41, 1);
	rig_assert_stored(r.server[1], 0, 41, 42, 0);
	rig_close(&r);
}

static bool every(const struct message *m, const struct event *ev)
{
	(void)m;
	(void)ev;
	return true;
}

/* However many an output refuses: they are letters, and stay letters. */
static void refused_again_is_a_letter_again(void **state)
{
	struct rig r;
	struct output_type type;
	struct deliver_return letters;
	(void)state;
	rig_letters(&r, &type, &letters, &capture_plain_output);
	struct partition p = {.topic = (char *)(uintptr_t)RIG_TOPIC, .next = 43};
	rig_fill(&r, &p, 150);
	r.server[1]->plan.bad = every;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(r.server[0]->letter_count, 153);
	assert_int_equal(r.server[0]->row_count, 153);
	rig_close(&r);
}

/* A letter that left for an output that never took its events would be lost: it is waited for. */
static void best_effort_is_waited_for(void **state)
{
	struct rig r;
	struct output_type type;
	struct deliver_return letters;
	(void)state;
	rig_letters(&r, &type, &letters, &capture_plain_output);
	r.configs[1].best_effort = true;
	r.server[1]->plan.retry_write = DELIVER_BEST_EFFORT_ATTEMPTS + 2;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	rig_assert_stored(r.server[1], 0, 40, 43, 1);
	r.server[1]->plan.retry_write = UINT32_MAX;
	r.host.allowed = r.host.backoffs + DELIVER_BEST_EFFORT_ATTEMPTS + 2;
	store.asked = 0;
	assert_int_equal(rig_deliver(&r), DELIVER_GIVEN_UP);
	assert_int_equal(store.asked, 0);
	rig_assert_accounts(&r);
	rig_close(&r);
}

/* Another natmill moves the watermark between the plan and the commit: planned anew, and nobody else gets the
 * page twice. */
static void a_watermark_that_moves_is_read_anew(void **state)
{
	struct rig r;
	struct output_type type;
	struct output_type lines = capture_output;
	struct deliver_return letters;
	(void)state;
	lines.moves_only = true;
	rig_letters_of(&r, &type, &letters, &capture_plain_output, &lines);
	capture_set_watermark(r.server[2], "lines", RIG_TOPIC, 0, 50);
	r.server[2]->plan.fenced = 2;
	assert_int_equal(rig_deliver(&r), DELIVER_DONE);
	assert_int_equal(r.server[2]->calls.commit, 3);
	for (size_t i = 0; i < 3; i++)
		rig_assert_stored(r.server[i], 0, 40, 43, 1);
	assert_int_equal(capture_watermark(r.server[2], "lines", RIG_TOPIC, 0), 50);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_record),
		cmocka_unit_test(the_last_record_stands_for_the_rest),
		cmocka_unit_test(dead_again_ignored_or_lost),
		cmocka_unit_test(refused_events),
		cmocka_unit_test(page_ends_with_its_cluster),
		cmocka_unit_test(letters_leave_last),
		cmocka_unit_test(letters_that_are_gone_stop_the_batch),
		cmocka_unit_test(events_of_one_output),
		cmocka_unit_test(refused_again_is_a_letter_again),
		cmocka_unit_test(best_effort_is_waited_for),
		cmocka_unit_test(a_watermark_that_moves_is_read_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
