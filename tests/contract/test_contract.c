/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract suite: the same cases for every output, as far as its type claims to do what they ask. A new
 * output adds a driver to drivers.c and must pass. What only one output promises is in test_NAME.c beside
 * this.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/registry.h"
#include "tests/contract/drivers.h"

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, *(const struct driver **)*state);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

/* What is stored must be exactly the batch, or nothing. */
static void assert_stored(struct fixture *f, const struct batch *b)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	if (f->driver->forgets)
		return;
	f->driver->read(f, &found);
	if (b != NULL)
		fixture_expect(b, &expected);
	fixture_assert_lines(&found, &expected);
}

static void assert_verdict(const struct output_result *r, enum output_verdict verdict)
{
	if (r->verdict != verdict)
		fail_msg("verdict %d instead of %d: %s", (int)r->verdict, (int)verdict, r->why.msg);
	if (verdict != OUTPUT_OK)
		assert_true(r->why.msg[0] != '\0');
}

static void open_again(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	f->type->open(f->output, &r);
	assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output); /* without a transaction: harmless */
	struct err e;
	struct output *never_open = f->type->create(&f->options, &f->env, &e);
	assert_non_null(never_open);
	f->type->close(never_open);
}

static void flags_and_functions_agree(void **state)
{
	struct fixture *f = *state;
	const struct output_type *t = f->type;
	assert_true(t->name != NULL && t->help != NULL && t->options != NULL);
	assert_true(t->create != NULL && t->close != NULL && t->open != NULL && t->begin != NULL);
	assert_true(t->commit != NULL && t->abort != NULL);
	assert_int_equal(t->positions != NULL, t->transactional);
	assert_int_equal(t->list_marks != NULL, t->transactional);
	assert_int_equal(t->set_mark != NULL, t->transactional);
	assert_int_equal(t->dead != NULL, t->keeps_dead);
	assert_int_equal(t->write != NULL, t->takes_events);
	assert_true(t->takes_events || t->keeps_dead);
}

static void stores_every_type(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 1000);
	fixture_deliver(f, 0, 1000);
	assert_stored(f, &f->batch);
}

/* Only the picked events of a batch. */
static void stores_what_is_picked(void **state)
{
	struct fixture *f = *state;
	const uint32_t pick[] = {1, 2, 5};
	struct output_range range = {.batch = &f->batch, .pick = pick, .n = 3};
	struct output_result r;
	struct strbuf found = {0};
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 8);
	fixture_begin(f->output, f->type, &r);
	f->type->write(f->output, &range, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 3);
	fixture_commit(f->output, f->type, 0, 0, 8, &r);
	assert_verdict(&r, OUTPUT_OK);
	if (f->driver->forgets)
		return;
	f->driver->read(f, &found);
	struct strbuf expected = {0};
	for (size_t i = 0; i < 3; i++) {
		event_json(&f->batch.events[pick[i]], f->batch.arena.data, f->batch.arena.len, &expected);
		strbuf_addc(&expected, '\n');
	}
	fixture_assert_lines(&found, &expected);
}

static void stores_odd_texts(void **state)
{
	struct fixture *f = *state;
	char longest[EVENT_TEXT_MAX + 1];
	memset(longest, 'x', EVENT_TEXT_MAX);
	longest[EVENT_TEXT_MAX] = '\0';
	const char *const texts[] = {"'; DROP TABLE session_mapping; --",
				     "\"",
				     "\\",
				     "\t\r\n",
				     "%s%n",
				     "\xef\xbb\xbf",
				     "\xf4\x8f\xbf\xbf",
				     " ",
				     "NULL",
				     longest};
	fixture_position(f->output, f->type, 0, 0, NULL);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct event *ev = fixture_add(&f->batch, (int)(i % EVENT_TYPE_COUNT), 0, (int64_t)i);
		ev->vrf_id = fixture_text(&f->batch, texts[i]);
		ev->subscriber = fixture_text(&f->batch, texts[i]);
		ev->host_name = fixture_text(&f->batch, longest);
	}
	fixture_deliver(f, 0, 10);
	assert_stored(f, &f->batch);
}

/* Fields that are absent after events that had them: nothing may be left over from the row before. */
static void absent_stays_absent(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 8);
	for (int i = 0; i < 8; i++)
		fixture_add(&f->batch, i % EVENT_TYPE_COUNT, 0, 8 + i);
	fixture_deliver(f, 0, 16);
	assert_stored(f, &f->batch);
}

static void empty_write(void **state)
{
	struct fixture *f = *state;
	struct output_range range = {.batch = &f->batch};
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	f->type->write(f->output, &range, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 0);
	f->type->abort(f->output);
	assert_stored(f, NULL);
}

static void abort_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output);
	assert_stored(f, NULL);
	fixture_deliver(f, 0, 100);
	assert_stored(f, &f->batch);
}

static void reopen_undoes(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 10);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->type->abort(f->output);
	f->type->open(f->output, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_stored(f, NULL);
	fixture_deliver(f, 0, 10);
	assert_stored(f, &f->batch);
}

static void positions_are_born_once(void **state)
{
	struct fixture *f = *state;
	bool born;
	assert_int_equal(fixture_position(f->output, f->type, 3, 42, &born), 42);
	assert_true(born);
	assert_int_equal(fixture_position(f->output, f->type, 3, 77, &born), 42);
	assert_false(born);
	assert_int_equal(fixture_position(f->output, f->type, 4, INT64_C(1) << 40, &born), INT64_C(1) << 40);
	assert_true(born);
}

/* Another name or cluster is another set of watermarks. */
static void positions_have_their_key(void **state)
{
	struct fixture *f = *state;
	bool born;
	struct output_env env = f->env;
	env.name = "other";
	struct output *other = fixture_worker(f, &env);
	fixture_position(f->output, f->type, 0, 1, NULL);
	assert_int_equal(fixture_position(other, f->type, 0, 2, &born), 2);
	assert_true(born);
	assert_int_equal(fixture_position(f->output, f->type, 0, 3, &born), 1);
	f->type->close(other);
}

static void positions_tell_the_topic_id(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC, .partition = 0, .offset = 5, .topic_id = ""};
	f->type->positions(f->output, &p, 1, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_string_equal(p.topic_id, "");
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 5, 6, &r);
	assert_verdict(&r, OUTPUT_OK);
	struct position again = {.topic = FIXTURE_TOPIC, .partition = 0, .topic_id = "another"};
	f->type->positions(f->output, &again, 1, &r);
	assert_string_equal(again.topic_id, "topic-id-1");
	assert_int_equal(again.offset, 6);
}

static void commit_moves(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 10, NULL);
	fixture_position(f->output, f->type, 1, 20, NULL);
	fixture_fill(&f->batch, 0, 10, 5);
	fixture_deliver(f, 10, 15);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 15);
	assert_int_equal(fixture_position(f->output, f->type, 1, 0, NULL), 20);
}

static void add_mark(void *ctx, const struct output_mark *m)
{
	strbuf_printf(ctx, "%s %s %s %d %lld %lld\n", m->cluster, m->output, m->topic, m->partition,
		      (long long)m->offset, m->timestamp == EVENT_NO_TIME ? -1 : (long long)m->timestamp);
}

static void assert_marks(struct fixture *f, const char *text)
{
	struct output_result r;
	struct strbuf found = {0};
	struct strbuf expected = {0};
	strbuf_adds(&expected, text);
	f->type->list_marks(f->output, add_mark, &found, &r);
	assert_verdict(&r, OUTPUT_OK);
	fixture_assert_lines(&found, &expected);
}

static void marks_are_listed(void **state)
{
	struct fixture *f = *state;
	assert_marks(f, "");
	fixture_position(f->output, f->type, 0, 10, NULL);
	fixture_position(f->output, f->type, 1, 20, NULL);
	fixture_fill(&f->batch, 0, 10, 5);
	fixture_deliver(f, 10, 15);
	assert_marks(f, "cluster-1 out " FIXTURE_TOPIC " 0 15 1746185696870000\n"
			"cluster-1 out " FIXTURE_TOPIC " 1 20 -1\n");
}

/* A mark that was set is where the next owner starts, whatever the topic's id is today. */
static void marks_can_be_set(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC, .partition = 0, .offset = 3};
	f->type->set_mark(f->output, &p, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 0); /* there is no such row, and none is made */
	assert_marks(f, "");
	fixture_position(f->output, f->type, 0, 10, NULL);
	f->type->set_mark(f->output, &p, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 1);
	f->type->positions(f->output, &p, 1, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(p.offset, 3);
	assert_string_equal(p.topic_id, "");
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 10, 15, &r);
	assert_verdict(&r, OUTPUT_FENCED); /* whoever was at work has to ask anew */
	f->type->abort(f->output);
}

/* A batch whose messages were all ignored. */
static void commit_of_moves_alone(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 0, 0, 1000, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(fixture_position(f->output, f->type, 0, 0, NULL), 1000);
	assert_stored(f, NULL);
}

/* Two partitions, the second has been moved by another owner: nothing of the batch remains. */
static void moved_by_another_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct position moves[2] = {{.topic = FIXTURE_TOPIC, .partition = 0, .offset = 9, .expected = 0},
				    {.topic = FIXTURE_TOPIC, .partition = 1, .offset = 9, .expected = 5}};
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_position(f->output, f->type, 1, 6, NULL);
	fixture_fill(&f->batch, 0, 0, 9);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	f->type->commit(f->output, moves, 2, &r);
	assert_verdict(&r, OUTPUT_FENCED);
	assert_stored(f, NULL);
	f->type->abort(f->output);
	assert_int_equal(fixture_position(f->output, f->type, 0, 1, NULL), 0);
	fixture_deliver(f, 0, 9);
	assert_stored(f, &f->batch);
}

static void unknown_row_is_fenced(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	fixture_commit(f->output, f->type, 7, 0, 9, &r);
	assert_verdict(&r, OUTPUT_FENCED);
	f->type->abort(f->output);
}

static void add_letters(struct batch *b)
{
	batch_reset(b);
	fixture_fill(b, 0, 100, 4);
	struct dead_letter *d = batch_add_dead(b, 1, 2, "no \"template\" fits");
	d->vendor = "nfware";
	d->rule = "session_mapping";
	d->column = 31;
	d = batch_add_dead(b, 1, 2, "refused");
	d->output = "out";
	d->index = 3;
	batch_add_dead(b, 2, 0, "");
}

static const char letters[] = "101 2 0  no \"template\" fits raw value\n101 2 3 out refused raw value\n"
			      "102 0 0   raw value\n";

static void deliver_letters(struct fixture *f, int64_t expected, int64_t next)
{
	struct output_result r;
	fixture_begin(f->output, f->type, &r);
	assert_verdict(&r, OUTPUT_OK);
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	assert_verdict(&r, OUTPUT_OK);
	fixture_commit(f->output, f->type, 0, expected, next, &r);
	assert_verdict(&r, OUTPUT_OK);
}

static void assert_letters(struct fixture *f, const char *text, int times)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	f->driver->read_dead(f, &found);
	for (int i = 0; i < times; i++)
		strbuf_adds(&expected, text);
	fixture_assert_lines(&found, &expected);
}

static void dead_letters_are_kept(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	deliver_letters(f, 100, 104);
	assert_letters(f, letters, 1);
}

static void dead_letters_twice(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	deliver_letters(f, 100, 104);
	deliver_letters(f, 104, 104);
	assert_letters(f, letters, f->type->transactional ? 1 : 2);
}

static void aborted_letters_leave_no_trace(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	add_letters(&f->batch);
	fixture_begin(f->output, f->type, &r);
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, &r);
	assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output);
	assert_letters(f, "", 1);
}

/* One try at the whole batch or its dead letters; how it ended. */
static enum output_verdict attempt(struct fixture *f, struct output_result *r)
{
	if (fixture_begin(f->output, f->type, r) != OUTPUT_OK)
		return r->verdict;
	if (f->type->takes_events)
		fixture_write(f->output, f->type, &f->batch, r);
	else
		f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, r);
	return r->verdict == OUTPUT_OK ? fixture_commit(f->output, f->type, 0, 100, 104, r) : r->verdict;
}

static void assert_all_there(struct fixture *f)
{
	if (f->type->takes_events && f->type->transactional)
		assert_stored(f, &f->batch);
	else if (!f->type->takes_events)
		assert_letters(f, letters, 1);
}

/* Something holds the output up and the engine wants it back: retry at once, and nothing of it remains. */
static void given_up_wait_is_a_retry(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 100, NULL);
	add_letters(&f->batch);
	f->driver->block(f);
	f->host.give_up_after = f->host.waits;
	int64_t start = clock_mono_ms();
	attempt(f, &r);
	assert_verdict(&r, OUTPUT_RETRY);
	assert_in_range(clock_mono_ms() - start, 0, 1000);
	f->type->abort(f->output);
	f->driver->unblock(f);
	f->host.give_up_after = UINT32_MAX;
	if (r.reopen)
		f->type->open(f->output, &r);
	attempt(f, &r);
	assert_verdict(&r, OUTPUT_OK);
	assert_all_there(f);
}

/* A process that dies between write and commit. */
static void crash_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_fill(&f->batch, 0, 0, 500);
	f->type->close(f->output);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct output_result r;
		struct output *o = fixture_worker(f, &f->env);
		fixture_begin(o, f->type, &r);
		_exit(fixture_write(o, f->type, &f->batch, &r) == OUTPUT_OK ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	f->output = fixture_worker(f, &f->env);
	assert_stored(f, NULL);
	assert_int_equal(fixture_position(f->output, f->type, 0, 9, NULL), 0);
	fixture_deliver(f, 0, 500);
	assert_stored(f, &f->batch);
}

#define WORKERS 3
#define ROUNDS 8
#define PER_ROUND 200

struct worker {
	pthread_t thread;
	struct fixture *f;
	int32_t partition;
	struct fixture_host host;
	struct batch batch; /* the last round's */
	struct strbuf expected;
	char why[ERR_MSG_MAX]; /* assertions belong to the main thread */
};

static bool try_round(struct worker *w, struct output *o, int64_t at, struct output_result *r)
{
	const struct output_type *type = w->f->type;
	return fixture_begin(o, type, r) == OUTPUT_OK && fixture_write(o, type, &w->batch, r) == OUTPUT_OK &&
	       fixture_commit(o, type, w->partition, at, at + PER_ROUND, r) == OUTPUT_OK;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct output_env env = w->f->env;
	struct output_result r;
	fixture_host_init(&w->host);
	env.host = &w->host.host;
	batch_init(&w->batch, PER_ROUND, 1u << 20);
	struct output *o = fixture_worker(w->f, &env);
	fixture_position(o, w->f->type, w->partition, 0, NULL);
	for (int64_t at = 0; at < ROUNDS * PER_ROUND && w->why[0] == '\0'; at += PER_ROUND) {
		fixture_fill(&w->batch, w->partition, at, PER_ROUND);
		fixture_expect(&w->batch, &w->expected);
		if (!try_round(w, o, at, &r))
			snprintf(w->why, sizeof w->why, "%s", r.why.msg);
	}
	w->f->type->close(o);
	batch_free(&w->batch);
	return NULL;
}

static void workers_side_by_side(void **state)
{
	struct fixture *f = *state;
	static struct worker workers[WORKERS];
	struct strbuf found = {0};
	struct strbuf expected = {0};
	memset(workers, 0, sizeof workers);
	for (int i = 0; i < WORKERS; i++) {
		workers[i].f = f;
		workers[i].partition = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_string_equal(workers[i].why, "");
		strbuf_add(&expected, workers[i].expected.data, workers[i].expected.len);
		strbuf_free(&workers[i].expected);
		if (f->type->transactional)
			assert_int_equal(fixture_position(f->output, f->type, i, 0, NULL),
					 ROUNDS * PER_ROUND);
	}
	if (!f->driver->forgets)
		f->driver->read(f, &found);
	else
		strbuf_add(&found, expected.data, expected.len);
	fixture_assert_lines(&found, &expected);
}

enum needs { EVENTS = 1, TRANSACTIONS = 2, LETTERS = 4, HOLD_UP = 8, SHARED = 16 };

static const struct {
	const char *name;
	void (*run)(void **state);
	unsigned needs;
} cases[] = {
#define CASE(name, needs)          \
	{                          \
#name, name, needs \
	}
	CASE(flags_and_functions_agree, 0),
	CASE(open_again, 0),
	CASE(stores_every_type, EVENTS),
	CASE(stores_what_is_picked, EVENTS),
	CASE(stores_odd_texts, EVENTS),
	CASE(absent_stays_absent, EVENTS),
	CASE(empty_write, EVENTS),
	CASE(abort_leaves_no_trace, EVENTS | TRANSACTIONS),
	CASE(reopen_undoes, EVENTS | TRANSACTIONS),
	CASE(positions_are_born_once, TRANSACTIONS),
	CASE(positions_have_their_key, TRANSACTIONS),
	CASE(positions_tell_the_topic_id, TRANSACTIONS),
	CASE(commit_moves, TRANSACTIONS | EVENTS),
	CASE(marks_are_listed, TRANSACTIONS | EVENTS),
	CASE(marks_can_be_set, TRANSACTIONS),
	CASE(commit_of_moves_alone, TRANSACTIONS | EVENTS),
	CASE(moved_by_another_is_fenced, TRANSACTIONS | EVENTS),
	CASE(unknown_row_is_fenced, TRANSACTIONS),
	CASE(dead_letters_are_kept, LETTERS),
	CASE(dead_letters_twice, LETTERS),
	CASE(aborted_letters_leave_no_trace, LETTERS | TRANSACTIONS),
	CASE(given_up_wait_is_a_retry, HOLD_UP),
	CASE(crash_leaves_no_trace, EVENTS | TRANSACTIONS | SHARED),
	CASE(workers_side_by_side, EVENTS),
};

#define CASE_COUNT (sizeof cases / sizeof cases[0])

static unsigned gives(const struct driver *d)
{
	return (d->type->takes_events ? EVENTS : 0u) | (d->type->transactional ? TRANSACTIONS : 0u) |
	       (d->type->keeps_dead ? LETTERS : 0u) | (d->block != NULL ? HOLD_UP : 0u) |
	       (d->shared ? SHARED : 0u);
}

/* No output of the program goes without the suite. */
static void every_output_has_a_driver(void **state)
{
	(void)state;
	for (const struct output_type *const *t = registry_outputs; *t != NULL; t++) {
		const struct driver *const *d = drivers;
		while (*d != NULL && (*d)->type != *t)
			d++;
		if (*d == NULL)
			fail_msg("output %s has no driver in tests/contract/drivers.c", (*t)->name);
	}
}

/* test_contract [OUTPUT]: all drivers, or one. */
int main(int argc, char **argv)
{
	static struct CMUnitTest tests[CASE_COUNT * 16] = {cmocka_unit_test(every_output_has_a_driver)};
	static char names[CASE_COUNT * 16][96];
	static const struct driver *chosen[16]; /* a test's state must not be const */
	size_t n = 1;
	size_t place = 0;
	for (const struct driver *const *d = drivers; *d != NULL; d++) {
		if (argc > 1 && strcmp(argv[1], (*d)->type->name) != 0)
			continue;
		chosen[place] = *d;
		for (size_t i = 0; i < CASE_COUNT && n < sizeof tests / sizeof tests[0]; i++) {
			if ((cases[i].needs & ~gives(*d)) != 0)
				continue;
			snprintf(names[n], sizeof names[n], "%s: %s", (*d)->type->name, cases[i].name);
			tests[n] = (struct CMUnitTest){names[n], cases[i].run, set_up, tear_down,
						       &chosen[place]};
			n++;
		}
		place++;
	}
	return _cmocka_run_group_tests("contract", tests, n, NULL, NULL);
}
