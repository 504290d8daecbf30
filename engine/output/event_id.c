/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts and hashes of identities; see event_id.h.
 */
#include "output/event_id.h"

#include "base/strbuf.h"

static void add_part(struct strbuf *out, int64_t number)
{
	strbuf_addc(out, ':');
	strbuf_add_int(out, number);
}

void event_id_add(struct strbuf *out, const char *cluster_id, const struct batch *b, const struct event *ev)
{
	const struct message *m = batch_message_of(b, ev);
	strbuf_adds(out, cluster_id);
	strbuf_addc(out, ':');
	strbuf_adds(out, m->topic);
	add_part(out, m->partition);
	add_part(out, m->offset);
	add_part(out, ev->index);
}

/* One number mixed into the hash: the finaliser of splitmix64 (source: Steele, Lea, Flood, 2014). */
static uint64_t mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) + 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
	return hash ^ hash >> 31;
}

uint64_t event_id_hash(const struct batch *b, const struct event *ev)
{
	const struct message *m = batch_message_of(b, ev);
	uint64_t hash = 0;
	for (const char *c = m->topic; *c != '\0'; c++)
		hash = hash * 1099511628211u + (unsigned char)*c;
	hash = mix(hash, (uint32_t)m->partition);
	hash = mix(hash, (uint64_t)m->offset);
	hash = mix(hash, ev->index);
	return hash != 0 ? hash : 1;
}
