/* SPDX-License-Identifier: Apache-2.0
 *
 * Which device a message is from, for the topics whose scripts are chosen by host: addresses, prefixes and
 * host names to numbers. Made with the generation, read-only afterwards; a worker asks once a message.
 */
#ifndef NATMILL_SCRIPT_BY_HOST_H
#define NATMILL_SCRIPT_BY_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "event/ip.h"

#define BY_HOST_NONE UINT32_MAX

struct by_host;

struct by_host *by_host_new(void);
void by_host_free(struct by_host *b); /* NULL is legal */

/* Adds a key with the next number, from 0: "192.0.2.1", "10.1.0.0/16", "2001:db8::/32" or a host name. -1
 * with the reason, and nothing added, when it looks like an address and is none, or stands there already. */
int by_host_add(struct by_host *b, const char *key, struct err *e);

/* After the last key. */
void by_host_seal(struct by_host *b);

/* The number of the key that fits best: the name (in any case), else the longest prefix that the address is
 * in; BY_HOST_NONE when none fits. ip may be absent, name empty. */
uint32_t by_host_find(const struct by_host *b, const struct ip *ip, const char *name, size_t len);

#endif
