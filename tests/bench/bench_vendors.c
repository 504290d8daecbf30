/* SPDX-License-Identifier: Apache-2.0
 *
 * How long each shipped vendor script takes for a record: its samples that give events, as they stand in the
 * file, again and again through the whole script host with JIT. Prints a JSON object a line for each script:
 * nanoseconds of this thread's CPU time a record, the best of the rounds. Called by ./run bench vendors.
 *
 *     build/tests/bench/bench_vendors [VENDORS [ROUNDS [SCRIPT]]]
 *
 * On a noisy machine count instructions: 2000 records a round, of which the first two warm up.
 *
 *     valgrind --tool=callgrind --toggle-collect=host_run build/tests/bench/bench_vendors vendors 4 juniper
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script/host.h"
#include "script/sample_file.h"

#define BATCH 2000

static int rounds = 200;

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One batch of the messages in turn; nanoseconds a record. */
static double one_round(struct host *h, struct batch *b, const struct message *messages, size_t n)
{
	struct err e;
	batch_reset(b);
	for (size_t i = 0; i < BATCH; i++)
		b->messages[b->message_count++] = messages[i % n];
	double start = cpu_ns();
	if (host_run(h, b, &e) != 0 || b->counts.dead > 0) {
		fprintf(stderr, "bench_vendors: a sample that should give events does not\n");
		exit(1);
	}
	return (cpu_ns() - start) / (double)b->counts.records;
}

static double measure(struct host *h, const struct message *messages, size_t n)
{
	struct batch b;
	double best = 1e18;
	batch_init(&b, BATCH, 64 << 20);
	for (int round = 0; round < rounds; round++) {
		double ns = one_round(h, &b, messages, n);
		if (ns < best)
			best = ns;
	}
	batch_free(&b);
	return best;
}

static void bench_samples(struct generation *g, size_t place, const struct sample_file *f)
{
	struct host_options options = {.jit = true, .need_host_time = false};
	struct host *h = host_new(g, &options, NULL);
	struct message *messages = xcalloc(f->count + 1, sizeof *messages);
	uint32_t route = (uint32_t)host_route_script(h, place);
	size_t n = 0;
	for (size_t i = 0; i < f->count; i++) {
		const struct sample *s = &f->samples[i];
		if (s->verdict == SAMPLE_EVENTS)
			messages[n++] = (struct message){.topic = "",
							 .timestamp = EVENT_NO_TIME,
							 .value = s->value,
							 .len = s->len,
							 .route = route};
	}
	if (n > 0)
		printf("{\"script\": \"%s\", \"samples\": %zu, \"ns\": %.0f}\n",
		       generation_script_name(g, place), n, measure(h, messages, n));
	free(messages);
	host_free(h);
}

int main(int argc, char **argv)
{
	struct errlist errors = {0};
	if (argc > 2)
		rounds = atoi(argv[2]);
	struct generation *g = generation_load(argc > 1 ? argv[1] : "vendors", NULL, 0, 1, &errors);
	if (g == NULL) {
		fprintf(stderr, "bench_vendors: %s\n", errors.items[0].msg);
		return 1;
	}
	for (size_t i = 0; i < generation_script_count(g); i++) {
		struct strbuf path = {0};
		struct sample_file f;
		struct err e = {0};
		if (argc > 3 && strcmp(argv[3], generation_script_name(g, i)) != 0)
			continue;
		sample_file_path(generation_script_path(g, i), &path);
		if (sample_file_read(&f, path.data, &e) == 0)
			bench_samples(g, i, &f);
		else
			fprintf(stderr, "bench_vendors: %s\n", e.msg);
		sample_file_free(&f);
		strbuf_free(&path);
	}
	generation_unref(g);
	return 0;
}
