/* SPDX-License-Identifier: Apache-2.0
 *
 * Who takes dead letters out of the output `sqlite`: one at a time holds an flock(2) on a file beside the
 * database, which ends with its process at the latest. Not on the database itself: to close any descriptor of
 * it would end the locks of SQLite. Called by the engine; the descriptor belongs to the output.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outputs/sqlite.h"

#define SUFFIX "-replay"

/* Is it still the file that others would open? A former holder takes it away when it is done. */
static bool is_current(int fd, const char *path)
{
	struct stat mine;
	struct stat there;
	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
	       mine.st_dev == there.st_dev;
}

/* The descriptor with the lock, -1 when another one has it or (errno not EWOULDBLOCK) it failed. */
static int take(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return -1;
		int rc = flock(fd, LOCK_EX | LOCK_NB);
		if (rc == 0 && is_current(fd, path))
			return fd;
		int why = errno;
		close(fd);
		errno = why;
		if (rc != 0)
			return -1;
	}
}

static void add_path(const struct sqlite *s, struct strbuf *path)
{
	const char *name = s->db != NULL ? sqlite3_db_filename(s->db, "main") : NULL;
	strbuf_printf(path, "%s" SUFFIX, name != NULL ? name : s->options->path);
}

void sqlite_dead_claim(struct output *o, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	struct strbuf path = {0};
	if (s->claim < 0) {
		add_path(s, &path);
		s->claim = take(path.data);
	}
	if (s->claim >= 0)
		output_ok(r, 1);
	else if (errno == EWOULDBLOCK)
		output_ok(r, 0);
	else
		output_retry(r, true, "sqlite: cannot lock %s: %s", path.data, strerror(errno));
	strbuf_free(&path);
}

void sqlite_claim_release(struct sqlite *s)
{
	struct strbuf path = {0};
	if (s->claim < 0)
		return;
	add_path(s, &path);
	unlink(path.data); /* while it is held, so that it is nobody else's */
	close(s->claim);
	s->claim = -1;
	strbuf_free(&path);
}
