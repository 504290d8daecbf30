/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases of the contract: dead letters that are read back and taken out. Run by test_contract.c for each store
 * that offers it; see cases.h.
 */
#include "tests/contract/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define TIME INT64_C(1746185696870000) /* of the fixture's messages */
#define MINUTE INT64_C(60000000)

/* Offsets 100 to 103; binary key and value, headers, an event that was refused, texts that want quoting. */
static void store_letters(struct fixture *f)
{
	static const struct message_header headers[] = {{"trace", "a\"b", 3}};
	struct batch *b = &f->batch;
	struct output_result r;
	fixture_position(f->output, f->type, 0, 100, NULL);
	batch_reset(b);
	fixture_fill(b, 0, 100, 4);
	b->messages[0].key = "k\0y";
	b->messages[0].key_len = 3;
	b->messages[0].value = "\xff\0'\\x41";
	b->messages[0].len = 7;
	b->messages[0].headers = headers;
	b->messages[0].header_count = 1;
	b->messages[1].key = "";
	b->messages[2].timestamp = TIME + MINUTE;
	b->messages[3].timestamp = EVENT_NO_TIME;
	struct dead_letter *d = batch_add_dead(b, 0, 2, "no \"template\" fits, 100 %");
	*d = (struct dead_letter){.message = 0,
				  .record = 2,
				  .output = "",
				  .vendor = "nf'ware",
				  .rule = "session",
				  .column = 31,
				  .script_hash = "abc",
				  .generation = 7,
				  .reason = d->reason};
	batch_add_dead(b, 1, 0, "nothing known");
	d = batch_add_dead(b, 1, 0, "refused");
	d->output = "out";
	d->index = 3;
	batch_add_dead(b, 2, 0, "later");
	batch_add_dead(b, 3, 0, "without time");
	f->type->begin(f->output, &r);
	f->type->dead(f->output, b, b->dead, b->dead_count, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	fixture_commit(f->output, f->type, 0, 100, 104, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}

/* "offset/record/index/output " of each. */
static void add_place(void *ctx, const struct stored_letter *l)
{
	strbuf_printf(ctx, "%lld/%u/%u/%s ", (long long)l->at.offset, l->at.record, l->at.index,
		      l->at.output);
}

static void assert_found(struct fixture *f, const struct dead_query *q, const char *places)
{
	struct strbuf found = {0};
	struct output_result r;
	strbuf_adds(&found, "");
	f->type->dead_read(f->output, q, add_place, &found, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_string_equal(found.data, places);
	size_t n = 0;
	for (const char *c = places; *c != '\0'; c++)
		n += *c == ' ';
	assert_int_equal(r.n, n);
	strbuf_free(&found);
}

#define ALL "100/2/0/ 101/0/0/ 101/0/3/out 102/0/0/ 103/0/0/ "

static void letters_are_found(void **state)
{
	struct fixture *f = *state;
	store_letters(f);
	struct dead_query all = dead_all(100);
	struct dead_query q = all;
	assert_found(f, &q, ALL);
	q.brief = true;
	assert_found(f, &q, ALL);
	q.limit = 2;
	assert_found(f, &q, "100/2/0/ 101/0/0/ ");
	q = all, q.reason = "\"template\" fits, 100 %";
	assert_found(f, &q, "100/2/0/ ");
	q = all, q.vendor = "nf'ware";
	assert_found(f, &q, "100/2/0/ ");
	q = all, q.vendor = "";
	assert_found(f, &q, "101/0/0/ 101/0/3/out 102/0/0/ 103/0/0/ ");
	q = all, q.output = "out";
	assert_found(f, &q, "101/0/3/out ");
	q = all, q.output = "", q.offset = 101;
	assert_found(f, &q, "101/0/0/ ");
	q = all, q.topic = FIXTURE_TOPIC, q.partition = 0, q.record = 2;
	assert_found(f, &q, "100/2/0/ ");
	q = all, q.partition = 1;
	assert_found(f, &q, "");
	q = all, q.topic = "another' OR true --";
	assert_found(f, &q, "");
	q = all, q.to = TIME + 1;
	assert_found(f, &q, "100/2/0/ 101/0/0/ 101/0/3/out ");
	q.to = TIME;
	assert_found(f, &q, "");
	q = all, q.from = TIME + MINUTE, q.to = TIME + 2 * MINUTE;
	assert_found(f, &q, "102/0/0/ ");
	q.to = EVENT_NO_TIME; /* what has no time counts by when it was stored, which is now */
	assert_found(f, &q, "102/0/0/ 103/0/0/ ");
}

/* Reading goes on behind a letter, and ends at the bytes asked for, yet always with one letter. */
static void answers_are_bounded(void **state)
{
	struct fixture *f = *state;
	store_letters(f);
	struct dead_key after = {.cluster = f->env.cluster_id,
				 .topic = FIXTURE_TOPIC,
				 .offset = 101,
				 .output = ""};
	struct dead_query q = dead_all(100);
	q.after = &after;
	assert_found(f, &q, "101/0/3/out 102/0/0/ 103/0/0/ ");
	after = (struct dead_key){.cluster = f->env.cluster_id,
				  .topic = FIXTURE_TOPIC,
				  .offset = 103,
				  .output = ""};
	assert_found(f, &q, "");
	q = dead_all(100);
	q.bytes = 19; /* 10 + 9 */
	assert_found(f, &q, "100/2/0/ 101/0/0/ ");
	q.bytes = 1;
	assert_found(f, &q, "100/2/0/ ");
}

static void check_first(void *ctx, const struct stored_letter *l)
{
	struct stored_letter *seen = ctx;
	if (l->at.offset == 101) {
		assert_true(l->key != NULL && l->key_len == 0);
		assert_null(l->headers);
		assert_string_equal(l->vendor, "");
		assert_string_equal(l->script_hash, "");
		return;
	}
	if (l->at.offset != 100)
		return;
	assert_string_equal(l->at.cluster, "cluster-1");
	assert_string_equal(l->at.topic, FIXTURE_TOPIC);
	assert_int_equal(l->at.partition, 0);
	assert_string_equal(l->vendor, "nf'ware");
	assert_string_equal(l->rule, "session");
	assert_string_equal(l->reason, "no \"template\" fits, 100 %");
	assert_string_equal(l->script_hash, "abc");
	assert_int_equal(l->column, 31);
	assert_int_equal(l->generation, 7);
	assert_int_equal(l->timestamp, TIME);
	assert_true(l->stored_at > TIME);
	assert_int_equal(l->key_len, 3);
	assert_memory_equal(l->key, "k\0y", 3);
	assert_int_equal(l->len, 7);
	assert_memory_equal(l->value, "\xff\0'\\x41", 7);
	assert_string_equal(l->headers, "[{\"name\":\"trace\",\"value\":\"a\\\"b\"}]");
	*seen = *l;
}

static void letters_are_whole(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct stored_letter seen = {.at.offset = -1};
	struct dead_query q = dead_all(100);
	store_letters(f);
	f->type->dead_read(f->output, &q, check_first, &seen, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(seen.at.offset, 100);
}

/* Takes out two letters of which one is there, and one more; commit or abort. */
static void take_out(struct fixture *f, bool commit)
{
	struct dead_key keys[] =
		{{.cluster = "cluster-1", .topic = FIXTURE_TOPIC, .offset = 101, .index = 3, .output = "out"},
		 {.cluster = "cluster-1", .topic = FIXTURE_TOPIC, .offset = 101, .index = 4, .output = "out"},
		 {.cluster = "cluster-1", .topic = FIXTURE_TOPIC, .offset = 100, .record = 2, .output = ""}};
	struct output_result r;
	f->type->begin(f->output, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->dead_remove(f->output, keys, 3, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, 2);
	if (!commit) {
		f->type->abort(f->output);
		return;
	}
	f->type->commit(f->output, NULL, 0, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}

static void letters_are_taken_out(void **state)
{
	struct fixture *f = *state;
	struct dead_query q = dead_all(100);
	store_letters(f);
	take_out(f, false);
	assert_found(f, &q, ALL);
	take_out(f, true);
	assert_found(f, &q, "101/0/0/ 102/0/0/ 103/0/0/ ");
}

/* Taken out, and put back with another reason beside an event, in one transaction. */
static void put_back_in_the_same_transaction(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct dead_query q = dead_all(100);
	struct dead_key key = {.cluster = "cluster-1", .topic = FIXTURE_TOPIC, .offset = 102, .output = ""};
	store_letters(f);
	batch_reset(&f->batch);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 102);
	batch_add_dead(&f->batch, 0, 0, "another reason");
	f->type->begin(f->output, &r);
	f->type->dead_remove(f->output, &key, 1, &r);
	assert_int_equal(r.n, 1);
	fixture_write(f->output, f->type, &f->batch, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->dead(f->output, &f->batch, f->batch.dead, 1, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->commit(f->output, NULL, 0, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	cases_assert_stored(f, &f->batch);
	assert_found(f, &q, ALL);
	q.reason = "another reason";
	assert_found(f, &q, "102/0/0/ ");
}

/* Asks about three letters of another store: "01-" = the first and the second were noted. */
static void assert_noted(struct fixture *f, const struct dead_key *keys, const char *noted)
{
	struct output_result r;
	bool there[3] = {false};
	f->type->dead_noted(f->output, keys, 3, there, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(there[i], noted[i] != '-');
}

static void note(struct fixture *f, const struct dead_key *keys, size_t n, size_t fresh, bool commit)
{
	struct output_result r;
	f->type->begin(f->output, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->dead_note(f->output, keys, n, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	assert_int_equal(r.n, fresh);
	if (!commit) {
		f->type->abort(f->output);
		return;
	}
	f->type->commit(f->output, NULL, 0, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
}

/* Of a store apart: noted with the transaction or not at all, and once. */
static void letters_are_noted(void **state)
{
	struct fixture *f = *state;
	const struct dead_key keys[] = {{.cluster = "",
					 .topic = "an'other",
					 .offset = 101,
					 .index = 3,
					 .output = "out",
					 .timestamp = 5},
					{.cluster = "",
					 .topic = "an'other",
					 .offset = 101,
					 .index = 3,
					 .output = "out",
					 .timestamp = 6},
					{.cluster = "c",
					 .topic = "an'other",
					 .partition = 7,
					 .offset = INT64_MAX,
					 .record = 2,
					 .output = "",
					 .timestamp = EVENT_NO_TIME}};
	assert_noted(f, keys, "---");
	note(f, keys, 2, 2, false);
	assert_noted(f, keys, "---");
	note(f, keys, 2, 2, true);
	assert_noted(f, keys, "01-");
	note(f, keys + 1, 2, 1, false);
	assert_noted(f, keys, "01-");
	note(f, keys + 1, 2, 1, true);
	assert_noted(f, keys, "012");
}

/* One at a time, until it is closed. */
static void one_takes_letters_out(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct output_env env = f->env;
	store_letters(f);
	struct output *first = fixture_worker(f, &env);
	for (int twice = 0; twice < 2; twice++) {
		f->type->dead_claim(first, &r);
		cases_assert_verdict(&r, OUTPUT_OK);
		assert_int_equal(r.n, 1);
		f->type->dead_claim(f->output, &r);
		cases_assert_verdict(&r, OUTPUT_OK);
		assert_int_equal(r.n, 0);
	}
	f->type->close(first);
	int64_t deadline = clock_mono_ms() + 10000;
	do { /* a server notices soon that a connection was closed */
		f->type->dead_claim(f->output, &r);
		cases_assert_verdict(&r, OUTPUT_OK);
		assert_true(clock_mono_ms() < deadline);
	} while (r.n == 0);
}

const struct contract_case cases_return[] = {
	{"letters_are_found", letters_are_found, NEEDS_LETTERS | NEEDS_RETURN},
	{"answers_are_bounded", answers_are_bounded, NEEDS_LETTERS | NEEDS_TRANSACTIONS | NEEDS_RETURN},
	{"letters_are_whole", letters_are_whole, NEEDS_LETTERS | NEEDS_RETURN},
	{"letters_are_taken_out", letters_are_taken_out, NEEDS_LETTERS | NEEDS_TRANSACTIONS | NEEDS_RETURN},
	{"put_back_in_the_same_transaction", put_back_in_the_same_transaction,
	 NEEDS_LETTERS | NEEDS_TRANSACTIONS | NEEDS_RETURN},
	{"letters_are_noted", letters_are_noted, NEEDS_LETTERS | NEEDS_TRANSACTIONS | NEEDS_RETURN},
	{"one_takes_letters_out", one_takes_letters_out, NEEDS_LETTERS | NEEDS_TRANSACTIONS | NEEDS_RETURN},
	{NULL, NULL, 0},
};
