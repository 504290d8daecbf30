/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `amqp`; see driver_amqp.h.
 */
#include "tests/contract/driver_amqp.h"

#include "base/strbuf.h"
#include "tests/contract/rabbit_server.h"
#include "tests/contract/server_process.h"

extern const struct output_type amqp_output;

static void set_up(struct fixture *f)
{
	fixture_option(f, "address", rabbit_address());
	rabbit_declare("cgnat.events", "topic");
	rabbit_bind(DRIVER_AMQP_QUEUE, "cgnat.events", "cgnat.events.#");
}

static void tear_down(struct fixture *f)
{
	(void)f;
	rabbit_delete_queue(DRIVER_AMQP_QUEUE);
	rabbit_delete_exchange("cgnat.events");
}

static void see(const amqp_message_t *m, const char *key, void *arg)
{
	struct strbuf *out = arg;
	(void)key;
	strbuf_add(out, m->body.bytes, m->body.len);
	strbuf_addc(out, '\n');
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	(void)f;
	rabbit_take(DRIVER_AMQP_QUEUE, see, out);
}

/* As a broker that hangs. */
static void block(struct fixture *f)
{
	(void)f;
	server_freeze(rabbit_pid());
}

static void unblock(struct fixture *f)
{
	(void)f;
	server_thaw(rabbit_pid());
}

const struct driver amqp_driver = {
	.type = &amqp_output,
	.shared = true,
	.set_up = set_up,
	.tear_down = tear_down,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};
