/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the stores of dead letters to their ends, answer by answer; see dead.h.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/dead.h"
#include "stream/comeback_page.h"

#define ANSWER_LETTERS 1000
#define ANSWER_BYTES (16u << 20)
#define RETRY_MS 10000 /* a store that others hold up for so long ends the command */
#define KEEPER_MS 3000 /* the letters of a store apart are shown without its keeper, too */
#define PAUSE_MS 100

/* A store, or who knows about it. */
struct asked {
	const struct sink_config *sink;
	struct output_env env;
	struct output *output; /* NULL: it is not asked */
	bool open;
};

/* What is read, and where the next answer begins. */
struct reading {
	const struct dead_query *query;
	bool brief;
	dead_row_fn *row;
	void *ctx;
	struct page answer; /* so that an answer that breaks off is not told twice */
	bool gone[ANSWER_LETTERS];
	struct page behind;
	size_t left;
};

static int make(struct asked *a, const struct sink_config *sink, struct err *e)
{
	*a = (struct asked){.sink = sink, .env = {.name = sink->name, .cluster_id = "", .host = cli_host()}};
	a->output = sink->type->create(sink->options, &a->env, e);
	return a->output != NULL ? 0 : -1;
}

static void close_asked(struct asked *a)
{
	if (a->output != NULL)
		a->sink->type->close(a->output);
	a->output = NULL;
}

static void open_asked(struct asked *a, struct output_result *r)
{
	output_ok(r, 0);
	if (!a->open)
		a->sink->type->open(a->output, r);
	a->open = r->verdict == OUTPUT_OK;
}

/* After a call that failed or not. */
static void note_failure(struct asked *a, const struct output_result *r)
{
	if (r->verdict != OUTPUT_OK && r->reopen)
		a->open = false;
}

/* Sets gone[] for the answer. */
static void ask_keeper(struct reading *re, struct asked *keeper, struct output_result *r)
{
	struct dead_key keys[ANSWER_LETTERS];
	open_asked(keeper, r);
	if (r->verdict != OUTPUT_OK)
		return;
	for (size_t i = 0; i < re->answer.n; i++)
		keys[i] = re->answer.letters[i].stored.at;
	keeper->sink->type->dead_noted(keeper->output, keys, re->answer.n, re->gone, r);
	note_failure(keeper, r);
}

/* OK with the number of letters, which are in the answer. keeper: NULL, or who knows which came back. */
static void read_once(struct reading *re, struct asked *from, struct asked *keeper, struct output_result *r)
{
	struct dead_query q = *re->query;
	q.after = re->behind.n > 0 ? &re->behind.letters[0].stored.at : NULL;
	q.limit = re->left < ANSWER_LETTERS ? re->left : ANSWER_LETTERS;
	q.bytes = ANSWER_BYTES;
	q.brief = re->brief;
	page_reset(&re->answer);
	open_asked(from, r);
	if (r->verdict == OUTPUT_OK)
		from->sink->type->dead_read(from->output, &q, page_add, &re->answer, r);
	note_failure(from, r);
	for (size_t i = 0; i < ANSWER_LETTERS; i++)
		re->gone[i] = false;
	if (r->verdict == OUTPUT_OK && keeper != NULL && re->answer.n > 0)
		ask_keeper(re, keeper, r);
}

static void tell(struct reading *re)
{
	for (size_t i = 0; i < re->answer.n; i++) {
		if (re->gone[i])
			continue;
		re->row(re->ctx, &re->answer.letters[i].stored);
		re->left--;
	}
	page_reset(&re->behind);
	page_add(&re->behind, &re->answer.letters[re->answer.n - 1].stored);
}

static void read_all(struct reading *re, struct asked *from, struct asked *keeper, int64_t patience_ms,
		     struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + patience_ms;
	page_reset(&re->behind);
	while (re->left > 0) {
		read_once(re, from, keeper, r);
		if (r->verdict == OUTPUT_OK && re->answer.n == 0)
			return;
		if (r->verdict == OUTPUT_OK) {
			deadline = clock_mono_ms() + patience_ms;
			tell(re);
			continue;
		}
		if (r->alarm || clock_mono_ms() >= deadline)
			return;
		output_wait(cli_host(), -1, 0, clock_mono_ms() + PAUSE_MS);
	}
	output_ok(r, 0);
}

static int fail(const struct asked *a, const struct output_result *r, struct err *e)
{
	if (r->verdict == OUTPUT_OK)
		return 0;
	*e = r->why;
	return err_prefix(e, "output %s", a->sink->name);
}

/* The letters of the keeper's own. 0, or -1 with e. */
static int read_keeper(struct reading *re, const struct dead_stores *stores, struct asked *keeper,
		       struct err *e)
{
	bool alone = stores->apart.type == NULL;
	struct output_result r;
	if (make(keeper, &stores->keeper, e) != 0)
		return -1;
	read_all(re, keeper, NULL, alone ? RETRY_MS : KEEPER_MS, &r);
	if (r.verdict == OUTPUT_OK || alone)
		return fail(keeper, &r, e);
	log_warn("output %s: %s; so letters of the store `%s` that came back are shown, too",
		 keeper->sink->name, r.why.msg, stores->apart.type->name);
	close_asked(keeper);
	return 0;
}

static int read_apart(struct reading *re, const struct dead_stores *stores, struct asked *keeper,
		      struct err *e)
{
	struct asked apart;
	struct output_result r;
	if (make(&apart, &stores->apart, e) != 0)
		return -1;
	read_all(re, &apart, keeper->output != NULL ? keeper : NULL, RETRY_MS, &r);
	close_asked(&apart);
	return fail(&apart, &r, e);
}

int dead_each(const struct dead_stores *stores, const struct dead_request *request, bool brief,
	      dead_row_fn *row, void *ctx)
{
	struct reading re = {.query = &request->query,
			     .brief = brief,
			     .row = row,
			     .ctx = ctx,
			     .left = request->query.limit > 0 ? request->query.limit : SIZE_MAX};
	struct asked keeper = {0};
	struct err e = {0};
	int rc = stores->keeper.type != NULL ? read_keeper(&re, stores, &keeper, &e) : 0;
	if (rc == 0 && stores->apart.type != NULL)
		rc = read_apart(&re, stores, &keeper, &e);
	close_asked(&keeper);
	page_free(&re.answer);
	page_free(&re.behind);
	return rc == 0 ? 0 : cli_fail(&e);
}
