/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses, prefixes and names to numbers; see by_host.h. Prefixes of one family and length stand together,
 * the longest first, so that each length costs one binary search: configurations have few lengths.
 */
#include "script/by_host.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define NAME_MAX_LEN 255

struct prefix {
	struct ip ip; /* bits behind len are zero */
	uint8_t len;
	uint32_t number;
};

struct name {
	char *text; /* in lower case */
	size_t len;
	uint32_t number;
};

/* Prefixes of one family and length. */
struct group {
	size_t first;
	size_t count;
};

struct by_host {
	struct prefix *prefixes;
	size_t prefix_count;
	struct name *names;
	size_t name_count;
	struct group *groups;
	size_t group_count;
	uint32_t next;
};

struct by_host *by_host_new(void)
{
	return xcalloc(1, sizeof(struct by_host));
}

void by_host_free(struct by_host *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->name_count; i++)
		free(b->names[i].text);
	free(b->names);
	free(b->prefixes);
	free(b->groups);
	free(b);
}

static struct ip masked(const struct ip *ip, unsigned len)
{
	struct ip out = {.family = ip->family};
	memcpy(out.bytes, ip->bytes, len / 8);
	if (len % 8 != 0)
		out.bytes[len / 8] = (uint8_t)(ip->bytes[len / 8] & (0xff00U >> len % 8));
	return out;
}

/* Families ascending, long prefixes before short ones, then by address. */
static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = a;
	const struct prefix *y = b;
	if (x->ip.family != y->ip.family)
		return x->ip.family - y->ip.family;
	if (x->len != y->len)
		return y->len - x->len;
	return memcmp(x->ip.bytes, y->ip.bytes, sizeof x->ip.bytes);
}

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a;
	const struct name *y = b;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->text, y->text, x->len);
}

static void lower(char *to, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] | 0x20) : from[i];
}

static int twice(const char *key, struct err *e)
{
	return err_set(e, ERR_CONFIG, "host '%.80s' stands there twice", key);
}

/* "16" of "10.1.0.0/16"; -1 when it is no length of that family. */
static int prefix_length(const char *digits, uint8_t family)
{
	int max = family == 4 ? 32 : 128;
	int len = 0;
	if (digits[0] == '\0' || strlen(digits) > 3)
		return -1;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return -1;
		len = len * 10 + (*digits - '0');
	}
	return len <= max ? len : -1;
}

static int add_prefix(struct by_host *b, const char *key, const struct ip *ip, const char *digits,
		      struct err *e)
{
	int len = ip->family == 4 ? 32 : 128;
	if (digits != NULL && (len = prefix_length(digits, ip->family)) < 0)
		return err_set(e, ERR_CONFIG, "host '%.80s': the length behind / must be from 0 to %d", key,
			       ip->family == 4 ? 32 : 128);
	struct prefix p = {.ip = masked(ip, (unsigned)len), .len = (uint8_t)len, .number = b->next};
	if (memcmp(p.ip.bytes, ip->bytes, sizeof p.ip.bytes) != 0) {
		char text[IP_TEXT_MAX];
		ip_format(&p.ip, text);
		return err_set(e, ERR_CONFIG, "host '%.80s' has bits behind its length; write %s/%d", key,
			       text, len);
	}
	for (size_t i = 0; i < b->prefix_count; i++)
		if (compare_prefixes(&b->prefixes[i], &p) == 0)
			return twice(key, e);
	b->prefixes = xrealloc(b->prefixes, (b->prefix_count + 1) * sizeof p);
	b->prefixes[b->prefix_count++] = p;
	b->next++;
	return 0;
}

static int add_name(struct by_host *b, const char *key, struct err *e)
{
	size_t len = strlen(key);
	if (len == 0 || len > NAME_MAX_LEN || strpbrk(key, " \t\r\n") != NULL)
		return err_set(e, ERR_CONFIG, "host '%.80s' is no address, prefix or host name", key);
	struct name n = {.text = xstrdup(key), .len = len, .number = b->next};
	lower(n.text, key, len);
	for (size_t i = 0; i < b->name_count; i++)
		if (compare_names(&b->names[i], &n) == 0) {
			free(n.text);
			return twice(key, e);
		}
	b->names = xrealloc(b->names, (b->name_count + 1) * sizeof n);
	b->names[b->name_count++] = n;
	b->next++;
	return 0;
}

int by_host_add(struct by_host *b, const char *key, struct err *e)
{
	const char *slash = strchr(key, '/');
	struct ip ip;
	if (ip_parse(key, slash != NULL ? (size_t)(slash - key) : strlen(key), &ip) == 0)
		return add_prefix(b, key, &ip, slash != NULL ? slash + 1 : NULL, e);
	if (strchr(key, ':') != NULL || key[strspn(key, "0123456789./")] == '\0')
		return err_set(e, ERR_CONFIG, "host '%.80s' is no IPv4 or IPv6 address or prefix", key);
	return add_name(b, key, e);
}

void by_host_seal(struct by_host *b)
{
	if (b->prefix_count > 0)
		qsort(b->prefixes, b->prefix_count, sizeof *b->prefixes, compare_prefixes);
	if (b->name_count > 0)
		qsort(b->names, b->name_count, sizeof *b->names, compare_names);
	b->groups = xcalloc(b->prefix_count + 1, sizeof *b->groups);
	for (size_t i = 0; i < b->prefix_count; i++) {
		const struct prefix *p = &b->prefixes[i];
		if (i == 0 || p[-1].ip.family != p->ip.family || p[-1].len != p->len)
			b->groups[b->group_count++].first = i;
		b->groups[b->group_count - 1].count++;
	}
}

static uint32_t find_name(const struct by_host *b, const char *name, size_t len)
{
	char text[NAME_MAX_LEN];
	if (b->name_count == 0 || len == 0 || len > sizeof text)
		return BY_HOST_NONE;
	lower(text, name, len);
	struct name key = {.text = text, .len = len};
	const struct name *found = bsearch(&key, b->names, b->name_count, sizeof key, compare_names);
	return found != NULL ? found->number : BY_HOST_NONE;
}

static uint32_t find_address(const struct by_host *b, const struct ip *ip)
{
	for (size_t i = 0; i < b->group_count; i++) {
		const struct prefix *first = &b->prefixes[b->groups[i].first];
		if (first->ip.family != ip->family)
			continue;
		struct prefix key = {.ip = masked(ip, first->len), .len = first->len};
		const struct prefix *found =
			bsearch(&key, first, b->groups[i].count, sizeof key, compare_prefixes);
		if (found != NULL)
			return found->number;
	}
	return BY_HOST_NONE;
}

uint32_t by_host_find(const struct by_host *b, const struct ip *ip, const char *name, size_t len)
{
	uint32_t number = find_name(b, name, len);
	if (number == BY_HOST_NONE && ip->family != 0)
		number = find_address(b, ip);
	return number;
}
