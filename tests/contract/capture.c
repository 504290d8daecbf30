/* SPDX-License-Identifier: Apache-2.0
 *
 * The capture double; see capture.h. What a transaction wrote lies with the instance until commit moves it
 * to the struct capture.
 */
#include "tests/contract/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

struct instance {
	const struct output_env *env;
	const struct output_type *type;
	struct capture *c;
	bool open;
	bool begun;
	struct capture_row *rows; /* of the running transaction */
	size_t row_count;
	struct capture_letter *letters;
	size_t letter_count;
};

/* Notes the first breach of the contract; the test asserts that there is none. */
static void expect(struct instance *s, bool held, const char *what)
{
	if (!held && s->c->error[0] == '\0')
		snprintf(s->c->error, sizeof s->c->error, "%s: %s", s->env->name, what);
}

static void retry(struct instance *s, bool alarm, bool reopen, const char *what, struct output_result *r)
{
	output_retry(r, alarm, "capture: %s", what);
	r->reopen = reopen;
	if (reopen)
		s->open = false;
}

/* Counts the call, and answers for it when the plan or a lost connection says so: true then. */
static bool planned(struct instance *s, unsigned *calls, unsigned *retries, const char *what,
		    struct output_result *r)
{
	const struct capture_plan *plan = &s->c->plan;
	++*calls;
	if (*retries > 0) {
		--*retries;
		retry(s, plan->alarm, plan->reopen, what, r);
		return true;
	}
	if (s->open)
		return false;
	retry(s, false, true, "not open", r);
	return true;
}

static struct output *create(const struct output_type *type, const void *options,
			     const struct output_env *env)
{
	const struct capture_options *from = options;
	struct instance *s = xcalloc(1, sizeof *s);
	s->type = type;
	s->env = env;
	s->c = from->capture;
	pthread_mutex_lock(&s->c->mutex);
	s->c->calls.create++;
	pthread_mutex_unlock(&s->c->mutex);
	return (struct output *)s;
}

static struct output *create_full(const void *options, const struct output_env *env, struct err *e)
{
	(void)e;
	return create(&capture_output, options, env);
}

static struct output *create_plain(const void *options, const struct output_env *env, struct err *e)
{
	(void)e;
	return create(&capture_plain_output, options, env);
}

static struct output *create_dead(const void *options, const struct output_env *env, struct err *e)
{
	(void)e;
	return create(&capture_dead_output, options, env);
}

static void drop(struct instance *s)
{
	capture_free_rows(s->rows, s->row_count);
	free(s->letters);
	s->rows = NULL;
	s->letters = NULL;
	s->row_count = s->letter_count = 0;
	s->begun = false;
}

static void capture_close(struct output *o)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	s->c->calls.close++;
	pthread_mutex_unlock(&s->c->mutex);
	drop(s);
	free(s);
}

static void capture_open(struct output *o, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	drop(s);
	s->open = true;
	if (!planned(s, &s->c->calls.open, &s->c->plan.retry_open, "open", r))
		output_ok(r, 0);
	else
		s->open = false;
	pthread_mutex_unlock(&s->c->mutex);
}

static void positions(struct instance *s, struct position *p, size_t n, struct output_result *r)
{
	struct capture *c = s->c;
	expect(s, !s->begun, "positions within a transaction");
	if (planned(s, &c->calls.positions, &c->plan.retry_positions, "positions", r))
		return;
	for (size_t i = 0; i < n; i++) {
		struct capture_mark *m = capture_find_mark(c, s->env->name, p[i].topic, p[i].partition);
		p[i].born = m == NULL;
		if (m == NULL) {
			m = capture_add_mark(c, s->env->name, p[i].topic, p[i].partition);
			m->offset = p[i].offset;
			memcpy(m->topic_id, p[i].topic_id, sizeof m->topic_id);
		}
		p[i].offset = m->offset;
		memcpy(p[i].topic_id, m->topic_id, sizeof m->topic_id);
	}
	output_ok(r, n);
}

static void capture_positions(struct output *o, struct position *p, size_t n, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	positions(s, p, n, r);
	pthread_mutex_unlock(&s->c->mutex);
}

static void capture_begin(struct output *o, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	expect(s, !s->begun, "begin within a transaction");
	if (!planned(s, &s->c->calls.begin, &s->c->plan.retry_begin, "begin", r)) {
		s->begun = true;
		output_ok(r, 0);
	}
	pthread_mutex_unlock(&s->c->mutex);
}

static void add_row(struct instance *s, const struct batch *b, const struct event *ev)
{
	const struct message *m = batch_message_of(b, ev);
	struct strbuf json = {0};
	event_json(ev, b->arena.data, b->arena.len, &json);
	s->rows = xrealloc(s->rows, (s->row_count + 1) * sizeof *s->rows);
	struct capture_row *row = &s->rows[s->row_count++];
	*row = (struct capture_row){
		.partition = m->partition,
		.offset = m->offset,
		.index = ev->index,
		.type = ev->type,
		.json = json.data,
	};
	snprintf(row->topic, sizeof row->topic, "%s", m->topic);
}

/* Makes lasting what the instance holds. */
static void store(struct instance *s)
{
	struct capture *c = s->c;
	c->rows = xrealloc(c->rows, (c->row_count + s->row_count) * sizeof *c->rows);
	if (s->row_count > 0)
		memcpy(c->rows + c->row_count, s->rows, s->row_count * sizeof *s->rows);
	c->row_count += s->row_count;
	s->row_count = 0; /* the texts belong to c now */
	c->letters = xrealloc(c->letters, (c->letter_count + s->letter_count) * sizeof *c->letters);
	if (s->letter_count > 0)
		memcpy(c->letters + c->letter_count, s->letters, s->letter_count * sizeof *s->letters);
	c->letter_count += s->letter_count;
	s->letter_count = 0;
}

static bool is_bad(const struct instance *s, const struct output_range *range, size_t i)
{
	const struct event *ev = &range->batch->events[range->pick[i]];
	bool (*bad)(const struct message *, const struct event *) = s->c->plan.bad;
	return bad != NULL && bad(batch_message_of(range->batch, ev), ev);
}

static void write_range(struct instance *s, const struct output_range *range, struct output_result *r)
{
	const struct capture_plan *plan = &s->c->plan;
	size_t most = plan->write_most > 0 && plan->write_most < range->n ? plan->write_most : range->n;
	size_t good = 0;
	while (good < most && !is_bad(s, range, good))
		good++;
	if (good < most && (good == 0 || plan->reject_range)) {
		output_reject(r, plan->reject_range ? most : 1, "capture: %s",
			      most > 1 && plan->reject_range ? "one of these is bad" : "this one is bad");
		return;
	}
	for (size_t i = 0; i < good; i++)
		add_row(s, range->batch, &range->batch->events[range->pick[i]]);
	if (!s->type->transactional)
		store(s);
	output_ok(r, good);
}

/* Waits without the mutex as the plan says; false when it is to give up. */
static bool wait_planned(struct instance *s, bool wait)
{
	return !wait || output_wait(s->env->host, -1, 0, clock_mono_ms() + 1) >= 0;
}

static void capture_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	if (!wait_planned(s, s->c->plan.wait_in_write)) {
		output_retry(r, false, "capture: stopped in write");
		return;
	}
	pthread_mutex_lock(&s->c->mutex);
	expect(s, s->begun, "write without begin");
	if (!planned(s, &s->c->calls.write, &s->c->plan.retry_write, "write", r))
		write_range(s, range, r);
	pthread_mutex_unlock(&s->c->mutex);
}

static void add_letter(struct instance *s, const struct batch *b, const struct dead_letter *d)
{
	const struct message *m = &b->messages[d->message];
	struct capture_letter letter = {
		.partition = m->partition,
		.offset = m->offset,
		.record = d->record,
		.index = d->index,
	};
	snprintf(letter.topic, sizeof letter.topic, "%s", m->topic);
	snprintf(letter.output, sizeof letter.output, "%s", d->output);
	const char *reason = event_text(d->reason, b->arena.data, b->arena.len);
	snprintf(letter.reason, sizeof letter.reason, "%.*s", (int)d->reason.len,
		 reason != NULL ? reason : "");
	if (s->type->transactional && (capture_has_letter(s->letters, s->letter_count, &letter) ||
				       capture_has_letter(s->c->letters, s->c->letter_count, &letter)))
		return;
	s->letters = xrealloc(s->letters, (s->letter_count + 1) * sizeof *s->letters);
	s->letters[s->letter_count++] = letter;
}

static void capture_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters,
			 size_t n, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	expect(s, s->begun, "dead without begin");
	if (!planned(s, &s->c->calls.dead, &s->c->plan.retry_dead, "dead", r)) {
		for (size_t i = 0; i < n; i++)
			add_letter(s, batch, &letters[i]);
		if (!s->type->transactional)
			store(s);
		output_ok(r, n);
	}
	pthread_mutex_unlock(&s->c->mutex);
}

/* True when every row stands where the moves expect it. */
static bool rows_agree(struct instance *s, const struct position *moves, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct capture_mark *m =
			capture_find_mark(s->c, s->env->name, moves[i].topic, moves[i].partition);
		if (m == NULL || m->offset != moves[i].expected)
			return false;
	}
	return true;
}

static void commit(struct instance *s, const struct position *moves, size_t n, struct output_result *r)
{
	struct capture_plan *plan = &s->c->plan;
	bool keeps = s->type->transactional;
	if (planned(s, &s->c->calls.commit, &plan->retry_commit, "commit", r))
		return;
	if (keeps && (plan->fenced > 0 || !rows_agree(s, moves, n))) {
		plan->fenced -= plan->fenced > 0;
		drop(s);
		output_fenced(r, "capture: another owner has moved the watermark");
		return;
	}
	for (size_t i = 0; keeps && i < n; i++) {
		struct capture_mark *m =
			capture_find_mark(s->c, s->env->name, moves[i].topic, moves[i].partition);
		m->offset = moves[i].offset;
		m->timestamp = moves[i].timestamp;
		memcpy(m->topic_id, moves[i].topic_id, sizeof m->topic_id);
	}
	store(s);
	drop(s);
	output_ok(r, n);
	if (plan->lose_answer > 0) {
		plan->lose_answer--;
		retry(s, false, true, "the answer to COMMIT is lost", r);
	}
}

static void capture_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	if (!wait_planned(s, s->c->plan.wait_in_commit)) {
		output_retry(r, false, "capture: stopped in commit");
		return;
	}
	pthread_mutex_lock(&s->c->mutex);
	expect(s, s->begun, "commit without begin");
	commit(s, moves, n, r);
	pthread_mutex_unlock(&s->c->mutex);
}

static void capture_abort(struct output *o)
{
	struct instance *s = (struct instance *)o;
	pthread_mutex_lock(&s->c->mutex);
	s->c->calls.abort++;
	drop(s);
	pthread_mutex_unlock(&s->c->mutex);
}

static void capture_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	output_ok(r, capture_each_mark(s->c, s->env, row, ctx));
}

static void capture_set_mark(struct output *o, const struct position *p, struct output_result *r)
{
	struct instance *s = (struct instance *)o;
	output_ok(r, capture_reset_mark(s->c, s->env->name, p));
}

static const struct option capture_options[] = {{.name = NULL}};

#define CAPTURE_COMMON                                                                                \
	.help = "A double for tests.", .options = capture_options,                                    \
	.options_size = sizeof(struct capture_options), .close = capture_close, .open = capture_open, \
	.begin = capture_begin, .commit = capture_commit, .abort = capture_abort

const struct output_type capture_output = {
	.name = "capture",
	.transactional = true,
	.keeps_dead = true,
	.takes_events = true,
	.create = create_full,
	.positions = capture_positions,
	.list_marks = capture_list_marks,
	.set_mark = capture_set_mark,
	.write = capture_write,
	.dead = capture_dead,
	CAPTURE_COMMON,
};

const struct output_type capture_plain_output = {
	.name = "capture_plain",
	.takes_events = true,
	.create = create_plain,
	.write = capture_write,
	CAPTURE_COMMON,
};

const struct output_type capture_dead_output = {
	.name = "capture_dead",
	.keeps_dead = true,
	.create = create_dead,
	.dead = capture_dead,
	CAPTURE_COMMON,
};
