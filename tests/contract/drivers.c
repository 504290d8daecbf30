/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers of the outputs that need no library to be read back: capture, null, stdout and the file of dead
 * letters; see drivers.h.
 */
#include "tests/contract/drivers.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/capture.h"
#include "tests/contract/driver_amqp.h"
#include "tests/contract/driver_dead.h"
#include "tests/contract/driver_file.h"
#include "tests/contract/driver_http.h"
#include "tests/contract/driver_influxdb.h"
#include "tests/contract/driver_kafka.h"
#include "tests/contract/driver_postgresql.h"
#include "tests/contract/driver_redis.h"
#include "tests/contract/driver_sqlite.h"

extern const struct output_type null_output;
extern const struct output_type stdout_output;

static void capture_set_up(struct fixture *f)
{
	struct capture_options *options = (struct capture_options *)(void *)&f->options;
	f->own = options->capture = capture_new();
}

static void capture_tear_down(struct fixture *f)
{
	struct capture *c = f->own;
	assert_string_equal(c->error, "");
	capture_free(c);
}

static void capture_read(struct fixture *f, struct strbuf *out)
{
	struct capture *c = f->own;
	for (size_t i = 0; i < c->row_count; i++)
		strbuf_printf(out, "%s\n", c->rows[i].json);
}

static void capture_read_dead(struct fixture *f, struct strbuf *out)
{
	struct capture *c = f->own;
	for (size_t i = 0; i < c->letter_count; i++) {
		const struct capture_letter *l = &c->letters[i];
		strbuf_printf(out, "%lld %u %u %s %s raw value\n", (long long)l->offset, l->record, l->index,
			      l->output, l->reason);
	}
}

static void capture_block(struct fixture *f)
{
	struct capture *c = f->own;
	c->plan.wait_in_write = true;
}

static void capture_unblock(struct fixture *f)
{
	struct capture *c = f->own;
	c->plan.wait_in_write = false;
}

static void nothing(struct fixture *f)
{
	(void)f;
}

/* stdout: descriptor 1 is a pipe for the time of the test, emptied by read. */
struct std {
	int saved;
	int reader;
	struct strbuf seen;
	size_t filler; /* bytes at the front that block() put into the pipe */
};

static void std_set_up(struct fixture *f)
{
	struct std *own = xcalloc(1, sizeof *own);
	int ends[2];
	fflush(stdout);
	own->saved = dup(STDOUT_FILENO);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) > 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	close(ends[1]);
	own->reader = ends[0];
	f->own = own;
	signal(SIGPIPE, SIG_IGN);
}

static void std_drain(struct std *own)
{
	ssize_t n;
	while ((n = read(own->reader, strbuf_reserve(&own->seen, 65536), 65536)) > 0)
		own->seen.len += (size_t)n;
}

static void std_tear_down(struct fixture *f)
{
	struct std *own = f->own;
	dup2(own->saved, STDOUT_FILENO);
	close(own->saved);
	close(own->reader);
	strbuf_free(&own->seen);
	free(own);
}

static void std_read(struct fixture *f, struct strbuf *out)
{
	struct std *own = f->own;
	std_drain(own);
	assert_true(own->seen.len >= own->filler);
	strbuf_add(out, own->seen.data + own->filler, own->seen.len - own->filler);
}

/* Fills the pipe. */
static void std_block(struct fixture *f)
{
	static const char dots[4096];
	struct std *own = f->own;
	std_drain(own);
	assert_int_equal(own->seen.len, 0);
	while (own->filler < 1 << 20) {
		ssize_t n = write(STDOUT_FILENO, dots, sizeof dots);
		assert_true(n > 0);
		own->filler += (size_t)n;
	}
}

static void std_unblock(struct fixture *f)
{
	std_drain(f->own);
}

static const struct driver capture_driver = {
	.type = &capture_output,
	.set_up = capture_set_up,
	.tear_down = capture_tear_down,
	.read = capture_read,
	.read_dead = capture_read_dead,
	.block = capture_block,
	.unblock = capture_unblock,
};

static const struct driver capture_plain_driver = {
	.type = &capture_plain_output,
	.set_up = capture_set_up,
	.tear_down = capture_tear_down,
	.read = capture_read,
	.block = capture_block,
	.unblock = capture_unblock,
};

static const struct driver capture_dead_driver = {
	.type = &capture_dead_output,
	.set_up = capture_set_up,
	.tear_down = capture_tear_down,
	.read_dead = capture_read_dead,
};

static const struct driver null_driver = {
	.type = &null_output,
	.forgets = true,
	.set_up = nothing,
};

static const struct driver stdout_driver = {
	.type = &stdout_output,
	.set_up = std_set_up,
	.tear_down = std_tear_down,
	.read = std_read,
	.block = std_block,
	.unblock = std_unblock,
};

const struct driver *const drivers[] = {
	&capture_driver,
	&capture_plain_driver,
	&capture_dead_driver,
	&null_driver,
	&stdout_driver,
	&sqlite_driver,
	&postgresql_driver,
	&dead_file_driver,
	&dead_kafka_driver,
	&kafka_driver,
	&kafka_plain_driver,
	&redis_driver,
	&amqp_driver,
	&file_driver,
	&http_driver,
	&influxdb_driver,
	NULL,
};
