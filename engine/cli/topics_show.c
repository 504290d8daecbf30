/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of natmill topics: a head, a table, a line for each thing that is found; see topics.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "cli/topics.h"
#include "cli/try_show.h"
#include "event/event.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

enum column { NAME, PARTITIONS, REPLICAS, IN_SYNC, MIN, RETENTION, OLDEST, CONSUMERS, LAG, USED, COLUMNS };

static const char *const heads[COLUMNS] = {"topic",     "partitions", "replicas",  "in sync", "min",
					   "retention", "oldest",     "consumers", "lag",     "used by"};

/* Texts of all rows, and the widths that they take. */
struct table {
	struct strbuf (*rows)[COLUMNS];
	size_t n;
	size_t widths[COLUMNS];
};

static void add_age(int64_t us, struct strbuf *out)
{
	int64_t min = us > 0 ? us / 60000000 : 0;
	if (min >= 1440)
		strbuf_printf(out, "%" PRId64 "d%02" PRId64 "h", min / 1440, min % 1440 / 60);
	else
		strbuf_printf(out, "%" PRId64 "h%02" PRId64 "m", min / 60, min % 60);
}

static void add_retention(const struct survey_settings *s, struct strbuf *out)
{
	char text[QUANTITY_MAX];
	strbuf_adds(out, s->retention_ms < 0 ? "ever" : quantity_duration_text(s->retention_ms, text));
	if (s->retention_bytes >= 0)
		strbuf_printf(out, ", %s", quantity_size_text(s->retention_bytes, text));
	if (s->compact)
		strbuf_adds(out, ", compact");
}

static void add_oldest(const struct topics_view *v, const struct survey_topic *t, struct strbuf *out)
{
	int64_t oldest = EVENT_NO_TIME;
	for (size_t i = 0; i < t->n; i++)
		if (t->parts[i].oldest_us != EVENT_NO_TIME &&
		    (oldest == EVENT_NO_TIME || t->parts[i].oldest_us < oldest))
			oldest = t->parts[i].oldest_us;
	if (oldest != EVENT_NO_TIME)
		add_age(v->now_us - oldest, out);
}

static void add_used(const struct topics_row *row, struct strbuf *out)
{
	if (row->offsets)
		strbuf_adds(out, "offsets of groups");
	if (row->readers != NULL)
		strbuf_adds(out, row->readers);
	if (row->writers != NULL)
		strbuf_printf(out, "%soutput %s", row->readers != NULL ? ", " : "", row->writers);
}

static int32_t least_in_sync(const struct survey_topic *t)
{
	int32_t least = t->n > 0 ? t->parts[0].in_sync : 0;
	for (size_t i = 1; i < t->n; i++)
		least = t->parts[i].in_sync < least ? t->parts[i].in_sync : least;
	return least;
}

static const char *absence(const struct topics_row *row)
{
	if (row->elsewhere)
		return "elsewhere";
	if (row->pattern)
		return "none fits";
	return row->topic != NULL && row->topic->refused ? "refused" : "missing";
}

static void fill_row(const struct topics_view *v, const struct topics_row *row, struct strbuf cells[COLUMNS])
{
	const struct survey_topic *t = row->topic;
	strbuf_adds(&cells[NAME], row->name);
	add_used(row, &cells[USED]);
	if (t == NULL || !t->there) {
		strbuf_adds(&cells[PARTITIONS], absence(row));
		return;
	}
	strbuf_printf(&cells[PARTITIONS], "%zu", t->n);
	strbuf_printf(&cells[REPLICAS], "%d", survey_replication(t));
	strbuf_printf(&cells[IN_SYNC], "%d", least_in_sync(t));
	if (t->settings.known) {
		strbuf_printf(&cells[MIN], "%" PRId64, t->settings.min_in_sync);
		add_retention(&t->settings, &cells[RETENTION]);
	}
	add_oldest(v, t, &cells[OLDEST]);
	if (row->readers == NULL)
		return;
	int64_t lag = survey_lag(t);
	if (v->survey->group_known)
		strbuf_printf(&cells[CONSUMERS], "%zu", t->consumers);
	if (lag >= 0)
		strbuf_printf(&cells[LAG], "%" PRId64, lag);
}

static void fill(const struct topics_view *v, struct table *t)
{
	t->n = v->n;
	t->rows = xcalloc(v->n + 1, sizeof *t->rows);
	for (int c = 0; c < COLUMNS; c++)
		t->widths[c] = strlen(heads[c]);
	for (size_t i = 0; i < v->n; i++) {
		fill_row(v, &v->rows[i], t->rows[i]);
		for (int c = 0; c < COLUMNS; c++) {
			if (t->rows[i][c].len == 0)
				strbuf_addc(&t->rows[i][c], '-');
			if (t->rows[i][c].len > t->widths[c])
				t->widths[c] = t->rows[i][c].len;
		}
	}
}

/* The last column is never filled up. */
static void add_cell(const struct table *t, int c, const char *text, struct strbuf *out)
{
	bool left = c == NAME || c == RETENTION;
	if (c == USED)
		strbuf_printf(out, "%s\n", text);
	else
		strbuf_printf(out, "%*s  ", left ? -(int)t->widths[c] : (int)t->widths[c], text);
}

static void add_table(const struct topics_view *v, bool colour, struct strbuf *out)
{
	struct table t = {0};
	fill(v, &t);
	strbuf_adds(out, colour ? BOLD : "");
	for (int c = 0; c < COLUMNS; c++)
		add_cell(&t, c, heads[c], out);
	strbuf_adds(out, colour ? PLAIN : "");
	for (size_t i = 0; i < t.n; i++)
		for (int c = 0; c < COLUMNS; c++) {
			add_cell(&t, c, t.rows[i][c].data, out);
			strbuf_free(&t.rows[i][c]);
		}
	free(t.rows);
}

static void add_head(const struct topics_view *v, struct strbuf *out)
{
	const struct survey *s = v->survey;
	strbuf_printf(out, "%d broker%s", s->brokers, s->brokers == 1 ? "" : "s");
	if (s->away > 0)
		strbuf_printf(out, " up, %d away", s->away);
	strbuf_adds(out, "; group ");
	try_show_safe(v->group, strlen(v->group), out);
	if (s->group_known && s->members > 0)
		strbuf_printf(out, ": %zu consumer%s on %zu host%s (%s)", s->members,
			      s->members == 1 ? "" : "s", s->hosts, s->hosts == 1 ? "" : "s", s->group_state);
	else
		strbuf_printf(out, ": %s; this configuration has %" PRId64 " worker%s",
			      s->group_known ? "no consumers" : "consumers unknown", v->workers,
			      v->workers == 1 ? "" : "s");
	strbuf_adds(out, "\n\n");
}

static void add_line(bool warning, bool colour, struct strbuf *out)
{
	const char *style = warning ? RED : BOLD;
	strbuf_printf(out, "%s%s:%s ", colour ? style : "", warning ? "warning" : "note",
		      colour ? PLAIN : "");
}

void topics_show(const struct topics_view *v, const struct topics_findings *f, bool colour,
		 struct strbuf *out)
{
	add_head(v, out);
	add_table(v, colour, out);
	if (f->n > 0 || v->survey->untold.n > 0)
		strbuf_addc(out, '\n');
	for (size_t i = 0, n; i < f->n; i += n) {
		n = topics_same(f, i);
		add_line(topics_is_warning(f->items[i].kind), colour, out);
		topics_say(v, &f->items[i], n, out);
		strbuf_addc(out, '\n');
	}
	for (size_t i = 0; i < v->survey->untold.n; i++) {
		add_line(true, colour, out);
		strbuf_printf(out, "could not be looked at: %s\n", v->survey->untold.items[i].msg);
	}
}
