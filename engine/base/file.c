/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole small files; see file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, size_t max, struct strbuf *out)
{
	size_t start = out->len;
	for (;;) {
		char *to = strbuf_reserve(out, 4096);
		ssize_t got = read(fd, to, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		out->len += (size_t)got;
		if (out->len - start > max) {
			errno = EFBIG;
			return -1;
		}
	}
	out->data[out->len] = '\0';
	return 0;
}

/* The descriptor of a regular file, or -1 with errno (EINVAL: it is something else). */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not block here */
	struct stat st;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

int file_read(const char *path, size_t max, struct strbuf *out, struct err *e)
{
	size_t start = out->len;
	int fd = open_regular(path);
	int rc = fd < 0 ? -1 : read_all(fd, max, out);
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return 0;
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	if (why == EFBIG)
		return err_set(e, ERR_CONFIG, "cannot read '%s': larger than %zu bytes", path, max);
	return err_set(e, ERR_CONFIG, "cannot read '%s': %s", path,
		       why == EINVAL ? "not a regular file" : strerror(why));
}

int file_write_all(int fd, const struct strbuf *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Fills the temporary file and gives it its name; errno tells what failed. */
static int put_in_place(int fd, const char *temporary, const char *path, const struct strbuf *text)
{
	struct stat st;
	int rc = stat(path, &st) == 0 ? fchmod(fd, st.st_mode & 07777) : 0;
	if (rc == 0)
		rc = file_write_all(fd, text);
	if (rc == 0)
		rc = fsync(fd);
	int why = errno;
	if (close(fd) != 0 && rc == 0) {
		rc = -1;
		why = errno;
	}
	errno = why;
	return rc == 0 ? rename(temporary, path) : -1;
}

int file_replace(const char *path, const struct strbuf *text, struct err *e)
{
	char real[PATH_MAX];
	char temporary[PATH_MAX + 8];
	if (realpath(path, real) == NULL)
		return err_set(e, ERR_CONFIG, "cannot write '%s': %s", path, strerror(errno));
	snprintf(temporary, sizeof temporary, "%s.XXXXXX", real);
	int fd = mkstemp(temporary);
	if (fd >= 0 && put_in_place(fd, temporary, real, text) == 0)
		return 0;
	int why = errno;
	if (fd >= 0)
		unlink(temporary);
	return err_set(e, ERR_CONFIG, "cannot write '%s': %s", path, strerror(why));
}

int file_fresh_folder(const char *name, char *out, size_t size, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	if (tmp == NULL || tmp[0] == '\0')
		tmp = "/tmp";
	int n = snprintf(out, size, "%s/%s-XXXXXX", tmp, name);
	if (n < 0 || (size_t)n >= size)
		return err_set(e, ERR_SYSTEM, "TMPDIR: the path '%.60s...' is too long", tmp);
	if (mkdtemp(out) == NULL)
		return err_set(e, ERR_SYSTEM, "cannot make the folder '%s': %s", out, strerror(errno));
	return 0;
}
