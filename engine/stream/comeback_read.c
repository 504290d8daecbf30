/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of dead letters out of their stores; see comeback_read.h.
 */
#include "stream/comeback_read.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"

#define PAGE_BYTES (16u << 20)
#define READ_MS 15000 /* a store that cannot be read for so long ends the work */
#define CLAIM_MS 3000
#define CLAIM_PAUSE_MS 50

int comeback_interrupted(struct err *e)
{
	return err_set(e, ERR_SYSTEM,
		       "interrupted; letters that have not come back are still in their store");
}

/* Two replays at once would both send a letter's events to the outputs that are not its store. A claim may
 * still be held for a moment by a process that was killed. OK, or RETRY. */
static void claim(struct comeback_reader *re, struct sink *store, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + CLAIM_MS;
	for (;;) {
		store->type->dead_claim(store->out, r);
		if (r->verdict != OUTPUT_OK || r->n > 0)
			return;
		if (clock_mono_ms() >= deadline) {
			output_retry(
				r, true,
				"another replay takes letters out of this store just now; one at a time");
			r->why.code = ERR_CONFIG;
			return;
		}
		if (output_wait(re->config->host, -1, 0, clock_mono_ms() + CLAIM_PAUSE_MS) < 0) {
			output_retry(r, false, "stopped while waiting for another replay");
			return;
		}
	}
}

static struct sink *keeper_of(struct comeback_reader *re)
{
	return &re->sinks->items[re->sinks->store];
}

static struct sink *source_of(struct comeback_reader *re)
{
	return re->from_apart ? &re->apart.items[0] : keeper_of(re);
}

/* Leaves out of the page what came back before. OK, or RETRY. */
static void leave_out(struct comeback_reader *re, struct output_result *r)
{
	struct sink *keeper = keeper_of(re);
	struct dead_key *keys = xcalloc(re->page.n + 1, sizeof *keys);
	bool *gone = xcalloc(re->page.n + 1, sizeof *gone);
	size_t n = re->page.n;
	for (size_t i = 0; i < n; i++)
		keys[i] = re->page.letters[i].stored.at;
	keeper->type->dead_noted(keeper->out, keys, n, gone, r);
	if (r->verdict == OUTPUT_OK) {
		page_order(&re->page, gone);
		re->some_gone = re->some_gone || re->page.n < n;
	}
	free(keys);
	free(gone);
}

/* One answer of the store into the page; whatever it broke off with is forgotten. Whose result r is. */
static struct sink *read_once(struct comeback_reader *re, struct output_result *r)
{
	struct sink *keeper = keeper_of(re);
	struct sink *source = source_of(re);
	struct dead_query query = re->config->query;
	query.after = re->behind.n > 0 ? &re->behind.letters[0].stored.at : NULL;
	query.limit = re->left < COMEBACK_PAGE_LETTERS ? re->left : COMEBACK_PAGE_LETTERS;
	query.bytes = PAGE_BYTES;
	query.brief = false;
	page_reset(&re->page);
	page_reset(&re->last);
	sink_open(keeper, r);
	if (r->verdict == OUTPUT_OK && !re->config->dry_run)
		claim(re, keeper, r);
	if (r->verdict != OUTPUT_OK)
		return keeper;
	sink_open(source, r);
	if (r->verdict == OUTPUT_OK)
		source->type->dead_read(source->out, &query, page_add, &re->page, r);
	if (r->verdict != OUTPUT_OK)
		return source;
	page_cut(&re->page);
	if (re->page.n > 0)
		page_add(&re->last, &re->page.letters[re->page.n - 1].stored);
	if (re->from_apart)
		leave_out(re, r);
	return keeper;
}

static int fill(struct comeback_reader *re, struct err *e)
{
	int64_t deadline = clock_mono_ms() + READ_MS;
	re->page.apart = re->from_apart;
	for (;;) {
		struct output_result r;
		struct sink *asked = read_once(re, &r);
		if (r.verdict == OUTPUT_OK) {
			sink_worked(asked);
			sink_worked(source_of(re));
			return 0;
		}
		if (r.alarm || clock_mono_ms() >= deadline) {
			*e = r.why;
			return err_prefix(e, "output %s", asked->config->name);
		}
		int64_t delay = sink_failed(asked, &r);
		if (output_wait(re->config->host, -1, 0, clock_mono_ms() + delay) < 0)
			return comeback_interrupted(e);
	}
}

void comeback_read_on(struct comeback_reader *re)
{
	struct page former = re->behind;
	re->left -= re->page.n;
	re->some_gone = re->some_gone || (re->from_apart && re->page.leaving_count > 0);
	re->behind = re->last;
	re->last = former;
}

int comeback_read_page(struct comeback_reader *re, struct err *e)
{
	while (re->left > 0) {
		if (fill(re, e) != 0)
			return -1;
		if (re->page.n > 0)
			return 1;
		if (re->last.n > 0) { /* all of these came back before */
			comeback_read_on(re);
		} else if (re->from_apart || re->config->apart == NULL) {
			return 0;
		} else {
			re->from_apart = true;
			page_reset(&re->behind);
		}
		if (output_wait(re->config->host, -1, 0, 0) < 0)
			return comeback_interrupted(e);
	}
	return 0;
}

static void ask_keeper(void *ctx, const struct dead_key *keys, size_t n, bool *gone, struct output_result *r)
{
	struct comeback_reader *re = ctx;
	struct sink *keeper = keeper_of(re);
	keeper->type->dead_noted(keeper->out, keys, n, gone, r);
}

void comeback_read_sweep(struct comeback_reader *re)
{
	struct sink *apart = &re->apart.items[0];
	struct output_result r;
	if (!re->from_apart || !re->some_gone || re->config->dry_run || apart->type->dead_sweep == NULL)
		return;
	apart->type->dead_sweep(apart->out, ask_keeper, re, &r);
	if (r.verdict != OUTPUT_OK)
		log_warn("output %s: %s; the next replay leaves out what came back, and tries again",
			 apart->config->name, r.why.msg);
}

int comeback_read_open(struct comeback_reader *re, const struct comeback_config *config, struct sinks *sinks,
		       struct err *e)
{
	struct output_env env = {.cluster_id = "", .host = config->host};
	re->config = config;
	re->sinks = sinks;
	re->left = config->query.limit > 0 ? config->query.limit : SIZE_MAX;
	return config->apart == NULL ? 0
				     : sinks_create(&re->apart, config->apart, 1, &re->apart_stats, &env, e);
}

void comeback_read_close(struct comeback_reader *re)
{
	sinks_close(&re->apart);
	page_free(&re->page);
	page_free(&re->last);
	page_free(&re->behind);
}
