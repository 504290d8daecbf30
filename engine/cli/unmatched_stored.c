/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored dead letters once more through today's scripts, one at a time; see unmatched_stored.h. A letter does
 * not tell if a rule had fitted, and a script may have been mended since: so the scripts are asked, not the
 * letter's old reason.
 */
#include "cli/unmatched_stored.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "event/cluster.h"
#include "script/host.h"

struct rereading {
	struct host *host;
	struct batch batch; /* of the letter's message */
	struct unmatched *lines;
	const char *vendor;
	uint64_t letters;
	struct err broken; /* code 0 = it is not */
};

/* Of a message with several records only what the letter stands for: its record, and with index 0 what comes
 * behind it. */
static void keep_own(struct batch *b, const struct dead_key *at)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < b->dead_count; i++) {
		uint32_t record = b->dead[i].record;
		if (record == at->record || (at->index == 0 && record > at->record))
			b->dead[kept++] = b->dead[i];
	}
	b->dead_count = kept;
}

/* A dead_row_fn. */
static void take_letter(void *ctx, const struct stored_letter *letter)
{
	struct rereading *re = ctx;
	struct batch *b = &re->batch;
	if (re->broken.code != 0)
		return;
	int route = host_route(re->host, letter->at.topic);
	batch_reset(b);
	b->messages[0] = dead_message(letter);
	b->messages[0].route = route < 0 ? UINT32_MAX : (uint32_t)route;
	b->message_count = 1;
	re->letters++;
	if (host_run(re->host, b, &re->broken) != 0)
		return;
	keep_own(b, &letter->at);
	unmatched_take_stored(re->lines, b, re->vendor,
			      letter->timestamp != EVENT_NO_TIME ? letter->timestamp : letter->stored_at);
}

static int reread(const struct loaded_config *c, const struct dead_request *request, struct rereading *re)
{
	struct dead_stores stores;
	struct errlist errs = {0};
	const struct host_options options = {.jit = true, .need_host_time = true};
	int status = dead_find_stores(&stores, c, false);
	if (status != 0)
		return status;
	re->host = host_new(c->generation, &options, &errs);
	if (re->host == NULL)
		return config_fail(&errs);
	batch_init(&re->batch, 1, (uint32_t)HOST_ARENA_NEED(CLUSTER_TEXT_MAX));
	status = dead_each(&stores, request, false, take_letter, re);
	if (status == 0 && re->broken.code != 0)
		status = cli_fail(&re->broken);
	batch_free(&re->batch);
	host_free(re->host);
	return status;
}

int unmatched_stored(const struct dead_request *request, const struct unmatched_query *q, bool examples,
		     struct strbuf *out)
{
	struct rereading re = {.vendor = q->vendor, .lines = unmatched_new()};
	struct errlist errs = {0};
	struct loaded_config c;
	int status = config_load(&c, request->config, &errs) != 0 ? config_fail(&errs) : 0;
	if (status == 0)
		status = reread(&c, request, &re);
	config_unload(&c);
	if (status == 0 && examples)
		unmatched_examples(re.lines, q, out);
	else if (status == 0)
		unmatched_json(re.lines, q, out);
	if (status == 0)
		fprintf(stderr, "%" PRIu64 " dead letters, once more through today's scripts\n", re.letters);
	unmatched_free(re.lines);
	return status;
}
