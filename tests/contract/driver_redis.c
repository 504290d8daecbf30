/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `redis`; see driver_redis.h. Read back with hiredis' blocking client.
 */
#include "tests/contract/driver_redis.h"

#include "tests/contract/redis_server.h"
#include "tests/contract/server_process.h"

extern const struct output_type redis_output;

static void set_up(struct fixture *f)
{
	fixture_option(f, "address", redis_server_address());
	fixture_option(f, "key_field", "identity");
	redis_run((const char *const[]){"FLUSHALL", NULL});
}

static void read_events(struct fixture *f, struct strbuf *out)
{
	(void)f;
	redis_values(out);
}

/* As a server that hangs. */
static void block(struct fixture *f)
{
	(void)f;
	server_freeze(redis_server_pid());
}

static void unblock(struct fixture *f)
{
	(void)f;
	server_thaw(redis_server_pid());
}

const struct driver redis_driver = {
	.type = &redis_output,
	.shared = true,
	.set_up = set_up,
	.read = read_events,
	.block = block,
	.unblock = unblock,
};
