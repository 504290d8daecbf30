/* SPDX-License-Identifier: Apache-2.0
 *
 * Varies addresses and ports of a line; see demo_vary.h.
 */
#include "cli/demo_vary.h"

#include <ctype.h>
#include <stdbool.h>

#include "event/ip.h"

/* FNV-1a with the seed: the same token gives the same replacement within a line. */
static uint64_t mix(const char *s, size_t n, uint64_t seed)
{
	uint64_t h = 14695981039346656037u ^ (seed * 0x9e3779b97f4a7c15u);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	return h ^ (h >> 32);
}

static size_t digits(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	return i;
}

/* A port that stands alone: four or five digits behind a ':', no range. */
static size_t port_at(const char *text, size_t n, size_t i)
{
	if (i == 0 || text[i - 1] != ':')
		return 0;
	size_t len = digits(text + i, n - i);
	if (len < 4 || len > 5 ||
	    (i + len < n && text[i + len] == '-' && i + len + 1 < n &&
	     isdigit((unsigned char)text[i + len + 1])))
		return 0;
	return len;
}

void demo_vary(const char *text, size_t n, uint64_t seed, struct strbuf *out)
{
	for (size_t i = 0; i < n;) {
		bool fresh = i == 0 || !isalnum((unsigned char)text[i - 1]);
		struct ip ip;
		size_t len = fresh ? ip_read(text + i, n - i, &ip) : 0;
		if (len > 0 && ip.family == 4) {
			uint64_t h = mix(text + i, len, seed);
			strbuf_printf(out, "%u.%u.%u.%u", ip.bytes[0], ip.bytes[1], (unsigned)(h & 255),
				      (unsigned)(h >> 8 & 255));
		} else if (len == 0 && (len = port_at(text, n, i)) > 0) {
			strbuf_printf(out, "%u", (unsigned)(1024 + mix(text + i, len, seed) % 64000));
		} else {
			len = len > 0 ? len : 1;
			strbuf_add(out, text + i, len);
		}
		i += len;
	}
}
