/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `sqlite` promises beyond the contract: tables of others, refused events, what is kept of
 * dead letters. Its faults are in test_sqlite_faults.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "outputs/sqlite.h"
#include "tests/contract/driver_sqlite.h"

/* The tables as the suite that users come from makes them, in SQLite's words. */
static const char their_tables[] =
	"CREATE TABLE session_mapping (timestamp TEXT NOT NULL, host TEXT NOT NULL, event INTEGER NOT NULL,"
	" vrf_id TEXT, protocol INTEGER, src_ip TEXT NOT NULL, src_port INTEGER NOT NULL, x_ip TEXT, x_port "
	"INTEGER,"
	" dst_ip TEXT NOT NULL, dst_port INTEGER NOT NULL CHECK (dst_port <> 13));"
	"CREATE TABLE port_mapping (timestamp TEXT NOT NULL, host TEXT NOT NULL, event INTEGER NOT NULL, "
	"vrf_id TEXT,"
	" protocol INTEGER NOT NULL, src_ip TEXT NOT NULL, src_port INTEGER, x_ip TEXT NOT NULL,"
	" x_port INTEGER NOT NULL);"
	"CREATE TABLE port_block_mapping (timestamp TEXT NOT NULL, host TEXT NOT NULL, event INTEGER NOT "
	"NULL,"
	" vrf_id TEXT, src_ip TEXT NOT NULL, x_ip TEXT NOT NULL, start_port INTEGER NOT NULL,"
	" end_port INTEGER NOT NULL, made_at TEXT NOT NULL DEFAULT 'now');"
	"CREATE TABLE address_mapping (timestamp TEXT NOT NULL, host TEXT NOT NULL, event INTEGER NOT NULL,"
	" vrf_id TEXT, src_ip TEXT NOT NULL, x_ip TEXT NOT NULL);";

static void set_up_theirs(struct fixture *f)
{
	sqlite_shell(f->path, their_tables);
	sqlite_driver.set_up(f);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	fixture_open(f, &sqlite_driver);
	*state = f;
	return 0;
}

static int set_up_on_theirs(void **state)
{
	static struct driver driver;
	struct fixture *f = xcalloc(1, sizeof *f);
	driver = sqlite_driver;
	driver.set_up = set_up_theirs;
	fixture_open(f, &driver);
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

static struct event *add_session(struct fixture *f, int64_t offset, int32_t dst_port)
{
	struct event *ev = fixture_add(&f->batch, EVENT_SESSION, 0, offset);
	ev->src_port = 1;
	ev->dst_ip = (struct ip){4, {9, 9, 9, 9}};
	ev->dst_port = dst_port;
	return ev;
}

/* The next write of the batch from place `from` must give this verdict for n events. */
static void assert_write(struct fixture *f, size_t from, enum output_verdict verdict, size_t n,
			 struct output_result *r)
{
	uint32_t *pick;
	struct output_range range = fixture_range(&f->batch, &pick);
	range.pick += from;
	range.n -= from;
	f->type->write(f->output, &range, r);
	free(pick);
	if (r->verdict != verdict)
		fail_msg("verdict %d: %s", (int)r->verdict, r->why.msg);
	assert_int_equal(r->n, n);
}

static void tables_of_others_are_filled(void **state)
{
	struct fixture *f = *state;
	add_session(f, 0, 443)->subscriber = fixture_text(&f->batch, "nobody");
	fixture_add(&f->batch, EVENT_PORT_BLOCK, 0, 1);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 2);
	fixture_deliver(f, 0, 3);
	assert_int_equal(sqlite_number(f->path, "SELECT dst_port FROM session_mapping"), 443);
	assert_int_equal(sqlite_number(f->path, "SELECT end_port FROM port_block_mapping"), 2047);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM address_mapping"), 1);
}

static void a_refused_event_is_told_alone(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	for (int i = 0; i < 10; i++)
		add_session(f, i, i == 4 || i == 9 ? 13 : 443);
	fixture_begin(f->output, f->type, &r);
	assert_write(f, 0, OUTPUT_OK, 4, &r);
	assert_write(f, 4, OUTPUT_REJECT, 1, &r);
	assert_non_null(strstr(r.why.msg, "dst_port <> 13"));
	assert_write(f, 5, OUTPUT_OK, 4, &r);
	assert_write(f, 9, OUTPUT_REJECT, 1, &r);
	fixture_commit(f->output, f->type, 0, 0, 10, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM session_mapping WHERE dst_port = 443"),
			 8);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM session_mapping"), 8);
}

static void not_null_is_known_before(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct event *ev = add_session(f, 0, 443);
	ev->dst_ip = (struct ip){0};
	fixture_begin(f->output, f->type, &r);
	assert_write(f, 0, OUTPUT_REJECT, 1, &r);
	assert_non_null(strstr(r.why.msg, "column dst_ip of table session_mapping"));
	ev->dst_ip = (struct ip){4, {1, 2, 3, 4}};
	ev->type = EVENT_ABSENT;
	assert_write(f, 0, OUTPUT_REJECT, 1, &r);
	f->type->abort(f->output);
}

/* A table that undoes the whole transaction must not look like one refused event. */
static void lost_transaction_is_a_retry(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	sqlite_shell(
		f->path,
		"CREATE TRIGGER t BEFORE INSERT ON address_mapping BEGIN SELECT raise(ROLLBACK, 'no'); END");
	add_session(f, 0, 443);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 1);
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_RETRY);
	assert_true(r.alarm);
	f->type->abort(f->output);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM session_mapping"), 0);
	sqlite_shell(f->path, "DROP TRIGGER t");
	fixture_deliver(f, 0, 2);
	assert_int_equal(sqlite_number(f->path, "SELECT count(*) FROM session_mapping"), 1);
}

/* Alters the tables, opens anew and expects an alarm that names what is wrong. */
static void assert_open_alarm(struct fixture *f, const char *sql, const char *names)
{
	struct output_result r;
	sqlite_shell(f->path, sql);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm && r.reopen);
	if (strstr(r.why.msg, names) == NULL)
		fail_msg("no '%s' in: %s", names, r.why.msg);
}

static void unusable_tables_are_alarms(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	assert_open_alarm(f, "ALTER TABLE port_mapping RENAME COLUMN x_port TO outside_port",
			  "column outside_port of table port_mapping is NOT NULL");
	assert_open_alarm(f,
			  "ALTER TABLE port_mapping RENAME COLUMN outside_port TO x_port;"
			  "ALTER TABLE session_mapping RENAME COLUMN x_ip TO outside",
			  "table session_mapping has no column x_ip");
	f->type->begin(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	f->type->abort(f->output);
	sqlite_shell(f->path, "ALTER TABLE session_mapping RENAME COLUMN outside TO x_ip");
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
}

static void rows_know_where_they_came_from(void **state)
{
	struct fixture *f = *state;
	char text[128];
	fixture_position(f->output, f->type, 0, INT64_C(5000000000), NULL);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, INT64_C(5000000000))->index = 7;
	fixture_deliver(f, INT64_C(5000000000), INT64_C(5000000001));
	sqlite_string(f->path,
		      "SELECT topic || ' ' || \"partition\" || ' ' || \"offset\" || ' ' || idx FROM "
		      "address_mapping",
		      text, sizeof text);
	assert_string_equal(text, FIXTURE_TOPIC " 0 5000000000 7");
	sqlite_string(
		f->path,
		"SELECT cluster || ' ' || output || ' ' || next_offset || ' ' || timestamp || ' ' || topic_id"
		" FROM natmill_watermarks",
		text, sizeof text);
	assert_string_equal(text, "cluster-1 out 5000000001 2025-05-02T11:34:56.870000Z topic-id-1");
}

/* Texts must sort as the times they tell, whatever their fraction, also before 1970. */
static void times_sort_as_texts(void **state)
{
	struct fixture *f = *state;
	const int64_t times[] = {-62135596800000000,
				 -1,
				 0,
				 1746185696000000,
				 1746185696000001,
				 1746185696870000,
				 1746185697000000,
				 253402300799999999};
	char text[512];
	fixture_position(f->output, f->type, 0, 0, NULL);
	for (size_t i = 0; i < 8; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, 0, (int64_t)((i * 3) % 8))->timestamp =
			times[(i * 3) % 8];
	fixture_deliver(f, 0, 8);
	sqlite_string(f->path,
		      "SELECT group_concat(\"offset\", '') FROM"
		      " (SELECT \"offset\" FROM address_mapping ORDER BY timestamp)",
		      text, sizeof text);
	assert_string_equal(text, "01234567");
	sqlite_string(f->path,
		      "SELECT group_concat(timestamp, ' ') FROM"
		      " (SELECT timestamp FROM address_mapping ORDER BY \"offset\" LIMIT 3)",
		      text, sizeof text);
	assert_string_equal(
		text, "0001-01-01T00:00:00.000000Z 1969-12-31T23:59:59.999999Z 1970-01-01T00:00:00.000000Z");
	assert_int_equal(sqlite_number(f->path,
				       "SELECT count(*) FROM address_mapping WHERE length(timestamp) = 27"),
			 8);
}

static void all_of_a_dead_letter_is_kept(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	char text[256];
	const struct message_header headers[] = {{"trace", "\"1\"", 3},
						 {"bin", "\xff\x00", 2},
						 {"none", NULL, 0}};
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 0);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 1);
	f->batch.messages[0] = (struct message){.topic = "t",
						.offset = 5,
						.timestamp = EVENT_NO_TIME,
						.value = "",
						.len = 0};
	f->batch.messages[1] = (struct message){.topic = "t",
						.offset = 6,
						.timestamp = 1000,
						.value = "a\0\xff",
						.len = 3,
						.key = "k\0",
						.key_len = 2,
						.headers = headers,
						.header_count = 3};
	struct dead_letter *d = batch_add_dead(&f->batch, 1, 4, "because");
	d->vendor = "nfware";
	d->rule = "session_mapping";
	d->column = 31;
	d->script_hash = "abc";
	d->generation = 2;
	batch_add_dead(&f->batch, 0, 0, "empty");
	fixture_begin(f->output, f->type, &r);
	f->type->dead(f->output, &f->batch, f->batch.dead, 2, &r);
	fixture_commit(f->output, f->type, 0, 0, 2, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	sqlite_string(f->path,
		      "SELECT hex(value) || ' ' || hex(\"key\") || ' ' || headers || ' ' || timestamp || ' ' "
		      "|| vendor"
		      " || rule || column_no || script_hash || generation || record FROM natmill_dead_letters"
		      " WHERE \"offset\" = 6",
		      text, sizeof text);
	assert_string_equal(
		text, "6100FF 6B00 "
		      "[{\"name\":\"trace\",\"value\":\"\\\"1\\\"\"},{\"name\":\"bin\",\"value_base64\":"
		      "\"/wA=\"},{\"name\":\"none\",\"value\":null}] 1970-01-01T00:00:00.001000Z"
		      " nfwaresession_mapping31abc24");
	assert_int_equal(
		sqlite_number(f->path,
			      "SELECT count(*) FROM natmill_dead_letters WHERE \"offset\" = 5 AND"
			      " value = x'' AND \"key\" IS NULL AND headers IS NULL AND timestamp IS NULL"
			      " AND vendor IS NULL AND rule IS NULL AND column_no IS NULL AND"
			      " script_hash IS NULL AND abs(julianday(stored_at) - julianday('now')) < 1"),
		1);
}

static void index_is_an_option(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct err e;
	static const char count[] =
		"SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE '%_who'";
	assert_int_equal(sqlite_number(f->path, count), 0);
	sqlite_shell(f->path, "DROP TABLE session_mapping; DROP TABLE address_mapping");
	option_set(option_find(f->type->options, "index"), &f->options, "true", &e);
	f->type->open(f->output, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_int_equal(sqlite_number(f->path, count), 2);
}

static void path_must_name_a_file(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	const char *const paths[] = {"", ":memory:"};
	for (size_t i = 0; i < 2; i++) {
		char *path = xstrdup(paths[i]);
		struct sqlite_options options = {.path = path};
		assert_null(f->type->create(&options, &f->env, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_of_others_are_filled, set_up_on_theirs, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_event_is_told_alone, set_up_on_theirs, tear_down),
		cmocka_unit_test_setup_teardown(not_null_is_known_before, set_up_on_theirs, tear_down),
		cmocka_unit_test_setup_teardown(lost_transaction_is_a_retry, set_up_on_theirs, tear_down),
		cmocka_unit_test_setup_teardown(unusable_tables_are_alarms, set_up_on_theirs, tear_down),
		cmocka_unit_test_setup_teardown(rows_know_where_they_came_from, set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_sort_as_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_of_a_dead_letter_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(index_is_an_option, set_up, tear_down),
		cmocka_unit_test_setup_teardown(path_must_name_a_file, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
