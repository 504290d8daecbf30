/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a compiled template over a text: the hot path of most vendors. A way that stops fitting is taken back
 * to the last choice that is left; a run ({text} or {*}) ends at the first place from where the program gets
 * to the next run or through, and stays there. So the work is at most ways x text. Nothing is allocated.
 */
#include <string.h>

#include "event/rule_fields.h"
#include "event/template_field.h"
#include "event/template_program.h"
#include "event/template_scan.h"

/* Keeps the furthest miss. After the first end of a run that was tried, others count only when a word of the
 * template fitted behind them: that two blanks had a digit between them says nothing. Nor does what is
 * missing right behind a word that was skipped, if there was a miss before. */
static void note(struct match *m, const struct template_op *op, size_t pos)
{
	if (pos < m->far || !m->asked)
		return;
	if (m->open != 0 && (*m->frames)[m->open - 1].retried && !op->solid)
		return;
	if (m->far != 0 && op->loose)
		return;
	m->far = pos + 1;
	m->far_op = m->split_pos == pos ? m->split_op : op;
}

/* Of {*}: the next blanks before something that may stand there. */
static size_t find_blank(struct match *m, const struct template_op *run, struct frame *f, size_t from)
{
	const struct byte_set *after = &m->t->sets[run->set];
	while ((from = word_end(m->text, m->n, from)) < m->n) {
		size_t behind = skip_blanks(m->text, m->n, from);
		if (behind < m->n && byte_set_has(after, m->text[behind]))
			return from;
		note(m, run->otherwise->then, behind);
		f->retried = true;
		from = behind;
	}
	return NO_PLACE;
}

static size_t find_end(struct match *m, const struct template_op *run, struct frame *f)
{
	if (f->pos > m->n)
		return NO_PLACE;
	if (run->search == SEARCH_LITERAL)
		return find_literal(m->t, run->otherwise, m->text, m->n, f->pos);
	if (run->search == SEARCH_BLANK)
		return find_blank(m, run, f, f->pos);
	return find_of_set(&m->t->sets[run->set], m->text, m->n, f->pos);
}

/* Moves the run's end to the next place; false when there is none. */
static bool move_run(struct match *m, struct frame *f, struct step *to)
{
	const struct template_op *run = f->op;
	bool text = run->field != TEMPLATE_NO_FIELD;
	size_t end = find_end(m, run, f);
	if (end == NO_PLACE || (text && end - f->start > EVENT_TEXT_MAX)) {
		if (!f->retried)
			note(m, run, f->start);
		return false;
	}
	m->set = f->set;
	if (text)
		set_text(m, run, f->start, end - f->start);
	size_t behind = skip_blanks(m->text, m->n, end);
	f->pos = (uint32_t)(behind > end ? behind : end + 1);
	*to = (struct step){.op = run->then, .pos = end};
	return true;
}

/* The end of the last run is where it is now, whatever comes. */
static void settle(struct match *m)
{
	if (m->open == 0)
		return;
	if (m->open == m->depth)
		m->depth--;
	else
		(*m->frames)[m->open - 1].kind = FRAME_SETTLED;
	m->open = 0;
}

/* A text that ends at the first blank where a blank follows it: it has no other end, so nothing is kept of
 * it.
 */
static bool pass_text(struct match *m, struct step *to)
{
	const struct template_op *text = to->op;
	size_t start = to->pos;
	size_t end = word_end(m->text, m->n, start);
	size_t behind = skip_blanks(m->text, m->n, end);
	bool fits = behind > end && behind < m->n && byte_set_has(&m->t->sets[text->set], m->text[behind]);
	if (!fits && behind > end)
		note(m, text->otherwise->then, behind);
	if (!fits || end - start > EVENT_TEXT_MAX) {
		note(m, text, start);
		return false;
	}
	set_text(m, text, start, end - start);
	*to = (struct step){.op = text->then, .pos = end};
	return true;
}

static bool begin_run(struct match *m, struct step *to)
{
	const struct template_op *run = to->op;
	size_t pos = to->pos;
	bool text = run->field != TEMPLATE_NO_FIELD;
	if (text && (pos == m->n || template_blank(m->text[pos]))) {
		note(m, run, pos);
		return false;
	}
	settle(m);
	if (text && run->search == SEARCH_BLANK)
		return pass_text(m, to);
	struct frame *f = &(*m->frames)[m->depth++];
	m->open = m->depth;
	*f = (struct frame){.pos = (uint32_t)pos + text,
			    .start = (uint32_t)pos,
			    .set = m->set,
			    .op = run,
			    .kind = FRAME_RUN};
	if (move_run(m, f, to))
		return true;
	m->depth--;
	m->open = 0;
	return false;
}

static size_t pass_rest(struct match *m, const struct template_op *op, size_t pos)
{
	size_t left = m->n - pos;
	if (op->field != TEMPLATE_NO_FIELD) {
		if (left == 0 || left > EVENT_TEXT_MAX || template_blank(m->text[pos]))
			return NO_PLACE;
		set_text(m, op, pos, left);
	}
	return m->n;
}

/* Can the run end further on? Not a text that has come to a blank which may follow it. Not without the word
 * that must follow; no miss on the way there would count either. */
static bool may_move(struct match *m, struct frame *f)
{
	const struct template_op *run = f->op;
	if (run->field != TEMPLATE_NO_FIELD && f->pos <= m->n && template_blank(m->text[f->pos - 1]))
		return false;
	uint16_t must = run->must;
	f->retried = true;
	if (must == 0 || f->must >= f->pos)
		return true;
	size_t at = find_literal(m->t, &m->t->ops[must], m->text, m->n, f->pos);
	f->must = (uint32_t)at;
	return at != NO_PLACE;
}

/* A line of another kind is told from this one by the words it has not; then no way need be tried on. Looked
 * at once, when a way is to be taken back or is to skip text. */
static bool lacks_needs(struct match *m)
{
	const struct template *t = m->t;
	if (!m->hasty)
		return false;
	m->hasty = false;
	for (size_t i = 0; i < 2; i++) {
		const struct template_op *need = &t->ops[t->needs[i]];
		if (t->needs[i] != 0 && !find_bytes(m->text, m->n, t->text + need->text, need->len))
			return true;
	}
	return false;
}

/* Back to the last choice that is left; false when there is none. */
static bool back(struct match *m, struct step *to)
{
	if (m->depth > 0 && lacks_needs(m))
		return false;
	while (m->depth > 0) {
		struct frame *f = &(*m->frames)[m->depth - 1];
		if (f->kind == FRAME_CHOICE) {
			m->depth--;
			m->set = f->set;
			*to = (struct step){.op = f->op, .pos = f->pos};
			return true;
		}
		if (f->kind == FRAME_RUN) {
			if (may_move(m, f) && move_run(m, f, to))
				return true;
			m->open = 0;
		}
		m->depth--;
	}
	return false;
}

static inline const struct template_op *split(struct match *m, const struct template_op *op, size_t pos)
{
	const struct byte_set *first = &m->t->sets[op->set];
	if (m->split_pos != pos) {
		m->split_pos = pos;
		m->split_op = op;
	}
	if (pos < m->n ? !byte_set_has(first, m->text[pos]) : !first->end) {
		if (op->otherwise->loose)
			note(m, op->then, pos);
		return op->otherwise;
	}
	struct frame *f = &(*m->frames)[m->depth++];
	f->pos = (uint32_t)pos;
	f->set = m->set;
	f->op = op->otherwise;
	f->kind = FRAME_CHOICE;
	return op->then;
}

/* The place behind what is no field; NO_PLACE when it is not there. */
static inline size_t pass_op(struct match *m, const struct template_op *op, size_t pos)
{
	size_t used;
	switch (op->code) {
	case OP_LITERAL:
		return literal_fits(m->t, op, m->text + pos, m->n - pos) ? pos + op->len : NO_PLACE;
	case OP_BLANK:
		pos = skip_blanks(m->text, m->n, pos);
		return pos > 0 && template_blank(m->text[pos - 1]) ? pos : NO_PLACE;
	case OP_REST:
		return pass_rest(m, op, pos);
	default:
		used = token_len(&m->token, m->t, op, m->text, m->n, pos);
		return used > 0 ? pos + used : NO_PLACE;
	}
}

/* Behind a field: most often the colon before a port, which is looked at here. */
static inline const struct template_op *behind_field(const struct match *m, const struct template_op *op,
						     size_t *pos)
{
	if (!op->colon || *pos == m->n || m->text[*pos] != ':')
		return op->then;
	++*pos;
	return op->then->then;
}

/* Begins a run; where something else does not fit, or no end of the run does, it goes back. */
static bool run_or_back(struct match *m, struct step *to)
{
	if (to->op->code != OP_RUN)
		note(m, to->op, to->pos);
	else if (to->op->field == TEMPLATE_NO_FIELD && lacks_needs(m))
		return false;
	else if (begin_run(m, to))
		return true;
	return back(m, to);
}

static bool run_program(struct match *m)
{
	const struct template_op *op = &m->t->ops[m->t->start];
	size_t pos = 0;
	for (;;) {
		if (op->code == OP_WORD) {
			bool fits = word_fits(m->t, op, m->text + pos, m->n - pos);
			pos += fits ? op->len : 0;
			op = fits ? op->then : op->otherwise;
			continue;
		}
		if (op->code <= OP_ENDPOINT) {
			size_t used = read_field(m, op, pos);
			if (used > 0) {
				mark(m, op, pos, used);
				pos += used;
				op = behind_field(m, op, &pos);
				continue;
			}
		} else if (op->code == OP_SPLIT) {
			op = split(m, op, pos);
			continue;
		} else if (op->code == OP_END) {
			if (pos == m->n)
				return true;
		} else if (op->code != OP_RUN) {
			size_t behind = pass_op(m, op, pos);
			if (behind != NO_PLACE) {
				pos = behind;
				op = op->then;
				continue;
			}
		}
		struct step to = {.op = op, .pos = pos}; /* op and pos themselves stay in registers */
		if (!run_or_back(m, &to))
			return false;
		op = to.op;
		pos = to.pos;
	}
}

static void keep_miss(const struct match *m, struct miss *miss)
{
	if (miss == NULL || m->far == 0 || (miss->set && miss->pos >= m->far - 1))
		return;
	miss->from = m->t;
	miss->op = (uint32_t)(m->far_op - m->t->ops);
	miss->pos = (uint32_t)(m->far - 1);
	miss->set = true;
}

bool template_run(const struct template *t, const char *text, size_t n, uint32_t text_off,
		  struct event *values, uint32_t *found, struct template_mark *marks, struct miss *miss)
{
	if (n > UINT32_MAX - 1)
		return false;
	/* Not on the stack: several pages of it would be touched for each text. */
	static _Thread_local struct frame frames[FRAMES_MAX];
	struct match m;
	m.frames = &frames;
	m.t = t;
	m.text = text;
	m.n = n;
	m.text_off = text_off;
	m.set = 0;
	m.values = values;
	m.marks = marks;
	m.asked = miss != NULL;
	m.hasty = miss == NULL;
	m.far = 0;
	m.split_op = NULL;
	m.split_pos = NO_PLACE;
	m.token = (struct token){0};
	m.depth = 0;
	m.open = 0;
	if (!run_program(&m)) {
		keep_miss(&m, miss);
		return false;
	}
	*found = m.set;
	return true;
}

bool template_match(const struct template *t, const char *text, size_t n, uint32_t text_off, struct event *ev,
		    struct miss *m)
{
	struct event values; /* a way that is taken back has written here, too: only the fields found count */
	uint32_t found;
#ifdef __clang_analyzer__ /* which does not see that */
	memset(&values, 0, sizeof(values));
#endif
	if (!template_run(t, text, n, text_off, &values, &found, NULL, m))
		return false;
	if (t->type < 0)
		return true;
	ev->type = t->type;
	rule_fields_copy(ev, &values, found);
	return true;
}
