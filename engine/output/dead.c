/* SPDX-License-Identifier: Apache-2.0
 *
 * What all stores and readers of dead letters need; see dead.h.
 */
#include "output/dead.h"

#include <string.h>

#include "output/letter.h"

struct dead_query dead_all(size_t limit)
{
	return (struct dead_query){.limit = limit,
				   .partition = -1,
				   .offset = -1,
				   .record = -1,
				   .from = EVENT_NO_TIME,
				   .to = EVENT_NO_TIME};
}

static bool text_fits(const char *wanted, const char *text)
{
	return wanted == NULL || strcmp(wanted, text) == 0;
}

static bool number_fits(int64_t wanted, int64_t number)
{
	return wanted < 0 || wanted == number;
}

bool dead_wanted(const struct dead_query *q, const struct stored_letter *l)
{
	int64_t time = l->timestamp != EVENT_NO_TIME ? l->timestamp : l->stored_at;
	if (q->from != EVENT_NO_TIME && time < q->from)
		return false;
	if (q->to != EVENT_NO_TIME && time >= q->to)
		return false;
	return text_fits(q->vendor, l->vendor) && text_fits(q->output, l->at.output) &&
	       text_fits(q->topic, l->at.topic) && number_fits(q->partition, l->at.partition) &&
	       number_fits(q->offset, l->at.offset) && number_fits(q->record, l->at.record) &&
	       (q->reason == NULL || strstr(l->reason, q->reason) != NULL);
}

struct message dead_message(const struct stored_letter *l)
{
	return (struct message){.topic = l->at.topic,
				.partition = l->at.partition,
				.offset = l->at.offset,
				.timestamp = l->timestamp,
				.value = l->value,
				.len = l->len,
				.key = l->key,
				.key_len = l->key_len,
				.tombstone = l->value == NULL,
				.route = UINT32_MAX,
				.headers_json = l->headers};
}

void dead_json(const struct stored_letter *l, struct strbuf *out)
{
	struct batch b;
	batch_init(&b, 1, 4096);
	b.messages[b.message_count++] = dead_message(l);
	struct dead_letter *d = batch_add_dead(&b, 0, l->at.record, l->reason);
	d->index = l->at.index;
	d->output = l->at.output;
	d->vendor = l->vendor;
	d->rule = l->rule;
	d->column = l->column;
	d->script_hash = l->script_hash;
	d->generation = l->generation;
	letter_json(&b, d, l->at.cluster, l->stored_at, out);
	batch_free(&b);
}
