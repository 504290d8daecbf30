/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON form of a message's outcome; see outcome_json.h.
 */
#include "event/outcome_json.h"

#include <inttypes.h>
#include <string.h>

static void add_dead(const struct batch *b, const struct dead_letter *d, struct strbuf *out)
{
	strbuf_adds(out, ",\"reason\":");
	strbuf_add_json(out, b->arena.data + d->reason.off, d->reason.len);
	if (d->rule[0] != '\0') {
		strbuf_adds(out, ",\"template\":");
		strbuf_add_json(out, d->rule, strlen(d->rule));
	}
	if (d->column > 0)
		strbuf_printf(out, ",\"column\":%" PRIu32, d->column);
}

const char *outcome_verdict(uint32_t events, const struct dead_letter *dead)
{
	return events > 0 ? "events" : dead != NULL ? "dead" : "ignored";
}

void outcome_json(const struct batch *b, uint32_t first, uint32_t n, const struct dead_letter *dead,
		  struct strbuf *out)
{
	strbuf_printf(out, "\"verdict\":\"%s\"", outcome_verdict(n, dead));
	for (uint32_t i = 0; i < n; i++) {
		strbuf_adds(out, i == 0 ? ",\"events\":[" : ",");
		event_json(&b->events[first + i], b->arena.data, b->arena.len, out);
	}
	if (n > 0)
		strbuf_addc(out, ']');
	if (dead != NULL)
		add_dead(b, dead, out);
}
