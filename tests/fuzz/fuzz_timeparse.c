/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: any text as a time, a zone and an address. Nothing claims more bytes than there are; what was
 * read and written again reads back the same; for addresses libc is the second opinion. Corpus:
 * corpus/timeparse/.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "event/ip.h"
#include "event/timeparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_time(const char *s, size_t n, int32_t zone_s)
{
	char text[TIME_TEXT_MAX];
	int64_t us = 77;
	int64_t back;
	size_t used = time_read(s, n, zone_s, &us);
	must(used <= n);
	if (used == 0) {
		must(us == 77);
		return;
	}
	size_t len = time_format(us, text);
	if (us == EVENT_NO_TIME)
		must(len == 0);
	if (len == 0)
		return; /* a zone moved it out of the years 1..9999 */
	must(time_read(text, len, TIME_ZONE_UNKNOWN, &back) == len);
	must(back == us);
	/* The time alone, without what follows, must be a time too. */
	must(time_read(s, used, zone_s, &back) == used);
	must(back == us);
}

static void check_ip(const char *s, size_t n)
{
	struct ip ip;
	struct ip back;
	char text[IP_TEXT_MAX];
	size_t used = ip_read(s, n, &ip);
	must(used <= n);
	if (used > 0) {
		size_t len = ip_format(&ip, text);
		must(len > 0 && len < sizeof text && ip_parse(text, len, &back) == 0);
		must(memcmp(&ip, &back, sizeof ip) == 0);
	}
	char whole[64];
	if (n >= sizeof whole || memchr(s, '\0', n) != NULL)
		return;
	memcpy(whole, s, n);
	whole[n] = '\0';
	struct ip libc = {0};
	if (inet_pton(AF_INET, whole, libc.bytes) == 1)
		libc.family = 4;
	else if (inet_pton(AF_INET6, whole, libc.bytes) == 1)
		libc.family = 6;
	must((ip_parse(s, n, &ip) == 0) == (libc.family != 0));
	must(libc.family == 0 || memcmp(&ip, &libc, sizeof ip) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size > 0 ? size : 1); /* exactly its size: the sanitizer sees the byte beyond */
	int32_t zone_s = 77;
	if (size > 0)
		memcpy(s, data, size);
	check_time(s, size, TIME_ZONE_UNKNOWN);
	check_time(s, size, 7200);
	check_ip(s, size);
	if (time_zone_parse(s, size, &zone_s) == 0)
		must(zone_s > -86400 && zone_s < 86400);
	else
		must(zone_s == 77);
	free(s);
	return 0;
}
