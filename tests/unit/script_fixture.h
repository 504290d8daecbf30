/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of the script host: writes vendor scripts into a folder of their own, loads them, runs lines
 * through them and tells what became of them as text. Include after cmocka's headers.
 */
#ifndef NATMILL_TESTS_SCRIPT_FIXTURE_H
#define NATMILL_TESTS_SCRIPT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "event/batch.h"
#include "script/host.h"

#define HELPER __attribute__((unused)) static

struct fixture {
	char dir[64];
	struct errlist errors;
	struct generation *generation;
	struct host *host;
	struct batch batch;
	int route;
	struct strbuf shown;
};

HELPER void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	snprintf(f->dir, sizeof f->dir, "/tmp/natmill-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	batch_init(&f->batch, 100, 1 << 20);
}

HELPER void fixture_write(struct fixture *f, const char *file, const char *text, size_t len)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", f->dir, file);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	fclose(out);
}

HELPER void fixture_unload(struct fixture *f)
{
	host_free(f->host);
	generation_unref(f->generation);
	f->host = NULL;
	f->generation = NULL;
	errlist_free(&f->errors);
}

/* Loads what the folder holds; the route tries all scripts. False with f->errors. */
HELPER bool fixture_load(struct fixture *f, bool need_host_time)
{
	struct host_options o = {.jit = true, .need_host_time = need_host_time};
	fixture_unload(f);
	f->generation = generation_load(f->dir, NULL, 0, 7, &f->errors);
	if (f->generation == NULL)
		return false;
	f->host = host_new(f->generation, &o, &f->errors);
	if (f->host == NULL)
		return false;
	f->route = host_route_all(f->host);
	return true;
}

/* A script "t" with this body between its first and last line; must load. */
HELPER void fixture_script(struct fixture *f, const char *body)
{
	struct strbuf text = {0};
	strbuf_printf(&text, "local t = vendor \"t\"\n%s\nreturn t\n", body);
	fixture_write(f, "t.lua", text.data, text.len);
	strbuf_free(&text);
	if (!fixture_load(f, false))
		fail_msg("%s", f->errors.items[0].msg);
}

/* The first error of a script "t" with this body, which must not load. The folder's name is left out. */
HELPER const char *fixture_error(struct fixture *f, const char *body)
{
	struct strbuf text = {0};
	strbuf_printf(&text, "local t = vendor \"t\"\n%s\nreturn t\n", body);
	fixture_write(f, "t.lua", text.data, text.len);
	strbuf_free(&text);
	if (fixture_load(f, false))
		fail_msg("loads: %s", body);
	const char *msg = f->errors.items[0].msg;
	size_t prefix = strlen(f->dir) + 1;
	return strncmp(msg, f->dir, strlen(f->dir)) == 0 ? msg + prefix : msg;
}

HELPER struct message *fixture_add(struct fixture *f, const char *value, size_t len)
{
	struct message *m = &f->batch.messages[f->batch.message_count++];
	*m = (struct message){.topic = "cgnat.test",
			      .timestamp = EVENT_NO_TIME,
			      .value = value,
			      .len = len,
			      .route = (uint32_t)f->route};
	return m;
}

/* Runs the batch; a line for each event (its JSON) and each dead letter ("dead RECORD VENDOR/RULE COLUMN:
 * REASON"), and "ignored" when something was. The folder's name is left out of reasons. */
HELPER const char *fixture_run(struct fixture *f)
{
	struct err e;
	struct batch *b = &f->batch;
	if (host_run(f->host, b, &e) != 0)
		fail_msg("%s", e.msg);
	strbuf_reset(&f->shown);
	for (uint32_t i = 0; i < b->event_count; i++) {
		event_json(&b->events[i], b->arena.data, b->arena.len, &f->shown);
		strbuf_addc(&f->shown, '\n');
	}
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		const char *reason = b->arena.data + d->reason.off;
		size_t skip = d->reason.len > strlen(f->dir) && memcmp(reason, f->dir, strlen(f->dir)) == 0
				      ? strlen(f->dir) + 1
				      : 0;
		strbuf_printf(&f->shown, "dead %u %s/%s %u: ", d->record, d->vendor, d->rule, d->column);
		strbuf_add(&f->shown, reason + skip, d->reason.len - skip);
		strbuf_addc(&f->shown, '\n');
	}
	if (b->counts.ignored > 0)
		strbuf_adds(&f->shown, "ignored\n");
	assert_int_equal(b->counts.records, b->counts.parsed + b->counts.ignored + b->counts.dead);
	assert_int_equal(b->counts.dead, b->dead_count);
	return f->shown.len > 0 ? f->shown.data : "";
}

/* One line as one message. */
HELPER const char *fixture_line(struct fixture *f, const char *line)
{
	batch_reset(&f->batch);
	fixture_add(f, line, strlen(line));
	return fixture_run(f);
}

HELPER void fixture_free(struct fixture *f)
{
	char command[128];
	fixture_unload(f);
	batch_free(&f->batch);
	strbuf_free(&f->shown);
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a folder made by mkdtemp */
}

/* cmocka's set-up and tear-down: one fixture a test. */
HELPER int fixture_setup(void **state)
{
	static struct fixture f;
	fixture_init(&f);
	*state = &f;
	return 0;
}

HELPER int fixture_teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
