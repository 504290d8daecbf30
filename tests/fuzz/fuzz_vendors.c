/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer: the first byte of the input picks a shipped vendor script, the rest is the value of a message.
 * Each record must be accounted for exactly once, each event must keep the rules of the model, and the same
 * value must give the same again. JIT off, so that a handler that never ends is seen. The corpus is made of
 * vendors/NAME.samples at start: each becomes a file of the first folder that the command line names. Run it
 * in the project's folder.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "event/batch.h"
#include "script/host.h"
#include "script/sample_file.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROUTES_MAX 256

static struct {
	struct generation *generation;
	struct host *host;
	struct batch batch;
	uint32_t routes[ROUTES_MAX];
	size_t count;
} mill;

static void must(int truth)
{
	if (!truth)
		abort();
}

static void load(void)
{
	struct errlist errors = {0};
	struct host_options o = {.jit = false, .need_host_time = false};
	mill.generation = generation_load("vendors", NULL, 0, 1, &errors);
	if (mill.generation != NULL)
		mill.host = host_new(mill.generation, &o, &errors);
	if (mill.host == NULL) {
		fprintf(stderr, "fuzz_vendors: %s\n", errors.items[0].msg);
		exit(1);
	}
	mill.count = generation_script_count(mill.generation);
	must(mill.count > 0 && mill.count <= ROUTES_MAX);
	for (size_t i = 0; i < mill.count; i++)
		mill.routes[i] = (uint32_t)host_route_script(mill.host, i);
	batch_init(&mill.batch, 1, 1 << 20);
}

static void write_seed(const char *folder, size_t vendor, const struct sample *s)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s-%zu", folder, generation_script_name(mill.generation, vendor),
		 s->line);
	FILE *out = fopen(path, "we");
	if (out == NULL)
		return;
	fputc((int)vendor, out);
	fwrite(s->value, 1, s->len, out);
	fclose(out);
}

static void write_seeds(const char *folder)
{
	for (size_t i = 0; i < mill.count; i++) {
		struct strbuf path = {0};
		struct sample_file f;
		struct err e;
		sample_file_path(generation_script_path(mill.generation, i), &path);
		must(sample_file_read(&f, path.data, &e) == 0);
		for (size_t k = 0; k < f.count; k++)
			write_seed(folder, i, &f.samples[k]);
		sample_file_free(&f);
		strbuf_free(&path);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct stat st;
	load();
	for (int i = 1; i < *argc; i++)
		if ((*argv)[i][0] != '-' && stat((*argv)[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			write_seeds((*argv)[i]);
			break;
		}
	return 0;
}

static void check_dead(const struct batch *b, const struct dead_letter *d)
{
	must(d->message == 0 && d->record < b->counts.records);
	must(d->reason.len > 0 && (uint64_t)d->reason.off + d->reason.len <= b->arena.len);
	must(utf8_valid(b->arena.data + d->reason.off, d->reason.len));
}

static void check(const struct batch *b)
{
	const struct batch_counts *c = &b->counts;
	struct err e;
	must(c->messages == 1 && c->records > 0);
	must(c->records == c->parsed + c->ignored + c->dead && c->dead == b->dead_count);
	must(b->event_count >= c->parsed);
	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		must(ev->message == 0 && ev->record < c->records);
		must(ev->index / HOST_EVENTS_MAX == ev->record);
		must(i == 0 || ev->index > b->events[i - 1].index);
		must(event_validate(ev, b->arena.data, b->arena.len, false, &e) == 0);
	}
	for (uint32_t i = 0; i < b->dead_count; i++)
		check_dead(b, &b->dead[i]);
}

/* Runs the value; what came of it as text. */
static void run(uint32_t route, const char *value, size_t n, struct strbuf *shown)
{
	struct batch *b = &mill.batch;
	struct err e;
	batch_reset(b);
	b->messages[0] = (struct message){.topic = "",
					  .timestamp = EVENT_NO_TIME,
					  .value = value,
					  .len = n,
					  .route = route};
	b->message_count = 1;
	must(host_run(mill.host, b, &e) == 0);
	check(b);
	for (uint32_t i = 0; i < b->event_count; i++)
		event_json(&b->events[i], b->arena.data, b->arena.len, shown);
	strbuf_printf(shown, " %u", b->dead_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf first = {0};
	struct strbuf second = {0};
	if (size == 0 || size > 1 << 16)
		return 0;
	/* A copy of its own, so that reading beyond the value is seen. */
	size_t n = size - 1;
	char *value = malloc(n > 0 ? n : 1);
	memcpy(value, data + 1, n);
	uint32_t route = mill.routes[data[0] % mill.count];
	run(route, value, n, &first);
	run(route, value, n, &second);
	must(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	strbuf_free(&first);
	strbuf_free(&second);
	free(value);
	return 0;
}
