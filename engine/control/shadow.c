/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs two generations over the same messages and compares their events, and what filters make of them; see
 * shadow.h.
 */
#include "control/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/batch.h"
#include "script/host.h"

#define UNKNOWN "no vendor"
#define BUDGET_MS 5000 /* for all messages: whoever asked waits for it */

/* What would differ in the records of one vendor. */
struct vendor {
	const char *name;
	size_t more; /* events */
	size_t fewer;
	size_t more_dead; /* dead letters */
	size_t fewer_dead;
	size_t types;                /* events of another type */
	size_t fields[FIELD_COUNT];  /* events with another value */
	size_t dropped[OUTPUTS_MAX]; /* events that the output's filters let through, and would not */
	size_t kept[OUTPUTS_MAX];    /* the other way round */
};

/* One of the two sides. */
struct side {
	const struct setup *setup;
	struct generation *generation;
	struct host *host;
	struct batch batch; /* of the message under way */
	uint32_t *pick;     /* its events that pass the filters of one output */
	bool *passes;       /* each of its events */
	size_t max;         /* room in both */
};

struct diff {
	struct vendor *vendors;
	size_t n;
	size_t compared; /* messages */
	size_t not_read; /* those of topics that the new generation does not read */
	size_t left;     /* those that there was no time for */
};

static struct vendor *vendor_of(struct diff *d, const char *name)
{
	if (name == NULL || name[0] == '\0')
		name = UNKNOWN;
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->vendors[i].name, name) == 0)
			return &d->vendors[i];
	d->vendors = xrealloc(d->vendors, (d->n + 1) * sizeof *d->vendors);
	d->vendors[d->n] = (struct vendor){.name = name};
	return &d->vendors[d->n++];
}

static struct vendor *vendor_of_event(struct diff *d, const struct side *s, uint32_t event)
{
	return vendor_of(d, generation_script_name(s->generation, s->batch.events[event].script));
}

static void compare_events(struct diff *d, const struct side *a, uint32_t of_a, const struct side *b,
			   uint32_t of_b)
{
	const struct event *was = &a->batch.events[of_a];
	const struct event *is = &b->batch.events[of_b];
	struct strbuf old = {0};
	struct strbuf new = {0};
	struct vendor *v = vendor_of_event(d, b, of_b);
	v->types += was->type != is->type;
	for (int f = 0; f < FIELD_COUNT; f++) {
		strbuf_reset(&old);
		strbuf_reset(&new);
		bool had =
			event_value(was, (enum event_field)f, a->batch.arena.data, a->batch.arena.len, &old);
		bool has =
			event_value(is, (enum event_field)f, b->batch.arena.data, b->batch.arena.len, &new);
		bool same = had == has && old.len == new.len &&
			    (old.len == 0 || memcmp(old.data, new.data, old.len) == 0);
		v->fields[f] += !same;
	}
	strbuf_free(&old);
	strbuf_free(&new);
}

/* An event that a filter raises on becomes a dead letter: the output does not get it either. */
static void ignore_raised(void *ctx, uint32_t event, const char *reason)
{
	(void)ctx;
	(void)event;
	(void)reason;
}

/* Sets passes[] as delivery would pick the events for that output. */
static void filter_side(struct side *s, size_t output)
{
	const struct filter *filter = s->setup->outputs[output].filter;
	const struct batch *b = &s->batch;
	const char *path;
	uint32_t hidden;
	size_t n = 0;
	if (s->max < b->event_count) {
		s->max = b->event_count;
		s->pick = xrealloc(s->pick, s->max * sizeof *s->pick);
		s->passes = xrealloc(s->passes, s->max * sizeof *s->passes);
	}
	for (uint32_t i = 0; i < b->event_count; i++) {
		s->passes[i] = false;
		if (filter == NULL || filter_passes(filter, &b->events[i], b->arena.data, b->arena.len))
			s->pick[n++] = i;
	}
	for (size_t i = 0; filter != NULL && (path = filter_script(filter, i, &hidden)) != NULL; i++)
		n = host_filter(s->host, path, &s->batch, hidden, s->pick, n, ignore_raised, NULL);
	for (size_t i = 0; i < n; i++)
		s->passes[s->pick[i]] = true;
}

/* The next events of the two sides: of one identity together, or one of one side alone. All zero to begin. */
struct pair {
	uint32_t a;
	uint32_t b;
	bool in_a;
	bool in_b;
};

static bool next_pair(struct pair *p, const struct batch *a, const struct batch *b)
{
	p->a += p->in_a;
	p->b += p->in_b;
	p->in_a = p->a < a->event_count;
	p->in_b = p->b < b->event_count;
	if (p->in_a && p->in_b) {
		uint32_t of_a = a->events[p->a].index;
		uint32_t of_b = b->events[p->b].index;
		p->in_a = of_a <= of_b;
		p->in_b = of_b <= of_a;
	}
	return p->in_a || p->in_b;
}

/* Of events that both sides have; what comes or goes altogether is told apart. */
static void compare_filters(struct diff *d, struct side *a, struct side *b, size_t output)
{
	if (a->setup->outputs[output].filter == NULL && b->setup->outputs[output].filter == NULL)
		return;
	filter_side(a, output);
	filter_side(b, output);
	for (struct pair p = {0}; next_pair(&p, &a->batch, &b->batch);) {
		if (!p.in_a || !p.in_b)
			continue;
		struct vendor *v = vendor_of_event(d, b, p.b);
		v->dropped[output] += a->passes[p.a] && !b->passes[p.b];
		v->kept[output] += !a->passes[p.a] && b->passes[p.b];
	}
}

static void compare_message(struct diff *d, struct side *a, struct side *b)
{
	for (size_t k = 0; k < b->setup->output_count; k++)
		compare_filters(d, a, b, k);
	for (struct pair p = {0}; next_pair(&p, &a->batch, &b->batch);) {
		if (p.in_a && p.in_b)
			compare_events(d, a, p.a, b, p.b);
		else if (p.in_a)
			vendor_of_event(d, a, p.a)->fewer++;
		else
			vendor_of_event(d, b, p.b)->more++;
	}
	uint32_t was = a->batch.dead_count;
	uint32_t is = b->batch.dead_count;
	for (uint32_t m = is; m < was; m++)
		vendor_of(d, a->batch.dead[m].vendor)->fewer_dead++;
	for (uint32_t m = was; m < is; m++)
		vendor_of(d, b->batch.dead[m].vendor)->more_dead++;
}

static int side_open(struct side *s, const struct setup *setup, uint32_t bytes, struct errlist *errors)
{
	struct generation *g = setup->generation;
	const struct host_options options = {.jit = false, .need_host_time = true};
	*s = (struct side){.setup = setup, .generation = g, .host = host_new(g, &options, errors)};
	if (s->host == NULL)
		return -1;
	batch_init(&s->batch, 1, bytes);
	return 0;
}

static void side_close(struct side *s)
{
	if (s->host != NULL)
		batch_free(&s->batch);
	free(s->pick);
	free(s->passes);
	host_free(s->host);
}

static int side_run(struct side *s, const struct seen_message *m, struct errlist *errors)
{
	struct err e = {0};
	int route = host_route(s->host, m->bytes);
	batch_reset(&s->batch);
	s->batch.message_count = 1;
	s->batch.messages[0] = (struct message){.topic = m->bytes,
						.timestamp = m->timestamp,
						.value = m->bytes + m->topic_size,
						.len = m->len,
						.route = route < 0 ? UINT32_MAX : (uint32_t)route};
	if (host_run(s->host, &s->batch, &e) == 0)
		return 0;
	return errlist_add(errors, e.code, "%s", e.msg);
}

static void add_filtered(struct strbuf *line, size_t n, const char *how, const char *output)
{
	if (n > 0)
		strbuf_printf(line, "%s%zu %s filtered out for output %s", line->len > 0 ? ", " : "", n, how,
			      output);
}

static void add_count(struct strbuf *line, size_t n, const char *what)
{
	if (n > 0)
		strbuf_printf(line, "%s%zu %s", line->len > 0 ? ", " : "", n, what);
}

static void report_vendor(const struct vendor *v, const struct setup *setup, struct strbuf *out)
{
	struct strbuf line = {0};
	add_count(&line, v->more, "more events");
	add_count(&line, v->fewer, "fewer events");
	add_count(&line, v->more_dead, "more dead letters");
	add_count(&line, v->fewer_dead, "fewer dead letters");
	add_count(&line, v->types, "events of another type");
	for (int f = 0; f < FIELD_COUNT; f++)
		if (v->fields[f] > 0)
			strbuf_printf(&line, "%s%s differs in %zu", line.len > 0 ? ", " : "",
				      event_fields[f].name, v->fields[f]);
	for (size_t k = 0; k < setup->output_count; k++) {
		add_filtered(&line, v->dropped[k], "more", setup->outputs[k].name);
		add_filtered(&line, v->kept[k], "fewer", setup->outputs[k].name);
	}
	if (line.len > 0)
		strbuf_printf(out, "shadow run: %s: %s\n", v->name, line.data);
	strbuf_free(&line);
}

static bool differs(const struct vendor *v)
{
	static const struct vendor same;
	return memcmp((const char *)v + sizeof v->name, (const char *)&same + sizeof v->name,
		      sizeof *v - sizeof v->name) != 0;
}

static void report(const struct diff *d, const struct setup *setup, struct strbuf *out)
{
	bool any = false;
	for (size_t i = 0; i < d->n; i++)
		any = any || differs(&d->vendors[i]);
	strbuf_printf(out, "shadow run: %zu messages last seen%s\n", d->compared,
		      d->compared == 0 ? ", so nothing to compare"
		      : any            ? ""
				       : ": the same events and dead letters as before");
	for (size_t i = 0; i < d->n; i++)
		report_vendor(&d->vendors[i], setup, out);
	if (d->not_read > 0)
		strbuf_printf(out, "shadow run: %zu messages of topics that are not read any more\n",
			      d->not_read);
	if (d->left > 0)
		strbuf_printf(out, "shadow run: %zu messages more were not tried: the scripts took %d s\n",
			      d->left, BUDGET_MS / 1000);
}

/* Message by message, so that it can be ended and takes little memory. */
static int compare_sides(struct side *a, struct side *b, const struct shadow_input *in, struct diff *d,
			 struct errlist *errors)
{
	int64_t deadline = clock_mono_ms() + BUDGET_MS;
	for (size_t i = 0; i < in->n; i++) {
		const struct seen_message *m = &in->messages[i];
		if (atomic_load(in->stop))
			return errlist_add(errors, ERR_SYSTEM, "natmill ends");
		if (clock_mono_ms() >= deadline) {
			d->left = in->n - i;
			return 0;
		}
		if (!generation_reads(b->generation, m->bytes)) {
			d->not_read++;
			continue;
		}
		if (side_run(a, m, errors) != 0 || side_run(b, m, errors) != 0)
			return -1;
		compare_message(d, a, b);
		d->compared++;
	}
	return 0;
}

int shadow_run(const struct setup *now, const struct setup *next, const struct shadow_input *in,
	       struct strbuf *out, struct errlist *errors)
{
	struct side a = {0};
	struct side b = {0};
	struct diff d = {0};
	size_t longest = 0;
	for (size_t i = 0; i < in->n; i++)
		longest = in->messages[i].len > longest ? in->messages[i].len : longest;
	uint32_t bytes = (uint32_t)HOST_ARENA_NEED(longest);
	int rc = -1;
	if (side_open(&a, now, bytes, errors) == 0 && side_open(&b, next, bytes, errors) == 0)
		rc = compare_sides(&a, &b, in, &d, errors);
	if (rc == 0)
		report(&d, next, out);
	free(d.vendors);
	side_close(&a);
	side_close(&b);
	return rc;
}
