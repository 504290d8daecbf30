/* SPDX-License-Identifier: Apache-2.0
 *
 * The dead-letter store `file`: one JSON object a line, appended; on the disk (fsync) before it counts. At
 * least once: topic, partition, offset, record, index and output tell repeated letters. Workers, and other
 * processes with the same file, take turns by flock(2). A line that a crash cut off is taken away when the
 * file is opened next. The file may be moved away at any time (log rotation): a new one is begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "output/letter.h"
#include "outputs/dead_file.h"

#define TURN_MS 5000 /* wait for the file's lock */
#define POLL_MS 10
#define CHUNK_BYTES (1u << 20)
#define TAIL_BYTES 4096

struct file_options {
	char *path;
};

struct file {
	const struct file_options *options;
	const struct output_env *env;
	int fd;   /* -1 while closed */
	FILE *in; /* as dead_file_read() wants it */
	struct strbuf lines;
};

static struct output *file_create(const void *options, const struct output_env *env, struct err *e)
{
	(void)e;
	struct file *s = xcalloc(1, sizeof *s);
	s->options = options;
	s->env = env;
	s->fd = -1;
	return (struct output *)s;
}

static void forget_fd(struct file *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void file_close(struct output *o)
{
	struct file *s = (struct file *)o;
	forget_fd(s);
	if (s->in != NULL)
		fclose(s->in);
	strbuf_free(&s->lines);
	free(s);
}

/* RETRY with errno's reason; the file is opened anew. */
static int fail(struct file *s, const char *doing, struct output_result *r)
{
	output_retry(r, true, "dead letters: %s %s: %s", doing, s->options->path, strerror(errno));
	forget_fd(s);
	return -1;
}

int dead_file_sync_folder(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -1;
	int rc = fsync(fd);
	close(fd);
	return rc;
}

static int open_fd(struct file *s, struct output_result *r)
{
	if (s->fd >= 0)
		return 0;
	s->fd = open(s->options->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	/* A new file must be found after a power cut. */
	if (s->fd < 0 || dead_file_sync_folder(s->options->path) != 0)
		return fail(s, "cannot open", r);
	return 0;
}

static int lock_file(struct file *s, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + TURN_MS;
	while (flock(s->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(s, "cannot lock", r);
		int64_t now = clock_mono_ms();
		if (now < deadline && output_wait(s->env->host, -1, 0, now + POLL_MS) >= 0)
			continue;
		output_retry(r, false, "dead letters: another worker or process still writes to %s",
			     s->options->path);
		return -1;
	}
	return 0;
}

/* Is the path still the open file? */
static bool in_place(const struct file *s)
{
	struct stat here;
	struct stat there;
	return fstat(s->fd, &here) == 0 && stat(s->options->path, &there) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* Length of the file without a line that lacks its end; -1 with errno. */
static off_t whole_lines(int fd, off_t size)
{
	char tail[TAIL_BYTES];
	while (size > 0) {
		size_t n = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
		ssize_t got = pread(fd, tail, n, size - (off_t)n);
		if (got != (ssize_t)n)
			return -1;
		const char *end = memrchr(tail, '\n', n);
		if (end != NULL)
			return size - (off_t)(n - (size_t)(end + 1 - tail));
		size -= (off_t)n;
	}
	return 0;
}

/* Takes away what a crash left of a line. *size = the file's length afterwards. */
static int repair(struct file *s, off_t *size, struct output_result *r)
{
	struct stat st;
	if (fstat(s->fd, &st) != 0)
		return fail(s, "cannot read", r);
	*size = whole_lines(s->fd, st.st_size);
	if (*size < 0)
		return fail(s, "cannot read", r);
	if (*size == st.st_size)
		return 0;
	log_warn("dead letters: %s ended within a line; %lld bytes of it removed", s->options->path,
		 (long long)(st.st_size - *size));
	return ftruncate(s->fd, *size) == 0 ? 0 : fail(s, "cannot mend", r);
}

/* The file open, locked and whole; 0, or -1 with r set and no lock held. */
static int start(struct file *s, off_t *size, struct output_result *r)
{
	for (int tries = 0; tries < 3; tries++) {
		if (open_fd(s, r) != 0 || lock_file(s, r) != 0)
			return -1;
		if (in_place(s))
			return repair(s, size, r);
		forget_fd(s);
	}
	output_retry(r, false, "dead letters: %s is being moved", s->options->path);
	return -1;
}

static void file_open(struct output *o, struct output_result *r)
{
	struct file *s = (struct file *)o;
	off_t size;
	forget_fd(s);
	if (start(s, &size, r) != 0)
		return;
	flock(s->fd, LOCK_UN);
	output_ok(r, 0);
}

static int put(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t got = write(fd, data, n);
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0) {
			data += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

/* Appends all letters, in bounded pieces. */
static int append(struct file *s, const struct batch *b, const struct dead_letter *letters, size_t n)
{
	int64_t now = clock_wall_us();
	strbuf_reset(&s->lines);
	for (size_t i = 0; i < n; i++) {
		letter_json(b, &letters[i], s->env->cluster_id, now, &s->lines);
		strbuf_addc(&s->lines, '\n');
		if (s->lines.len < CHUNK_BYTES && i + 1 < n)
			continue;
		if (put(s->fd, s->lines.data, s->lines.len) != 0)
			return -1;
		strbuf_reset(&s->lines);
	}
	return fdatasync(s->fd);
}

static void file_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters,
		      size_t n, struct output_result *r)
{
	struct file *s = (struct file *)o;
	off_t size;
	if (start(s, &size, r) != 0)
		return;
	if (append(s, batch, letters, n) == 0) {
		flock(s->fd, LOCK_UN);
		output_ok(r, n);
		return;
	}
	int why = errno;
	if (ftruncate(s->fd, size) != 0) /* the next start mends what this leaves */
		log_warn("dead letters: cannot shorten %s: %s", s->options->path, strerror(errno));
	errno = why;
	fail(s, "cannot write to", r);
}

static void file_dead_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
			   struct output_result *r)
{
	struct file *s = (struct file *)o;
	dead_file_read(&s->in, s->options->path, query, row, ctx, r);
}

/* Who writes finds another file at the path when it has the lock, and opens that. */
static void file_dead_sweep(struct output *o, dead_gone_fn *gone, void *ctx, struct output_result *r)
{
	struct file *s = (struct file *)o;
	size_t left_out = 0;
	off_t size;
	if (start(s, &size, r) != 0)
		return;
	output_ok(r, 0);
	int rc = dead_file_sweep(s->fd, s->options->path, gone, ctx, &left_out, r);
	if (rc == 0)
		output_ok(r, left_out);
	else if (r->verdict == OUTPUT_OK)
		fail(s, "cannot rewrite", r);
	forget_fd(s); /* and its lock */
}

static const struct option file_options[] = {
	{.name = "path",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct file_options, path),
	 .required = true,
	 .help = "The file, one JSON object a line; made when it is missing. It may be moved away while "
		 "natmill runs."},
	{.name = NULL},
};

const struct output_type dead_file_output = {
	.name = "file",
	.help = "Dead letters as JSON lines in a file.",
	.keeps_dead = true,
	.options = file_options,
	.options_size = sizeof(struct file_options),
	.create = file_create,
	.close = file_close,
	.open = file_open,
	.begin = output_nothing,
	.dead = file_dead,
	.dead_read = file_dead_read,
	.dead_sweep = file_dead_sweep,
	.commit = output_no_commit,
	.abort = output_no_abort,
};
