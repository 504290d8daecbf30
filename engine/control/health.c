/* SPDX-License-Identifier: Apache-2.0
 *
 * Is natmill alive, is it ready, and why not; see health.h.
 */
#include "control/health.h"

#include <stdlib.h>

#include "base/clock.h"

void health_alive(struct request *r, void *engine)
{
	size_t n;
	const struct worker *workers = engine_workers(engine, &n);
	bool alive = true;
	for (size_t i = 0; i < n; i++) {
		int64_t still = engine_still_ms(engine, i);
		if (still < engine_shared(engine)->kafka->stall_alarm_ms)
			continue;
		if (alive)
			request_status(r, 503);
		alive = false;
		request_printf(r, "worker %u stands still for %lld s\n", workers[i].number,
			       (long long)still / 1000);
	}
	if (alive)
		request_printf(r, "ok\n");
}

struct reasons {
	struct strbuf *out;
	size_t n;
};

static const char *const states[] = {
	[PARTITION_WAITING] = "its position is not known yet",
	[PARTITION_POSITIONED] = "it is not read yet",
	[PARTITION_STOPPED] = "stopped with an alarm: see the log",
	[PARTITION_LEFT_OUT] = "no script serves its topic any more, until the group takes it back",
};

static void of_partitions(struct reasons *why, struct worker *w)
{
	size_t n;
	struct partition_view *parts = view_partitions(&w->view, &n);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].state == PARTITION_READING)
			continue;
		why->n++;
		strbuf_printf(why->out, "topic %s partition %d: %s\n", parts[i].topic, parts[i].id,
			      states[parts[i].state]);
	}
	free(parts);
}

static void of_outputs(struct reasons *why, struct worker *w, const struct sink_config **order, size_t n)
{
	struct sink_view sinks[OUTPUTS_MAX];
	view_sinks(&w->view, sinks);
	for (size_t i = 0; i < n; i++) {
		if (!view_holds(&sinks[i], clock_mono_ms()) || order[i]->best_effort)
			continue;
		why->n++;
		strbuf_printf(why->out, "output %s of worker %u: %s%s (%u attempts)\n", order[i]->name,
			      w->number, sinks[i].alarm ? "ALARM: " : "", sinks[i].why, sinks[i].failures);
	}
}

static void of_worker(struct reasons *why, struct worker *w)
{
	if (!atomic_load(&w->running)) {
		why->n++;
		strbuf_printf(why->out, "worker %u has ended\n", w->number);
	} else if (!atomic_load(&w->joined)) {
		why->n++;
		strbuf_printf(why->out, "worker %u has not joined its group yet\n", w->number);
	} else if (atomic_load(&w->watchdog.readiness) == NOT_READY_STALLED) {
		why->n++;
		strbuf_printf(why->out, "worker %u: a partition makes no progress, and no cause is known\n",
			      w->number);
	}
}

size_t health_reasons(const struct engine *e, struct strbuf *out)
{
	struct reasons why = {.out = out};
	const struct worker_config *shared = engine_shared(e);
	const struct sink_config *order[OUTPUTS_MAX];
	size_t n;
	struct worker *workers = engine_workers(e, &n);
	sinks_order(shared->first->outputs, shared->first->output_count, order);
	for (size_t i = 0; i < n; i++) {
		of_worker(&why, &workers[i]);
		of_outputs(&why, &workers[i], order,
			   shared->first->output_count); /* the cause of others: first */
		of_partitions(&why, &workers[i]);
		if (why.n == 0 && atomic_load(&workers[i].watchdog.readiness) == NOT_READY_OUTPUT) {
			why.n++;
			strbuf_printf(out, "worker %u: an output takes long\n", workers[i].number);
		}
	}
	if (atomic_load(&shared->stop_deadline) != 0) {
		why.n++;
		strbuf_adds(out, "natmill is about to end\n");
	}
	return why.n;
}

void health_ready(struct request *r, void *engine)
{
	struct strbuf why = {0};
	if (health_reasons(engine, &why) == 0)
		strbuf_adds(&why, "ready\n");
	else
		request_status(r, 503);
	request_write(r, why.data, why.len);
	strbuf_free(&why);
}
