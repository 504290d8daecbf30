/* SPDX-License-Identifier: Apache-2.0
 *
 * Lays out what natmill top shows; see top_frame.h. The head comes first; what lines are left the tables
 * share.
 */
#include "cli/top_frame.h"

#include <string.h>

#include "base/utf8.h"
#include "cli/ask_json.h"
#include "cli/top_rows.h"
#include "cli/try_show.h"

#define REASONS_MAX 4
#define BOLD "\033[1m"
#define RED "\033[31m"
#define REVERSE "\033[7m"
#define PLAIN "\033[0m"

/* Bytes of the first `width` characters. */
static size_t clip(const char *s, size_t n, size_t width)
{
	size_t at = 0;
	while (at < n && width-- > 0) {
		size_t len = utf8_sequence(s + at, n - at);
		at += len > 0 ? len : 1;
	}
	return at;
}

struct page {
	const struct top_frame *f;
	struct strbuf *out;
	size_t left; /* lines */
};

static void add_line(struct page *p, const char *style, const struct strbuf *text)
{
	if (p->left == 0)
		return;
	p->left--;
	bool styled = p->f->colour && style[0] != '\0';
	strbuf_adds(p->out, styled ? style : "");
	if (text->len > 0)
		strbuf_add(p->out, text->data, clip(text->data, text->len, p->f->width));
	strbuf_adds(p->out, styled ? PLAIN "\n" : "\n");
}

static void add_duration(struct strbuf *out, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;
	if (s >= 86400)
		strbuf_printf(out, "%lud%02luh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		strbuf_printf(out, "%luh%02lum", s / 3600, s % 3600 / 60);
	else
		strbuf_printf(out, "%lum%02lus", s / 60, s % 60);
}

static void add_item(struct strbuf *out, const char *name, double v, const char *unit)
{
	strbuf_printf(out, "%s%s ", out->len > 0 ? "  " : "", name);
	top_number(out, v);
	strbuf_adds(out, unit);
}

/* Over all partitions: messages, and the seconds of the worst. */
static void add_lag(struct strbuf *out, const struct node *now)
{
	const struct node *list = node_get(now, "partitions");
	double messages = 0;
	double seconds = 0;
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		double s = json_number(list->items[i], "lag_seconds");
		messages += json_number(list->items[i], "lag");
		seconds = s > seconds ? s : seconds;
	}
	add_item(out, "lag", messages, "");
	strbuf_printf(out, " (%.0f s)", seconds);
}

static void add_title(struct page *p, const struct node *now)
{
	struct strbuf line = {0};
	const char *group = json_text(now, "group");
	strbuf_printf(&line, "natmill %s  %s  generation %s  up ", json_text(now, "version"),
		      json_true(now, "ready") ? "ready" : "NOT READY", json_text(now, "generation"));
	add_duration(&line, json_number(now, "now") - json_number(now, "started"));
	strbuf_adds(&line, "  group ");
	try_show_safe(group, strlen(group), &line);
	add_line(p, json_true(now, "ready") ? BOLD : BOLD RED, &line);
	strbuf_free(&line);
}

static void add_totals(struct page *p, const struct top_span *s)
{
	const struct node *now = node_get(s->now, "totals");
	const struct node *then = node_get(s->before, "totals");
	struct strbuf line = {0};
	add_item(&line, "messages", top_rate(s, now, then, "messages"), "/s");
	add_item(&line, "events", top_rate(s, now, then, "events"), "/s");
	add_item(&line, "dead", top_rate(s, now, then, "dead"), "/s");
	add_lag(&line, s->now);
	add_line(p, "", &line);
	strbuf_reset(&line);
	add_item(&line, "dead letters", json_number(now, "dead"), "");
	add_item(&line, "retries", json_number(now, "retries"), "");
	add_item(&line, "stalls", json_number(now, "stalls"), "");
	add_item(&line, "gaps", json_number(now, "gaps"), "");
	const struct node *memory = node_get(s->now, "memory");
	add_item(&line, "memory", memory != NULL ? json_number(memory, "resident") : -1, "B");
	add_line(p, "", &line);
	strbuf_free(&line);
}

static void add_reasons(struct page *p, const struct node *now)
{
	const struct node *list = node_get(now, "reasons");
	for (size_t i = 0; list != NULL && i < list->n && i < REASONS_MAX; i++) {
		struct strbuf line = {0};
		const char *text = list->items[i]->text;
		strbuf_adds(&line, "! ");
		if (text != NULL)
			try_show_safe(text, strlen(text), &line);
		add_line(p, RED, &line);
		strbuf_free(&line);
	}
}

/* How many rows of each table: in turn one to each, until none is left. A table costs two lines more, a blank
 * one and its head. */
static void share(const struct top_table tables[TOP_TABLES], size_t left, size_t rows[TOP_TABLES])
{
	bool given = true;
	memset(rows, 0, TOP_TABLES * sizeof *rows);
	while (given) {
		given = false;
		for (size_t i = 0; i < TOP_TABLES; i++) {
			size_t cost = rows[i] == 0 ? 3 : 1;
			if (rows[i] == tables[i].n || cost > left)
				continue;
			rows[i]++;
			left -= cost;
			given = true;
		}
	}
}

static void add_tables(struct page *p, const struct top_span *s)
{
	struct top_table tables[TOP_TABLES];
	size_t rows[TOP_TABLES];
	const struct strbuf blank = {0};
	top_tables(s, tables);
	share(tables, p->left, rows);
	for (size_t i = 0; i < TOP_TABLES; i++) {
		if (rows[i] == 0)
			continue;
		add_line(p, "", &blank);
		if (rows[i] < tables[i].n)
			strbuf_printf(&tables[i].head, "  (%zu of %zu)", rows[i], tables[i].n);
		add_line(p, REVERSE, &tables[i].head);
		for (size_t k = 0; k < rows[i]; k++)
			add_line(p, tables[i].rows[k].bad ? RED : "", &tables[i].rows[k].text);
	}
	top_tables_free(tables);
}

void top_frame(const struct top_frame *f, const struct node *now, const struct node *before,
	       struct strbuf *out)
{
	struct page p = {.f = f, .out = out, .left = f->height};
	if (f->notice != NULL) {
		struct strbuf line = {0};
		try_show_safe(f->notice, strlen(f->notice), &line);
		add_line(&p, BOLD RED, &line);
		strbuf_free(&line);
	}
	if (now == NULL)
		return;
	struct top_span s = top_span(now, before);
	add_title(&p, now);
	add_totals(&p, &s);
	add_reasons(&p, now);
	add_tables(&p, &s);
}
