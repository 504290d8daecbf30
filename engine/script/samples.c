/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs samples; see samples.h. One message is one batch, so that nothing carries over from line to line.
 */
#include "script/samples.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/batch.h"
#include "script/host.h"
#include "script/sample_diff.h"
#include "script/sample_file.h"

/* Everything that checking one sample needs. */
struct check {
	struct host *host;
	uint32_t route;
	struct batch batch;
	const char *path;
	struct strbuf *report;
	struct strbuf diff; /* of the sample under way */
};

static void add_got(struct check *c)
{
	const struct batch *b = &c->batch;
	for (uint32_t i = 0; i < b->event_count; i++) {
		strbuf_adds(&c->diff, "  + ");
		event_json(&b->events[i], b->arena.data, b->arena.len, &c->diff);
		strbuf_addc(&c->diff, '\n');
	}
	for (uint32_t i = 0; i < b->dead_count; i++) {
		strbuf_adds(&c->diff, "  + dead: ");
		strbuf_add(&c->diff, b->arena.data + b->dead[i].reason.off, b->dead[i].reason.len);
		strbuf_addc(&c->diff, '\n');
	}
	if (b->event_count == 0 && b->dead_count == 0)
		strbuf_adds(&c->diff, "  + ignored\n");
}

static bool check_events(struct check *c, const struct sample_file *f, const struct sample *s)
{
	const struct batch *b = &c->batch;
	if (b->dead_count > 0 || b->event_count != s->event_count) {
		for (size_t i = 0; i < s->event_count; i++) {
			const struct sample_event *ev = &f->events[s->first_event + i];
			strbuf_printf(&c->diff, "  - %.*s\n", (int)ev->len, ev->json);
		}
		add_got(c);
		return false;
	}
	bool same = true;
	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct sample_event *ev = &f->events[s->first_event + i];
		struct strbuf got = {0};
		event_json(&b->events[i], b->arena.data, b->arena.len, &got);
		if (!sample_diff(ev->json, ev->len, got.data, got.len, &c->diff))
			same = false;
		strbuf_free(&got);
	}
	return same;
}

static bool check_dead(struct check *c, const struct sample *s)
{
	const struct batch *b = &c->batch;
	for (uint32_t i = 0; i < b->dead_count; i++)
		if (memmem(b->arena.data + b->dead[i].reason.off, b->dead[i].reason.len, s->reason,
			   s->reason_len) != NULL)
			return true;
	strbuf_printf(&c->diff, "  - dead: %.*s\n", (int)s->reason_len, s->reason);
	add_got(c);
	return false;
}

static bool check_ignored(struct check *c)
{
	if (c->batch.event_count == 0 && c->batch.dead_count == 0)
		return true;
	strbuf_adds(&c->diff, "  - ignored\n");
	add_got(c);
	return false;
}

static bool check_sample(struct check *c, const struct sample_file *f, const struct sample *s)
{
	struct err e;
	batch_reset(&c->batch);
	strbuf_reset(&c->diff);
	c->batch.messages[0] = (struct message){.topic = "",
						.timestamp = EVENT_NO_TIME,
						.value = s->value,
						.len = s->len,
						.route = c->route};
	c->batch.message_count = 1;
	if (host_run(c->host, &c->batch, &e) != 0) {
		strbuf_printf(&c->diff, "  + %s\n", e.msg);
		return false;
	}
	switch (s->verdict) {
	case SAMPLE_EVENTS:
		return check_events(c, f, s);
	case SAMPLE_DEAD:
		return check_dead(c, s);
	case SAMPLE_IGNORED:
		break;
	}
	return check_ignored(c);
}

static void check_file(struct check *c, const struct sample_file *f, struct samples_counts *counts)
{
	counts->not_yet += f->not_yet;
	for (size_t i = 0; i < f->count; i++) {
		const struct sample *s = &f->samples[i];
		if (check_sample(c, f, s)) {
			counts->passed++;
			continue;
		}
		counts->failed++;
		strbuf_printf(c->report, "%s:%zu: ", c->path, s->line);
		strbuf_add(c->report, s->value, s->len);
		strbuf_addc(c->report, '\n');
		strbuf_add(c->report, c->diff.data, c->diff.len);
	}
}

int samples_run(struct generation *g, size_t i, struct strbuf *report, struct samples_counts *counts,
		struct errlist *errors)
{
	struct host_options options = {.jit = false, .need_host_time = false};
	struct sample_file file;
	struct strbuf path = {0};
	struct err e = {0};
	sample_file_path(generation_script_path(g, i), &path);
	if (access(path.data, F_OK) != 0) {
		strbuf_printf(report, "%s: no samples beside it; lines in %s would be checked\n",
			      generation_script_path(g, i), path.data);
		strbuf_free(&path);
		return 0;
	}
	int rc = sample_file_read(&file, path.data, &e);
	if (rc != 0) {
		errlist_add(errors, e.code, "%s", e.msg);
	} else {
		struct check c = {.host = host_new(g, &options, errors), .path = path.data, .report = report};
		if (c.host != NULL) {
			c.route = (uint32_t)host_route_script(c.host, i);
			batch_init(&c.batch, 1, HOST_ARENA_NEED(SAMPLE_FILE_MAX));
			check_file(&c, &file, counts);
			batch_free(&c.batch);
		}
		rc = c.host != NULL ? 0 : -1;
		host_free(c.host);
		strbuf_free(&c.diff);
	}
	sample_file_free(&file);
	strbuf_free(&path);
	return rc;
}
