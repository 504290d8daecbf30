/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a worker's host out of a generation, and runs batches in it; see host.h.
 */
#include "script/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "script/generation_data.h"
#include "script/walk.h"

/* Lua knows a script by its file's name, which is short enough never to be cut; here it gets its folder back.
 * An error without file and line gets the path. */
static int add_error(struct errlist *errors, const char *path, const char *file, const char *msg)
{
	size_t len = strlen(file);
	if (strncmp(msg, file, len) == 0 && msg[len] == ':')
		return errlist_add(errors, ERR_SCRIPT, "%.*s%s", (int)(file - path), path, msg);
	return errlist_add(errors, ERR_SCRIPT, "%s: %s", path, msg);
}

/* Runs every script, so that all errors are told at once. */
static int load_scripts(struct host *h, struct errlist *errors)
{
	const struct generation *g = h->generation;
	int rc = 0;
	h->scripts = xcalloc(g->source_count + 1, sizeof *h->scripts);
	for (size_t i = 0; i < g->source_count; i++) {
		const struct source *source = &g->sources[i];
		struct script *s = &h->scripts[h->script_count++];
		struct err e = {0};
		script_init(s);
		s->name = source->name;
		s->path = source->path;
		s->hash = source->hash;
		h->loading = s;
		const char *slash = strrchr(s->path, '/');
		const char *file = slash != NULL ? slash + 1 : s->path;
		if (state_load(&h->state, s->name, file, source->text.data, source->text.len, &e) != 0)
			rc = add_error(errors, s->path, file, e.msg);
		h->loading = NULL;
		needs_choose(s);
	}
	return rc;
}

static int load_filters(struct host *h, struct errlist *errors)
{
	const struct generation *g = h->generation;
	int rc = 0;
	for (size_t i = 0; i < g->filter_count; i++) {
		const struct source *source = &g->filters[i];
		struct err e = {0};
		const char *slash = strrchr(source->path, '/');
		const char *file = slash != NULL ? slash + 1 : source->path;
		if (state_load_filter(&h->state, file, source->text.data, source->text.len, &e) != 0)
			rc = add_error(errors, source->path, file, e.msg);
	}
	return rc;
}

/* Who it is that is ended, for messages. */
static void name_strikes(struct host *h)
{
	const struct generation *g = h->generation;
	h->strikes = xcalloc(g->source_count + g->filter_count + 1, sizeof *h->strikes);
	for (size_t i = 0; i < g->source_count; i++)
		h->strikes[i] = (struct strikes){.kind = "handler of ", .name = g->sources[i].name};
	for (size_t i = 0; i < g->filter_count; i++) {
		const char *path = g->filters[i].path;
		const char *slash = strrchr(path, '/');
		h->strikes[g->source_count + i] =
			(struct strikes){.kind = "filter ", .name = slash != NULL ? slash + 1 : path};
	}
}

struct host *host_new(struct generation *g, const struct host_options *o, struct errlist *errors)
{
	struct host *h = xcalloc(1, sizeof *h);
	struct err e = {0};
	h->generation = generation_ref(g);
	h->options = *o;
	h->reader = envelope_reader_new();
	h->scratch = regex_scratch_new();
	name_strikes(h);
	int rc = state_open(&h->state, h, &e);
	if (rc != 0)
		errlist_add(errors, e.code, "%s", e.msg);
	else if (load_scripts(h, errors) != 0 || load_filters(h, errors) != 0)
		rc = -1;
	if (rc != 0) {
		host_free(h);
		return NULL;
	}
	if (o->limit_ms > 0)
		h->state.limit.most_us = (int64_t)o->limit_ms * 1000;
	state_jit(&h->state, o->jit);
	return h;
}

void host_free(struct host *h)
{
	if (h == NULL)
		return;
	state_free(&h->state);
	for (size_t i = 0; i < h->script_count; i++)
		script_free(&h->scripts[i]);
	free(h->scripts);
	for (size_t i = 0; i < h->route_count; i++) {
		free(h->routes[i].topic);
		free(h->routes[i].scripts);
	}
	free(h->routes);
	free(h->strikes);
	envelope_reader_free(h->reader);
	regex_scratch_free(h->scratch);
	strbuf_free(&h->reason);
	generation_unref(h->generation);
	free(h);
}

int host_run(struct host *h, struct batch *b, struct err *e)
{
	struct err raised;
	h->walk = (struct walk){.batch = b};
	h->state.limit.batch_us = 0;
	while (state_loop(&h->state, &raised) != 0) {
		/* Lua failed outside of a handler's pcall (no memory): that costs the record under way. */
		if (!h->walk.open)
			return err_set(e, ERR_SCRIPT, "the script host failed: %s", raised.msg);
		const char *reason = h->state.limit.refused ? "the handler took more memory than a script may"
							    : raised.msg;
		if (h->walk.handling)
			nm_raised(h, reason, (uint32_t)strlen(reason));
		else
			walk_dead(h, DEAD_SCRIPT, h->walk.script, "", 0, reason);
	}
	return 0;
}

size_t host_memory(const struct host *h)
{
	return h->state.used;
}

struct host_last host_last(const struct host *h)
{
	const struct walk *w = &h->walk;
	struct host_last last = {.vendor = "", .rule = "", .text = w->text};
	if (w->script != NULL)
		last.vendor = w->script->name;
	if (w->rule == NULL)
		return last;
	const char *data = w->batch->arena.data;
	last.rule = w->rule->name;
	if (w->rule->template != NULL)
		last.span_count = template_spans(w->rule->template, data + w->text.off, w->text.len,
						 last.spans, FIELD_COUNT);
	else if (w->rule->keys != NULL)
		last.span_count =
			reader_rule_spans(w->rule->keys, data, w->text, &h->reading, last.spans, FIELD_COUNT);
	return last;
}

struct host_times host_times(const struct host *h)
{
	return h->times;
}

struct lua_State *host_lua(struct host *h)
{
	return h->state.lua;
}
