/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop over pages of dead letters; see comeback.h. Order of a page, for the guarantee: every other output
 * has the events before the store's transaction begins, which takes the letters out, stores its own events
 * and what is dead again, and commits. Killed in between, the letters are still there. The letters of a store
 * apart follow on those of the table.
 */
#include "stream/comeback.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "stream/comeback_read.h"
#include "stream/deliver.h"

#define ARENA_BYTES (64u << 20)
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
	struct comeback_reader reader;
	char *cluster;   /* of the sinks */
	unsigned fenced; /* times in a row, with the letter below as the first of the page */
	int32_t fenced_partition;
	int64_t fenced_offset;
	uint32_t fenced_record;
};

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
	struct deliver_return letters = {.keys = c->reader.page.leaving,
					 .n = c->reader.page.leaving_count,
					 .apart = c->reader.from_apart,
					 .only = c->reader.page.only};
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
	for (size_t i = 0; i < c->reader.page.n; i++) {
		const struct page_letter *l = &c->reader.page.letters[i];
		c->counts->letters++;
		c->counts->events += l->events;
		c->config->told(c->config->ctx, l, reason_of(c, l, &text));
	}
	strbuf_free(&text);
}

/* Some letters of the page have come back by another hand, or an output does not know what became of its last
 * commit. Both need a new beginning: outputs made anew, the page read anew. 0, or -1 when that does not help.
 */
static int begin_anew(struct comeback *c, struct err *e)
{
	const struct dead_key *first = &c->reader.page.letters[0].stored.at;
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

/* The scripts, and all outputs. 1 = done, go on; -1 with e. */
static int bring_back(struct comeback *c, struct err *e)
{
	page_fill(&c->reader.page, c->host, &c->batch);
	int rc = host_run(c->host, &c->batch, e);
	enum deliver_verdict verdict = DELIVER_DONE;
	if (rc == 0) {
		page_settle(&c->reader.page, &c->batch, has_output, c);
		verdict = deliver(c);
	}
	if (rc == 0 && verdict == DELIVER_FENCED)
		rc = begin_anew(c, e);
	if (rc == 0 && verdict == DELIVER_DONE) {
		c->fenced = 0;
		account(c);
		comeback_read_on(&c->reader);
	}
	batch_reset(&c->batch);
	int64_t until = clock_mono_ms() + (verdict == DELIVER_FENCED ? FENCED_MS : 0);
	if (rc == 0 && (verdict == DELIVER_GIVEN_UP || output_wait(c->config->host, -1, 0, until) < 0))
		return comeback_interrupted(e);
	return rc == 0 ? 1 : -1;
}

/* 1 = done, go on; 0 = there are no more letters; -1 with e. */
static int turn(struct comeback *c, struct err *e)
{
	int more = comeback_read_page(&c->reader, e);
	if (more <= 0)
		return more;
	int other = take_cluster(c, c->reader.page.letters[0].stored.at.cluster, e);
	if (other != 0)
		return other; /* to be read anew by those who claim the letters now */
	return bring_back(c, e);
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
	if (c->host == NULL || take_cluster(c, "", e) < 0 ||
	    comeback_read_open(&c->reader, c->config, &c->sinks, e) != 0)
		return -1;
	int more = 1;
	while (more > 0)
		more = turn(c, e);
	if (more >= 0)
		comeback_read_sweep(&c->reader);
	take_stats(c);
	return more < 0 ? -1 : 0;
}

int comeback_run(const struct comeback_config *config, struct comeback_counts *counts, struct err *e)
{
	struct comeback *c = xcalloc(1, sizeof *c);
	*counts = (struct comeback_counts){0};
	c->config = config;
	c->counts = counts;
	c->delivery = (struct delivery){.sinks = &c->sinks,
					.parts = &c->parts,
					.host = config->host,
					.stats = &c->stats,
					.generation = config->generation,
					.leave_known = IDENTITY_UNIQUE};
	batch_init(&c->batch, COMEBACK_PAGE_LETTERS, ARENA_BYTES);
	int rc = work(c, e);
	comeback_read_close(&c->reader);
	sinks_close(&c->sinks);
	delivery_free(&c->delivery);
	batch_free(&c->batch);
	host_free(c->host);
	free(c->cluster);
	free(c);
	return rc;
}
