/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON of /status; see status.h for its form.
 */
#include "control/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/engine.h"
#include "control/figures.h"
#include "control/health.h"

static void add_text(struct strbuf *out, const char *key, const char *value)
{
	strbuf_printf(out, "\"%s\":", key);
	strbuf_add_json(out, value, strlen(value));
}

/* null when it is negative. */
static void add_known(struct strbuf *out, const char *key, int64_t value)
{
	strbuf_add_json(out, key, strlen(key));
	if (value < 0)
		strbuf_adds(out, ":null");
	else
		strbuf_printf(out, ":%" PRId64, value);
}

static void add_head(struct strbuf *out, const struct engine *e)
{
	const struct worker_config *shared = engine_shared(e);
	struct generation *g = engine_generation(e);
	struct strbuf why = {0};
	strbuf_adds(out, "{\"version\":\"" NATMILL_VERSION "\",");
	strbuf_printf(out, "\"pid\":%ld,", (long)getpid());
	add_text(out, "group", shared->kafka->group);
	strbuf_printf(out, ",\"started\":%.3f,\"now\":%.3f,\"generation\":%u",
		      (double)engine_started_us(e) / 1e6, (double)clock_wall_us() / 1e6,
		      generation_number(g));
	generation_unref(g);
	strbuf_printf(out, ",\"ready\":%s,\"reasons\":[", health_reasons(e, &why) == 0 ? "true" : "false");
	for (size_t at = 0; at < why.len;) {
		size_t len = strcspn(why.data + at, "\n");
		if (at > 0)
			strbuf_addc(out, ',');
		strbuf_add_json(out, why.data + at, len);
		at += len + 1;
	}
	strbuf_addc(out, ']');
	strbuf_free(&why);
}

static void add_workers(struct strbuf *out, const struct engine *e)
{
	size_t n;
	struct engine_totals totals;
	const struct worker *workers = engine_workers(e, &n);
	engine_totals(e, &totals);
	strbuf_printf(out, ",\"totals\":{\"partitions\":%d", totals.partitions);
#define X(name, help) strbuf_printf(out, ",\"%s\":%" PRIu64, #name, totals.name);
	WORKER_STATS(X)
#undef X
	strbuf_adds(out, "},\"workers\":[");
	for (size_t i = 0; i < n; i++) {
		const struct worker *w = &workers[i];
		strbuf_printf(out, "%s{\"number\":%u,\"running\":%s,\"joined\":%s,\"partitions\":%d",
			      i > 0 ? "," : "", w->number, atomic_load(&w->running) ? "true" : "false",
			      atomic_load(&w->joined) ? "true" : "false",
			      atomic_load(&w->partitions_reading));
#define X(name, help) strbuf_printf(out, ",\"%s\":%" PRIu64, #name, stats_get(&w->stats.name));
		WORKER_STATS(X)
#undef X
		strbuf_addc(out, '}');
	}
	strbuf_addc(out, ']');
}

static void add_partition(struct strbuf *out, const struct figures *f, const struct figures_partition *p)
{
	const struct partition_view *v = &p->view;
	int64_t lag_us = view_lag_us(v, f->now_us);
	strbuf_printf(out, "{\"worker\":%u,", p->worker);
	add_text(out, "topic", v->topic);
	strbuf_printf(out, ",\"partition\":%d,\"state\":\"%s\",", v->id, figures_state(v->state));
	add_known(out, "position", v->settled);
	strbuf_addc(out, ',');
	add_known(out, "committed", v->committed);
	strbuf_addc(out, ',');
	add_known(out, "end", v->end);
	strbuf_addc(out, ',');
	add_known(out, "lag", view_lag(v));
	if (lag_us < 0)
		strbuf_adds(out, ",\"lag_seconds\":null,\"watermarks\":{");
	else
		strbuf_printf(out, ",\"lag_seconds\":%.3f,\"watermarks\":{", (double)lag_us / 1e6);
	size_t listed = 0;
	for (size_t i = 0; i < f->output_count; i++) {
		if (!f->outputs[i].config->type->takes_events || v->settled < 0)
			continue;
		strbuf_adds(out, listed++ > 0 ? "," : "");
		add_known(out, f->outputs[i].config->name, v->taken[i]);
	}
	strbuf_adds(out, "}}");
}

static void add_output(struct strbuf *out, const struct figures_output *o)
{
	strbuf_addc(out, '{');
	add_text(out, "name", o->config->name);
	strbuf_addc(out, ',');
	add_text(out, "type", o->config->type->name);
	strbuf_printf(out, ",\"mode\":\"%s\"", o->config->best_effort ? "best_effort" : "required");
#define X(name, help) strbuf_printf(out, ",\"%s\":%" PRIu64, #name, o->totals.name);
	OUTPUT_STATS(X)
#undef X
	strbuf_printf(out, ",\"failures\":%u,\"alarm\":%s,", o->failures, o->alarm ? "true" : "false");
	add_text(out, "why", o->why);
	strbuf_addc(out, '}');
}

static void add_vendor(struct strbuf *out, const char *name, const struct figures_vendor *v)
{
	strbuf_addc(out, '{');
	add_text(out, "name", name);
	strbuf_printf(out, ",\"parsed\":%" PRIu64 ",\"ignored\":%" PRIu64 ",\"events\":{", v->parsed,
		      v->ignored);
	for (int t = 0; t < EVENT_TYPE_COUNT; t++)
		strbuf_printf(out, "%s\"%s\":%" PRIu64, t > 0 ? "," : "", event_type_json(t), v->events[t]);
	strbuf_adds(out, "},\"dead\":{");
	for (int k = 0; k < DEAD_KIND_COUNT; k++)
		strbuf_printf(out, "%s\"%s\":%" PRIu64, k > 0 ? "," : "", figures_dead_kind(k), v->dead[k]);
	strbuf_adds(out, "}}");
}

void status_show(struct request *r, void *engine)
{
	struct strbuf out = {0};
	struct figures f;
	figures_take(&f, engine);
	add_head(&out, engine);
	add_workers(&out, engine);
	strbuf_adds(&out, ",\"partitions\":[");
	for (size_t i = 0; i < f.partition_count; i++) {
		strbuf_adds(&out, i > 0 ? ",\n" : "\n");
		add_partition(&out, &f, &f.partitions[i]);
	}
	strbuf_adds(&out, "],\"outputs\":[");
	for (size_t i = 0; i < f.output_count; i++) {
		strbuf_adds(&out, i > 0 ? ",\n" : "\n");
		add_output(&out, &f.outputs[i]);
	}
	strbuf_adds(&out, "],\"vendors\":[");
	for (size_t i = 0; i < f.vendor_count; i++) {
		strbuf_adds(&out, i > 0 ? ",\n" : "\n");
		add_vendor(&out, f.vendors[i].name, &f.vendors[i]);
	}
	strbuf_printf(&out, "],\"devices\":{\"known\":%zu,\"overflow\":%" PRIu64 "}", f.device_count,
		      f.device_overflow);
	strbuf_printf(&out,
		      ",\"memory\":{\"resident\":%" PRIu64 ",\"lua\":%" PRIu64 ",\"arena\":%" PRIu64
		      ",\"batch\":%" PRIu64 "}}\n",
		      f.resident, f.memory.lua, f.memory.arena, f.memory.batch);
	figures_free(&f);
	request_type(r, "application/json");
	request_write(r, out.data, out.len);
	strbuf_free(&out);
}
