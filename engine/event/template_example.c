/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a template's program and writes what it would read; see template_example.h.
 */
#include "event/template_example.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/template_program.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Values that no script is likely to name: what is taken, is taken for its kind. */
static const char *const addresses[] = {"192.0.2.77", "2001:db8:5::77", "10.11.12.13", "100.64.9.8"};
static const char *const ports[] = {"40123", "7", "65535", "0"};
static const char *const times[] = {"2025-05-02T11:00:00Z", "1746183600", "May  2 11:00:00",
				    "2025/05/02 11:00:00"};
static const char *const protocols[] = {"17", "TCP", "6", "udp"};
static const char *const actions[] = {"created", "deleted", "updated"};
static const char *const texts[] = {"zq7", "5", "a.b-c/d", "Zq:8"};
static const char *const skipped[] = {"", "zq7", "zq7 (8) k=v", "9"};
static const char *const words[] = {"zq7", "198.51.100.9", "k=v", "5"};

struct walker {
	const struct template *t;
	uint16_t *ways; /* from each operation to the end */
	unsigned variant;
	unsigned values; /* written so far */
	struct strbuf *out;
};

/* Short cuts have a long form, which alone is walked. */
static uint16_t long_form(const struct template *t, uint16_t at)
{
	return t->ops[at].code == OP_WORD ? t->ops[at].other : at;
}

/* Successors lie below, so that they are counted first. */
static uint16_t *count_ways(const struct template *t)
{
	uint16_t *ways = xcalloc(t->op_count, sizeof(*ways));
	for (uint16_t at = 0; at < t->op_count; at++) {
		const struct template_op *op = &t->ops[at];
		if (op->code == OP_WORD)
			continue;
		if (op->code == OP_END)
			ways[at] = 1;
		else
			ways[at] = ways[long_form(t, op->next)];
		if (op->code == OP_SPLIT)
			ways[at] = (uint16_t)(ways[at] + ways[long_form(t, op->other)]);
	}
	return ways;
}

size_t template_ways(const struct template *t)
{
	uint16_t *ways = count_ways(t);
	size_t n = ways[long_form(t, t->start)];
	free(ways);
	return n;
}

/* The first variants have the same choice everywhere, the later ones mix them. */
static unsigned choose(struct walker *w, size_t n)
{
	unsigned mix = w->variant / 4 * w->values++;
	return (w->variant + mix) % (unsigned)n;
}

static void add_of(struct walker *w, const char *const *list, size_t n)
{
	strbuf_adds(w->out, list[choose(w, n)]);
}

static void add_word_of(struct walker *w, const struct vocabulary_word *list, size_t n)
{
	const struct vocabulary_word *word = &list[choose(w, n)];
	strbuf_add(w->out, word->text, word->len);
}

static void add_address(struct walker *w, const struct template_op *op)
{
	const char *text = addresses[choose(w, COUNT(addresses))];
	bool v6 = strchr(text, ':') != NULL;
	if (op->family != 0 && v6 != (op->family == 6)) {
		text = addresses[v6 ? 0 : 1];
		v6 = !v6;
	}
	bool brackets = op->code == OP_ENDPOINT && v6;
	strbuf_printf(w->out, brackets ? "[%s]" : "%s", text);
}

static void add_value(struct walker *w, const struct template_op *op)
{
	const struct vocabulary *voc = w->t->voc;
	switch (event_fields[op->field].kind) {
	case KIND_IP:
		add_address(w, op);
		return;
	case KIND_PORT:
		add_of(w, ports, COUNT(ports));
		return;
	case KIND_TIME:
		add_of(w, times, COUNT(times));
		return;
	case KIND_ACTION:
		if (voc->action_count > 0)
			add_word_of(w, voc->actions, voc->action_count);
		else
			add_of(w, actions, COUNT(actions));
		return;
	case KIND_PROTOCOL:
		if (voc->protocol_count > 0 && w->variant % 2 != 0)
			add_word_of(w, voc->protocols, voc->protocol_count);
		else
			add_of(w, protocols, COUNT(protocols));
		return;
	case KIND_TEXT:
		add_of(w, texts, COUNT(texts));
		return;
	}
}

static void add_op(struct walker *w, const struct template_op *op)
{
	const struct strbuf *out = w->out;
	switch ((enum template_code)op->code) {
	case OP_LITERAL:
		strbuf_add(w->out, w->t->text + op->text, op->len);
		return;
	case OP_BLANK:
		if (out->len > 0 && out->data[out->len - 1] != ' ')
			strbuf_addc(w->out, ' ');
		return;
	case OP_TOKEN:
		add_of(w, words, COUNT(words));
		return;
	case OP_REST:
	case OP_RUN:
		if (op->field == TEMPLATE_NO_FIELD)
			add_of(w, skipped, COUNT(skipped));
		else
			add_value(w, op);
		return;
	case OP_PORT:
	case OP_ADDRESS:
	case OP_ACTION:
	case OP_PROTOCOL:
	case OP_TIME:
	case OP_ENDPOINT:
		add_value(w, op);
		return;
	default: /* splits, short cuts and the end write nothing */
		return;
	}
}

void template_example(const struct template *t, size_t way, unsigned variant, struct strbuf *out)
{
	struct walker w = {.t = t, .ways = count_ways(t), .variant = variant, .out = out};
	uint16_t at = long_form(t, t->start);
	while (t->ops[at].code != OP_END) {
		const struct template_op *op = &t->ops[at];
		uint16_t next = long_form(t, op->next);
		if (op->code == OP_SPLIT && way >= w.ways[next]) {
			way -= w.ways[next];
			next = long_form(t, op->other);
		}
		add_op(&w, op);
		at = next;
	}
	free(w.ways);
}
