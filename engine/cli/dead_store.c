/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the store of dead letters in a configuration and reads it to its end, answer by answer; see dead.h.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/dead.h"
#include "stream/comeback_page.h"

#define ANSWER_LETTERS 1000
#define ANSWER_BYTES (16u << 20)
#define RETRY_MS 10000 /* a store that others hold up for so long ends the command */
#define PAUSE_MS 100

const struct sink_config *dead_store(const struct loaded_config *c, bool replay)
{
	const struct sink_config *order[OUTPUTS_MAX];
	struct err e;
	int place = sinks_order(c->sinks, c->sink_count, order);
	const struct sink_config *store = place >= 0 ? order[place] : NULL;
	if (store == NULL)
		err_set(&e, ERR_CONFIG, "the configuration keeps no dead letters");
	else if (replay && store->type->dead_remove == NULL)
		err_set(&e, ERR_CONFIG,
			"dead letters are kept in the store `%s`, which cannot let go of a letter together "
			"with storing its event; send them round again with `natmill dead export`, as "
			"docs/dead-letters.md tells, or keep them in a table (dead_letters: { type: table })",
			store->type->name);
	else
		return store;
	cli_fail(&e);
	return NULL;
}

/* What is read, and where the next answer begins. */
struct reading {
	const struct dead_query *query;
	dead_row_fn *row;
	void *ctx;
	struct page answer; /* so that an answer that breaks off is not told twice */
	struct page behind;
	size_t left;
};

static void read_once(struct output *o, const struct output_type *t, struct reading *re, bool brief,
		      struct output_result *r)
{
	struct dead_query q = *re->query;
	q.after = re->behind.n > 0 ? &re->behind.letters[0].stored.at : NULL;
	q.limit = re->left < ANSWER_LETTERS ? re->left : ANSWER_LETTERS;
	q.bytes = ANSWER_BYTES;
	q.brief = brief;
	page_reset(&re->answer);
	t->dead_read(o, &q, page_add, &re->answer, r);
}

static void tell(struct reading *re)
{
	for (size_t i = 0; i < re->answer.n; i++)
		re->row(re->ctx, &re->answer.letters[i].stored);
	re->left -= re->answer.n;
	page_reset(&re->behind);
	page_add(&re->behind, &re->answer.letters[re->answer.n - 1].stored);
}

static void read_all(struct output *o, const struct output_type *t, struct reading *re, bool brief,
		     struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + RETRY_MS;
	bool open = false;
	while (re->left > 0) {
		output_ok(r, 0);
		if (!open)
			t->open(o, r);
		open = r->verdict == OUTPUT_OK;
		if (open)
			read_once(o, t, re, brief, r);
		if (r->verdict == OUTPUT_OK && r->n == 0)
			return;
		if (r->verdict == OUTPUT_OK) {
			deadline = clock_mono_ms() + RETRY_MS;
			tell(re);
			continue;
		}
		open = open && !r->reopen;
		if (r->alarm || clock_mono_ms() >= deadline)
			return;
		output_wait(cli_host(), -1, 0, clock_mono_ms() + PAUSE_MS);
	}
	output_ok(r, 0);
}

int dead_each(const struct sink_config *store, const struct dead_request *request, bool brief,
	      dead_row_fn *row, void *ctx)
{
	struct output_env env = {.name = store->name, .cluster_id = "", .host = cli_host()};
	struct reading re = {.query = &request->query,
			     .row = row,
			     .ctx = ctx,
			     .left = request->query.limit > 0 ? request->query.limit : SIZE_MAX};
	struct output_result r;
	struct err e = {0};
	struct output *o = store->type->create(store->options, &env, &e);
	if (o == NULL)
		return cli_fail(&e);
	read_all(o, store->type, &re, brief, &r);
	store->type->close(o);
	page_free(&re.answer);
	page_free(&re.behind);
	if (r.verdict == OUTPUT_OK)
		return 0;
	e = r.why;
	err_prefix(&e, "output %s", store->name);
	return cli_fail(&e);
}
