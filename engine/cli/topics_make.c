/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill topics --create: makes the topics that are missing, and says for those that are there how they
 * would come to what was asked for. See topics.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quantity.h"
#include "cli/commands.h"
#include "cli/topics.h"
#include "stream/survey_make.h"

#define REPLICATION 3
#define NUMBER_MAX 24

struct making {
	const struct topics_view *v;
	const struct topics_wish *wish;
	int64_t partitions;
	int64_t replication;
	int64_t retention_ms;
	char in_sync[NUMBER_MAX];
	char retention[NUMBER_MAX];
	char letter[NUMBER_MAX];
	struct survey_plan *plans;
	size_t n;
};

static int64_t or_else(int64_t wish, int64_t fallback)
{
	return wish != 0 ? wish : fallback;
}

/* settings: the last one is for dead letters alone. */
static void plan(struct making *m, const struct survey_setting *settings, size_t setting_count)
{
	const struct topics_view *v = m->v;
	int64_t brokers = v->survey->brokers;
	m->partitions = or_else(m->wish->partitions, topics_partitions(v));
	m->replication = or_else(m->wish->replication, brokers < REPLICATION ? brokers : REPLICATION);
	m->retention_ms = or_else(m->wish->retention_ms, topics_retention(v));
	snprintf(m->in_sync, sizeof m->in_sync, "%d", m->replication >= REPLICATION ? 2 : 1);
	snprintf(m->retention, sizeof m->retention, "%" PRId64, m->retention_ms);
	snprintf(m->letter, sizeof m->letter, "%" PRId64, topics_letter_bytes(v));
	m->plans = xcalloc(v->n + 1, sizeof *m->plans);
	for (size_t i = 0; i < v->n; i++) {
		const struct survey_topic *t = v->rows[i].topic;
		if (t == NULL || t->there || t->refused || v->rows[i].offsets)
			continue;
		m->plans[m->n++] = (struct survey_plan){.name = t->name,
							.partitions = (int32_t)m->partitions,
							.replication = (int32_t)m->replication,
							.settings = settings,
							.setting_count = setting_count - !v->rows[i].letters};
	}
}

static void say_made(const struct making *m, const struct survey_plan *p, struct strbuf *out)
{
	char text[QUANTITY_MAX];
	strbuf_printf(out,
		      "%s %s: %" PRId64 " partitions, replication %" PRId64
		      ", min.insync.replicas %s, retention %s\n",
		      m->wish->dry_run ? "would make" : "made", p->name, m->partitions, m->replication,
		      m->in_sync, quantity_duration_text(m->retention_ms, text));
}

static int say_refused(const struct making *m, const struct survey_plan *p)
{
	struct err e;
	if (p->made == SURVEY_RIGHTS)
		err_set(&e, ERR_KAFKA,
			"topic %s: not made: %s; it takes the right Create on the topic or on the cluster: "
			"kafka-acls.sh --bootstrap-server %s --add --allow-principal User:NAME --operation "
			"Create --topic %s",
			p->name, p->why, m->v->brokers, p->name);
	else
		err_set(&e, p->made == SURVEY_REFUSED ? ERR_CONFIG : ERR_KAFKA, "topic %s: not made: %s",
			p->name, p->why);
	return cli_fail(&e);
}

/* What was asked for in so many words and is otherwise there. Nothing is changed: more partitions cannot be
 * taken back, and a shorter retention deletes. */
static void say_different(const struct making *m, const struct topics_row *row, struct strbuf *out)
{
	const struct survey_topic *t = row->topic;
	if (m->wish->partitions > 0 && (size_t)m->wish->partitions > t->n)
		strbuf_printf(
			out,
			"  it has %zu partitions; kafka-topics.sh --bootstrap-server %s --alter --topic "
			"%s --partitions %" PRId64 " changes that\n",
			t->n, m->v->brokers, t->name, m->wish->partitions);
	if (m->wish->replication > 0 && m->wish->replication != survey_replication(t))
		strbuf_printf(out,
			      "  it has replication %d; kafka-reassign-partitions.sh --bootstrap-server %s "
			      "changes that\n",
			      survey_replication(t), m->v->brokers);
	if (m->wish->retention_ms > 0 && t->settings.known &&
	    m->wish->retention_ms != t->settings.retention_ms)
		strbuf_printf(out,
			      "  it has retention.ms %" PRId64
			      "; kafka-configs.sh --bootstrap-server %s --alter --entity-type "
			      "topics --entity-name %s --add-config retention.ms=%" PRId64 " changes that\n",
			      t->settings.retention_ms, m->v->brokers, t->name, m->wish->retention_ms);
}

static int say_all(const struct making *m, struct strbuf *out)
{
	int status = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct survey_plan *p = &m->plans[i];
		if (p->made == SURVEY_MADE)
			say_made(m, p, out);
		else if (p->made == SURVEY_WAS)
			strbuf_printf(out, "is there by now: %s\n", p->name);
		else
			status = say_refused(m, p);
	}
	for (size_t i = 0; i < m->v->n; i++) {
		const struct topics_row *row = &m->v->rows[i];
		if (row->topic == NULL || !row->topic->there || row->offsets)
			continue;
		strbuf_printf(out, "is there: %s\n", row->name);
		say_different(m, row, out);
	}
	return status;
}

/* A topic that may not be described may be there or not. */
static int say_unclear(const struct topics_view *v)
{
	int status = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct err e;
		if (v->rows[i].topic == NULL || !v->rows[i].topic->refused)
			continue;
		err_set(&e, ERR_KAFKA,
			"topic %s: natmill's user may not describe it; it takes the rights Describe and "
			"Create: kafka-acls.sh --bootstrap-server %s --add --allow-principal User:NAME "
			"--operation Describe --operation Create --topic %s",
			v->rows[i].name, v->brokers, v->rows[i].name);
		status = cli_fail(&e);
	}
	return status;
}

/* A topic that is made while a broker is away would have too few replicas for ever. */
static int refuse_brokers(const struct making *m, struct err *e)
{
	const struct survey *s = m->v->survey;
	if (m->wish->replication > s->brokers)
		return err_set(e, s->away > 0 ? ERR_KAFKA : ERR_CONFIG,
			       "--replication %" PRId64 ": the cluster has %d broker%s that %s up",
			       m->wish->replication, s->brokers, s->brokers == 1 ? "" : "s",
			       s->brokers == 1 ? "is" : "are");
	if (m->n > 0 && m->wish->replication == 0 && s->away > 0 && s->brokers < REPLICATION)
		return err_set(e, ERR_KAFKA,
			       "topics made now would have replication %d: %d of %d brokers %s away; bring "
			       "back what is away, or say --replication %d",
			       s->brokers, s->away, s->brokers + s->away, s->away == 1 ? "is" : "are",
			       s->brokers);
	return 0;
}

int topics_make(struct survey_link *l, const struct topics_view *v, const struct topics_wish *wish,
		struct strbuf *out)
{
	struct making m = {.v = v, .wish = wish};
	const struct survey_setting settings[] = {{"min.insync.replicas", m.in_sync},
						  {"retention.ms", m.retention},
						  {"cleanup.policy", "delete"},
						  {"compression.type", "producer"},
						  {"unclean.leader.election.enable", "false"},
						  {"max.message.bytes", m.letter}};
	struct err e = {0};
	plan(&m, settings, sizeof settings / sizeof settings[0]);
	int status = say_unclear(v);
	if (refuse_brokers(&m, &e) != 0 ||
	    (m.n > 0 && survey_make(l, m.plans, m.n, wish->dry_run, &e) != 0)) {
		status = cli_fail(&e);
	} else {
		int refused = say_all(&m, out);
		status = refused != 0 ? refused : status;
	}
	free(m.plans);
	return status;
}
