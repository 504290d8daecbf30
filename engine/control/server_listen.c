/* SPDX-License-Identifier: Apache-2.0
 *
 * "HOST:PORT" into a listening socket. Made here rather than by libmicrohttpd, so that an error says what is
 * wrong and port 0 tells the port it got. Called by server and by the check of the configuration.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/server_parts.h"

#define HOST_MAX 256
#define BACKLOG 128

struct address {
	char host[HOST_MAX];
	char port[8];
};

static int parse(const char *listen, struct address *a, struct err *e)
{
	const char *colon = strrchr(listen, ':');
	const char *host = listen;
	size_t len = colon != NULL ? (size_t)(colon - listen) : 0;
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len) != NULL) {
		len = 0; /* an IPv6 address without brackets: where does its port begin? */
	}
	char *end = NULL;
	long port = colon != NULL && colon[1] >= '0' && colon[1] <= '9' ? strtol(colon + 1, &end, 10) : -1;
	if (len == 0 || len >= HOST_MAX || port < 0 || port > 65535 || *end != '\0')
		return err_set(e, ERR_CONFIG,
			       "must be HOST:PORT, such as 127.0.0.1:4499 or [::1]:4499, or off; is '%.100s'",
			       listen);
	memcpy(a->host, host, len);
	a->host[len] = '\0';
	snprintf(a->port, sizeof a->port, "%ld", port);
	return 0;
}

int server_check_listen(const char *listen, struct err *e)
{
	struct address a;
	return server_is_off(listen) ? 0 : parse(listen, &a, e);
}

static int open_socket(const struct addrinfo *at)
{
	static const int on = 1;
	static const int off = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* what lingers of an earlier run */
	if (at->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {.v6 = {0}};
	socklen_t len = sizeof at;
	if (getsockname(fd, &at.any, &len) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

int server_listen(const char *listen, int *port, struct err *e)
{
	struct address a;
	if (parse(listen, &a, e) != 0)
		return -1;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(a.host, a.port, &hints, &found);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "%s", gai_strerror(rc));
	int fd = -1;
	for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
		fd = open_socket(at);
	if (fd < 0)
		err_set(e, ERR_SYSTEM, "%s", strerror(errno));
	freeaddrinfo(found);
	*port = fd < 0 ? 0 : port_of(fd);
	return fd;
}
