/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `stdout`: one JSON object a line (COMPATIBILITY's form) to standard output. An event counts as
 * stored when write(2) has taken its whole line. At least once: what was written stays written when the batch
 * is tried again. Lines of several workers never mix: a process-wide lock is held over each chunk, and a line
 * that was cut by a wait given up is finished by the next writer. SIGPIPE must be ignored by the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "output/lock.h"
#include "output/output.h"

#define CHUNK_BYTES 65536 /* encoded at a time */
#define STALL_MS 5000     /* a reader that takes nothing for so long: retry */

struct std {
	const struct output_env *env;
	struct lock *lock;
	struct strbuf lines;
	bool file; /* a regular file: writes never wait for a reader */
};

/* The rest of a line that was cut; guarded by the lock. */
static struct strbuf torn;

static struct output *std_create(const void *options, const struct output_env *env, struct err *e)
{
	(void)options;
	struct lock *lock = lock_get("stdout");
	if (lock == NULL) {
		err_set(e, ERR_SYSTEM, "output %s: %s", env->name, strerror(errno));
		return NULL;
	}
	struct std *s = xcalloc(1, sizeof *s);
	s->env = env;
	s->lock = lock;
	return (struct output *)s;
}

static void std_close(struct output *o)
{
	struct std *s = (struct std *)o;
	lock_put(s->lock);
	strbuf_free(&s->lines);
	free(s);
}

static void std_open(struct output *o, struct output_result *r)
{
	struct std *s = (struct std *)o;
	struct stat st;
	if (fstat(STDOUT_FILENO, &st) != 0) {
		output_retry(r, true, "standard output is not open: %s", strerror(errno));
		return;
	}
	s->file = S_ISREG(st.st_mode);
	output_ok(r, 0);
}

/* True when write(2) of up to PIPE_BUF bytes would not block (poll(2) promises so much for pipes). */
static bool writable(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
	return poll(&p, 1, 0) > 0;
}

/* 0 when it is worth to write; -1 with r set. */
static int wait_writable(struct std *s, struct output_result *r)
{
	if (s->file || writable())
		return 0;
	int64_t deadline = clock_mono_ms() + STALL_MS;
	int ready = output_wait(s->env->host, STDOUT_FILENO, POLLOUT, deadline);
	if (ready > 0)
		return 0;
	output_retry(r, false,
		     ready < 0 ? "stopped while waiting for the reader of standard output"
			       : "the reader of standard output takes nothing");
	return -1;
}

/* Writes n bytes; returns how many were taken. Less than n: r tells why. */
static size_t put(struct std *s, const char *data, size_t n, struct output_result *r)
{
	size_t done = 0;
	while (done < n) {
		if (wait_writable(s, r) != 0)
			return done;
		size_t part = n - done;
		if (!s->file && part > PIPE_BUF)
			part = PIPE_BUF;
		ssize_t got = write(STDOUT_FILENO, data + done, part);
		if (got >= 0) {
			done += (size_t)got;
		} else if (errno != EINTR && errno != EAGAIN) {
			output_retry(r, true,
				     errno == EPIPE ? "the reader of standard output has gone (%s)"
						    : "standard output: %s",
				     strerror(errno));
			return done;
		}
	}
	return done;
}

static int put_torn(struct std *s, struct output_result *r)
{
	size_t len = torn.len;
	size_t done = put(s, torn.data, len, r);
	memmove(torn.data, torn.data + done, len - done);
	torn.len -= done;
	return done == len ? 0 : -1;
}

static size_t count_lines(const char *data, size_t n)
{
	size_t lines = 0;
	for (const char *end; n > 0 && (end = memchr(data, '\n', n)) != NULL; lines++) {
		n -= (size_t)(end + 1 - data);
		data = end + 1;
	}
	return lines;
}

/* Writes s->lines under the lock; returns the number of whole lines taken. */
static size_t put_lines(struct std *s, struct output_result *r)
{
	int taken = lock_take(s->lock, s->env->host, clock_mono_ms() + STALL_MS);
	if (taken <= 0) {
		output_retry(r, false, "another worker waits for the reader of standard output");
		return 0;
	}
	size_t done = 0;
	if (torn.len == 0 || put_torn(s, r) == 0)
		done = put(s, s->lines.data, s->lines.len, r);
	size_t lines = count_lines(s->lines.data, done);
	if (done > 0 && done < s->lines.len && s->lines.data[done - 1] != '\n') {
		const char *rest = s->lines.data + done;
		const char *end = memchr(rest, '\n', s->lines.len - done);
		strbuf_add(&torn, rest, (size_t)(end + 1 - rest));
	}
	lock_release(s->lock);
	return lines;
}

/* Fills s->lines with the events from place i; returns how many. */
static size_t encode(struct std *s, const struct output_range *range, size_t i)
{
	const struct batch *b = range->batch;
	size_t n = 0;
	strbuf_reset(&s->lines);
	for (; i + n < range->n && s->lines.len < CHUNK_BYTES; n++) {
		event_json(&b->events[range->pick[i + n]], b->arena.data, b->arena.len, &s->lines);
		strbuf_addc(&s->lines, '\n');
	}
	return n;
}

static void std_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct std *s = (struct std *)o;
	size_t done = 0;
	while (done < range->n) {
		size_t n = encode(s, range, done);
		size_t lines = put_lines(s, r);
		done += lines;
		if (lines < n)
			break;
	}
	/* Whole lines are out: that much is done, whatever stopped the rest; the next call will meet it
	 * again. */
	if (done > 0 || range->n == 0)
		output_ok(r, done);
}

static const struct option std_options[] = {{.name = NULL}};

const struct output_type stdout_output = {
	.name = "stdout",
	.help = "One JSON object a line to standard output.",
	.takes_events = true,
	.options = std_options,
	.create = std_create,
	.close = std_close,
	.open = std_open,
	.begin = output_nothing,
	.write = std_write,
	.commit = output_no_commit,
	.abort = output_no_abort,
};
