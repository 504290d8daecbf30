/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: writes the samples with what the engine makes of them; see new_script.h.
 */
#include <string.h>

#include "cli/new_script.h"
#include "event/envelope.h"

#define SAMPLES_EACH 4 /* lines of a rule; one more for each action */

/* One line through the whole engine, as natmill test will run it. */
static int run_line(struct host *h, uint32_t route, struct batch *b, const struct cluster_line *line,
		    struct err *e)
{
	batch_reset(b);
	b->messages[0] = (struct message){.topic = "",
					  .timestamp = EVENT_NO_TIME,
					  .value = line->value,
					  .len = line->value_len,
					  .route = route};
	b->message_count = 1;
	return host_run(h, b, e);
}

static void add_line(struct strbuf *out, const char *front, const struct cluster_line *line)
{
	strbuf_adds(out, front);
	strbuf_add(out, line->value, line->value_len);
	strbuf_addc(out, '\n');
}

static void add_outcome(struct strbuf *out, const struct batch *b, const struct cluster_line *line)
{
	if (b->dead_count > 0) {
		add_line(out, "# not yet: ", line);
		return;
	}
	add_line(out, "> ", line);
	for (uint32_t i = 0; i < b->event_count; i++) {
		event_json(&b->events[i], b->arena.data, b->arena.len, out);
		strbuf_addc(out, '\n');
	}
	if (b->event_count == 0)
		strbuf_adds(out, "ignored\n");
}

/* The first lines, and later ones with an action that was not shown. */
static int add_rule_samples(const struct draft *d, struct host *h, uint32_t route, struct batch *b,
			    struct strbuf *out, struct err *e)
{
	unsigned seen = 0;
	size_t shown = 0;
	for (size_t i = 0; i < d->cluster->kept; i++) {
		const struct cluster_line *line = &d->cluster->lines[i];
		if (run_line(h, route, b, line, e) != 0)
			return -1;
		int32_t action = b->event_count > 0 ? b->events[0].event : 0;
		unsigned bit = action > 0 ? 1u << action : 1;
		if (shown >= SAMPLES_EACH / 2 && ((seen & bit) != 0 || shown >= SAMPLES_EACH))
			continue;
		add_outcome(out, b, line);
		seen |= bit;
		shown++;
	}
	return 0;
}

static int add_all(const struct drafts *d, struct host *h, uint32_t route, struct batch *b,
		   struct strbuf *out, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < d->count && rc == 0; i++) {
		const struct draft *one = &d->items[i];
		if (one->state == DRAFT_DOUBTFUL)
			continue;
		strbuf_printf(out, "\n# %s\n", draft_rule(one));
		rc = add_rule_samples(one, h, route, b, out, e);
	}
	for (size_t i = 0; i < d->count; i++) {
		if (d->items[i].state != DRAFT_DOUBTFUL)
			continue;
		strbuf_adds(out, "\n# DOUBTFUL in the script.\n");
		add_line(out, "# not yet: ", &d->items[i].cluster->lines[0]);
	}
	return rc;
}

int new_samples(const char *name, const struct drafts *d, const struct new_input *in, struct host *h,
		struct strbuf *out, struct err *e)
{
	struct batch batch;
	strbuf_printf(out,
		      "# Real lines (> ...), and below each what the script makes of it now. `natmill test "
		      "%s` runs "
		      "them.\n"
		      "# Look at each event: is every value in the right field? Where it is wrong put the "
		      "script right, "
		      "then the event here.\n"
		      "# More lines go here behind `> `; `natmill test --fill %s` writes below them what the "
		      "script makes of\n"
		      "# them, and tries the lines marked `not yet` again.\n",
		      name, name);
	batch_init(&batch, 1, HOST_ARENA_NEED(2 * CLUSTER_TEXT_MAX));
	if (in->header->count > 0)
		strbuf_printf(out, "\n> %.*s\nignored\n", (int)in->header->line.len, in->header->line.data);
	int rc = add_all(d, h, (uint32_t)host_route_all(h), &batch, out, e);
	batch_free(&batch);
	return rc;
}
