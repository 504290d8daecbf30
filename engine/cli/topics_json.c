/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill topics --json: one object with all that the page tells; what is not known is left out. See
 * topics.h.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cli/topics.h"
#include "event/event.h"

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	strbuf_printf(out, ",\"%s\":", key);
	strbuf_add_json(out, text, strlen(text));
}

static void add_number(struct strbuf *out, const char *key, int64_t number)
{
	strbuf_printf(out, ",\"%s\":%" PRId64, key, number);
}

static void add_flag(struct strbuf *out, const char *key, bool flag)
{
	strbuf_printf(out, ",\"%s\":%s", key, flag ? "true" : "false");
}

/* A number that is -1, or a time that is none, where the broker did not tell. */
static void add_known(struct strbuf *out, const char *key, int64_t number)
{
	if (number >= 0)
		add_number(out, key, number);
}

static void add_partitions(const struct survey_topic *t, struct strbuf *out)
{
	strbuf_adds(out, ",\"partitions\":[");
	for (size_t i = 0; i < t->n; i++) {
		const struct survey_partition *p = &t->parts[i];
		strbuf_printf(out, "%s{\"partition\":%zu,\"leader\":%s,\"replicas\":%d,\"in_sync\":%d",
			      i > 0 ? "," : "", i, p->led ? "true" : "false", p->replicas, p->in_sync);
		add_known(out, "start", p->low);
		add_known(out, "end", p->end);
		add_known(out, "committed", p->committed);
		if (p->oldest_us != EVENT_NO_TIME)
			add_number(out, "oldest_ms", p->oldest_us / 1000);
		strbuf_addc(out, '}');
	}
	strbuf_addc(out, ']');
}

static void add_settings(const struct survey_settings *s, struct strbuf *out)
{
	strbuf_printf(out, ",\"settings\":{\"min.insync.replicas\":%" PRId64, s->min_in_sync);
	add_number(out, "retention.ms", s->retention_ms);
	add_number(out, "retention.bytes", s->retention_bytes);
	add_number(out, "max.message.bytes", s->max_bytes);
	add_flag(out, "compact", s->compact);
	add_flag(out, "unclean.leader.election.enable", s->unclean);
	add_text(out, "message.timestamp.type", s->broker_time ? "LogAppendTime" : "CreateTime");
	strbuf_addc(out, '}');
}

static void add_row(const struct topics_view *v, const struct topics_row *row, struct strbuf *out)
{
	const struct survey_topic *t = row->topic;
	strbuf_adds(out, "{\"topic\":");
	strbuf_add_json(out, row->name, strlen(row->name));
	add_text(out, "state",
		 row->pattern     ? "pattern"
		 : row->elsewhere ? "elsewhere"
		 : t->refused     ? "refused"
		 : t->there       ? "there"
				  : "missing");
	add_text(out, "readers", row->readers);
	add_text(out, "writers", row->writers);
	if (t != NULL && t->there) {
		add_partitions(t, out);
		if (t->settings.known)
			add_settings(&t->settings, out);
		if (row->readers != NULL)
			add_known(out, "lag", survey_lag(t));
		if (row->readers != NULL && v->survey->group_known)
			add_number(out, "consumers", (int64_t)t->consumers);
	}
	strbuf_addc(out, '}');
}

static void add_kind(enum topics_kind kind, struct strbuf *out)
{
	strbuf_addc(out, '"');
	for (const char *c = topics_kind_name(kind); *c != '\0'; c++)
		strbuf_addc(out, (char)tolower((unsigned char)*c));
	strbuf_addc(out, '"');
}

static void add_finding(const struct topics_view *v, const struct topics_finding *f, size_t n,
			struct strbuf *out)
{
	struct strbuf text = {0};
	strbuf_printf(out, "{\"level\":\"%s\",\"kind\":", topics_is_warning(f->kind) ? "warning" : "note");
	add_kind(f->kind, out);
	strbuf_adds(out, ",\"topics\":[");
	for (size_t i = 0; i < n && f[i].topic != NULL; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		strbuf_add_json(out, f[i].topic, strlen(f[i].topic));
	}
	topics_say(v, f, n, &text);
	strbuf_addc(out, ']');
	add_text(out, "text", text.data);
	strbuf_addc(out, '}');
	strbuf_free(&text);
}

void topics_json(const struct topics_view *v, const struct topics_findings *f, struct strbuf *out)
{
	const struct survey *s = v->survey;
	strbuf_printf(out, "{\"brokers\":%d", s->brokers);
	add_number(out, "brokers_away", s->away);
	add_text(out, "cluster", s->cluster);
	add_text(out, "group", v->group);
	if (s->group_known) {
		add_text(out, "group_state", s->group_state);
		add_number(out, "consumers", (int64_t)s->members);
		add_number(out, "hosts", (int64_t)s->hosts);
	}
	add_number(out, "workers", v->workers);
	add_number(out, "longest_outage_ms", v->outage_ms);
	strbuf_adds(out, ",\"topics\":[");
	for (size_t i = 0; i < v->n; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		add_row(v, &v->rows[i], out);
	}
	strbuf_adds(out, "],\"findings\":[");
	for (size_t i = 0, n; i < f->n; i += n) {
		n = topics_same(f, i);
		strbuf_adds(out, i > 0 ? "," : "");
		add_finding(v, &f->items[i], n, out);
	}
	strbuf_adds(out, "],\"untold\":[");
	for (size_t i = 0; i < s->untold.n; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		strbuf_add_json(out, s->untold.items[i].msg, strlen(s->untold.items[i].msg));
	}
	strbuf_adds(out, "]}\n");
}
