/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop over pages of dead letters, with outputs that are fenced: made anew each time, and given up when
 * that does not help.
 */
#include "tests/unit/deliver_rig.h"

#include "stream/comeback.h"
#include "tests/unit/script_fixture.h"

static void read_one(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
		     struct output_result *r)
{
	const struct stored_letter l = {.at = {.cluster = "c", .topic = "t", .offset = 7, .output = ""},
					.vendor = "",
					.rule = "",
					.reason = "old reason",
					.script_hash = "",
					.value = "raw",
					.len = 3};
	(void)o;
	if (query->after == NULL)
		row(ctx, &l);
	output_ok(r, query->after == NULL);
}

static void let_go(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	(void)o;
	(void)keys;
	output_ok(r, n);
}

static void claim(struct output *o, struct output_result *r)
{
	(void)o;
	output_ok(r, 1);
}

static void ignore(void *ctx, const struct page_letter *letter, const char *reason)
{
	(void)ctx;
	(void)letter;
	(void)reason;
}

/* One letter into an output that is fenced so many times. */
static int run(struct fixture *f, unsigned fenced, unsigned *created, struct err *e)
{
	struct output_type type = capture_output;
	struct rig_host host = {.host = {.wait = rig_wait}, .allowed = UINT32_MAX};
	struct capture *server = capture_new();
	struct capture_options options = {.capture = server};
	struct sink_config sink = {.type = &type, .name = "db", .options = &options};
	struct comeback_counts counts;
	type.dead_read = read_one;
	type.dead_remove = let_go;
	type.dead_claim = claim;
	server->plan.fenced = fenced;
	struct comeback_config config = {.generation = f->generation,
					 .outputs = &sink,
					 .output_count = 1,
					 .host = &host.host,
					 .told = ignore};
	int rc = comeback_run(&config, &counts, e);
	*created = server->calls.create;
	assert_string_equal(server->error, "");
	capture_free(server);
	return rc;
}

static void fenced_outputs_are_made_anew(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	unsigned created;
	fixture_script(f, "t:port_mapping '{action} {src_ip}:{src_port} {x_ip}:{x_port}'");
	assert_int_equal(run(f, 0, &created, &e), 0);
	unsigned unfenced = created;
	assert_int_equal(run(f, 3, &created, &e), 0);
	assert_int_equal(created, unfenced + 3);
	assert_int_equal(run(f, 1000, &created, &e), -1);
	assert_non_null(strstr(e.msg, "fenced 10 times in a row"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {FIXTURE_TEST(fenced_outputs_are_made_anew)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
