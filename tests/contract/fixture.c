/* SPDX-License-Identifier: Apache-2.0
 *
 * Fixture of the contract's cases; see fixture.h.
 */
#include "tests/contract/fixture.h"

#include <poll.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"

static int host_wait(struct output_host *host, int fd, short events, int64_t deadline_ms)
{
	struct fixture_host *h = (struct fixture_host *)host;
	if (h->waits++ >= h->give_up_after)
		return -1;
	int64_t left = deadline_ms - clock_mono_ms();
	struct pollfd p = {.fd = fd, .events = events};
	poll(&p, 1, left > 0 ? (int)left : 0);
	return fd >= 0 ? p.revents : 0;
}

static const void *host_membership(struct output_host *host, size_t *len)
{
	const struct fixture_host *h = (const struct fixture_host *)host;
	*len = h->membership_len;
	return h->membership;
}

void fixture_host_init(struct fixture_host *h)
{
	*h = (struct fixture_host){.host = {.wait = host_wait, .membership = host_membership},
				   .give_up_after = UINT32_MAX};
}

void fixture_open(struct fixture *f, const struct driver *driver)
{
	*f = (struct fixture){.driver = driver,
			      .type = driver->type,
			      .folder = "/tmp/natmill-contract-XXXXXX"};
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/store", f->folder);
	fixture_host_init(&f->host);
	f->env = (struct output_env){.name = "out", .cluster_id = "cluster-1", .host = &f->host.host};
	batch_init(&f->batch, 4096, 1u << 24);
	assert_true(f->type->options_size <= sizeof f->options);
	option_defaults(f->type->options, &f->options);
	driver->set_up(f);
	f->output = fixture_worker(f, &f->env);
}

void fixture_close(struct fixture *f)
{
	char command[128];
	f->type->close(f->output);
	if (f->driver->tear_down != NULL)
		f->driver->tear_down(f);
	option_free(f->type->options, &f->options);
	batch_free(&f->batch);
	snprintf(command, sizeof command, "rm -rf %s", f->folder);
	assert_int_equal(system(command), 0);
}

void fixture_option(struct fixture *f, const char *name, const char *value)
{
	struct err e;
	if (option_set(option_find(f->type->options, name), &f->options, value, &e) != 0)
		fail_msg("%s %s", name, e.msg);
}

struct output *fixture_worker(struct fixture *f, struct output_env *env)
{
	struct err e = {0};
	struct output_result r;
	struct output *o = f->type->create(&f->options, env, &e);
	if (o == NULL)
		fail_msg("create: %s", e.msg);
	f->type->open(o, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("open: %s", r.why.msg);
	return o;
}

struct text fixture_text(struct batch *b, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	return (struct text){.off = arena_add(&b->arena, text, len), .len = len};
}

static void add_message(struct batch *b, int32_t partition, int64_t offset)
{
	assert_true(b->message_count < b->message_max);
	b->messages[b->message_count++] = (struct message){
		.topic = FIXTURE_TOPIC,
		.partition = partition,
		.offset = offset,
		.timestamp = 1746185696870000,
		.value = "raw value",
		.len = 9,
	};
}

struct event *fixture_add(struct batch *b, int type, int32_t partition, int64_t offset)
{
	add_message(b, partition, offset);
	struct event *ev = batch_add_event(b);
	event_clear(ev);
	ev->message = b->message_count - 1;
	ev->type = type;
	ev->timestamp = 1746185696870123 + offset * 1000000;
	ev->host = (struct ip){4, {192, 0, 2, 1}};
	ev->event = ACTION_CREATED;
	ev->src_ip = (struct ip){4, {10, 0, (uint8_t)(offset >> 8), (uint8_t)offset}};
	ev->x_ip = (struct ip){6, {0x20, 1, 0xd, 0xb8, [15] = (uint8_t)offset}};
	if (type == EVENT_PORT_BLOCK) {
		ev->start_port = 1024;
		ev->end_port = 2047;
	}
	return ev;
}

void fixture_fill(struct batch *b, int32_t partition, int64_t offset, uint32_t n)
{
	batch_reset(b);
	for (uint32_t i = 0; i < n; i++) {
		int type = (int)(i % EVENT_TYPE_COUNT);
		struct event *ev = fixture_add(b, type, partition, offset + i);
		ev->event = 1 + (int)(i % 3);
		if (i % 2 == 0)
			ev->vrf_id = fixture_text(b, i % 4 == 0 ? "it's \"red\", \\ and \n more"
								: "gr\xc3\xbcn \xf0\x9f\x8c\xb2");
		if (type == EVENT_SESSION || type == EVENT_PORT) {
			ev->protocol = i % 3 == 0 ? 6 : EVENT_ABSENT;
			ev->src_port = (int32_t)(i % 65536);
			ev->x_port = i % 5 == 0 ? 0 : 65535;
		}
		if (type == EVENT_SESSION && i % 8 == 0) {
			ev->dst_ip = (struct ip){4, {185, 165, 123, 206}};
			ev->dst_port = 443;
			ev->subscriber = fixture_text(b, "user@example.net");
			ev->host_name = fixture_text(b, "cgn-1");
		}
	}
}

struct output_range fixture_range(const struct batch *b, uint32_t **pick)
{
	*pick = xmalloc(b->event_count * sizeof **pick);
	for (uint32_t i = 0; i < b->event_count; i++)
		(*pick)[i] = i;
	return (struct output_range){.batch = b, .pick = *pick, .n = b->event_count};
}

enum output_verdict fixture_begin(struct output *o, const struct output_type *type, struct output_result *r)
{
	type->begin(o, r);
	return r->verdict;
}

enum output_verdict fixture_write(struct output *o, const struct output_type *type, const struct batch *b,
				  struct output_result *r)
{
	uint32_t *pick;
	struct output_range range = fixture_range(b, &pick);
	output_ok(r, 0);
	while (range.n > 0) {
		memset(r, 0x5a, sizeof *r); /* the output must fill all of it */
		type->write(o, &range, r);
		if (r->verdict != OUTPUT_OK)
			break;
		assert_in_range(r->n, 1, range.n);
		range.pick += r->n;
		range.n -= r->n;
	}
	free(pick);
	return r->verdict;
}

enum output_verdict fixture_commit(struct output *o, const struct output_type *type, int32_t partition,
				   int64_t expected, int64_t next, struct output_result *r)
{
	struct position move = {
		.topic = FIXTURE_TOPIC,
		.partition = partition,
		.offset = next,
		.expected = expected,
		.timestamp = 1746185696870000,
		.topic_id = "topic-id-1",
	};
	type->commit(o, &move, 1, r);
	return r->verdict;
}

int64_t fixture_position(struct output *o, const struct output_type *type, int32_t partition, int64_t start,
			 bool *born)
{
	struct output_result r;
	struct position p = {.topic = FIXTURE_TOPIC,
			     .partition = partition,
			     .offset = start,
			     .topic_id = "topic-id-1"};
	if (!type->transactional)
		return start;
	type->positions(o, &p, 1, &r);
	if (r.verdict != OUTPUT_OK)
		fail_msg("positions: %s", r.why.msg);
	if (born != NULL)
		*born = p.born;
	return p.offset;
}

void fixture_deliver(struct fixture *f, int64_t expected, int64_t next)
{
	struct output_result r;
	if (fixture_begin(f->output, f->type, &r) != OUTPUT_OK ||
	    fixture_write(f->output, f->type, &f->batch, &r) != OUTPUT_OK ||
	    fixture_commit(f->output, f->type, 0, expected, next, &r) != OUTPUT_OK)
		fail_msg("verdict %d: %s", (int)r.verdict, r.why.msg);
}

void fixture_expect(const struct batch *b, struct strbuf *out)
{
	for (uint32_t i = 0; i < b->event_count; i++) {
		event_json(&b->events[i], b->arena.data, b->arena.len, out);
		strbuf_addc(out, '\n');
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Splits in place; *lines is the caller's to free. */
static size_t sort_lines(struct strbuf *text, char ***lines)
{
	size_t n = 0;
	*lines = xcalloc(text->len + 1, sizeof **lines);
	for (char *line = text->len > 0 ? strtok(text->data, "\n") : NULL; line != NULL;
	     line = strtok(NULL, "\n"))
		(*lines)[n++] = line;
	qsort(*lines, n, sizeof **lines, compare_lines);
	return n;
}

void fixture_assert_lines(struct strbuf *found, struct strbuf *expected)
{
	char **a;
	char **b;
	size_t n = sort_lines(found, &a);
	size_t m = sort_lines(expected, &b);
	for (size_t i = 0; i < n && i < m; i++)
		assert_string_equal(a[i], b[i]);
	assert_int_equal(n, m);
	free(a);
	free(b);
	strbuf_free(found);
	strbuf_free(expected);
}
