/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams to the service manager; see notify.h.
 */
#include "control/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"

#define TEXT_MAX 1024
#define SEND_MS 5000

/* A number without sign that fills the whole variable; -1 when it does not, or the variable is not set. */
static long long number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0 ? value : -1;
}

/* The watchdog may be meant for the process that started this one. */
static int64_t watchdog_of_environment(void)
{
	long long us = number_of("WATCHDOG_USEC");
	bool others = getenv("WATCHDOG_PID") != NULL && number_of("WATCHDOG_PID") != getpid();
	return us > 0 && !others ? us / 1000 : 0;
}

void notify_open(struct notify *n)
{
	*n = (struct notify){.fd = -1, .to = {.sun_family = AF_UNIX}};
	const char *address = getenv("NOTIFY_SOCKET");
	if (address == NULL || address[0] == '\0')
		return;
	size_t len = strlen(address);
	if ((address[0] != '/' && address[0] != '@') || len >= sizeof n->to.sun_path) {
		log_warn("NOTIFY_SOCKET=%s is neither a short path nor @name: the service manager is told "
			 "nothing",
			 address);
		return;
	}
	memcpy(n->to.sun_path, address, len);
	bool abstract = address[0] == '@';
	if (abstract)
		n->to.sun_path[0] = '\0'; /* such a name has its length, and no byte behind it */
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (abstract ? 0 : 1));
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0) {
		log_warn("the service manager is told nothing: cannot make a socket: %s", strerror(errno));
		return;
	}
	const struct timeval patience = {.tv_sec = SEND_MS / 1000};
	setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	n->watchdog_ms = watchdog_of_environment();
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

bool notify_send(const struct notify *n, const char *fmt, ...)
{
	if (n->fd < 0)
		return true;
	char text[TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	int len = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	size_t size = len < TEXT_MAX ? (size_t)len : TEXT_MAX - 1;
	if (sendto(n->fd, text, size, MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->to_len) >= 0)
		return true;
	log_warn("the service manager could not be told: %s", strerror(errno));
	return false;
}
