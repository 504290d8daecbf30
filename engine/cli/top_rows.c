/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the tables; see top_rows.h.
 */
#include "cli/top_rows.h"

#include <stdlib.h>
#include <string.h>

#include "cli/ask_json.h"
#include "cli/try_show.h"

#define NAME_MIN 12
#define COLUMN 11
#define LAG_BAD_S 60.0

struct top_span top_span(const struct node *now, const struct node *before)
{
	struct top_span s = {.now = now};
	bool same = before != NULL && json_count(now, "pid") == json_count(before, "pid") &&
		    json_number(now, "started") == json_number(before, "started");
	double seconds = same ? json_number(now, "now") - json_number(before, "now") : 0;
	if (seconds > 0) {
		s.before = before;
		s.seconds = seconds;
	}
	return s;
}

double top_rate(const struct top_span *span, const struct node *now, const struct node *then, const char *key)
{
	if (span->before == NULL)
		return -1;
	double grown = json_number(now, key) - json_number(then, key);
	return grown > 0 ? grown / span->seconds : 0;
}

void top_number(struct strbuf *out, double v)
{
	static const char units[] = {'\0', 'k', 'M', 'G', 'T', 'P'};
	size_t unit = 0;
	if (v < 0) {
		strbuf_addc(out, '-');
		return;
	}
	while (v >= (unit == 0 ? 9999.5 : 999.5) && unit + 1 < sizeof units) {
		v /= 1000;
		unit++;
	}
	bool fraction = v < 9.95 && (unit > 0 || (v > 0 && v < 0.95));
	strbuf_printf(out, fraction ? "%.1f" : "%.0f", v);
	if (unit > 0)
		strbuf_addc(out, units[unit]);
}

/* To the right end of a column. */
static void add_right(struct strbuf *out, const char *text)
{
	strbuf_printf(out, " %*s", COLUMN - 1, text);
}

static void add_column(struct strbuf *out, double v)
{
	struct strbuf number = {0};
	top_number(&number, v);
	add_right(out, number.data);
	strbuf_free(&number);
}

static size_t list_n(const struct node *map, const char *key)
{
	const struct node *list = node_get(map, key);
	return list != NULL && list->kind == NODE_LIST ? list->n : 0;
}

/* The entry of the list whose members key (and key2, unless NULL) say the same as the item's. */
static const struct node *same_in(const struct node *answer, const char *list, const struct node *item,
				  const char *key)
{
	for (size_t i = 0; i < list_n(answer, list); i++) {
		const struct node *one = node_get(answer, list)->items[i];
		if (strcmp(json_text(one, key), json_text(item, key)) == 0)
			return one;
	}
	return NULL;
}

static double sum_of(const struct node *map)
{
	double sum = 0;
	for (size_t i = 0; map != NULL && map->kind == NODE_MAP && i < map->n; i++)
		sum += strtod(map->items[i]->text != NULL ? map->items[i]->text : "", NULL);
	return sum;
}

static double sum_rate(const struct top_span *s, const struct node *now, const struct node *then,
		       const char *key)
{
	double grown = sum_of(node_get(now, key)) - sum_of(node_get(then, key));
	return s->before == NULL ? -1 : grown > 0 ? grown / s->seconds : 0;
}

static void add_name(struct strbuf *out, const char *name)
{
	try_show_safe(name, strlen(name), out);
}

static void output_row(const struct top_span *s, const struct node *o, struct top_row *row)
{
	const struct node *then = same_in(s->before, "outputs", o, "name");
	const char *why = json_text(o, "why");
	bool alarm = json_true(o, "alarm");
	add_name(&row->text, json_text(o, "name"));
	strbuf_addc(&row->text, '\t');
	add_column(&row->text, top_rate(s, o, then, "stored"));
	add_column(&row->text, json_number(o, "stored"));
	add_column(&row->text, json_number(o, "rejected"));
	add_column(&row->text, json_number(o, "dropped"));
	row->bad = alarm || json_count(o, "failures") > 0;
	strbuf_adds(&row->text, alarm ? " ALARM: " : row->bad ? " retries: " : " ok");
	if (row->bad)
		add_name(&row->text, why);
}

static void partition_row(const struct top_span *s, const struct node *p, struct top_row *row)
{
	const char *lag = json_text(p, "lag");
	const char *seconds = json_text(p, "lag_seconds");
	(void)s;
	add_name(&row->text, json_text(p, "topic"));
	strbuf_printf(&row->text, " [%s]\t", json_text(p, "partition"));
	add_column(&row->text, lag[0] != '\0' ? strtod(lag, NULL) : -1);
	add_column(&row->text, seconds[0] != '\0' ? strtod(seconds, NULL) : -1);
	add_right(&row->text, json_text(p, "worker"));
	strbuf_printf(&row->text, " %s", json_text(p, "state"));
	row->rank = strtod(lag, NULL);
	row->bad = strcmp(json_text(p, "state"), "stopped") == 0 || strtod(seconds, NULL) >= LAG_BAD_S;
}

static void vendor_row(const struct top_span *s, const struct node *v, struct top_row *row)
{
	const struct node *then = same_in(s->before, "vendors", v, "name");
	const char *name = json_text(v, "name");
	double dead = sum_rate(s, v, then, "dead");
	add_name(&row->text, name[0] != '\0' ? name : "(none)");
	strbuf_addc(&row->text, '\t');
	add_column(&row->text, sum_rate(s, v, then, "events"));
	add_column(&row->text, top_rate(s, v, then, "ignored"));
	add_column(&row->text, dead);
	add_column(&row->text, sum_of(node_get(v, "dead")));
	row->rank = json_number(v, "parsed") + json_number(v, "ignored") + sum_of(node_get(v, "dead"));
	row->bad = dead > 0;
}

static void worker_row(const struct top_span *s, const struct node *w, struct top_row *row)
{
	const struct node *then = same_in(s->before, "workers", w, "number");
	add_name(&row->text, json_text(w, "number"));
	strbuf_addc(&row->text, '\t');
	add_column(&row->text, json_number(w, "partitions"));
	add_column(&row->text, top_rate(s, w, then, "messages"));
	add_column(&row->text, top_rate(s, w, then, "events"));
	add_column(&row->text, top_rate(s, w, then, "dead"));
	add_column(&row->text, json_number(w, "retries"));
	row->rank = -json_number(w, "number");
	row->bad = !json_true(w, "running");
	if (row->bad)
		strbuf_adds(&row->text, " ended");
}

/* name: of the list in the answer; columns: heads behind the first. */
static const struct plan {
	const char *name;
	const char *columns[6];
	void (*row)(const struct top_span *s, const struct node *item, struct top_row *row);
} plans[TOP_TABLES] = {
	[TOP_OUTPUTS] = {"outputs", {"stored/s", "stored", "rejected", "dropped", NULL}, output_row},
	[TOP_PARTITIONS] = {"partitions", {"lag", "lag s", "worker", NULL}, partition_row},
	[TOP_VENDORS] = {"vendors", {"events/s", "ignored/s", "dead/s", "dead", NULL}, vendor_row},
	[TOP_WORKERS] = {"workers",
			 {"partitions", "messages/s", "events/s", "dead/s", "retries", NULL},
			 worker_row},
};

static int by_rank(const void *a, const void *b)
{
	const struct top_row *x = a;
	const struct top_row *y = b;
	if (x->bad != y->bad)
		return x->bad ? -1 : 1;
	return x->rank < y->rank ? 1 : x->rank > y->rank ? -1 : strcmp(x->text.data, y->text.data);
}

/* All names become as wide as the widest, so that the columns stand under each other. */
static void align(struct top_table *t)
{
	size_t width = strlen(t->name) > NAME_MIN ? strlen(t->name) : NAME_MIN;
	for (size_t i = 0; i < t->n; i++) {
		size_t n = strcspn(t->rows[i].text.data, "\t");
		width = n > width ? n : width;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct strbuf *text = &t->rows[i].text;
		struct strbuf wide = {0};
		int n = (int)strcspn(text->data, "\t");
		strbuf_printf(&wide, "%-*.*s%s", (int)width, n, text->data, text->data + n + 1);
		strbuf_free(text);
		*text = wide;
	}
	struct strbuf head = {0};
	strbuf_printf(&head, "%-*s%s", (int)width, t->name, t->head.data);
	strbuf_free(&t->head);
	t->head = head;
}

void top_tables(const struct top_span *span, struct top_table tables[TOP_TABLES])
{
	for (size_t i = 0; i < TOP_TABLES; i++) {
		struct top_table *t = &tables[i];
		*t = (struct top_table){.name = plans[i].name, .n = list_n(span->now, plans[i].name)};
		t->rows = xcalloc(t->n + 1, sizeof *t->rows);
		for (size_t k = 0; k < t->n; k++)
			plans[i].row(span, node_get(span->now, t->name)->items[k], &t->rows[k]);
		for (size_t k = 0; plans[i].columns[k] != NULL; k++)
			add_right(&t->head, plans[i].columns[k]);
		qsort(t->rows, t->n, sizeof *t->rows, by_rank);
		align(t);
	}
}

void top_tables_free(struct top_table tables[TOP_TABLES])
{
	for (size_t i = 0; i < TOP_TABLES; i++) {
		for (size_t k = 0; k < tables[i].n; k++)
			strbuf_free(&tables[i].rows[k].text);
		free(tables[i].rows);
		strbuf_free(&tables[i].head);
	}
}
