/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of the output `amqp` and what becomes of them. An event counts as stored when the broker has
 * confirmed its message and not sent it back. What was confirmed of a batch is remembered until the batch is
 * done, so that an attempt that fails is repeated without what the broker has already.
 */
#include "outputs/amqp.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "output/event_id.h"

#define WINDOW 4096      /* most messages that wait for their confirm */
#define PIECE 65536      /* bytes sent between two looks at the socket's room, a fifth of its buffer */
#define SHORT_STRING 255 /* AMQP's limit of a message id */
#define OVERHEAD 512     /* of a message, generously */

static const char doing[] = "publishing";

amqp_bytes_t amqp_id_of(struct amqp *s, const struct batch *b, const struct event *ev)
{
	strbuf_reset(&s->id);
	event_id_add(&s->id, s->env->cluster_id, b, ev);
	size_t cut = s->id.len > SHORT_STRING ? s->id.len - SHORT_STRING : 0; /* the end tells more */
	return (amqp_bytes_t){.len = s->id.len - cut, .bytes = s->id.data + cut};
}

/* One message gets its fate. Those that have one already are met again by confirms of several. */
static void settle_one(struct amqp_run *run, size_t i, enum amqp_fate fate)
{
	if (run->fate[i] == AMQP_RETURNED && fate != AMQP_RETURNED) {
		run->fate[i] = AMQP_UNROUTED;
		run->waiting--;
	}
	if (run->fate[i] != AMQP_WAITING)
		return;
	run->fate[i] = (unsigned char)fate;
	run->waiting -= fate != AMQP_RETURNED;
	run->refused += fate != AMQP_ACKED;
	if (fate == AMQP_NACKED && run->why[0] == '\0')
		snprintf(run->why, sizeof run->why,
			 "the broker cannot take a message: is a queue full (reject-publish)?");
}

void amqp_settle(struct amqp_run *run, uint64_t tag, bool multiple, enum amqp_fate fate)
{
	if (tag < run->first_tag || tag - run->first_tag >= run->published)
		return; /* of a write that was given up */
	size_t last = (size_t)(tag - run->first_tag);
	for (size_t i = multiple ? run->lowest : last; i <= last; i++)
		settle_one(run, i, fate);
	if (multiple && last >= run->lowest)
		run->lowest = last + 1;
}

void amqp_came_back(struct amqp *s, amqp_bytes_t message_id)
{
	struct amqp_run *run = &s->run;
	const struct batch *b = run->published > 0 ? run->range->batch : NULL;
	for (size_t i = run->look_at; i < run->published; i++) {
		amqp_bytes_t id = amqp_id_of(s, b, &b->events[run->range->pick[run->events[i]]]);
		if (id.len != message_id.len || memcmp(id.bytes, message_id.bytes, id.len) != 0)
			continue;
		run->look_at = i + 1;
		if (run->why[0] == '\0')
			snprintf(run->why, sizeof run->why, "%s", s->back.why);
		settle_one(run, i, AMQP_RETURNED);
		return;
	}
}

/* Is the event's message confirmed since an earlier attempt? */
static bool is_confirmed(const struct amqp *s, size_t place, const struct batch *b, const struct event *ev)
{
	uint64_t known = place < s->confirmed_max ? s->confirmed[place] : 0;
	return known != 0 && known == event_id_hash(b, ev);
}

/* Keeps what the broker has confirmed of the run. */
static void remember(struct amqp *s)
{
	const struct amqp_run *run = &s->run;
	const struct output_range *range = run->range;
	size_t need = s->position + range->n;
	if (s->confirmed_max < need) {
		s->confirmed = xrealloc(s->confirmed, need * sizeof *s->confirmed);
		memset(s->confirmed + s->confirmed_max, 0, (need - s->confirmed_max) * sizeof *s->confirmed);
		s->confirmed_max = need;
	}
	for (size_t i = 0; i < run->published; i++)
		if (run->fate[i] == AMQP_ACKED)
			s->confirmed[s->position + run->events[i]] =
				event_id_hash(range->batch,
					      &range->batch->events[range->pick[run->events[i]]]);
}

static void start_run(struct amqp *s, const struct output_range *range)
{
	struct amqp_run *run = &s->run;
	if (run->max < range->n) {
		run->max = range->n;
		run->events = xrealloc(run->events, run->max * sizeof *run->events);
		run->fate = xrealloc(run->fate, run->max * sizeof *run->fate);
	}
	*run = (struct amqp_run){.range = range,
				 .events = run->events,
				 .fate = run->fate,
				 .max = run->max,
				 .first_tag = s->next_tag};
}

/* True when the socket takes a message of so many bytes without blocking: one that is writable has a third of
 * its buffer free (source: Linux, sk_stream_is_writeable). */
static bool has_room(struct amqp *s, size_t bytes)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};
	if (s->room >= bytes)
		return true;
	s->room = poll(&p, 1, 0) > 0 && (p.revents & POLLOUT) != 0 ? PIECE : 0;
	return s->room >= bytes;
}

/* 1 = sent, 0 = no room just now, -1 with r. */
static int publish(struct amqp *s, size_t place, struct output_result *r)
{
	const struct batch *b = s->run.range->batch;
	const struct event *ev = &b->events[s->run.range->pick[place]];
	strbuf_reset(&s->json);
	event_json(ev, b->arena.data, b->arena.len, &s->json);
	if (!has_room(s, s->json.len + OVERHEAD))
		return 0;
	amqp_basic_properties_t about = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.message_id = amqp_id_of(s, b, ev),
		.type = amqp_cstring_bytes(event_type_json(ev->type)),
		.app_id = amqp_cstring_bytes("natmill"),
	};
	int status = amqp_basic_publish(s->conn, AMQP_CHANNEL, amqp_cstring_bytes(s->options->exchange),
					amqp_cstring_bytes(s->keys.names[ev->type]), s->options->mandatory, 0,
					&about, (amqp_bytes_t){.len = s->json.len, .bytes = s->json.data});
	if (status != AMQP_STATUS_OK)
		return amqp_failed(s, doing, status, r);
	s->room -= s->json.len + OVERHEAD;
	s->run.events[s->run.published] = (uint32_t)place;
	s->run.fate[s->run.published++] = AMQP_WAITING;
	s->run.waiting++;
	s->next_tag++;
	return 1;
}

/* Publishes from the place *next on, as much as there is room for; 0, or -1 with r. */
static int publish_some(struct amqp *s, size_t *next, struct output_result *r)
{
	struct amqp_run *run = &s->run;
	const struct output_range *range = run->range;
	while (*next < range->n && run->refused == 0 && run->waiting < WINDOW && !s->blocked) {
		const struct event *ev = &range->batch->events[range->pick[*next]];
		int sent = is_confirmed(s, s->position + *next, range->batch, ev) ? 1 : publish(s, *next, r);
		if (sent <= 0)
			return sent;
		(*next)++;
	}
	return 0;
}

/* Waits until the broker speaks, or takes more; 0, or -1 with r. */
static int wait_for(struct amqp *s, bool more, int64_t deadline, struct output_result *r)
{
	short events = more ? POLLIN | POLLOUT : POLLIN;
	int bits = output_wait(s->env->host, s->fd, events, deadline);
	if (bits > 0)
		return 0;
	return amqp_lost(s, doing, bits < 0 ? "stopped meanwhile" : "no answer in time", r);
}

/* Until all messages have their fate, or one has none to hope for. 0, or -1 with r. */
static int pump(struct amqp *s, struct output_result *r)
{
	struct amqp_run *run = &s->run;
	size_t next = 0;
	int64_t deadline = clock_mono_ms() + s->options->timeout;
	for (;;) {
		size_t before = next;
		bool heard;
		if (publish_some(s, &next, r) != 0 || amqp_listen(s, doing, &heard, r) != 0)
			return -1;
		if (s->blocked)
			return 0;
		bool more = next < run->range->n && run->refused == 0;
		if (run->waiting == 0 && !more)
			return 0;
		if (heard || next > before)
			deadline = clock_mono_ms() + s->options->timeout;
		else if (wait_for(s, more && run->waiting < WINDOW, deadline, r) != 0)
			return -1;
	}
}

static void answer(struct amqp *s, struct output_result *r)
{
	const struct amqp_run *run = &s->run;
	if (run->refused > 0) {
		output_retry(r, true, "amqp %s: exchange %s: %s%s", s->where, s->options->exchange, run->why,
			     s->options->mandatory && strstr(run->why, "NO_ROUTE") != NULL
				     ? ": bind a queue, or set mandatory: false"
				     : "");
	} else if (s->blocked) {
		output_retry(r, true, "amqp %s: the broker takes nothing: %s", s->where, s->blocked_why);
	} else {
		s->position += run->range->n;
		output_ok(r, run->range->n);
	}
}

void amqp_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct amqp *s = (struct amqp *)o;
	if (s->conn == NULL) {
		amqp_lost(s, doing, "not connected", r);
		return;
	}
	start_run(s, range);
	int rc = pump(s, r);
	remember(s);
	if (rc == 0)
		answer(s, r);
	s->run.published = 0; /* the range is the caller's */
}
