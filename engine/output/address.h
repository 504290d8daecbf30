/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a server listens, as the user writes it: `host`, `host:port`, `[2001:db8::1]:port`, or the path of a
 * local socket, `/path` or `unix:/path`.
 */
#ifndef NATMILL_OUTPUT_ADDRESS_H
#define NATMILL_OUTPUT_ADDRESS_H

#include <stdbool.h>

#include "base/err.h"

#define ADDRESS_HOST_MAX 256
#define ADDRESS_PORT_MAX 6

struct address {
	bool local;                  /* host is a path */
	char host[ADDRESS_HOST_MAX]; /* without brackets */
	char port[ADDRESS_PORT_MAX]; /* a number from 1 to 65535; "" when local */
};

/* 0, or -1 with e ("address must be ..."). */
int address_parse(const char *text, const char *default_port, struct address *a, struct err *e);

#endif
