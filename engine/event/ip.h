/* SPDX-License-Identifier: Apache-2.0
 *
 * IPv4 and IPv6 addresses as bytes. Parsers read from length-bounded text and never beyond it.
 */
#ifndef NATMILL_EVENT_IP_H
#define NATMILL_EVENT_IP_H

#include <stddef.h>
#include <stdint.h>

struct ip {
	uint8_t family;    /* 0 absent, 4, 6 */
	uint8_t bytes[16]; /* network order; IPv4 in the first 4, the rest zero */
};

#define IP_TEXT_MAX 46 /* longest text with NUL */

/* Reads the longest address at the start of s; returns the bytes used, 0 if there is none (*out is then as
 * before). IPv4 is four decimal numbers 0..255 of at most three digits ("010" is refused: octal elsewhere).
 * An address must not be followed directly by what would make it another word: a digit or letter, '.' and a
 * digit, or for IPv6 ':' and a digit, letter or ':'. So in `1::2:80` every colon belongs to the address and
 * `1::2:54045` is none; callers that expect :port cut the text first. */
size_t ip_read(const char *s, size_t n, struct ip *out);

/* The whole of s must be one address (canonical or not); 0, or -1. IPv6 zone ids are refused. */
int ip_parse(const char *s, size_t n, struct ip *out);

/* Canonical text (RFC 5952) into buf of IP_TEXT_MAX bytes; returns its length (0 if absent). */
size_t ip_format(const struct ip *ip, char *buf);

#endif
