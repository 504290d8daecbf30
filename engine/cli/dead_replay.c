/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill dead replay: hands the request to stream/comeback, and tells what came of the letters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/dead.h"
#include "stream/comeback.h"

struct report {
	struct dead_kinds *stay;
	uint64_t fates[FATE_NOWHERE + 1];
};

static void told(void *ctx, const struct page_letter *letter, const char *reason)
{
	struct report *r = ctx;
	r->fates[letter->fate]++;
	if (letter->fate != FATE_BACK && letter->fate != FATE_IGNORED)
		dead_kinds_add(r->stay, &letter->stored, reason);
}

static void print_outputs(const struct comeback_counts *c)
{
	for (size_t i = 0; i < c->output_count; i++) {
		const struct output_stats *s = &c->outputs[i].stats;
		if (stats_get(&s->offered) == 0)
			continue;
		printf("output %s: %" PRIu64 " events stored, %" PRIu64 " filtered out, %" PRIu64
		       " refused, %" PRIu64 " dropped\n",
		       c->outputs[i].name, stats_get(&s->stored), stats_get(&s->filtered),
		       stats_get(&s->rejected), stats_get(&s->dropped));
	}
}

static void print_json(const struct report *r, const struct comeback_counts *c, uint64_t stay)
{
	printf("{\"letters\":%" PRIu64 ",\"back\":%" PRIu64 ",\"events\":%" PRIu64 ",\"ignored\":%" PRIu64
	       ",\"stay\":%" PRIu64 "}\n",
	       c->letters, r->fates[FATE_BACK], c->events, r->fates[FATE_IGNORED], stay);
}

static void print_report(const struct report *r, const struct comeback_counts *c,
			 const struct dead_request *request)
{
	uint64_t stay = c->letters - r->fates[FATE_BACK] - r->fates[FATE_IGNORED];
	if (request->json) {
		print_json(r, c, stay);
	} else {
		printf(request->dry_run ? "%" PRIu64 " letters would come back as %" PRIu64
					  " events, %" PRIu64 " would be ignored, %" PRIu64 " would stay\n"
					: "%" PRIu64 " letters came back as %" PRIu64 " events, %" PRIu64
					  " are ignored by today's scripts, %" PRIu64 " stay\n",
		       r->fates[FATE_BACK], c->events, r->fates[FATE_IGNORED], stay);
		print_outputs(c);
	}
	if (stay > 0)
		dead_kinds_print(r->stay, request);
}

int dead_replay(const struct loaded_config *c, const struct dead_stores *stores,
		const struct dead_request *request)
{
	struct report report = {.stay = dead_kinds_new()};
	struct comeback_config config = {.generation = c->generation,
					 .outputs = stores->outputs,
					 .output_count = stores->output_count,
					 .apart = stores->apart.type != NULL ? &stores->apart : NULL,
					 .host = cli_host(),
					 .query = request->query,
					 .dry_run = request->dry_run,
					 .told = told,
					 .ctx = &report};
	struct comeback_counts counts;
	struct err e = {0};
	cli_host_catch_signals();
	int rc = comeback_run(&config, &counts, &e);
	print_report(&report, &counts, request);
	fflush(stdout);
	dead_kinds_free(report.stay);
	return rc == 0 ? 0 : cli_fail(&e);
}
