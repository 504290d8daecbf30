/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers of the output `kafka`; see driver_kafka.h.
 */
#include "tests/contract/driver_kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "outputs/kafka.h"
#include "tests/contract/kafka_server.h"

#define FIXTURE_PARTITIONS 8

static void set_option(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	assert_int_equal(option_set(option_find(f->type->options, name), &f->options, value, &e), 0);
}

static void set_up(struct fixture *f)
{
	static unsigned number;
	struct kafka_names *own = xcalloc(1, sizeof *own);
	if (number++ == 0)
		kafka_create_topic(FIXTURE_TOPIC, FIXTURE_PARTITIONS, NULL, NULL);
	snprintf(own->topic, sizeof own->topic, "events-%u-%d", number, getpid());
	snprintf(own->group, sizeof own->group, "group-%u-%d", number, getpid());
	kafka_create_topic(own->topic, 2, NULL, NULL);
	f->own = own;
	f->env.group = own->group;
	f->env.cluster_id = kafka_cluster_id();
	set_option(f, "topic", own->topic);
	set_option(f, "brokers", kafka_server());
	rd_kafka_consumer_group_metadata_t *m = rd_kafka_consumer_group_metadata_new(own->group);
	assert_null(rd_kafka_consumer_group_metadata_write(m, &own->membership, &f->host.membership_len));
	f->host.membership = own->membership;
	rd_kafka_consumer_group_metadata_destroy(m);
}

static void transactional_set_up(struct fixture *f)
{
	set_up(f);
	option_put(option_find(f->type->options, "properties"), &f->options, "transaction.timeout.ms",
		   "2000");
}

static void plain_set_up(struct fixture *f)
{
	set_up(f);
	set_option(f, "transactional", "false");
}

static void tear_down(struct fixture *f)
{
	struct kafka_names *own = f->own;
	rd_kafka_mem_free(NULL, own->membership);
	free(own);
}

static void see_value(rd_kafka_message_t *m, void *arg)
{
	strbuf_add(arg, m->payload, m->len);
	strbuf_addc(arg, '\n');
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	const struct kafka_names *own = f->own;
	kafka_read_committed(own->topic, see_value, out);
}

static void block(struct fixture *f)
{
	(void)f;
	kafka_server_freeze();
}

static void unblock(struct fixture *f)
{
	(void)f;
	kafka_server_thaw();
}

const struct driver kafka_driver = {
	.type = &kafka_output,
	.shared = true,
	.set_up = transactional_set_up,
	.tear_down = tear_down,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};

const struct driver kafka_plain_driver = {
	.type = &kafka_plain_output,
	.shared = true,
	.set_up = plain_set_up,
	.tear_down = tear_down,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};
