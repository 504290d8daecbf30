/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests over all shipped vendor scripts: loads vendors/, every file of samples, and two hosts, one
 * without JIT and one with it. Include after cmocka's headers; the working folder is the project's.
 */
#ifndef NATMILL_TESTS_VENDOR_HELP_H
#define NATMILL_TESTS_VENDOR_HELP_H

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/batch.h"
#include "script/host.h"
#include "script/sample_file.h"

#define HELPER __attribute__((unused)) static
#define VENDORS_MAX 64
#define VENDOR_BATCH 20000 /* messages */

enum jit { JIT_OFF, JIT_ON, JIT_BOTH };

struct vendor {
	const char *name;
	size_t place; /* of its script in the generation */
	uint32_t routes[JIT_BOTH];
	struct sample_file samples;
};

struct vendors {
	struct generation *generation;
	struct host *hosts[JIT_BOTH];
	struct batch batches[JIT_BOTH];
	struct vendor items[VENDORS_MAX];
	size_t count;
};

HELPER void vendor_load(struct vendors *v, size_t place)
{
	struct vendor *one = &v->items[v->count++];
	struct strbuf path = {0};
	struct err e = {0};
	one->name = generation_script_name(v->generation, place);
	one->place = place;
	for (int jit = 0; jit < JIT_BOTH; jit++)
		one->routes[jit] = (uint32_t)host_route_script(v->hosts[jit], place);
	sample_file_path(generation_script_path(v->generation, place), &path);
	if (sample_file_read(&one->samples, path.data, &e) != 0)
		fail_msg("%s", e.msg);
	strbuf_free(&path);
}

HELPER void vendors_load(struct vendors *v)
{
	struct errlist errors = {0};
	memset(v, 0, sizeof *v);
	v->generation = generation_load("vendors", NULL, 0, 1, &errors);
	for (int jit = 0; jit < JIT_BOTH && v->generation != NULL; jit++) {
		struct host_options o = {.jit = jit == JIT_ON, .need_host_time = false};
		v->hosts[jit] = host_new(v->generation, &o, &errors);
		batch_init(&v->batches[jit], VENDOR_BATCH, 64 << 20);
	}
	if (errors.n > 0)
		fail_msg("%s", errors.items[0].msg);
	assert_true(generation_script_count(v->generation) <= VENDORS_MAX);
	for (size_t i = 0; i < generation_script_count(v->generation); i++)
		vendor_load(v, i);
}

HELPER void vendors_free(struct vendors *v)
{
	for (size_t i = 0; i < v->count; i++)
		sample_file_free(&v->items[i].samples);
	for (int jit = 0; jit < JIT_BOTH; jit++) {
		batch_free(&v->batches[jit]);
		host_free(v->hosts[jit]);
	}
	generation_unref(v->generation);
}

/* One more message for the next run; the value must live until then. */
HELPER void vendor_add(struct vendors *v, const struct vendor *one, const char *value, size_t len)
{
	for (int jit = 0; jit < JIT_BOTH; jit++) {
		struct batch *b = &v->batches[jit];
		assert_true(b->message_count < b->message_max);
		b->messages[b->message_count++] = (struct message){.topic = "",
								   .timestamp = EVENT_NO_TIME,
								   .value = value,
								   .len = len,
								   .route = one->routes[jit]};
	}
}

HELPER void vendors_reset(struct vendors *v)
{
	for (int jit = 0; jit < JIT_BOTH; jit++)
		batch_reset(&v->batches[jit]);
}

/* Do the events have the same type and the same value, or none, in the field? Texts lie in their batches. */
HELPER bool same_field(const struct batch *a, const struct event *x, const struct batch *b,
		       const struct event *y, enum event_field f)
{
	size_t offset = event_fields[f].offset;
	const char *p = (const char *)x + offset;
	const char *q = (const char *)y + offset;
	struct text s;
	struct text t;
	switch (event_fields[f].kind) {
	case KIND_TIME:
		return memcmp(p, q, sizeof(event_TIME)) == 0;
	case KIND_IP:
		return memcmp(p, q, sizeof(event_IP)) == 0;
	case KIND_TEXT:
		memcpy(&s, p, sizeof s);
		memcpy(&t, q, sizeof t);
		return s.len == t.len &&
		       (s.len == 0 || memcmp(a->arena.data + s.off, b->arena.data + t.off, s.len) == 0);
	default:
		return memcmp(p, q, sizeof(event_PORT)) == 0;
	}
}

HELPER bool same_event(const struct batch *a, const struct event *x, const struct batch *b,
		       const struct event *y)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		if (!same_field(a, x, b, y, (enum event_field)f))
			return false;
	return x->type == y->type;
}

HELPER void check_counts(const struct batch *b)
{
	const struct batch_counts *c = &b->counts;
	assert_int_equal(c->messages, b->message_count);
	assert_int_equal(c->records, c->parsed + c->ignored + c->dead);
	assert_int_equal(c->dead, b->dead_count);
	assert_true(c->records >= c->messages);
}

/* Runs the messages in both hosts, which must agree; the answer is in the batch without JIT. */
HELPER const struct batch *vendors_run(struct vendors *v)
{
	struct err e = {0};
	for (int jit = 0; jit < JIT_BOTH; jit++) {
		if (host_run(v->hosts[jit], &v->batches[jit], &e) != 0)
			fail_msg("%s", e.msg);
		check_counts(&v->batches[jit]);
	}
	const struct batch *a = &v->batches[JIT_OFF];
	const struct batch *b = &v->batches[JIT_ON];
	assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
	assert_int_equal(a->event_count, b->event_count);
	for (uint32_t i = 0; i < a->event_count; i++) {
		assert_int_equal(a->events[i].message, b->events[i].message);
		assert_true(same_event(a, &a->events[i], b, &b->events[i]));
	}
	return a;
}

#endif
