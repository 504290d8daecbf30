/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the script host takes for a record: each vendor's samples that give events, in the collectors'
 * envelope where they have none. Prints nanoseconds of this thread's CPU time a record: opening the envelope
 * alone, C without the Lua loop (only for scripts without handlers), and the whole host.
 *
 *     build/tests/bench/bench_host [VENDORS [ROUNDS [interpreted]]]
 *
 * On a noisy machine count instructions instead; 20,000 records are two rounds:
 *
 *     valgrind --tool=callgrind --toggle-collect=host_run build/tests/bench/bench_host VENDORS 2
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/timeparse.h"
#include "script/host.h"
#include "script/sample_file.h"
#include "script/walk.h"

#define BATCH 10000

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void add_envelope(const struct sample *s, struct strbuf *out)
{
	if (s->len > 0 && s->value[0] == '{') {
		strbuf_add(out, s->value, s->len);
		return;
	}
	strbuf_adds(out,
		    "{\"version\":\"1\",\"type\":\"generic\",\"timestamp\":\"2025-05-02T11:34:56.870+00:00\","
		    "\"program\":\"cgnat\",\"message\":");
	strbuf_add_json(out, s->value, s->len);
	strbuf_adds(out, ",\"ip\":\"192.0.2.1\",\"host\":\"nat1.example.net\"}");
}

static int rounds = 60;
static bool jit = true;

enum what { ENVELOPE, WITHOUT_LUA, HOST };

static void run(struct host *h, struct batch *b, enum what what)
{
	struct err e;
	if (what == HOST) {
		host_run(h, b, &e);
		return;
	}
	h->walk = (struct walk){.batch = b};
	if (what == WITHOUT_LUA) {
		while (nm_next(h) != NM_END)
			continue;
		return;
	}
	struct envelope envelope;
	for (uint32_t i = 0; i < b->message_count; i++)
		envelope_open(h->reader, &b->arena, b->messages[i].value, b->messages[i].len,
			      TIME_ZONE_UNKNOWN, &envelope, &e);
}

/* The best of several rounds, nanoseconds a message. */
static double measure(struct host *h, struct batch *b, const struct message *messages, size_t n,
		      enum what what)
{
	double best = 1e18;
	for (int round = 0; round < rounds; round++) {
		batch_reset(b);
		for (size_t i = 0; i < BATCH; i++)
			b->messages[b->message_count++] = messages[i % n];
		double start = cpu_ns();
		run(h, b, what);
		double ns = (cpu_ns() - start) / BATCH;
		if (ns < best)
			best = ns;
	}
	return best;
}

static bool has_handler(const struct script *s)
{
	for (size_t i = 0; i < s->rule_count; i++)
		if (s->rules[i].handler > 0)
			return true;
	return false;
}

static void bench_samples(struct generation *g, size_t place, const struct sample_file *f)
{
	struct host_options options = {.jit = jit, .need_host_time = true};
	struct host *h = host_new(g, &options, NULL);
	struct batch b;
	struct strbuf *values = xcalloc(f->count + 1, sizeof *values);
	struct message *messages = xcalloc(f->count + 1, sizeof *messages);
	uint32_t route = (uint32_t)host_route_script(h, place);
	size_t n = 0;
	for (size_t i = 0; i < f->count; i++) {
		if (f->samples[i].verdict != SAMPLE_EVENTS)
			continue;
		add_envelope(&f->samples[i], &values[n]);
		messages[n] = (struct message){.topic = "",
					       .timestamp = EVENT_NO_TIME,
					       .value = values[n].data,
					       .len = values[n].len,
					       .route = route};
		n++;
	}
	batch_init(&b, BATCH, 64 << 20);
	if (n > 0) {
		printf("%-12s %3zu samples  envelope %4.0f", generation_script_name(g, place), n,
		       measure(h, &b, messages, n, ENVELOPE));
		if (!has_handler(&h->scripts[place]))
			printf("  without Lua %4.0f", measure(h, &b, messages, n, WITHOUT_LUA));
		double whole = measure(h, &b, messages, n, HOST);
		printf("  host %4.0f ns a record (%u events)\n", whole, b.event_count);
	}
	for (size_t i = 0; i < n; i++)
		strbuf_free(&values[i]);
	free(values);
	free(messages);
	batch_free(&b);
	host_free(h);
}

int main(int argc, char **argv)
{
	struct errlist errors = {0};
	if (argc > 2)
		rounds = atoi(argv[2]);
	if (argc > 3)
		jit = strcmp(argv[3], "interpreted") != 0;
	struct generation *g = generation_load(argc > 1 ? argv[1] : "vendors", NULL, 0, 1, &errors);
	if (g == NULL) {
		fprintf(stderr, "bench_host: %s\n", errors.items[0].msg);
		return 1;
	}
	for (size_t i = 0; i < generation_script_count(g); i++) {
		struct strbuf path = {0};
		struct sample_file f;
		struct err e;
		sample_file_path(generation_script_path(g, i), &path);
		if (sample_file_read(&f, path.data, &e) == 0)
			bench_samples(g, i, &f);
		else
			fprintf(stderr, "bench_host: %s\n", e.msg);
		sample_file_free(&f);
		strbuf_free(&path);
	}
	generation_unref(g);
	return 0;
}
