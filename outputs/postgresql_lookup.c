/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the name server for the hosts of the url before libpq does: libpq would wait for it by itself, for as
 * long as the system's resolver likes, and nobody would serve the worker's control queue. A thread of its own
 * asks, the worker waits through the engine; what both need belongs to whoever of them lets go of it last.
 */
#include "outputs/postgresql.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookup {
	atomic_int owners;
	int done_fd;
	atomic_int rc; /* of getaddrinfo, once done_fd is readable */
	char host[];
};

static void let_go(struct lookup *l)
{
	if (atomic_fetch_sub(&l->owners, 1) > 1)
		return;
	close(l->done_fd);
	free(l);
}

static void *ask(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	uint64_t one = 1;
	l->rc = getaddrinfo(l->host, NULL, &hints, &found);
	if (l->rc == 0)
		freeaddrinfo(found);
	ssize_t told = write(l->done_fd, &one, sizeof one);
	(void)told; /* an eventfd takes it as long as its counter does not overflow */
	let_go(l);
	return NULL;
}

static struct lookup *start(const char *host, size_t len)
{
	struct lookup *l = xcalloc(1, sizeof *l + len + 1);
	pthread_t thread;
	memcpy(l->host, host, len);
	atomic_init(&l->owners, 2);
	l->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->done_fd >= 0 && pthread_create(&thread, NULL, ask, l) == 0) {
		pthread_detach(thread);
		return l;
	}
	if (l->done_fd >= 0)
		close(l->done_fd);
	free(l);
	return NULL;
}

/* Paths of local sockets and addresses need no name server. */
static bool is_name(const char *host, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];
	if (len == 0 || host[0] == '/' || host[0] == '@')
		return false;
	if (len >= sizeof text)
		return true;
	memcpy(text, host, len);
	text[len] = '\0';
	return inet_pton(AF_INET, text, bytes) != 1 && inet_pton(AF_INET6, text, bytes) != 1;
}

/* 1 = it has addresses, 0 = it has none (*rc tells why), -1 = the engine wants its worker back. */
static int look_up(struct postgresql *p, const char *host, size_t len, int64_t deadline, int *rc)
{
	struct lookup *l = start(host, len);
	if (l == NULL)
		return 1; /* no thread to be had: libpq will ask */
	int bits = output_wait(p->env->host, l->done_fd, POLLIN, deadline);
	*rc = bits > 0 ? l->rc : EAI_AGAIN;
	let_go(l);
	return bits < 0 ? -1 : *rc == 0;
}

int postgresql_look_up(struct postgresql *p, int64_t deadline, struct output_result *r)
{
	int rc = 0;
	for (const char *at = p->names; at != NULL;) {
		size_t len = strcspn(at, ",");
		int found = is_name(at, len) ? look_up(p, at, len, deadline, &rc) : 1;
		if (found > 0)
			return 0; /* one host is enough to go on; libpq passes over the others */
		if (found < 0) {
			output_retry(r, false, "postgresql %s: stopped while looking for the host", p->where);
			r->reopen = true;
			return -1;
		}
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	if (rc == 0)
		return 0;
	output_retry(r, false, "postgresql %s: no address of the host: %s", p->where, gai_strerror(rc));
	r->reopen = true;
	return -1;
}
