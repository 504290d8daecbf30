/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `postgresql` makes of tables: those of others, those it makes itself, TimescaleDB, many
 * workers at once; and what it keeps of dead letters.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "tests/contract/driver_postgresql.h"
#include "tests/contract/postgres_server.h"

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

static void run(const struct fixture *f, const char *sql)
{
	postgres_run(postgresql_schema(f), sql);
}

static void assert_string(const struct fixture *f, const char *sql, const char *expected)
{
	char text[1024];
	assert_string_equal(postgres_string(postgresql_schema(f), sql, text, sizeof text), expected);
}

static void open_anew(struct fixture *f)
{
	struct output_result r;
	f->type->open(f->output, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
}

static const char their_tables[] =
	"DROP TABLE session_mapping, port_mapping, port_block_mapping, address_mapping;"
	"CREATE TABLE session_mapping (timestamp timestamptz not null, host inet not null, event integer not "
	"null,"
	" vrf_id varchar, protocol smallint, src_ip inet not null, src_port integer not null, x_ip inet,"
	" x_port integer, dst_ip inet not null, dst_port integer not null);"
	"CREATE TABLE port_mapping (timestamp timestamptz not null, host inet not null, event smallint not "
	"null,"
	" vrf_id varchar, protocol smallint not null, src_ip inet not null, src_port integer, x_ip inet not "
	"null,"
	" x_port integer not null);"
	"CREATE TABLE port_block_mapping (timestamp timestamptz not null, host inet not null,"
	" event smallint not null, vrf_id varchar, src_ip inet not null, x_ip inet not null,"
	" start_port integer not null, end_port integer not null);"
	"CREATE TABLE address_mapping (timestamp timestamptz not null, host inet not null, event smallint "
	"not null,"
	" vrf_id varchar, src_ip inet not null, x_ip inet not null)";

/* The tables of the cgn-ec suite, as they are. */
static void tables_of_the_suite(void **state)
{
	struct fixture *f = *state;
	run(f, their_tables);
	open_anew(f);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct event *ev = fixture_add(&f->batch, type, 0, type);
		ev->vrf_id = fixture_text(&f->batch, "red");
		ev->host_name = fixture_text(&f->batch, "there is no column for it");
		if (type == EVENT_SESSION || type == EVENT_PORT) {
			ev->protocol = 17;
			ev->src_port = 1;
			ev->x_port = 65535;
		}
		if (type == EVENT_SESSION) {
			ev->dst_ip = (struct ip){4, {192, 0, 2, 9}};
			ev->dst_port = 53;
		}
	}
	fixture_deliver(f, 0, 4);
	assert_string(f, "SELECT session_mapping::text FROM session_mapping",
		      "(\"2025-05-02 "
		      "11:34:56.870123+00\",192.0.2.1,1,red,17,10.0.0.0,1,2001:db8::,65535,192.0.2.9,53)");
	assert_string(f, "SELECT port_mapping::text FROM port_mapping",
		      "(\"2025-05-02 11:34:57.870123+00\",192.0.2.1,1,red,17,10.0.0.1,1,2001:db8::1,65535)");
	assert_string(f, "SELECT port_block_mapping::text FROM port_block_mapping",
		      "(\"2025-05-02 11:34:58.870123+00\",192.0.2.1,1,red,10.0.0.2,2001:db8::2,1024,2047)");
	assert_string(f, "SELECT address_mapping::text FROM address_mapping",
		      "(\"2025-05-02 11:34:59.870123+00\",192.0.2.1,1,red,10.0.0.3,2001:db8::3)");
}

static void null_port_zero(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	run(f, their_tables);
	postgresql_option(f, "null_port", "0");
	open_anew(f);
	fixture_add(&f->batch, EVENT_SESSION, 0, 0)->dst_ip = (struct ip){4, {192, 0, 2, 9}};
	fixture_add(&f->batch, EVENT_SESSION, 0, 1); /* without dst_ip: 0 is no address */
	fixture_begin(f->output, f->type, &r);
	assert_int_equal(fixture_write(f->output, f->type, &f->batch, &r), OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.why.msg, "dst_ip"));
	fixture_commit(f->output, f->type, 0, 0, 2, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string(f,
		      "SELECT src_port || ' ' || x_port || ' ' || dst_port || ' ' || coalesce(protocol, -1)"
		      " FROM session_mapping",
		      "0 0 0 -1");
}

/* Other types, other order, columns of their own, identity. */
static void tables_of_their_own_kind(void **state)
{
	struct fixture *f = *state;
	run(f,
	    "CREATE DOMAIN port AS int8 CHECK (VALUE < 65536);"
	    "DROP TABLE session_mapping; CREATE TABLE session_mapping (id serial, dst_port port, x_ip text,"
	    " \"index\" int, host varchar(40) NOT NULL, timestamp timestamp, note text NOT NULL DEFAULT 'n',"
	    " event int8, src_ip inet, topic varchar(99), partition smallint, \"offset\" bigint NOT NULL,"
	    " twice int GENERATED ALWAYS AS (event * 2) STORED)");
	open_anew(f);
	struct event *ev = fixture_add(&f->batch, EVENT_SESSION, 3, INT64_C(1) << 33);
	ev->timestamp = INT64_C(1746185696870123);
	ev->dst_port = 443;
	ev->index = 2;
	struct output_result r;
	fixture_position(f->output, f->type, 3, 0, NULL);
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	fixture_commit(f->output, f->type, 3, 0, 1, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	assert_string(
		f, "SELECT session_mapping::text FROM session_mapping",
		"(1,443,2001:db8::,2,192.0.2.1,\"2025-05-02 11:34:56.870123\",n,1,10.0.0.0," FIXTURE_TOPIC
		",3,8589934592,2)");
}

static void identity_is_an_option(void **state)
{
	struct fixture *f = *state;
	run(f, "DROP TABLE address_mapping");
	postgresql_option(f, "identity", "true");
	open_anew(f);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 77);
	fixture_deliver(f, 0, 78);
	assert_string(
		f, "SELECT topic || ' ' || partition || ' ' || \"offset\" || ' ' || idx FROM address_mapping",
		FIXTURE_TOPIC " 0 77 0");
}

/* An extension by that name with functions that write down their arguments stands in for TimescaleDB. */
static void hypertables(void **state)
{
	struct fixture *f = *state;
	struct strbuf sql = {0};
	run(f, "DROP TABLE session_mapping, address_mapping; CREATE TABLE calls (what text);"
	       "CREATE FUNCTION create_hypertable(regclass, name, chunk_time_interval interval,"
	       " if_not_exists boolean) RETURNS void LANGUAGE sql AS"
	       " $$ INSERT INTO calls VALUES ($1 || ' ' || $2 || ' ' || $3 || ' ' || $4) $$;");
	strbuf_printf(&sql,
		      "SET allow_system_table_mods = on; INSERT INTO pg_extension (oid, extname, extowner,"
		      " extnamespace, extrelocatable, extversion) VALUES (99999, 'timescaledb', 10,"
		      " '%s'::regnamespace, false, '2')",
		      postgresql_schema(f));
	run(f, sql.data);
	strbuf_free(&sql);
	open_anew(f);
	run(f, "SET allow_system_table_mods = on; DELETE FROM pg_extension WHERE oid = 99999");
	assert_string(f, "SELECT string_agg(what, ', ' ORDER BY what) FROM calls",
		      "address_mapping timestamp 01:00:00 true, session_mapping timestamp 01:00:00 true");
	fixture_fill(&f->batch, 0, 0, 8);
	fixture_deliver(f, 0, 8);
}

#define WORKERS 6

struct opener {
	pthread_t thread;
	struct fixture *f;
	struct output_env env;
	struct fixture_host host;
	struct output *output;
	struct output_result r;
};

#define TRIES 20

/* Tries again as the engine does: the tables of another may take longer than their lock is waited for. */
static void *open_one(void *arg)
{
	struct opener *w = arg;
	struct err e;
	w->output = w->f->type->create(&w->f->options, &w->env, &e);
	for (int i = 0; i < TRIES && (i == 0 || (w->r.verdict == OUTPUT_RETRY && !w->r.alarm)); i++)
		w->f->type->open(w->output, &w->r);
	return NULL;
}

/* All find that there are no tables, and all go on. */
static void workers_make_tables_at_once(void **state)
{
	struct fixture *f = *state;
	static struct opener workers[WORKERS];
	for (int round = 0; round < 5; round++) {
		run(f, "DROP TABLE session_mapping, port_mapping, port_block_mapping, address_mapping,"
		       " natmill_watermarks, natmill_dead_letters");
		for (unsigned i = 0; i < WORKERS; i++) {
			struct opener *w = &workers[i];
			*w = (struct opener){.f = f, .env = f->env};
			fixture_host_init(&w->host);
			w->env.host = &w->host.host;
			assert_int_equal(pthread_create(&w->thread, NULL, open_one, w), 0);
		}
		for (unsigned i = 0; i < WORKERS; i++) {
			pthread_join(workers[i].thread, NULL);
			f->type->close(workers[i].output);
			if (workers[i].r.verdict != OUTPUT_OK)
				fail_msg("%s", workers[i].r.why.msg);
		}
	}
}

static void deliver_letters(struct fixture *f, struct output_result *r)
{
	fixture_begin(f->output, f->type, r);
	f->type->dead(f->output, &f->batch, f->batch.dead, f->batch.dead_count, r);
	if (r->verdict == OUTPUT_OK)
		f->type->commit(f->output, NULL, 0, r);
	if (r->verdict != OUTPUT_OK)
		fail_msg("%s", r->why.msg);
}

static void all_of_a_dead_letter_is_kept(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	static const struct message_header headers[] = {{"trace", "\"1\"", 3},
							{"bin", "\xff\0", 2},
							{"none", NULL, 0}};
	struct message *m = &f->batch.messages[f->batch.message_count++];
	*m = (struct message){.topic = "t",
			      .partition = 1,
			      .offset = 4,
			      .timestamp = 1000,
			      .value = "a\0\xff",
			      .len = 3};
	m->key = "k\0";
	m->key_len = 2;
	m->headers = headers;
	m->header_count = 3;
	m[1] = (struct message){.topic = "t", .offset = 5, .timestamp = INT64_MAX, .value = "", .len = 0};
	f->batch.message_count++;
	struct dead_letter *d = batch_add_dead(&f->batch, 0, 2, "gr\xc3\xbcn");
	d->vendor = "nfware";
	d->rule = "bad \xff utf-8";
	d->column = 31;
	d->script_hash = "abc";
	d->generation = 24;
	batch_add_dead(&f->batch, 1, 0, "");
	deliver_letters(f, &r);
	assert_string(
		f,
		"SELECT concat_ws('|', cluster, topic, partition, \"offset\", record, idx, output, vendor,"
		" rule, column_no, reason, script_hash, generation, key, value, headers,"
		" extract(epoch from timestamp)) FROM natmill_dead_letters WHERE \"offset\" = 4",
		"cluster-1|t|1|4|2|0||nfware|bad ? utf-8|31|gr\xc3\xbcn|abc|24|\\x6b00|\\x6100ff|"
		"[{\"name\":\"trace\",\"value\":\"\\\"1\\\"\"},{\"name\":\"bin\",\"value_base64\":\"/wA=\"},"
		"{\"name\":\"none\",\"value\":null}]|0.001000");
	assert_string(
		f,
		"SELECT count(*) FROM natmill_dead_letters WHERE \"offset\" = 5 AND value = '' AND key IS "
		"NULL"
		" AND headers IS NULL AND timestamp IS NULL AND vendor IS NULL AND rule IS NULL AND"
		" column_no IS NULL AND script_hash IS NULL AND now() - stored_at < interval '1 minute'",
		"1");
}

static void many_dead_letters(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	batch_free(&f->batch);
	batch_init(&f->batch, 12000, 1u << 24);
	fixture_fill(&f->batch, 0, 0, 12000);
	for (uint32_t i = 0; i < 12000; i++)
		batch_add_dead(&f->batch, i, 0, "session_mapping stopped at column 31: expected an address");
	int64_t start = clock_mono_ms();
	deliver_letters(f, &r);
	int64_t took = clock_mono_ms() - start;
	deliver_letters(f, &r);
	assert_string(f, "SELECT count(DISTINCT \"offset\") || ' ' || count(*) FROM natmill_dead_letters",
		      "12000 12000");
	assert_in_range(took, 0, 3000);
}

/* A database that keeps Latin 1 refuses what it cannot keep; a dead letter about it must not be refused too.
 */
static void database_without_utf8(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf url = {0};
	postgres_run(NULL, "DROP DATABASE IF EXISTS latin");
	postgres_run(NULL, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
	strbuf_printf(&url, "%s?dbname=latin", postgres_url());
	postgresql_option(f, "url", url.data);
	postgresql_option(f, "schema", "public");
	strbuf_free(&url);
	open_anew(f);
	fixture_position(f->output, f->type, 0, 0, NULL);
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 0)->vrf_id = fixture_text(&f->batch, "gr\xc3\xbcn");
	fixture_add(&f->batch, EVENT_ADDRESS, 0, 1)->vrf_id = fixture_text(&f->batch, "\xf0\x9f\x8c\xb2");
	fixture_begin(f->output, f->type, &r);
	fixture_write(f->output, f->type, &f->batch, &r);
	assert_int_equal(r.verdict, OUTPUT_REJECT);
	assert_int_equal(r.n, 1);
	batch_add_dead(&f->batch, 1, 0, "\xf0\x9f\x8c\xb2");
	f->type->dead(f->output, &f->batch, f->batch.dead, 1, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	fixture_commit(f->output, f->type, 0, 0, 2, &r);
	assert_int_equal(r.verdict, OUTPUT_OK);
	f->type->close(f->output);
	f->output = f->type->create(&f->options, &f->env, &r.why);
	postgres_run(NULL, "DROP DATABASE latin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		CASE(tables_of_the_suite),
		CASE(null_port_zero),
		CASE(tables_of_their_own_kind),
		CASE(identity_is_an_option),
		CASE(hypertables),
		CASE(workers_make_tables_at_once),
		CASE(all_of_a_dead_letter_is_kept),
		CASE(many_dead_letters),
		CASE(database_without_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
