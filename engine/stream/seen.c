/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring of messages last seen; see seen.h.
 */
#include "stream/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void seen_init(struct seen *s)
{
	*s = (struct seen){.items = xcalloc(SEEN_MESSAGES, sizeof *s->items)};
	pthread_mutex_init(&s->lock, NULL);
}

void seen_free(struct seen *s)
{
	for (size_t i = 0; i < SEEN_MESSAGES; i++)
		free(s->items[i].bytes);
	free(s->items);
	pthread_mutex_destroy(&s->lock);
}

static void put(struct seen *s, const struct message *m)
{
	size_t topic_size = strlen(m->topic) + 1;
	size_t size = topic_size + m->len;
	if (m->tombstone || m->len > SEEN_BYTES_MAX)
		return;
	struct seen_message *slot = &s->items[s->next];
	if (slot->room < size) {
		slot->bytes = xrealloc(slot->bytes, size);
		slot->room = (uint32_t)size;
	}
	memcpy(slot->bytes, m->topic, topic_size);
	memcpy(slot->bytes + topic_size, m->value, m->len);
	slot->topic_size = (uint32_t)topic_size;
	slot->len = (uint32_t)m->len;
	slot->timestamp = m->timestamp;
	s->next = (s->next + 1) % SEEN_MESSAGES;
	s->n += s->n < SEEN_MESSAGES;
}

void seen_note(struct seen *s, const struct batch *b)
{
	uint32_t n = b->message_count < SEEN_OF_BATCH ? b->message_count : SEEN_OF_BATCH;
	if (n == 0 || pthread_mutex_trylock(&s->lock) != 0)
		return;
	uint32_t stride = b->message_count / n;
	uint32_t first = s->turn++ % b->message_count;
	for (uint32_t i = 0; i < n; i++)
		put(s, &b->messages[(first + i * stride) % b->message_count]);
	pthread_mutex_unlock(&s->lock);
}

size_t seen_copy(struct seen *s, struct seen_message *out)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->n;
	for (size_t i = 0; i < n; i++) {
		const struct seen_message *m = &s->items[i];
		out[i] = *m;
		out[i].room = m->topic_size + m->len;
		out[i].bytes = xmalloc(out[i].room);
		memcpy(out[i].bytes, m->bytes, out[i].room);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}
