/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of a host, asked for on a thread of its own; see lookup.h.
 */
#include "output/lookup.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strbuf.h"
#include "output/aside.h"

struct question {
	char *host;
	char *port; /* or NULL */
	int rc;     /* of getaddrinfo */
	struct addrinfo *found;
};

static int resolve(const char *host, const char *port, int flags, struct addrinfo **found)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	*found = NULL;
	return getaddrinfo(host, port, &hints, found);
}

static void ask(void *arg)
{
	struct question *q = arg;
	q->rc = resolve(q->host, q->port, 0, &q->found);
}

static void drop(void *arg)
{
	struct question *q = arg;
	if (q->found != NULL)
		freeaddrinfo(q->found);
	free(q->host);
	free(q->port);
	free(q);
}

bool lookup_is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

int lookup_host(struct output_host *h, const char *host, const char *port, int64_t deadline_ms,
		struct addrinfo **found)
{
	if (lookup_is_address(host))
		return resolve(host, port, AI_NUMERICHOST, found);
	struct question *q = xcalloc(1, sizeof *q);
	q->host = xstrdup(host);
	q->port = port != NULL ? xstrdup(port) : NULL;
	int done = aside_run(h, ask, drop, q, deadline_ms);
	*found = NULL;
	if (done == -1)
		return LOOKUP_GIVEN_UP;
	if (done == 0)
		return EAI_AGAIN;
	int rc = done == 1 ? q->rc : EAI_MEMORY;
	if (rc == 0) {
		*found = q->found;
		q->found = NULL;
	}
	drop(q);
	return rc;
}
