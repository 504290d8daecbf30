/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `postgresql` refuses, and how: events that a column or a constraint cannot take are found
 * one by one and everything else of the batch is stored; a table that has changed refuses nothing but asks
 * for a human, and goes on when it is mended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/driver_postgresql.h"
#include "tests/contract/postgres_server.h"

#define BATCH 1000

/* How a batch went through, as the engine would do it (stream/deliver.c). */
struct outcome {
	enum output_verdict verdict;
	unsigned writes;
	unsigned rejected;
	uint32_t places[BATCH]; /* of the rejected events in the batch */
	struct output_result last;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &postgresql_driver);
	fixture_position(f->output, f->type, 0, 0, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

/* Halves a refused range until the refused event stands alone. */
static void write_all(struct fixture *f, struct outcome *out)
{
	uint32_t *pick;
	struct output_range all = fixture_range(&f->batch, &pick);
	size_t limit = all.n;
	for (size_t from = 0; from < all.n && out->verdict == OUTPUT_OK;) {
		size_t left = all.n - from;
		struct output_range range = {.batch = &f->batch,
					     .pick = pick + from,
					     .n = left < limit ? left : limit};
		struct output_result *r = &out->last;
		f->type->write(f->output, &range, r);
		out->writes++;
		if (r->verdict == OUTPUT_OK) {
			from += r->n;
			limit = 2 * limit < all.n ? 2 * limit : all.n;
		} else if (r->verdict == OUTPUT_REJECT && r->n > 1) {
			assert_true(r->n <= range.n);
			limit = r->n / 2;
		} else if (r->verdict == OUTPUT_REJECT) {
			out->places[out->rejected++] = pick[from++];
		} else {
			out->verdict = r->verdict;
		}
	}
	free(pick);
}

static struct outcome *deliver(struct fixture *f, int64_t expected, int64_t next)
{
	static struct outcome out;
	out = (struct outcome){.verdict = OUTPUT_OK};
	f->type->begin(f->output, &out.last);
	assert_int_equal(out.last.verdict, OUTPUT_OK);
	write_all(f, &out);
	struct output_result r;
	if (out.verdict == OUTPUT_OK &&
	    fixture_commit(f->output, f->type, 0, expected, next, &r) != OUTPUT_OK)
		fail_msg("commit: %s", r.why.msg);
	if (out.verdict != OUTPUT_OK)
		f->type->abort(f->output);
	return &out;
}

static void sessions(struct fixture *f, uint32_t n)
{
	batch_reset(&f->batch);
	for (uint32_t i = 0; i < n; i++) {
		struct event *ev = fixture_add(&f->batch, EVENT_SESSION, 0, i);
		ev->src_port = (int32_t)i;
		ev->dst_ip = (struct ip){4, {192, 0, 2, 7}};
	}
}

static void run(const struct fixture *f, const char *sql)
{
	postgres_run(postgresql_schema(f), sql);
}

static long long number(const struct fixture *f, const char *sql)
{
	return postgres_number(postgresql_schema(f), sql);
}

static void open_anew(struct fixture *f)
{
	struct output_result r;
	f->type->open(f->output, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
}

/* 999 of 1000 are stored, whichever row it is and whatever the batch looks like round it. */
static void one_bad_row(void **state)
{
	struct fixture *f = *state;
	static const int bad[] = {0, 1, 499, 998, 999};
	run(f, "ALTER TABLE session_mapping ADD CONSTRAINT no_fives CHECK (src_port <> 65535)");
	sessions(f, BATCH);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		sessions(f, BATCH);
		f->batch.events[bad[i]].src_port = 65535;
		struct outcome *out = deliver(f, (int64_t)i, (int64_t)i + 1);
		assert_int_equal(out->verdict, OUTPUT_OK);
		assert_int_equal(out->rejected, 1);
		assert_int_equal(out->places[0], bad[i]);
		assert_true(out->writes <= 4); /* the server tells the row: no search for it */
		assert_int_equal(number(f, "SELECT count(DISTINCT src_port) FROM session_mapping"),
				 BATCH - 1);
		run(f, "TRUNCATE session_mapping");
	}
}

static void many_bad_rows_of_many_types(void **state)
{
	struct fixture *f = *state;
	run(f, "ALTER TABLE session_mapping ADD CHECK (host(x_ip) NOT LIKE '%3');"
	       "ALTER TABLE address_mapping ADD CHECK (host(x_ip) NOT LIKE '%7')");
	fixture_fill(&f->batch, 0, 0, BATCH);
	struct outcome *out = deliver(f, 0, BATCH);
	assert_int_equal(out->verdict, OUTPUT_OK);
	unsigned bad = 0;
	for (uint32_t i = 0; i < BATCH; i++) {
		char text[IP_TEXT_MAX];
		const struct event *ev = &f->batch.events[i];
		char last = text[ip_format(&ev->x_ip, text) - 1];
		if ((ev->type == EVENT_SESSION && last == '3') || (ev->type == EVENT_ADDRESS && last == '7'))
			assert_int_equal(out->places[bad++], i);
	}
	assert_true(bad > 10);
	assert_int_equal(out->rejected, bad);
	assert_int_equal(
		number(f, "SELECT (SELECT count(*) FROM session_mapping) + (SELECT count(*) FROM "
			  "port_mapping) + (SELECT count(*) FROM port_block_mapping) + (SELECT count(*) "
			  "FROM address_mapping)"),
		BATCH - bad);
}

/* The server names no row: the engine has to search. */
static void refused_by_a_trigger(void **state)
{
	struct fixture *f = *state;
	run(f, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
	       " IF NEW.src_port IN (77, 78, 900) THEN RAISE 'we do not take %', NEW.src_port; END IF;"
	       " RETURN NEW; END $$;"
	       "CREATE TRIGGER t AFTER INSERT ON session_mapping FOR EACH ROW EXECUTE FUNCTION refuse()");
	sessions(f, BATCH);
	struct outcome *out = deliver(f, 0, BATCH);
	assert_int_equal(out->verdict, OUTPUT_OK);
	assert_int_equal(out->rejected, 3);
	assert_int_equal(out->places[0], 77);
	assert_int_equal(out->places[2], 900);
	assert_int_equal(number(f, "SELECT count(DISTINCT src_port) FROM session_mapping"), BATCH - 3);
}

/* Checked at once although the table says at the end. */
static void deferred_constraint(void **state)
{
	struct fixture *f = *state;
	run(f, "ALTER TABLE session_mapping ADD UNIQUE (src_port) DEFERRABLE INITIALLY DEFERRED");
	sessions(f, 100);
	f->batch.events[60].src_port = 20;
	struct outcome *out = deliver(f, 0, 100);
	assert_int_equal(out->verdict, OUTPUT_OK);
	assert_int_equal(out->rejected, 1);
	assert_int_equal(out->places[0], 60);
	assert_int_equal(number(f, "SELECT count(*) FROM session_mapping"), 99);
}

/* Nothing is sent for these: no transaction breaks, and the reason names the column. */
static void known_causes(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	run(f, "DROP TABLE session_mapping; CREATE TABLE session_mapping (timestamp timestamptz, host inet, "
	       "event int,"
	       " src_ip inet, src_port smallint, x_ip inet, dst_ip inet NOT NULL, vrf_id varchar(3), idx "
	       "bigint)");
	open_anew(f);
	sessions(f, 10);
	f->batch.events[2].dst_ip = (struct ip){0};
	f->batch.events[5].src_port = 40000;
	f->batch.events[7].vrf_id = fixture_text(&f->batch, "long");
	f->batch.events[8].vrf_id = fixture_text(&f->batch, "\xc3\xa4\xc3\xb6\xc3\xbc"); /* 3 characters */
	f->batch.events[9].src_port = EVENT_ABSENT;
	f->type->begin(f->output, &r);
	const char *const reasons[] =
		{"column dst_ip of table session_mapping is NOT NULL and the event has no dst_ip",
		 "column src_port of table session_mapping takes numbers up to 32767",
		 "column vrf_id of table session_mapping takes 3 characters"};
	size_t reason = 0;
	for (uint32_t from = 0; from < 10;) {
		uint32_t pick[10];
		for (uint32_t i = 0; i < 10; i++)
			pick[i] = i;
		struct output_range range = {.batch = &f->batch, .pick = pick + from, .n = 10 - from};
		f->type->write(f->output, &range, &r);
		assert_in_range(r.n, 1, range.n);
		if (r.verdict == OUTPUT_REJECT) {
			assert_int_equal(r.n, 1);
			assert_non_null(strstr(r.why.msg, reasons[reason++]));
		} else {
			assert_int_equal(r.verdict, OUTPUT_OK);
		}
		from += (uint32_t)r.n;
	}
	assert_int_equal(reason, 3);
	assert_int_equal(fixture_commit(f->output, f->type, 0, 0, 10, &r), OUTPUT_OK);
	assert_int_equal(number(f, "SELECT count(*) FROM session_mapping"), 7);
}

/* The table changes under way: nothing is refused, a human is asked, and it goes on when it is mended. */
static void changes(struct fixture *f, const char *change, const char *mend, const char *words)
{
	run(f, change);
	sessions(f, 10);
	struct outcome *out = deliver(f, 0, 10);
	assert_int_equal(out->verdict, OUTPUT_RETRY);
	assert_int_equal(out->rejected, 0);
	assert_true(out->last.alarm && out->last.reopen);
	if (strstr(out->last.why.msg, words) == NULL)
		fail_msg("%s: %s", change, out->last.why.msg);
	if (mend != NULL)
		run(f, mend);
	open_anew(f);
	out = deliver(f, 0, 10);
	assert_int_equal(out->verdict, OUTPUT_OK);
	assert_int_equal(out->rejected, 0);
	assert_int_equal(number(f, "SELECT count(*) FROM session_mapping"), 10);
}

static void table_dropped(void **state)
{
	changes(*state, "DROP TABLE session_mapping", NULL, "42P01");
}

static void type_changed(void **state)
{
	changes(*state, "ALTER TABLE session_mapping ALTER src_port TYPE bigint", NULL, "08P01");
}

static void column_dropped(void **state)
{
	changes(*state, "ALTER TABLE session_mapping DROP vrf_id", NULL, "42703");
}

static void no_partition(void **state)
{
	changes(*state,
		"DROP TABLE session_mapping; CREATE TABLE session_mapping (timestamp timestamptz, host inet, "
		"event int,"
		" vrf_id varchar, protocol smallint, src_ip inet, src_port int, x_ip inet, x_port int, "
		"dst_ip inet,"
		" dst_port int, host_name varchar, subscriber varchar) PARTITION BY RANGE (timestamp)",
		"CREATE TABLE p PARTITION OF session_mapping DEFAULT", "no partition");
}

static void grant_lost(void **state)
{
	struct fixture *f = *state;
	struct strbuf url = {0};
	char sql[256];
	strbuf_printf(&url, "%s?user=%s", postgres_url(), "guest");
	snprintf(sql, sizeof sql,
		 "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;"
		 "GRANT USAGE ON SCHEMA %s TO guest; GRANT ALL ON ALL TABLES IN SCHEMA %s TO guest",
		 postgresql_schema(f), postgresql_schema(f));
	run(f, sql);
	postgresql_option(f, "url", url.data);
	strbuf_free(&url);
	open_anew(f); /* without the right to make tables: none is missing */
	changes(f, "REVOKE INSERT ON session_mapping FROM guest", "GRANT INSERT ON session_mapping TO guest",
		"42501");
}

/* Tables that cannot be filled are told in one line when connecting. */
static void misfits(void **state)
{
	struct fixture *f = *state;
	static const char *const rows[][2] = {
		{"ALTER TABLE port_mapping ALTER x_ip TYPE bytea USING NULL",
		 "column x_ip of table port_mapping is of type bytea"},
		{"ALTER TABLE port_mapping ALTER timestamp TYPE date",
		 "column timestamp of table port_mapping is of type date"},
		{"ALTER TABLE port_mapping DROP host", "column host of table port_mapping is missing"},
		{"ALTER TABLE port_mapping ADD own integer NOT NULL",
		 "column own of table port_mapping is NOT NULL"},
		{"DROP TABLE port_mapping", "there is no table port_mapping"},
		{"DROP TABLE natmill_watermarks", "there is no table natmill_watermarks"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct output_result r;
		postgresql_option(f, "create_tables", "true");
		open_anew(f);
		run(f, rows[i][0]);
		postgresql_option(f, "create_tables", "false");
		f->type->open(f->output, &r);
		assert_int_equal(r.verdict, OUTPUT_RETRY);
		assert_true(r.alarm && r.reopen);
		if (strstr(r.why.msg, rows[i][1]) == NULL)
			fail_msg("%s: %s", rows[i][0], r.why.msg);
		run(f, "DROP TABLE IF EXISTS port_mapping");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		CASE(one_bad_row),
		CASE(many_bad_rows_of_many_types),
		CASE(refused_by_a_trigger),
		CASE(deferred_constraint),
		CASE(known_causes),
		CASE(table_dropped),
		CASE(type_changed),
		CASE(column_dropped),
		CASE(no_partition),
		CASE(grant_lost),
		CASE(misfits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
