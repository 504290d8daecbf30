/* SPDX-License-Identifier: Apache-2.0
 *
 * The dead-letter store `file` without the letters that came back: a new file beside it takes its place when
 * it is whole and on the disk. Killed before, the old one is as it was. Called by dead_file.c under the
 * file's lock.
 */
#include "outputs/dead_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"

#define SUFFIX ".new"
#define ROUND_LETTERS 1000
#define ROUND_BYTES (4u << 20)

/* Some lines of the old file, which gone() is asked about together. */
struct round {
	struct strbuf lines;
	size_t starts[ROUND_LETTERS + 1];
	struct dead_key keys[ROUND_LETTERS];
	char *topics[ROUND_LETTERS]; /* owned: topic, cluster and output of keys[i]; NULL: the line is no
					letter */
	bool gone[ROUND_LETTERS];
	size_t n;
};

struct sweep {
	FILE *from;
	FILE *to;
	struct dead_file_line *line;
	dead_gone_fn *gone;
	void *ctx;
	size_t left_out;
	struct round round;
};

static void put_text(char **to, const char **text)
{
	size_t n = strlen(*text) + 1;
	*text = memcpy(*to, *text, n);
	*to += n;
}

/* The key outlives the line that it was read from. */
static char *keep_key(struct dead_key *key)
{
	char *block = xmalloc(strlen(key->topic) + strlen(key->cluster) + strlen(key->output) + 3);
	char *to = block;
	put_text(&to, &key->topic);
	put_text(&to, &key->cluster);
	put_text(&to, &key->output);
	return block;
}

static void add_line(struct sweep *s, const char *text, size_t n)
{
	struct round *round = &s->round;
	struct err e;
	struct stored_letter *letter = dead_file_letter(s->line, text, n - 1, &e);
	size_t i = round->n++;
	round->topics[i] = NULL;
	round->keys[i] = (struct dead_key){.cluster = "", .topic = "", .output = "", .offset = -1};
	if (letter != NULL) {
		round->keys[i] = letter->at;
		round->topics[i] = keep_key(&round->keys[i]);
	}
	strbuf_add(&round->lines, text, n);
	round->starts[round->n] = round->lines.len;
}

/* Reads lines, which all have an end while the file is locked; false at the end. */
static bool read_round(struct sweep *s)
{
	struct round *round = &s->round;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	strbuf_reset(&round->lines);
	round->n = 0;
	memset(round->gone, 0, sizeof round->gone);
	while (round->n < ROUND_LETTERS && round->lines.len < ROUND_BYTES &&
	       (n = getline(&line, &room, s->from)) > 0)
		add_line(s, line, (size_t)n);
	free(line);
	return round->n > 0;
}

static void write_round(struct sweep *s)
{
	struct round *round = &s->round;
	for (size_t i = 0; i < round->n; i++) {
		bool gone = round->gone[i] && round->topics[i] != NULL;
		s->left_out += gone;
		if (!gone)
			fwrite(round->lines.data + round->starts[i], 1,
			       round->starts[i + 1] - round->starts[i], s->to);
		free(round->topics[i]);
	}
}

/* 0, or -1 with errno or r. */
static int copy(struct sweep *s, struct output_result *r)
{
	while (read_round(s)) {
		s->gone(s->ctx, s->round.keys, s->round.n, s->round.gone, r);
		if (r->verdict != OUTPUT_OK)
			memset(s->round.gone, 0, sizeof s->round.gone);
		write_round(s);
		if (r->verdict != OUTPUT_OK || ferror(s->to) != 0)
			return -1;
	}
	return ferror(s->from) != 0 ? -1 : 0;
}

/* The same owner and rights, since others read it. */
static int dress(int to, int from)
{
	struct stat st;
	if (fstat(from, &st) != 0 || fchmod(to, st.st_mode & 07777) != 0)
		return -1;
	return fchown(to, st.st_uid, st.st_gid) == 0 || errno == EPERM ? 0 : -1;
}

static bool is_at(int fd, const char *path)
{
	struct stat here;
	struct stat there;
	return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino &&
	       here.st_dev == there.st_dev;
}

/* Both files change places at once. Was it not the old one that stood there (it was moved away just now, and
 * somebody has begun another), they change back; nobody has written to the new one, which is locked. */
static int exchange(struct sweep *s, int from, const char *path, const char *fresh)
{
	if (flock(fileno(s->to), LOCK_EX | LOCK_NB) != 0 ||
	    renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
		return -1;
	if (is_at(from, fresh))
		return dead_file_sync_folder(path);
	renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE);
	errno = EBUSY;
	return -1;
}

/* What stands at its place, left by a sweep that was interrupted or a link of somebody's, is removed, not
 * opened. */
static int open_fresh(const char *fresh)
{
	unlink(fresh);
	return open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int rewrite(struct sweep *s, int from, const char *path, const char *fresh, struct output_result *r)
{
	int in = lseek(from, 0, SEEK_SET) == 0 ? dup(from) : -1;
	int to = open_fresh(fresh);
	s->from = in >= 0 ? fdopen(in, "r") : NULL;
	s->to = to >= 0 ? fdopen(to, "w") : NULL;
	if (s->from == NULL || s->to == NULL || dress(to, from) != 0 || copy(s, r) != 0)
		return -1;
	if (s->left_out == 0)
		return 0;
	if (fflush(s->to) != 0 || fsync(fileno(s->to)) != 0)
		return -1;
	return exchange(s, from, path, fresh);
}

int dead_file_sweep(int from, const char *path, dead_gone_fn *gone, void *ctx, size_t *left_out,
		    struct output_result *r)
{
	struct sweep *s = xcalloc(1, sizeof *s);
	struct strbuf fresh = {0};
	char *real = realpath(path, NULL); /* a symbolic link stays one */
	strbuf_printf(&fresh, "%s" SUFFIX, real != NULL ? real : path);
	s->line = dead_file_line_new();
	s->gone = gone;
	s->ctx = ctx;
	int rc = real != NULL ? rewrite(s, from, real, fresh.data, r) : -1;
	int why = errno;
	if (real != NULL)
		unlink(fresh.data); /* the old one, or what did not get into its place */
	*left_out = s->left_out;
	if (s->from != NULL)
		fclose(s->from);
	if (s->to != NULL)
		fclose(s->to);
	dead_file_line_free(s->line);
	strbuf_free(&s->round.lines);
	strbuf_free(&fresh);
	free(real);
	free(s);
	errno = why;
	return rc;
}
