/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows a second one worker stores through the output `postgresql`, and how much of its own processor
 * time a row costs: session events in batches, a transaction each. bench_postgresql URL [ROWS [BATCH]]; the
 * table session_mapping is emptied first. Prints one line.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "event/batch.h"
#include "output/output.h"

extern const struct output_type postgresql_output;

static unsigned waits;

static int plain_wait(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	(void)h;
	int64_t left = deadline_ms - clock_mono_ms();
	struct pollfd p = {.fd = fd, .events = events};
	waits++;
	return poll(&p, 1, left > 0 ? (int)left : 0) > 0 ? p.revents : 0;
}

static void check(const struct output_result *r)
{
	if (r->verdict == OUTPUT_OK)
		return;
	fprintf(stderr, "%s\n", r->why.msg);
	exit(3);
}

static double cpu_seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Addresses and ports of many subscribers, spread as in real traffic; ten events a millisecond. */
static void fill(struct batch *b, uint32_t n)
{
	uint64_t state = 1;
	for (uint32_t i = 0; i < n; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		uint32_t bits = (uint32_t)(state >> 32);
		struct event *ev = batch_add_event(b);
		event_clear(ev);
		b->messages[i] = (struct message){.topic = "cgnat.syslog.nfware", .offset = i};
		ev->message = i;
		ev->type = EVENT_SESSION;
		ev->timestamp = 1746185696870000 + i * 100;
		ev->host = (struct ip){4, {192, 0, 2, 1}};
		ev->event = ACTION_CREATED;
		ev->protocol = 6;
		ev->src_ip = (struct ip){4, {100, 64, (uint8_t)(bits >> 8), (uint8_t)bits}};
		ev->src_port = (int32_t)(bits >> 16);
		ev->x_ip = (struct ip){4, {203, 0, (uint8_t)(bits >> 8 & 15), (uint8_t)(bits * 7)}};
		ev->x_port = (int32_t)((bits >> 12) & 65535);
		ev->dst_ip = (struct ip){4, {(uint8_t)(bits >> 24), (uint8_t)(bits >> 20), 3, 4}};
		ev->dst_port = 443;
		ev->vrf_id = (struct text){arena_add(&b->arena, "0", 1), 1};
	}
	b->message_count = n;
}

static void deliver(struct output *o, const struct batch *b, const uint32_t *pick, struct position *p)
{
	struct output_range range = {.batch = b, .pick = pick, .n = b->event_count};
	struct output_result r;
	postgresql_output.begin(o, &r);
	check(&r);
	postgresql_output.write(o, &range, &r);
	check(&r);
	p->expected = p->offset;
	p->offset += b->event_count;
	postgresql_output.commit(o, p, 1, &r);
	check(&r);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
	uint32_t size = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 10000;
	_Alignas(max_align_t) char options[256] = {0};
	struct output_host host = {.wait = plain_wait};
	struct output_env env = {.name = "bench", .cluster_id = "bench", .host = &host};
	struct output_result r;
	struct err e;
	struct batch b;
	struct position p = {.topic = "cgnat.syslog.nfware", .timestamp = EVENT_NO_TIME};
	uint32_t *pick = xmalloc(size * sizeof *pick);
	for (uint32_t i = 0; i < size; i++)
		pick[i] = i;
	option_defaults(postgresql_output.options, options);
	option_set(option_find(postgresql_output.options, "url"), options, argv[1], &e);
	struct output *o = postgresql_output.create(options, &env, &e);
	if (o == NULL)
		return fprintf(stderr, "%s\n", e.msg), 2;
	postgresql_output.open(o, &r);
	check(&r);
	PGconn *conn = PQconnectdb(argv[1]);
	PQclear(PQexec(conn, "TRUNCATE session_mapping"));
	PQfinish(conn);
	postgresql_output.positions(o, &p, 1, &r);
	check(&r);
	batch_init(&b, size, 1u << 22);
	fill(&b, size);
	waits = 0;
	double cpu = cpu_seconds();
	int64_t start = clock_mono_us();
	for (int64_t done = 0; done < rows; done += size)
		deliver(o, &b, pick, &p);
	double seconds = (double)(clock_mono_us() - start) / 1e6;
	cpu = cpu_seconds() - cpu;
	printf("%" PRId64 " rows in batches of %u, %.2f s, %.0f rows/s, %.0f ns of client CPU a row, %.1f "
	       "waits a batch\n",
	       rows, size, seconds, (double)rows / seconds, cpu * 1e9 / (double)rows,
	       (double)waits * size / (double)rows);
	postgresql_output.close(o);
	option_free(postgresql_output.options, options);
	batch_free(&b);
	free(pick);
	return 0;
}
