/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop over pages of dead letters; see comeback.h. Order of a page, for the guarantee: every other output
 * has the events before the store's transaction begins, which takes the letters out, stores its own events
 * and what is dead again, and commits. Killed in between, the letters are still there.
 */
#include "stream/comeback.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "stream/deliver.h"

#define PAGE_LETTERS 1000
#define PAGE_BYTES (16u << 20)
#define ARENA_BYTES (64u << 20)
#define READ_MS 15000 /* a store that cannot be read for so long ends the work */
#define CLAIM_MS 3000
#define CLAIM_PAUSE_MS 50
#define FENCED_MS 50
#define FENCED_MAX 10 /* times in a row at the same letter */

struct comeback {
	const struct comeback_config *config;
	struct comeback_counts *counts;
	struct sinks sinks;
	struct partitions parts; /* none: letters move no watermark */
	struct worker_stats stats;
	struct output_stats output_stats[OUTPUTS_MAX];
	struct delivery delivery;
	struct host *host;
	struct batch batch;
	struct page page;
	struct page behind; /* holds the letter that the next page begins behind */
	char *cluster;      /* of the sinks */
	size_t left;
	unsigned fenced; /* times in a row, with the letter below as the first of the page */
	int32_t fenced_partition;
	int64_t fenced_offset;
	uint32_t fenced_record;
};

static int interrupted(struct err *e)
{
	return err_set(e, ERR_SYSTEM,
		       "interrupted; letters that have not come back are still in their store");
}

/* Outputs of that cluster: the one that letters and identities tell. 0 = they are there, 1 = they were made
 * now, -1 with e. */
static int take_cluster(struct comeback *c, const char *cluster, struct err *e)
{
	const struct comeback_config *config = c->config;
	if (c->cluster != NULL && strcmp(c->cluster, cluster) == 0)
		return 0;
	char *copy = xstrdup(cluster);
	sinks_close(&c->sinks);
	free(c->cluster);
	c->cluster = copy;
	struct output_env env = {.cluster_id = c->cluster, .host = config->host};
	int rc = sinks_create(&c->sinks, config->outputs, config->output_count, c->output_stats, &env, e);
	return rc == 0 ? 1 : -1;
}

/* Two replays at once would both send a letter's events to the outputs that are not its store. A claim may
 * still be held for a moment by a process that was killed. OK, or RETRY. */
static void claim(struct comeback *c, struct sink *store, struct output_result *r)
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
		if (output_wait(c->config->host, -1, 0, clock_mono_ms() + CLAIM_PAUSE_MS) < 0) {
			output_retry(r, false, "stopped while waiting for another replay");
			return;
		}
	}
}

/* One answer of the store into the page; whatever it broke off with is forgotten. */
static void read_once(struct comeback *c, struct output_result *r)
{
	struct sink *store = &c->sinks.items[c->sinks.store];
	struct dead_query query = c->config->query;
	query.after = c->behind.n > 0 ? &c->behind.letters[0].stored.at : NULL;
	query.limit = c->left < PAGE_LETTERS ? c->left : PAGE_LETTERS;
	query.bytes = PAGE_BYTES;
	query.brief = false;
	page_reset(&c->page);
	sink_open(store, r);
	if (r->verdict == OUTPUT_OK && !c->config->dry_run)
		claim(c, store, r);
	if (r->verdict == OUTPUT_OK)
		store->type->dead_read(store->out, &query, page_add, &c->page, r);
}

static int read_page(struct comeback *c, struct err *e)
{
	struct sink *store = &c->sinks.items[c->sinks.store];
	int64_t deadline = clock_mono_ms() + READ_MS;
	for (;;) {
		struct output_result r;
		read_once(c, &r);
		if (r.verdict == OUTPUT_OK) {
			sink_worked(store);
			page_cut(&c->page);
			return 0;
		}
		if (r.alarm || clock_mono_ms() >= deadline) {
			*e = r.why;
			return err_prefix(e, "output %s", store->config->name);
		}
		int64_t delay = sink_failed(store, &r);
		if (output_wait(c->config->host, -1, 0, clock_mono_ms() + delay) < 0)
			return interrupted(e);
	}
}

static bool has_output(void *ctx, const char *name)
{
	const struct comeback *c = ctx;
	for (size_t i = 0; i < c->sinks.n; i++)
		if (c->sinks.items[i].type->takes_events && strcmp(c->sinks.items[i].config->name, name) == 0)
			return true;
	return false;
}

static enum deliver_verdict deliver(struct comeback *c)
{
	struct deliver_return letters = {.keys = c->page.leaving,
					 .n = c->page.leaving_count,
					 .only = c->page.only};
	if (c->config->dry_run || letters.n == 0)
		return DELIVER_DONE;
	c->delivery.letters = &letters;
	enum deliver_verdict verdict = deliver_batch(&c->delivery, &c->batch);
	c->delivery.letters = NULL;
	return verdict;
}

/* Why the letter stays; "" = it does not. */
static const char *reason_of(const struct comeback *c, const struct page_letter *l, struct strbuf *text)
{
	const char *reason = event_text(l->reason, c->batch.arena.data, c->batch.arena.len);
	switch (l->fate) {
	case FATE_BACK:
	case FATE_IGNORED:
		return "";
	case FATE_SAME:
		return l->stored.reason;
	case FATE_AGAIN:
		break;
	case FATE_LOST:
		return l->stored.at.output[0] != '\0' ? "today's scripts make no such event of its message"
						      : "today's scripts find no such record in its message";
	case FATE_NOWHERE:
		strbuf_reset(text);
		strbuf_printf(text, "the configuration has no output %s", l->stored.at.output);
		return text->data;
	}
	strbuf_reset(text);
	strbuf_add(text, reason != NULL ? reason : "", reason != NULL ? l->reason.len : 0);
	return text->data;
}

static void account(struct comeback *c)
{
	struct strbuf text = {0};
	for (size_t i = 0; i < c->page.n; i++) {
		const struct page_letter *l = &c->page.letters[i];
		c->counts->letters++;
		c->counts->events += l->events;
		c->config->told(c->config->ctx, l, reason_of(c, l, &text));
	}
	strbuf_free(&text);
	c->left -= c->page.n;
	page_reset(&c->behind);
	page_add(&c->behind, &c->page.letters[c->page.n - 1].stored);
}

/* Some letters of the page have come back by another hand, or an output does not know what became of its last
 * commit. Both need a new beginning: outputs made anew, the page read anew. 0, or -1 when that does not help.
 */
static int begin_anew(struct comeback *c, struct err *e)
{
	const struct dead_key *first = &c->page.letters[0].stored.at;
	bool same = c->fenced > 0 && first->partition == c->fenced_partition &&
		    first->offset == c->fenced_offset && first->record == c->fenced_record;
	c->fenced = same ? c->fenced + 1 : 1;
	c->fenced_partition = first->partition;
	c->fenced_offset = first->offset;
	c->fenced_record = first->record;
	free(c->cluster);
	c->cluster = NULL; /* take_cluster() makes them anew */
	if (c->fenced < FENCED_MAX)
		return 0;
	return err_set(e, ERR_OUTPUT,
		       "an output was fenced %d times in a row, see the log; letters that have not come back "
		       "are still in their store",
		       FENCED_MAX);
}

/* 1 = done, go on; 0 = there are no more letters; -1 with e. */
static int turn(struct comeback *c, struct err *e)
{
	if (read_page(c, e) != 0)
		return -1;
	if (c->page.n == 0)
		return 0;
	int other = take_cluster(c, c->page.letters[0].stored.at.cluster, e);
	if (other != 0)
		return other; /* to be read anew by those who claim the letters now */
	page_fill(&c->page, c->host, &c->batch);
	int rc = host_run(c->host, &c->batch, e);
	enum deliver_verdict verdict = DELIVER_DONE;
	if (rc == 0) {
		page_settle(&c->page, &c->batch, has_output, c);
		verdict = deliver(c);
	}
	if (rc == 0 && verdict == DELIVER_FENCED)
		rc = begin_anew(c, e);
	if (rc == 0 && verdict == DELIVER_DONE) {
		c->fenced = 0;
		account(c);
	}
	batch_reset(&c->batch);
	int64_t until = clock_mono_ms() + (verdict == DELIVER_FENCED ? FENCED_MS : 0);
	if (rc == 0 && (verdict == DELIVER_GIVEN_UP || output_wait(c->config->host, -1, 0, until) < 0))
		return interrupted(e);
	return rc == 0 ? 1 : -1;
}

static void take_stats(struct comeback *c)
{
	struct comeback_counts *counts = c->counts;
	for (size_t i = 0; i < c->sinks.n; i++) {
		if (!c->sinks.items[i].type->takes_events)
			continue;
		counts->outputs[counts->output_count].name = c->sinks.items[i].config->name;
#define X(name, help) \
	stats_add(&counts->outputs[counts->output_count].stats.name, stats_get(&c->output_stats[i].name));
		OUTPUT_STATS(X)
#undef X
		counts->output_count++;
	}
}

static int work(struct comeback *c, struct err *e)
{
	struct errlist errors = {0};
	struct host_options options = {.jit = true, .need_host_time = true, .alarm = true};
	c->host = host_new(c->config->generation, &options, &errors);
	c->delivery.scripts = c->host;
	if (c->host == NULL)
		*e = errors.items[0];
	errlist_free(&errors);
	if (c->host == NULL || take_cluster(c, "", e) < 0)
		return -1;
	int more = 1;
	while (more > 0 && c->left > 0)
		more = turn(c, e);
	take_stats(c);
	return more < 0 ? -1 : 0;
}

int comeback_run(const struct comeback_config *config, struct comeback_counts *counts, struct err *e)
{
	struct comeback *c = xcalloc(1, sizeof *c);
	*counts = (struct comeback_counts){0};
	c->config = config;
	c->counts = counts;
	c->left = config->query.limit > 0 ? config->query.limit : SIZE_MAX;
	c->delivery = (struct delivery){.sinks = &c->sinks,
					.parts = &c->parts,
					.host = config->host,
					.stats = &c->stats,
					.generation = config->generation,
					.leave_known = IDENTITY_UNIQUE};
	batch_init(&c->batch, PAGE_LETTERS, ARENA_BYTES);
	int rc = work(c, e);
	sinks_close(&c->sinks);
	delivery_free(&c->delivery);
	batch_free(&c->batch);
	page_free(&c->page);
	page_free(&c->behind);
	host_free(c->host);
	free(c->cluster);
	free(c);
	return rc;
}
