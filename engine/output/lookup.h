/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the name server for the addresses of a host without holding up the worker: the system's resolver
 * blocks for as long as it likes.
 */
#ifndef NATMILL_OUTPUT_LOOKUP_H
#define NATMILL_OUTPUT_LOOKUP_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

struct output_host;

#define LOOKUP_GIVEN_UP 1 /* the engine wants its worker back; the codes of getaddrinfo are negative */

/* TCP addresses of host (a name, or an address, which needs no server). 0 with *found, freeaddrinfo is the
 * caller's; else a code of getaddrinfo (EAI_AGAIN when the deadline, clock_mono_ms, has passed), or
 * LOOKUP_GIVEN_UP. port may be NULL. */
int lookup_host(struct output_host *h, const char *host, const char *port, int64_t deadline_ms,
		struct addrinfo **found);

/* An IPv4 or IPv6 address, not a name? */
bool lookup_is_address(const char *host);

#endif
