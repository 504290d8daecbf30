/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes unmatched lines of settled batches, and of stored dead letters; see unmatched.h. One lock, taken at
 * most once a batch by workers that have such lines, and by whoever asks.
 */
#include "stream/unmatched.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stream/unmatched_kinds.h"

#define SECOND_US 1000000

struct unmatched *unmatched_new(void)
{
	struct unmatched *u = xcalloc(1, sizeof *u);
	pthread_mutex_init(&u->lock, NULL);
	u->set = cluster_set_new(UNMATCHED_KINDS + 1); /* one more: it comes, then one goes */
	u->set->keep = UNMATCHED_LINES;
	u->since_us = clock_wall_us();
	return u;
}

void unmatched_free(struct unmatched *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->set->count; i++)
		free(u->set->items[i]->notes);
	cluster_set_free(u->set);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

/* The kind that goes: seen least, and of those longest ago; never the one that just came. */
static void forget_one(struct unmatched *u, const struct cluster *newest)
{
	size_t least = 0;
	for (size_t i = 0; i < u->set->count; i++) {
		const struct cluster *c = u->set->items[i];
		const struct cluster *best = u->set->items[least];
		if (c == newest)
			continue;
		if (best == newest || c->count < best->count ||
		    (c->count == best->count && unmatched_notes(c)->last_us < unmatched_notes(best)->last_us))
			least = i;
	}
	u->forgotten_kinds++;
	u->forgotten_lines += u->set->items[least]->count;
	free(u->set->items[least]->notes);
	cluster_drop(u->set, least);
}

static void note_device(struct unmatched_notes *notes, const struct dead_letter *d, const struct batch *b)
{
	char name[UNMATCHED_NAME_MAX] = "";
	const char *host_name = event_text(d->host_name, b->arena.data, b->arena.len);
	if (d->host.family != 0)
		ip_format(&d->host, name);
	else if (host_name != NULL && d->host_name.len < sizeof name)
		memcpy(name, host_name, d->host_name.len);
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < notes->device_count; i++)
		if (strcmp(notes->devices[i], name) == 0)
			return;
	if (notes->device_count == UNMATCHED_DEVICES) {
		notes->more_devices = true;
		return;
	}
	memcpy(notes->devices[notes->device_count++], name, sizeof name);
}

static void begin_notes(struct cluster *c, const struct dead_letter *d, const struct batch *b, int64_t now)
{
	struct unmatched_notes *notes = xcalloc(1, sizeof *notes);
	const struct message *m = &b->messages[d->message];
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	snprintf(notes->vendor, sizeof notes->vendor, "%s", d->vendor);
	snprintf(notes->topic, sizeof notes->topic, "%s", m->topic);
	notes->partition = m->partition;
	notes->offset = m->offset;
	notes->first_us = now;
	notes->last_us = now;
	if (reason != NULL && d->reason.len < sizeof notes->reason)
		memcpy(notes->reason, reason, d->reason.len);
	c->notes = notes;
}

/* Lines of different scripts never meet. */
static int kind_of(const char *vendor)
{
	uint32_t hash = 2166136261u;
	for (; *vendor != '\0'; vendor++)
		hash = (hash ^ (unsigned char)*vendor) * 16777619u;
	return (int)(hash >> 1);
}

/* The example is the message as it came, so that natmill new sees its envelope, too; of one that holds
 * several lines, the line. */
static void look_at(struct unmatched *u, const struct dead_letter *d, const struct batch *b, int64_t now)
{
	const struct message *m = &b->messages[d->message];
	const char *text = event_text(d->text, b->arena.data, b->arena.len);
	size_t text_len = text != NULL ? d->text.len : m->len;
	bool whole = text == NULL || (m->records == 1 && memchr(m->value, '\n', m->len) == NULL);
	text = text != NULL ? text : m->value;
	const char *line = whole ? m->value : text;
	size_t kinds = u->set->count;
	u->looked_at++;
	struct cluster *c =
		cluster_add(u->set, kind_of(d->vendor), line, whole ? m->len : text_len, text, text_len);
	if (c == NULL) {
		u->too_long++;
		return;
	}
	if (u->set->count > kinds)
		begin_notes(c, d, b, now);
	struct unmatched_notes *notes = unmatched_notes(c);
	notes->first_us = now < notes->first_us ? now : notes->first_us;
	notes->last_us = now > notes->last_us ? now : notes->last_us;
	note_device(notes, d, b);
	if (u->set->count > UNMATCHED_KINDS)
		forget_one(u, c);
}

/* So many lines may be looked at now. */
static uint32_t allowance(struct unmatched *u, uint32_t wanted, int64_t now)
{
	if (now - u->second_us >= SECOND_US || now < u->second_us) {
		u->second_us = now;
		u->second_lines = 0;
	}
	uint32_t left = UNMATCHED_SECOND - u->second_lines;
	uint32_t n = wanted < UNMATCHED_BATCH ? wanted : UNMATCHED_BATCH;
	n = n < left ? n : left;
	u->second_lines += n;
	return n;
}

/* Every so-manieth of the lines, each time from another one on. */
static void look_at_some(struct unmatched *u, const struct batch *b, uint32_t lines, uint32_t n, int64_t now)
{
	uint64_t phase = u->turn++ % lines;
	uint32_t line = 0;
	uint32_t taken = 0;
	for (uint32_t i = 0; i < b->dead_count && taken < n; i++) {
		if (!dead_unmatched(&b->dead[i]))
			continue;
		if (line++ == ((uint64_t)taken * lines + phase) / n) {
			look_at(u, &b->dead[i], b, now);
			taken++;
		}
	}
}

void unmatched_take_stored(struct unmatched *u, const struct batch *b, const char *vendor, int64_t at_us)
{
	pthread_mutex_lock(&u->lock);
	for (uint32_t i = 0; i < b->dead_count; i++) {
		const struct dead_letter *d = &b->dead[i];
		if (!dead_unmatched(d) || (vendor != NULL && strcmp(vendor, d->vendor) != 0))
			continue;
		u->since_us = at_us < u->since_us ? at_us : u->since_us;
		u->lines++;
		look_at(u, d, b, at_us);
	}
	pthread_mutex_unlock(&u->lock);
}

void unmatched_take(struct unmatched *u, const struct batch *b)
{
	uint32_t lines = 0;
	if (u == NULL)
		return;
	for (uint32_t i = 0; i < b->dead_count; i++)
		lines += dead_unmatched(&b->dead[i]);
	if (lines == 0)
		return;
	int64_t now = clock_wall_us();
	pthread_mutex_lock(&u->lock);
	u->lines += lines;
	uint32_t n = allowance(u, lines, now);
	if (n > 0)
		look_at_some(u, b, lines, n, now);
	pthread_mutex_unlock(&u->lock);
}
