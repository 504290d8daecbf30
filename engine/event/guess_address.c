/* SPDX-License-Identifier: Apache-2.0
 *
 * Which address of a line is inside, which is public, which the destination? Each role of each address gets
 * points for range, words in front, port behind, order and variety; the best way to give the roles wins, and
 * is doubted when the next best is near.
 */
#include <string.h>

#include "event/guess_work.h"
#include "event/ip.h"

enum side { SIDE_INSIDE, SIDE_OUTSIDE, SIDE_DESTINATION, SIDE_COUNT };

#define POINTS_WORD 8  /* a word in front names the role */
#define POINTS_RANGE 5 /* all from a private range */
#define POINTS_PORT 4  /* a port that only servers have */
#define POINTS_AGAIN 2 /* stands in the line twice: the destination, before translation and behind */
#define POINTS_WEAK 1  /* order, variety */
#define MARGIN_SURE 3  /* points between the best way and the next */
#define SERVER_PORT 1024
#define MANY_LINES 8

struct address {
	uint32_t token;
	int points[SIDE_COUNT];
	size_t variety; /* different addresses among the lines */
	bool again;     /* the line has it twice */
	bool inside;    /* from a private range in all lines */
	bool v6;        /* IPv6 in the first line */
};

struct way {
	size_t role[SIDE_COUNT]; /* place of the address; GUESS_ADDRESSES_MAX: none */
	int points;
};

static bool read_at(const struct guess_work *w, size_t line, uint32_t token, struct ip *ip)
{
	size_t n;
	const char *s = guess_text(w, line, token, &n);
	return ip_parse(s, n, ip) == 0;
}

/* RFC 1918, RFC 6598 (shared by carriers), RFC 4193. */
static bool is_inside(const struct ip *ip)
{
	const uint8_t *b = ip->bytes;
	if (ip->family == 6)
		return (b[0] & 0xfe) == 0xfc;
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	       (b[0] == 100 && (b[1] & 0xc0) == 64);
}

/* RFC 6052: an IPv4 destination as a host behind NAT64 sees it. */
static bool is_nat64(const struct ip *ip)
{
	static const uint8_t prefix[] = {0, 0x64, 0xff, 0x9b};
	return ip->family == 6 && memcmp(ip->bytes, prefix, sizeof prefix) == 0;
}

static bool same_in_all(const struct guess_work *w, uint32_t a, uint32_t b)
{
	struct ip one = {0};
	struct ip two = {0};
	for (size_t i = 0; i < w->lines; i++)
		if (!read_at(w, i, a, &one) || !read_at(w, i, b, &two) || memcmp(&one, &two, sizeof one) != 0)
			return false;
	return true;
}

/* The addresses of the line that differ from each other; -1: more than can be weighed. */
static int collect(struct guess_work *w, struct address list[GUESS_ADDRESSES_MAX])
{
	int n = 0;
	for (uint32_t i = 0; i < w->out->count; i++) {
		int same = 0;
		w->address_of[i] = (int16_t)i;
		if (guess_kind(w, i) != SHAPE_ADDRESS || (w->hints[i] & HINT_DEVICE) != 0)
			continue;
		while (same < n && !same_in_all(w, list[same].token, i))
			same++;
		w->address_of[i] = (int16_t)(same < n ? list[same].token : i);
		if (same < n) {
			list[same].again = true;
			continue;
		}
		if (n == GUESS_ADDRESSES_MAX)
			return -1;
		list[n++] = (struct address){.token = i};
	}
	return n;
}

static void weigh_range(const struct guess_work *w, struct address *a)
{
	size_t inside = 0;
	size_t nat64 = 0;
	for (size_t i = 0; i < w->lines; i++) {
		struct ip ip = {0};
		struct ip other;
		size_t seen = 0;
		read_at(w, i, a->token, &ip);
		a->v6 = i == 0 ? ip.family == 6 : a->v6;
		inside += is_inside(&ip) ? 1 : 0;
		nat64 += is_nat64(&ip) ? 1 : 0;
		while (seen < i &&
		       (!read_at(w, seen, a->token, &other) || memcmp(&ip, &other, sizeof ip) != 0))
			seen++;
		a->variety += seen == i ? 1 : 0;
	}
	a->inside = inside == w->lines;
	if (a->inside)
		a->points[SIDE_INSIDE] += POINTS_RANGE;
	else if (inside == 0)
		a->points[SIDE_INSIDE] -= POINTS_RANGE;
	if (nat64 == w->lines)
		a->points[SIDE_DESTINATION] += POINTS_RANGE;
}

static void weigh_words(const struct guess_work *w, struct address *a)
{
	unsigned hints = w->hints[a->token] & (HINT_SIDES | HINT_TO);
	bool outside = (hints & HINT_OUTSIDE) != 0;
	int points = w->keyed[a->token] ? 2 * POINTS_WORD : POINTS_WORD;
	if ((hints & HINT_DESTINATION) != 0 && outside)
		a->points[SIDE_DESTINATION] += POINTS_WEAK; /* the destination behind its own translation */
	else if ((hints & HINT_DESTINATION) != 0)
		a->points[SIDE_DESTINATION] += points;
	else if (outside)
		a->points[SIDE_OUTSIDE] += points;
	else if ((hints & HINT_INSIDE) != 0)
		a->points[SIDE_INSIDE] += points;
	else if ((hints & HINT_TO) != 0) {
		a->points[SIDE_INSIDE] -= POINTS_PORT;
		a->points[SIDE_DESTINATION] += POINTS_WEAK;
		a->points[SIDE_OUTSIDE] += POINTS_WEAK;
	}
}

/* Has it a port, joined by a mark, that only servers have? -1 no port, else 0 or 1. Pools hand out high
 * ports. */
static int server_port(const struct guess_work *w, const struct address *a)
{
	int32_t low;
	int32_t high;
	uint32_t mark = a->token + 1;
	uint32_t number = a->token + 2;
	if (number >= w->out->count || guess_kind(w, mark) != SHAPE_MARK ||
	    guess_kind(w, number) != SHAPE_NUMBER || !guess_numbers(w, number, &low, &high))
		return -1;
	return high < SERVER_PORT && high > 0 ? 1 : 0;
}

static void weigh_port(const struct guess_work *w, struct address *a)
{
	int server = server_port(w, a);
	if (server == 1)
		a->points[SIDE_DESTINATION] += POINTS_PORT;
	else if (server == 0)
		a->points[SIDE_DESTINATION] -= POINTS_WEAK;
}

/* A pool has few addresses, the Internet many. */
static void weigh_variety(const struct guess_work *w, struct address *list, int n)
{
	for (int i = 0; i < n && w->lines >= MANY_LINES; i++) {
		if (list[i].variety * 2 > w->lines)
			list[i].points[SIDE_OUTSIDE] -= POINTS_WEAK;
		else
			list[i].points[SIDE_OUTSIDE] += POINTS_WEAK;
	}
}

static int points_of(const struct address *list, const size_t role[SIDE_COUNT])
{
	int sum = 0;
	for (size_t side = 0; side < SIDE_COUNT; side++)
		if (role[side] < GUESS_ADDRESSES_MAX)
			sum += list[role[side]].points[side];
	return sum;
}

static void offer(struct way *best, int *next, const struct address *list, const size_t role[SIDE_COUNT])
{
	int points = points_of(list, role);
	if (points <= best->points) {
		*next = points > *next ? points : *next;
		return;
	}
	*next = best->points;
	best->points = points;
	memcpy(best->role, role, sizeof best->role);
}

/* The ways with these two; where a third address is there, each other one as destination. */
static void try_pair(const struct address *list, size_t n, size_t in, size_t out, struct way *best, int *next)
{
	size_t role[SIDE_COUNT] = {in, out, GUESS_ADDRESSES_MAX};
	if (n == 2)
		offer(best, next, list, role);
	for (size_t dst = 0; n > 2 && dst < n; dst++) {
		role[SIDE_DESTINATION] = dst;
		if (dst != in && dst != out)
			offer(best, next, list, role);
	}
}

static void try_ways(const struct address *list, size_t n, struct way *best, int *next)
{
	for (size_t in = 0; in < n; in++)
		for (size_t out = 0; out < n; out++)
			if (out != in)
				try_pair(list, n, in, out, best, next);
}

/* An address without a role that could have one: the line holds two records, or roles were mistaken. */
static bool has_other(const struct guess_work *w, const struct address *list, int n, const struct way *best)
{
	for (size_t i = 0; i < (size_t)n; i++) {
		unsigned hints = w->hints[list[i].token];
		bool translated = (hints & HINT_DESTINATION) != 0 && (hints & HINT_OUTSIDE) != 0;
		bool used = false;
		for (size_t side = 0; side < SIDE_COUNT; side++)
			used = used || best->role[side] == i;
		if (!used && !translated && (list[i].inside || (hints & HINT_SIDES) != 0))
			return true;
	}
	return false;
}

/* A third address may be anything, unless something tells that it is the destination. A server inside is
 * called from outside, and then the roles are others. */
static bool is_doubtful_session(const struct guess_work *w, const struct address *in,
				const struct address *dst)
{
	int points = dst->points[SIDE_DESTINATION];
	return points <= POINTS_WEAK || (points < POINTS_WORD && dst->token < in->token) ||
	       server_port(w, in) == 1;
}

/* Of two addresses the second may as well be the destination of traffic that is not translated. */
static bool is_doubtful(const struct guess_work *w, const struct address *list, int n, const struct way *best)
{
	const struct address *in = &list[best->role[SIDE_INSIDE]];
	const struct address *x = &list[best->role[SIDE_OUTSIDE]];
	if ((w->hints[x->token] & HINT_DESTINATION) != 0 || (x->inside && !in->inside) || (x->v6 && !in->v6))
		return true;
	if (n > 2)
		return has_other(w, list, n, best) ||
		       is_doubtful_session(w, in, &list[best->role[SIDE_DESTINATION]]);
	if (x->points[SIDE_DESTINATION] > x->points[SIDE_OUTSIDE] || server_port(w, x) == 1)
		return true;
	return x->points[SIDE_OUTSIDE] < POINTS_WORD &&
	       (w->line_hints & (HINT_NAT | HINT_OUTSIDE | HINT_BLOCK)) == 0;
}

void guess_addresses(struct guess_work *w)
{
	static const enum event_field fields[SIDE_COUNT] = {FIELD_src_ip, FIELD_x_ip, FIELD_dst_ip};
	struct address list[GUESS_ADDRESSES_MAX];
	struct way best = {.points = INT32_MIN};
	int next = INT32_MIN;
	int n = collect(w, list);
	if (n < 2) {
		w->out->doubts |= n < 0 ? DOUBT_ADDRESS : DOUBT_ONE;
		return;
	}
	for (int i = 0; i < n; i++) {
		weigh_range(w, &list[i]);
		weigh_words(w, &list[i]);
		weigh_port(w, &list[i]);
		if (i < SIDE_COUNT)
			list[i].points[i] += POINTS_WEAK;
		if (list[i].again)
			list[i].points[SIDE_DESTINATION] += POINTS_AGAIN;
	}
	weigh_variety(w, list, n);
	try_ways(list, (size_t)n, &best, &next);
	if (best.points - next < MARGIN_SURE || is_doubtful(w, list, n, &best))
		w->out->doubts |= DOUBT_ADDRESS;
	for (size_t side = 0; side < SIDE_COUNT; side++)
		if (best.role[side] < GUESS_ADDRESSES_MAX)
			guess_set(w, list[best.role[side]].token, fields[side]);
}
