/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a server's address; see address.h.
 */
#include "output/address.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"

static int refuse(const char *text, struct err *e)
{
	return err_set(e, ERR_CONFIG,
		       "address must be like host:port, [2001:db8::1]:port or unix:/path, is '%s'", text);
}

static int put_host(struct address *a, const char *host, size_t n)
{
	if (n == 0 || n >= sizeof a->host || memchr(host, ' ', n) != NULL)
		return -1;
	memcpy(a->host, host, n);
	a->host[n] = '\0';
	return 0;
}

static int put_port(struct address *a, const char *port)
{
	int64_t number;
	if (quantity_int(port, &number) != 0 || number < 1 || number > 65535)
		return -1;
	snprintf(a->port, sizeof a->port, "%d", (int)number);
	return 0;
}

int address_parse(const char *text, const char *default_port, struct address *a, struct err *e)
{
	static const char scheme[] = "unix:";
	*a = (struct address){.local = false};
	const char *path = strncmp(text, scheme, sizeof scheme - 1) == 0 ? text + sizeof scheme - 1 : text;
	if (path != text || *path == '/') {
		a->local = true;
		return *path == '/' && put_host(a, path, strlen(path)) == 0 ? 0 : refuse(text, e);
	}
	const char *host = text;
	size_t n = strcspn(text, ":");
	const char *rest = text + n;
	if (*text == '[') {
		host = text + 1;
		n = strcspn(host, "]");
		rest = host[n] == ']' ? host + n + 1 : " "; /* a bracket that stays open */
	}
	const char *port = *rest == ':' ? rest + 1 : default_port;
	if ((*rest != ':' && *rest != '\0') || put_host(a, host, n) != 0 || put_port(a, port) != 0)
		return refuse(text, e);
	return 0;
}
