/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the output `amqp` promises: messages and their properties, routing keys, the exchange, messages
 * that cannot be routed, users, TLS. On a real broker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/cases.h"
#include "tests/contract/driver_amqp.h"
#include "tests/contract/rabbit_server.h"
#include "tests/contract/steps.h"

#define QUEUE DRIVER_AMQP_QUEUE
#define EXCHANGE "cgnat.events"

static int set_up(void **state)
{
	return steps_set_up(state, &amqp_driver);
}

static void assert_alarm(const struct output_result *r, const char *word)
{
	cases_assert_verdict(r, OUTPUT_RETRY);
	assert_true(r->alarm);
	if (strstr(r->why.msg, word) == NULL)
		fail_msg("'%s' does not tell '%s'", r->why.msg, word);
	assert_null(strstr(r->why.msg, "open sesame"));
}

static void fill_four(struct fixture *f)
{
	batch_reset(&f->batch);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		fixture_add(&f->batch, type, 2, 100 + type);
}

/* Adds "key message-id type" of each message; all have the same other properties. */
static void see_properties(const amqp_message_t *m, const char *key, void *arg)
{
	const amqp_basic_properties_t *p = &m->properties;
	assert_int_equal(p->delivery_mode, AMQP_DELIVERY_PERSISTENT);
	assert_memory_equal(p->content_type.bytes, "application/json", p->content_type.len);
	strbuf_printf(arg, "%s %.*s %.*s\n", key, (int)p->message_id.len, (const char *)p->message_id.bytes,
		      (int)p->type.len, (const char *)p->type.bytes);
}

static void assert_seen(const char *text)
{
	struct strbuf found = {0};
	struct strbuf expected = {0};
	rabbit_take(QUEUE, see_properties, &found);
	strbuf_adds(&expected, text);
	fixture_assert_lines(&found, &expected);
}

static void keys_and_properties(void **state)
{
	struct fixture *f = *state;
	fill_four(f);
	fixture_deliver(f, 0, 4);
	assert_seen("cgnat.events.sessionmapping cluster-1:cgnat.syslog.nfware:2:100:0 session-mapping\n"
		    "cgnat.events.portmapping cluster-1:cgnat.syslog.nfware:2:101:0 port-mapping\n"
		    "cgnat.events.portblockmapping cluster-1:cgnat.syslog.nfware:2:102:0 port-block-mapping\n"
		    "cgnat.events.addressmapping cluster-1:cgnat.syslog.nfware:2:103:0 address-mapping\n");
}

static void own_routing_keys(void **state)
{
	struct fixture *f = *state;
	const struct option *map = option_find(f->type->options, "routing_keys");
	rabbit_bind(QUEUE, EXCHANGE, "#");
	option_put(map, &f->options, "session-mapping", "nat.s");
	fixture_option(f, "routing_key", "nat");
	steps_reopen_well(f);
	fill_four(f);
	fixture_deliver(f, 0, 4);
	assert_seen("nat.s cluster-1:cgnat.syslog.nfware:2:100:0 session-mapping\n"
		    "nat cluster-1:cgnat.syslog.nfware:2:101:0 port-mapping\n"
		    "nat cluster-1:cgnat.syslog.nfware:2:102:0 port-block-mapping\n"
		    "nat cluster-1:cgnat.syslog.nfware:2:103:0 address-mapping\n");
	option_put(map, &f->options, "flows", "x");
	steps_refused(f, "routing_keys: 'flows' is no type of event");
	option_clear(map, &f->options);
}

/* The broker's own exchange: the routing key names the queue. */
static void straight_into_a_queue(void **state)
{
	struct fixture *f = *state;
	const struct option *map = option_find(f->type->options, "routing_keys");
	fixture_option(f, "exchange", "");
	fixture_option(f, "routing_key", QUEUE);
	option_put(map, &f->options, "session-mapping", QUEUE);
	steps_reopen_well(f);
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_deliver(f, 0, 100);
	cases_assert_stored(f, &f->batch);
}

/* A message id has at most 255 bytes: the end of a longer identity, which tells one event from another. */
static void identity_of_a_long_topic(void **state)
{
	struct fixture *f = *state;
	char topic[250];
	struct strbuf expected = {0};
	memset(topic, 't', sizeof topic - 1);
	topic[sizeof topic - 1] = '\0';
	fixture_add(&f->batch, EVENT_ADDRESS, 1234, 123456789012);
	f->batch.messages[0].topic = topic;
	fixture_deliver(f, 0, 1);
	strbuf_printf(&expected, "cgnat.events.addressmapping %.*s:1234:123456789012:0 address-mapping\n",
		      255 - (int)strlen(":1234:123456789012:0"), topic);
	assert_seen(expected.data);
	strbuf_free(&expected);
}

static void makes_the_exchange(void **state)
{
	struct fixture *f = *state;
	rabbit_delete_exchange(EXCHANGE);
	steps_reopen_well(f);
	rabbit_declare(EXCHANGE, "topic"); /* refused unless it is a durable one */
	rabbit_bind(QUEUE, EXCHANGE, "#");
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_deliver(f, 0, 100);
	cases_assert_stored(f, &f->batch);
}

static void another_exchange_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	rabbit_delete_exchange(EXCHANGE);
	rabbit_declare(EXCHANGE, "fanout");
	struct output_result r = steps_reopen(f);
	assert_alarm(&r, "mend exchange_type");
	fixture_option(f, "exchange_type", "fanout");
	steps_reopen_well(f);
}

static void missing_exchange_without_declare(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "declare", "false");
	steps_reopen_well(f);
	rabbit_delete_exchange(EXCHANGE);
	struct output_result r = steps_reopen(f);
	assert_alarm(&r, "set declare: true");
	rabbit_declare(EXCHANGE, "topic");
}

/* Some of the types have no queue: nothing is lost, and what went through is not sent again. */
static void unroutable_is_kept_back(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	rabbit_delete_queue(QUEUE);
	rabbit_bind(QUEUE, EXCHANGE, "*.*.sessionmapping");
	fixture_fill(&f->batch, 0, 0, 2000);
	for (int i = 0; i < 3; i++) {
		steps_attempt(f, &r);
		assert_alarm(&r, "NO_ROUTE for routing key cgnat.events.portmapping: bind a queue");
		assert_false(r.reopen);
		f->type->abort(f->output);
	}
	rabbit_bind(QUEUE, EXCHANGE, "#");
	steps_attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	cases_assert_stored(f, &f->batch); /* each exactly once */
}

static void unroutable_may_be_dropped(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	fixture_option(f, "mandatory", "false");
	steps_reopen_well(f);
	rabbit_delete_queue(QUEUE);
	fixture_fill(&f->batch, 0, 0, 100);
	steps_attempt(f, &r);
	cases_assert_verdict(&r, OUTPUT_OK);
	rabbit_bind(QUEUE, EXCHANGE, "#");
}

/* The next batch is not the one that was confirmed. */
static void confirms_are_of_their_batch(void **state)
{
	struct fixture *f = *state;
	struct output_result r;
	struct strbuf expected = {0};
	struct strbuf found = {0};
	fixture_fill(&f->batch, 0, 0, 500);
	fixture_expect(&f->batch, &expected);
	steps_attempt(f, &r); /* given up behind it, without commit */
	cases_assert_verdict(&r, OUTPUT_OK);
	f->type->abort(f->output);
	fixture_fill(&f->batch, 0, 500, 500);
	fixture_expect(&f->batch, &expected);
	fixture_deliver(f, 0, 1000);
	fixture_deliver(f, 0, 1000); /* and after a commit it is all forgotten */
	fixture_expect(&f->batch, &expected);
	f->driver->read(f, &found);
	fixture_assert_lines(&found, &expected);
}

/* Who may not make the exchange can use it. */
static void user_with_few_rights(void **state)
{
	struct fixture *f = *state;
	rabbit_ctl("add_user nat 'open sesame'");
	rabbit_ctl("set_permissions nat '' '.*' ''");
	fixture_option(f, "user", "nat");
	struct output_result r = steps_reopen(f);
	assert_alarm(&r, "ACCESS_REFUSED");
	fixture_option(f, "password", "open sesame");
	steps_reopen_well(f);
	fixture_fill(&f->batch, 0, 0, 100);
	fixture_deliver(f, 0, 100);
	rabbit_ctl("set_permissions nat '' '' ''");
	fixture_fill(&f->batch, 0, 100, 100);
	steps_reopen_well(f); /* the broker remembers rights of a channel */
	steps_attempt(f, &r);
	assert_alarm(&r, "ACCESS_REFUSED");
	rabbit_ctl("clear_permissions nat");
	r = steps_reopen(f);
	assert_alarm(&r, "virtual_host");
	rabbit_ctl("delete_user nat");
	fixture_option(f, "user", "guest");
	fixture_option(f, "password", "guest");
	fixture_option(f, "virtual_host", "nowhere");
	r = steps_reopen(f);
	assert_alarm(&r, "virtual_host");
}

static void tls(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "tls", "true");
	fixture_option(f, "address", rabbit_tls_address());
	struct output_result r = steps_reopen(f); /* the system does not know the certificate */
	assert_alarm(&r, "certificate");
	fixture_option(f, "tls_ca", rabbit_ca());
	steps_reopen_well(f);
	fixture_fill(&f->batch, 0, 0, 4000);
	fixture_deliver(f, 0, 4000);
	cases_assert_stored(f, &f->batch);
	char other[64];
	snprintf(other, sizeof other, "127.0.0.1%s", strchr(rabbit_tls_address(), ':'));
	fixture_option(f, "address", other); /* not its name */
	r = steps_reopen(f);
	assert_alarm(&r, "certificate");
	fixture_option(f, "tls_ca", "/nowhere/ca.pem");
	r = steps_reopen(f);
	assert_alarm(&r, "tls_ca");
}

static void address_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	fixture_option(f, "address", "unix:/run/rabbitmq");
	steps_refused(f, "no local socket");
	fixture_option(f, "address", "localhost:http");
	steps_refused(f, "address must be like host:port");
	fixture_option(f, "address", "no-such-host.invalid");
	struct output_result r = steps_reopen(f);
	cases_assert_verdict(&r, OUTPUT_RETRY);
	assert_false(r.alarm);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, steps_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(keys_and_properties),
		CASE(own_routing_keys),
		CASE(straight_into_a_queue),
		CASE(identity_of_a_long_topic),
		CASE(makes_the_exchange),
		CASE(another_exchange_is_an_alarm),
		CASE(missing_exchange_without_declare),
		CASE(unroutable_is_kept_back),
		CASE(unroutable_may_be_dropped),
		CASE(confirms_are_of_their_batch),
		CASE(user_with_few_rights),
		CASE(tls),
		CASE(address_that_cannot_be),
	};
#undef CASE
	return cmocka_run_group_tests(tests, NULL, NULL);
}
