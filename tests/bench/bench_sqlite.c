/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows a second one worker stores through the output `sqlite`: session events in batches, durable at
 * each commit. bench_sqlite [FOLDER [ROWS [index]]]; prints one line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "event/batch.h"
#include "output/output.h"
#include "outputs/sqlite.h"

#define BATCH 10000

extern const struct output_type sqlite_output;

static int no_wait(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	(void)h;
	(void)fd;
	(void)events;
	(void)deadline_ms;
	return -1;
}

static void check(const struct output_result *r)
{
	if (r->verdict == OUTPUT_OK)
		return;
	fprintf(stderr, "%s\n", r->why.msg);
	exit(3);
}

/* Addresses and ports of many subscribers, spread as in real traffic; ten events a millisecond. */
static void fill(struct batch *b, int64_t offset)
{
	static uint64_t state = 1;
	batch_reset(b);
	for (uint32_t i = 0; i < BATCH; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		uint32_t bits = (uint32_t)(state >> 32);
		struct event *ev = batch_add_event(b);
		event_clear(ev);
		b->messages[i] = (struct message){.topic = "cgnat.syslog.nfware", .offset = offset + i};
		ev->message = i;
		ev->type = EVENT_SESSION;
		ev->timestamp = 1746185696870000 + (offset + i) * 100;
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
	b->message_count = BATCH;
}

int main(int argc, char **argv)
{
	char path[128];
	char command[600];
	snprintf(path, sizeof path, "%s/bench_sqlite.db", argc > 1 ? argv[1] : ".");
	snprintf(command, sizeof command, "rm -f %s %s-wal %s-shm", path, path, path);
	int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
	struct sqlite_options options = {.path = path, .busy_timeout = 400, .index = argc > 3};
	struct output_host host = {.wait = no_wait};
	struct output_env env = {.name = "bench", .cluster_id = "", .host = &host};
	struct output_result r;
	struct err e;
	struct batch b;
	static uint32_t pick[BATCH];
	for (uint32_t i = 0; i < BATCH; i++)
		pick[i] = i;
	if (system(command) != 0)
		return 3;
	batch_init(&b, BATCH, 1u << 20);
	struct output *o = sqlite_output.create(&options, &env, &e);
	struct position p = {.topic = "cgnat.syslog.nfware", .timestamp = EVENT_NO_TIME};
	sqlite_output.open(o, &r);
	check(&r);
	sqlite_output.positions(o, &p, 1, &r);
	check(&r);
	int64_t start = clock_mono_us();
	for (int64_t offset = 0; offset < rows; offset += BATCH) {
		fill(&b, offset);
		sqlite_output.begin(o, &r);
		check(&r);
		for (size_t done = 0; done < BATCH; done += r.n) {
			struct output_range range = {.batch = &b, .pick = pick + done, .n = BATCH - done};
			sqlite_output.write(o, &range, &r);
			check(&r);
		}
		p.expected = offset;
		p.offset = offset + BATCH;
		sqlite_output.commit(o, &p, 1, &r);
		check(&r);
	}
	double seconds = (double)(clock_mono_us() - start) / 1e6;
	printf("%" PRId64 " rows, %.2f s, %.0f rows/s%s\n", rows, seconds, (double)rows / seconds,
	       options.index ? " with index" : "");
	sqlite_output.close(o);
	batch_free(&b);
	return system(command) == 0 ? 0 : 3;
}
