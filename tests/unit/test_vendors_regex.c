/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates against regex: tests/unit/twins/ says with regex what scripts in vendors/ say with templates. On
 * all samples of these scripts both must give the same, and the same event wherever both give one on a broken
 * line (mutate.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/vendor_help.h"
#include "tests/unit/mutate.h"

#define TWINS "tests/unit/twins"

/* How many of a script's samples the twin reads. */
static const struct {
	const char *name;
	size_t samples;
} least[] = {{"6wind", 5}, {"a10", 5}, {"conntrack", 5}, {"jool", 3}, {"nfware", 5}};

static struct {
	struct vendors vendors;
	struct generation *generation;
	struct host *host;
	struct batch batch;
} twins;

static void load_twins(void)
{
	struct errlist errors = {0};
	struct host_options o = {.jit = false, .need_host_time = false};
	vendors_load(&twins.vendors);
	batch_init(&twins.batch, VENDOR_BATCH, 64 << 20);
	twins.generation = generation_load(TWINS, NULL, 0, 1, &errors);
	if (twins.generation != NULL)
		twins.host = host_new(twins.generation, &o, &errors);
	if (twins.host == NULL)
		fail_msg("%s", errors.items[0].msg);
}

static void free_twins(void)
{
	vendors_free(&twins.vendors);
	batch_free(&twins.batch);
	host_free(twins.host);
	generation_unref(twins.generation);
}

static const struct vendor *vendor_named(const char *name)
{
	for (size_t i = 0; i < twins.vendors.count; i++)
		if (strcmp(twins.vendors.items[i].name, name) == 0)
			return &twins.vendors.items[i];
	fail_msg("no script %s", name);
	return NULL;
}

/* The places of the message's events: from *at on, *at moves behind them. */
static uint32_t events_of(const struct batch *b, uint32_t message, uint32_t *at)
{
	uint32_t first = *at;
	while (*at < b->event_count && b->events[*at].message == message)
		(*at)++;
	return *at - first;
}

/* Compares message after message; returns whether both gave events of the first, the whole sample. */
static bool compare(const struct vendor *vendor, const struct mutants *m)
{
	const struct batch *a = &twins.vendors.batches[JIT_OFF];
	const struct batch *b = &twins.batch;
	uint32_t i = 0;
	uint32_t k = 0;
	bool whole = false;
	for (uint32_t message = 0; message < a->message_count; message++) {
		uint32_t n = events_of(a, message, &i);
		if (events_of(b, message, &k) != n || n == 0)
			continue;
		whole = whole || message == 0;
		for (uint32_t e = 1; e <= n; e++)
			if (!same_event(a, &a->events[i - e], b, &b->events[k - e]))
				fail_msg("%s: `%.*s`", vendor->name, (int)m->items[message].len,
					 m->text.data + m->items[message].off);
	}
	return whole;
}

/* Does the twin give events, and the same, for the sample? */
static bool try_sample(const struct vendor *vendor, uint32_t route, const struct sample *s)
{
	static struct mutants m;
	struct vendors *v = &twins.vendors;
	struct batch *b = &twins.batch;
	struct err e = {0};
	mutants_begin(&m, s);
	vendors_reset(v);
	vendor_add(v, vendor, s->value, s->len);
	vendors_run(v);
	for (uint32_t i = 0; i < v->batches[JIT_OFF].event_count; i++)
		mutate_values(&m, &v->batches[JIT_OFF], &v->batches[JIT_OFF].events[i]);
	mutate_cut(&m);
	mutate_blanks(&m);
	mutate_trailing(&m);
	vendors_reset(v);
	batch_reset(b);
	for (size_t i = 0; i < m.count; i++) {
		const char *line = m.text.data + m.items[i].off;
		vendor_add(v, vendor, line, m.items[i].len);
		b->messages[b->message_count++] = (struct message){.topic = "",
								   .timestamp = EVENT_NO_TIME,
								   .value = line,
								   .len = m.items[i].len,
								   .route = route};
	}
	vendors_run(v);
	assert_int_equal(host_run(twins.host, b, &e), 0);
	return compare(vendor, &m);
}

static void try_twin(const char *name, size_t samples)
{
	const struct vendor *vendor = vendor_named(name);
	int place = generation_script_find(twins.generation, name, &(struct err){0});
	uint32_t route = (uint32_t)host_route_script(twins.host, (size_t)place);
	size_t same = 0;
	for (size_t i = 0; i < vendor->samples.count; i++) {
		const struct sample *s = &vendor->samples.samples[i];
		bool both = try_sample(vendor, route, s);
		same += both ? 1 : 0;
		/* What a template reads the regex reads, too: only A10 has other rules for raw lines. */
		if (!both && s->verdict == SAMPLE_EVENTS && s->value[0] != '{' && strcmp(name, "a10") != 0)
			fail_msg("%s, line %zu: the regex does not read `%.*s`", name, s->line, (int)s->len,
				 s->value);
	}
	if (same < samples)
		fail_msg("%s: the regex reads %zu samples", name, same);
}

static void templates_and_regex(void **state)
{
	(void)state;
	load_twins();
	assert_int_equal(generation_script_count(twins.generation), sizeof least / sizeof *least);
	for (size_t i = 0; i < sizeof least / sizeof *least; i++)
		try_twin(least[i].name, least[i].samples);
	free_twins();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(templates_and_regex)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
