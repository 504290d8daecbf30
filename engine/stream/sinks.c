/* SPDX-License-Identifier: Apache-2.0
 *
 * Order, birth and failures of a worker's outputs; see sinks.h.
 */
#include "stream/sinks.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "stream/backoff.h"

/* Order of delivery: what may repeat first, what is exactly once last, so that a crash in between repeats
 * least. */
static int rank(const struct output_type *t)
{
	if (!t->takes_events)
		return 0;
	if (!t->transactional)
		return 1;
	return t->group_marks ? 3 : 2;
}

int sinks_order(const struct sink_config *configs, size_t count, const struct sink_config **order)
{
	size_t n = 0;
	for (int r = 0; r <= 3; r++)
		for (size_t i = 0; i < count; i++)
			if (rank(configs[i].type) == r)
				order[n++] = &configs[i];
	if (n > 0 && !order[0]->type->takes_events)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (order[i]->type->transactional && order[i]->type->keeps_dead)
			return (int)i;
	return -1;
}

bool sinks_commit_group(const struct sink_config *configs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (configs[i].type->group_marks)
			return true;
	return false;
}

int sinks_create(struct sinks *s, const struct sink_config *configs, size_t count, struct output_stats *stats,
		 const struct output_env *env, struct err *e)
{
	const struct sink_config *order[OUTPUTS_MAX];
	*s = (struct sinks){.store = -1};
	if (count > OUTPUTS_MAX)
		return err_set(e, ERR_CONFIG, "outputs: %zu are too many, at most %d", count, OUTPUTS_MAX);
	s->store = sinks_order(configs, count, order);
	for (size_t i = 0; i < count; i++) {
		struct sink *k = &s->items[i];
		k->config = order[i];
		k->type = order[i]->type;
		k->options = order[i]->options;
		k->stats = &stats[i];
		k->env = *env;
		k->env.name = order[i]->name;
		k->out = k->type->create(order[i]->options, &k->env, e);
		if (k->out == NULL) {
			err_prefix(e, "output %s", order[i]->name);
			sinks_close(s);
			return -1;
		}
		s->n = i + 1;
	}
	return 0;
}

void sinks_close(struct sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->items[i].type->close(s->items[i].out);
	s->n = 0;
}

static bool same_options(const struct option *rows, const void *a, const void *b)
{
	for (const struct option *row = rows; row != NULL && row->name != NULL; row++)
		if (!option_equal(row, a, b))
			return false;
	return true;
}

int sink_renew(struct sink *s, const void *options, struct err *e)
{
	if (same_options(s->type->options, s->options, options))
		return 0;
	struct output *out = s->type->create(options, &s->env, e);
	if (out == NULL)
		return -1;
	s->type->close(s->out);
	s->out = out;
	s->options = options;
	s->open = false;
	return 1;
}

void sink_open(struct sink *s, struct output_result *r)
{
	output_ok(r, 0);
	if (s->open)
		return;
	s->type->open(s->out, r);
	s->open = r->verdict == OUTPUT_OK;
}

void sink_undo(struct sink *s, const struct output_result *r)
{
	s->type->abort(s->out);
	if (r->reopen)
		s->open = false;
}

int64_t sink_failed(struct sink *s, const struct output_result *r)
{
	sink_undo(s, r);
	if (s->failures++ == 0)
		s->failing_ms = clock_mono_ms();
	s->alarm = r->alarm;
	snprintf(s->why, sizeof s->why, "%s", r->why.msg);
	int64_t delay = backoff_ms(s->failures, (uint32_t)clock_mono_us());
	if (r->alarm)
		log_error("ALARM: output %s: %s; nothing is lost, tried again in %lld ms (attempt %u)",
			  s->config->name, r->why.msg, (long long)delay, s->failures);
	else
		log_warn("output %s: %s; tried again in %lld ms (attempt %u)", s->config->name, r->why.msg,
			 (long long)delay, s->failures);
	return delay;
}

bool sinks_fail(const struct sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].failures > 0 && !s->items[i].config->best_effort)
			return true;
	return false;
}

void sinks_rest(struct sinks *s)
{
	for (size_t i = 0; i < s->n; i++) {
		s->items[i].failures = 0;
		s->items[i].alarm = false;
	}
}

void sink_worked(struct sink *s)
{
	if (s->failures > 0)
		log_info("output %s: works again after %u failed attempts", s->config->name, s->failures);
	s->failures = 0;
	s->alarm = false;
}
