/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes log lines without waiting; see log_out.h. O_NONBLOCK on standard error itself would hold for every
 * process that shares it, so a pipe or terminal is opened once more for natmill alone; a socket has a flag
 * for each call, and a file does not block.
 */
#include "base/log_out.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { KIND_FILE, KIND_OWN, KIND_SOCKET, KIND_SHARED };

static struct {
	bool known;
	dev_t dev; /* which file standard error was when it was looked at */
	ino_t ino;
	enum kind kind;
	int fd;    /* KIND_OWN: natmill's own way to it, else -1 */
	bool torn; /* the last line was cut off */
} out = {.fd = -1};

static void look(const struct stat *st)
{
	if (out.fd >= 0)
		close(out.fd);
	out.fd = -1;
	out.dev = st->st_dev;
	out.ino = st->st_ino;
	out.torn = false;
	out.known = true;
	out.kind = S_ISSOCK(st->st_mode) ? KIND_SOCKET : KIND_FILE;
	if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode))
		return;
	out.fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	out.kind = out.fd >= 0 ? KIND_OWN : KIND_SHARED;
}

static ssize_t put(const char *data, size_t n)
{
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
	switch (out.kind) {
	case KIND_OWN:
		return write(out.fd, data, n);
	case KIND_SOCKET:
		return send(STDERR_FILENO, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	case KIND_SHARED: /* of somebody else: a pipe that says POLLOUT has room for a line */
		return poll(&room, 1, 0) == 1 ? write(STDERR_FILENO, data, n) : -1;
	case KIND_FILE:
		break;
	}
	return write(STDERR_FILENO, data, n);
}

bool log_out(const char *line, size_t n)
{
	struct stat st;
	if (fstat(STDERR_FILENO, &st) != 0)
		return false;
	if (!out.known || st.st_dev != out.dev || st.st_ino != out.ino)
		look(&st);
	if (out.torn && put("\n", 1) != 1)
		return false;
	ssize_t done = put(line, n);
	out.torn = done > 0 && (size_t)done < n;
	return done == (ssize_t)n;
}
