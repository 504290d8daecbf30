/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the output `redis` promises: its keys and their time to live, databases, users and passwords,
 * TLS, local sockets, and settings that cannot be. On a real server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_redis.h"
#include "tests/contract/redis_server.h"
#include "tests/contract/steps.h"

extern const struct output_type redis_output;

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void set_up_plain(struct fixture *f)
{
	fixture_option(f, "address", redis_server_address());
	redis_run(WORDS("FLUSHALL"));
}

static const struct driver plain = {.type = &redis_output, .set_up = set_up_plain};

static int set_up(void **state)
{
	return steps_set_up(state, &plain);
}

static void assert_text(const char *const words[], const char *text)
{
	redisReply *reply = redis_ask(words);
	assert_int_equal(reply->type, REDIS_REPLY_STRING);
	assert_string_equal(reply->str, text);
	freeReplyObject(reply);
}

static void assert_there(const char *key)
{
	if (redis_number(WORDS("EXISTS", key)) == 1)
		return;
	redisReply *keys = redis_ask(WORDS("KEYS", "*"));
	fail_msg("no key %s, but %zu others, as %s", key, keys->elements,
		 keys->elements > 0 ? keys->element[0]->str : "");
}

/* One event of each type, from 10.0.0.0 on. */
static void deliver_four(struct fixture *f)
{
	batch_reset(&f->batch);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		fixture_add(&f->batch, type, 0, type);
	fixture_deliver(f, 0, EVENT_TYPE_COUNT);
}

static void keys_of_the_field(void **state)
{
	struct fixture *f = *state;
	struct strbuf json = {0};
	deliver_four(f);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 4);
	event_json(&f->batch.events[0], f->batch.arena.data, f->batch.arena.len, &json);
	assert_text(WORDS("GET", "cgnat:events:sessionmapping:10.0.0.0"), json.data);
	assert_there("cgnat:events:portmapping:10.0.0.1");
	assert_there("cgnat:events:portblockmapping:10.0.0.2");
	assert_there("cgnat:events:addressmapping:10.0.0.3");
	assert_int_equal(redis_number(WORDS("TTL", "cgnat:events:addressmapping:10.0.0.3")), -1);
	strbuf_free(&json);
}

/* The last event of a key, not the first. */
static void last_one_wins(void **state)
{
	struct fixture *f = *state;
	struct strbuf json = {0};
	for (int i = 0; i < 3000; i++)
		fixture_add(&f->batch, EVENT_ADDRESS, 0, i)->src_ip = (struct ip){4, {10, 9, 9, 9}};
	fixture_deliver(f, 0, 3000);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 1);
	event_json(&f->batch.events[2999], f->batch.arena.data, f->batch.arena.len, &json);
	assert_text(WORDS("GET", "cgnat:events:addressmapping:10.9.9.9"), json.data);
	strbuf_free(&json);
}

static void keys_of_other_fields(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "key_field", "subscriber");
	steps_reopen_well(f);
	fixture_add(&f->batch, EVENT_PORT, 0, 0)->subscriber = fixture_text(&f->batch, "user 1:\n$");
	fixture_add(&f->batch, EVENT_PORT, 0, 1);
	fixture_deliver(f, 0, 2);
	assert_there("cgnat:events:portmapping:user 1:\n$");
	assert_there("cgnat:events:portmapping:10.0.0.1"); /* has none: its src_ip */
	static const char *const others[][2] = {
		{"x_port", "cgnat:events:portmapping:40123"},
		{"event", "cgnat:events:portmapping:1"},
		{"x_ip", "cgnat:events:portmapping:2001:db8::7"},
		{"timestamp", "cgnat:events:portmapping:2025-05-02T11:35:03.870123Z"},
		{"identity", "cgnat:events:portmapping:cluster-1:cgnat.syslog.nfware:3:7:0"},
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		fixture_option(f, "key_field", others[i][0]);
		steps_reopen_well(f);
		batch_reset(&f->batch);
		fixture_add(&f->batch, EVENT_PORT, 3, 7)->x_port = 40123;
		fixture_deliver(f, 0, 8);
		assert_there(others[i][1]);
	}
	fixture_option(f, "key_field", "src_port_");
	steps_refused(f, "key_field: 'src_port_' is no field of an event");
	fixture_option(f, "key_field", "identity");
}

/* As after a filter that keeps other fields only. */
static void without_any_address_its_identity(void **state)
{
	struct fixture *f = *state;
	event_unset(fixture_add(&f->batch, EVENT_PORT, 3, 7), FIELD_src_ip);
	fixture_deliver(f, 0, 8);
	assert_there("cgnat:events:portmapping:cluster-1:cgnat.syslog.nfware:3:7:0");
}

static void prefixes(void **state)
{
	struct fixture *f = *state;
	const struct option *map = option_find(f->type->options, "key_prefixes");
	fixture_option(f, "key_prefix", "nat");
	steps_reopen_well(f);
	deliver_four(f);
	assert_there("nat:sessionmapping:10.0.0.0");
	option_put(map, &f->options, "port-block-mapping", "blocks");
	option_put(map, &f->options, "session_mapping", "a:b");
	steps_reopen_well(f);
	deliver_four(f);
	assert_there("blocks:10.0.0.2");
	assert_there("a:b:10.0.0.0");
	assert_there("nat:10.0.0.1");
	option_put(map, &f->options, "sessions", "x");
	steps_refused(f, "key_prefixes: 'sessions' is no type of event");
	option_clear(map, &f->options);
}

static void time_to_live(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "key_ttl", "86400");
	steps_reopen_well(f);
	deliver_four(f);
	long long left = redis_number(WORDS("TTL", "cgnat:events:sessionmapping:10.0.0.0"));
	assert_in_range(left, 86390, 86400);
}

static void database_and_local_socket(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "database", "3");
	fixture_option(f, "address", redis_server_socket());
	steps_reopen_well(f);
	deliver_four(f);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 0);
	redis_run(WORDS("SWAPDB", "0", "3"));
	assert_int_equal(redis_number(WORDS("DBSIZE")), 4);
	fixture_option(f, "database", "77");
	struct output_result r = steps_reopen(f);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "SELECT"));
}

/* Verdict of opening: RETRY with alarm, telling the word, but not the password. */
static void assert_shut_out(struct fixture *f, const char *word)
{
	struct output_result r = steps_reopen(f);
	assert_int_equal(r.verdict, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_true(r.reopen);
	if (strstr(r.why.msg, word) == NULL)
		fail_msg("'%s' does not tell %s", r.why.msg, word);
	assert_null(strstr(r.why.msg, "open sesame"));
}

static void password_of_the_server(void **state)
{
	struct fixture *f = *state;
	redis_run(WORDS("CONFIG", "SET", "requirepass", "open sesame"));
	struct output_result r = steps_reopen(f);
	bool shut = r.verdict == OUTPUT_RETRY && r.alarm && strstr(r.why.msg, "NOAUTH") != NULL;
	fixture_option(f, "password", "open sesam");
	assert_shut_out(f, "WRONGPASS");
	fixture_option(f, "password", "open sesame");
	steps_reopen_well(f);
	deliver_four(f);
	fixture_option(f, "database", "0");
	redisContext *c = redisConnectUnix(redis_server_socket() + strlen("unix:"));
	freeReplyObject(redisCommand(c, "AUTH %s", "open sesame"));
	redisReply *reply = redisCommand(c, "CONFIG SET requirepass %s", "");
	assert_int_equal(reply->type, REDIS_REPLY_STATUS);
	freeReplyObject(reply);
	redisFree(c);
	assert_true(shut);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 4);
}

/* A user that may do nothing but what the output needs; then not even that. */
static void user_with_few_rights(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	redis_run(WORDS("ACL", "SETUSER", "nat", "on", ">open sesame", "~cgnat:*", "+set", "+select"));
	fixture_option(f, "user", "nat");
	steps_refused(f, "user: needs a password");
	fixture_option(f, "password", "open sesame");
	steps_reopen_well(f);
	deliver_four(f);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 4);
	redis_run(WORDS("ACL", "SETUSER", "nat", "resetkeys", "~other:*"));
	fixture_begin(f->output, f->type, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	fixture_write(f->output, f->type, &f->batch, &r);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_true(r.alarm);
	assert_non_null(strstr(r.why.msg, "NOPERM"));
	redis_run(WORDS("ACL", "DELUSER", "nat"));
	assert_shut_out(f, "WRONGPASS");
}

static void tls(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "tls", "true");
	fixture_option(f, "tls_ca", redis_server_ca());
	fixture_option(f, "address", redis_server_tls_address());
	steps_reopen_well(f);
	fixture_fill(&f->batch, 0, 0, 4000);
	fixture_deliver(f, 0, 4000);
	assert_int_equal(redis_number(WORDS("DBSIZE")), 4000);
	fixture_option(f, "tls_server_name", "another");
	assert_shut_out(f, "mismatch");
	fixture_option(f, "tls_server_name", "127.0.0.1"); /* named as an address */
	steps_reopen_well(f);
}

static void tls_with_nobody_known(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "tls", "true");
	fixture_option(f, "address", redis_server_tls_address());
	assert_shut_out(f, "certificate"); /* the system does not know it */
	fixture_option(f, "tls_ca", "/nowhere/ca.pem");
	steps_refused(f, "tls_ca: cannot use '/nowhere/ca.pem': No such file or directory");
	fixture_option(f, "tls_ca", redis_server_ca());
	fixture_option(f, "tls_certificate", "/nowhere/own.pem");
	steps_refused(f, "tls_certificate: cannot use");
	fixture_option(f, "address", redis_server_socket());
	steps_refused(f, "tls: a local socket has none");
}

/* The server speaks TLS, natmill does not, and the other way round: no hanging. */
static void tls_on_one_side_only(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "address", redis_server_tls_address());
	struct output_result r = steps_reopen(f);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	fixture_option(f, "address", redis_server_address());
	fixture_option(f, "tls", "true");
	fixture_option(f, "tls_ca", redis_server_ca());
	r = steps_reopen(f);
	cases_assert_verdict(&r, OUTPUT_RETRY);
}

static void address_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "address", "localhost:0");
	steps_refused(f, "address must be like host:port");
	fixture_option(f, "address", "no-such-host.invalid");
	struct output_result r = steps_reopen(f);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_non_null(strstr(r.why.msg, "no address of the host"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, steps_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(keys_of_the_field),
		CASE(last_one_wins),
		CASE(keys_of_other_fields),
		CASE(without_any_address_its_identity),
		CASE(prefixes),
		CASE(time_to_live),
		CASE(database_and_local_socket),
		CASE(password_of_the_server),
		CASE(user_with_few_rights),
		CASE(tls),
		CASE(tls_with_nobody_known),
		CASE(tls_on_one_side_only),
		CASE(address_that_cannot_be),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
