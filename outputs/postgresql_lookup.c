/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the name server for the hosts of the url before libpq does: libpq would wait for it by itself, for as
 * long as the system's resolver likes, and nobody would serve the worker's control queue.
 */
#include "outputs/postgresql.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "output/lookup.h"

/* Paths of local sockets and addresses need no name server. */
static bool is_name(const char *host)
{
	return host[0] != '\0' && host[0] != '/' && host[0] != '@' && !lookup_is_address(host);
}

/* 1 = it has addresses, or libpq will see; 0 = it has none (*rc tells why), -1 = the engine wants its worker
 * back. */
static int look_up(struct postgresql *p, const char *at, size_t len, int64_t deadline, int *rc)
{
	struct addrinfo *found = NULL;
	char *host = strndup(at, len);
	*rc = 0;
	if (host != NULL && is_name(host))
		*rc = lookup_host(p->env->host, host, NULL, deadline, &found);
	free(host);
	if (found != NULL)
		freeaddrinfo(found);
	if (*rc == LOOKUP_GIVEN_UP)
		return -1;
	return *rc == 0 || *rc == EAI_MEMORY; /* no thread to be had: libpq will ask */
}

int postgresql_look_up(struct postgresql *p, int64_t deadline, struct output_result *r)
{
	int rc = 0;
	for (const char *at = p->names; at != NULL;) {
		size_t len = strcspn(at, ",");
		int found = look_up(p, at, len, deadline, &rc);
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
