/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks for the group's members and offsets, and where the logs begin and end; see survey.h. A group that is
 * not there yet has no members and no offsets.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "stream/admin.h"
#include "stream/survey.h"

#define PAUSE_MS 200
#define ENDS_MS 3000

/* One question about the group: what is learnt goes to s. NO_ERROR, or the code with the words in e. */
typedef rd_kafka_resp_err_t question(struct survey_link *l, struct survey *s, struct err *e);

/* The broker that knows the group is not found, or has not read its offsets yet. */
static bool passes(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
	       code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
	       code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

static void ask_patiently(struct survey_link *l, struct survey *s, question *ask)
{
	int64_t deadline = clock_mono_ms() + ADMIN_MS;
	struct err e = {0};
	rd_kafka_resp_err_t code = ask(l, s, &e);
	while (passes(code) && clock_mono_ms() < deadline) {
		poll(NULL, 0, PAUSE_MS);
		code = ask(l, s, &e);
	}
	if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
		errlist_add(&s->untold, ERR_KAFKA, "%s; it takes the right Describe on the group", e.msg);
	else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		errlist_add(&s->untold, ERR_KAFKA, "%s", e.msg);
}

/* The code of a part of an answer. */
static rd_kafka_resp_err_t refused(const rd_kafka_error_t *error, const char *what, struct err *e)
{
	if (error == NULL || rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	err_set(e, ERR_KAFKA, "%s: %s", what, rd_kafka_error_string(error));
	return rd_kafka_error_code(error);
}

/* Counts the member at each topic that it has a partition of. */
static void count_topics(struct survey *s, const rd_kafka_MemberDescription_t *m)
{
	const rd_kafka_MemberAssignment_t *assignment = rd_kafka_MemberDescription_assignment(m);
	const rd_kafka_topic_partition_list_t *list =
		assignment != NULL ? rd_kafka_MemberAssignment_partitions(assignment) : NULL;
	bool *seen = xcalloc(s->n + 1, sizeof *seen);
	for (int i = 0; list != NULL && i < list->cnt; i++) {
		const struct survey_topic *t = survey_find(s, list->elems[i].topic);
		if (t != NULL)
			seen[t - s->topics] = true;
	}
	for (size_t i = 0; i < s->n; i++)
		s->topics[i].consumers += seen[i];
	free(seen);
}

static const char *host_of(const rd_kafka_ConsumerGroupDescription_t *g, size_t i)
{
	const char *host = rd_kafka_MemberDescription_host(rd_kafka_ConsumerGroupDescription_member(g, i));
	return host != NULL ? host : "";
}

static void take_group(struct survey *s, const rd_kafka_ConsumerGroupDescription_t *g)
{
	s->group_known = true;
	snprintf(s->group_state, sizeof s->group_state, "%s",
		 rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(g)));
	s->members = rd_kafka_ConsumerGroupDescription_member_count(g);
	for (size_t i = 0; i < s->members; i++) {
		size_t k = 0;
		count_topics(s, rd_kafka_ConsumerGroupDescription_member(g, i));
		while (k < i && strcmp(host_of(g, k), host_of(g, i)) != 0)
			k++;
		s->hosts += k == i;
	}
}

static rd_kafka_resp_err_t ask_members(struct survey_link *l, struct survey *s, struct err *e)
{
	static const char what[] = "members of the group";
	struct admin a;
	size_t n = 0;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	const char *group = l->settings->group;
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, ADMIN_MS);
	rd_kafka_DescribeConsumerGroups(l->consumer.rk, &group, 1, a.options, a.queue);
	rd_kafka_event_t *ev = admin_wait(&a, what, e);
	const rd_kafka_ConsumerGroupDescription_t **found =
		ev != NULL ? rd_kafka_DescribeConsumerGroups_result_groups(
				     rd_kafka_event_DescribeConsumerGroups_result(ev), &n)
			   : NULL;
	if (n > 0)
		code = refused(rd_kafka_ConsumerGroupDescription_error(found[0]), what, e);
	if (n > 0 && code == RD_KAFKA_RESP_ERR_NO_ERROR)
		take_group(s, found[0]);
	if (ev == NULL)
		code = admin_code(&a);
	admin_end(&a);
	return code;
}

void survey_members(struct survey_link *l, struct survey *s)
{
	ask_patiently(l, s, ask_members);
}

static struct survey_partition *place(struct survey *s, const rd_kafka_topic_partition_t *tp)
{
	struct survey_topic *t = survey_find(s, tp->topic);
	return t != NULL && tp->partition >= 0 && (size_t)tp->partition < t->n ? &t->parts[tp->partition]
									       : NULL;
}

static void take_committed(struct survey *s, const rd_kafka_topic_partition_list_t *list)
{
	for (int i = 0; list != NULL && i < list->cnt; i++) {
		struct survey_partition *p = place(s, &list->elems[i]);
		if (p != NULL && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
			p->committed = list->elems[i].offset;
	}
}

static rd_kafka_resp_err_t ask_committed(struct survey_link *l, struct survey *s, struct err *e)
{
	static const char what[] = "offsets of the group";
	struct admin a;
	size_t n = 0;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_ListConsumerGroupOffsets_t *ask =
		rd_kafka_ListConsumerGroupOffsets_new(l->settings->group, NULL);
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, ADMIN_MS);
	rd_kafka_ListConsumerGroupOffsets(l->consumer.rk, &ask, 1, a.options, a.queue);
	rd_kafka_event_t *ev = admin_wait(&a, what, e);
	const rd_kafka_group_result_t **groups =
		ev != NULL ? rd_kafka_ListConsumerGroupOffsets_result_groups(
				     rd_kafka_event_ListConsumerGroupOffsets_result(ev), &n)
			   : NULL;
	if (n > 0)
		code = refused(rd_kafka_group_result_error(groups[0]), what, e);
	if (n > 0 && code == RD_KAFKA_RESP_ERR_NO_ERROR)
		take_committed(s, rd_kafka_group_result_partitions(groups[0]));
	if (ev == NULL)
		code = admin_code(&a);
	admin_end(&a);
	rd_kafka_ListConsumerGroupOffsets_destroy(ask);
	return code;
}

static int64_t *end_of(struct survey_partition *p, int64_t which)
{
	return which == RD_KAFKA_OFFSET_SPEC_EARLIEST ? &p->low : &p->end;
}

/* Partitions whose end is not known yet and that somebody leads: one without a leader would hold up the whole
 * answer. */
static rd_kafka_topic_partition_list_t *unknown_ends(struct survey *s, int64_t which)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->topics[i].n; k++)
			if (s->topics[i].parts[k].led && *end_of(&s->topics[i].parts[k], which) < 0)
				rd_kafka_topic_partition_list_add(list, s->topics[i].name, (int32_t)k)
					->offset = which;
	return list;
}

static void take_ends(struct survey *s, rd_kafka_event_t *ev, int64_t which)
{
	size_t n;
	const rd_kafka_ListOffsetsResultInfo_t **infos =
		rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(ev), &n);
	for (size_t i = 0; i < n; i++) {
		const rd_kafka_topic_partition_t *tp =
			rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
		struct survey_partition *p = place(s, tp);
		if (p != NULL && tp->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			*end_of(p, which) = tp->offset;
	}
}

static int count_unknown(struct survey *s, int64_t which)
{
	rd_kafka_topic_partition_list_t *list = unknown_ends(s, which);
	int n = list->cnt;
	rd_kafka_topic_partition_list_destroy(list);
	return n;
}

/* Asks for those that are unknown. The number of those that still are, or -1 with e. */
static int ask_ends(struct survey_link *l, struct survey *s, int64_t which, struct err *e)
{
	struct admin a;
	rd_kafka_topic_partition_list_t *list = unknown_ends(s, which);
	admin_begin(&a, l->consumer.rk, RD_KAFKA_ADMIN_OP_LISTOFFSETS, ADMIN_MS);
	rd_kafka_error_t *error =
		rd_kafka_AdminOptions_set_isolation_level(a.options, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
	if (error != NULL)
		rd_kafka_error_destroy(error);
	rd_kafka_ListOffsets(l->consumer.rk, list, a.options, a.queue);
	rd_kafka_event_t *ev = admin_wait(&a, "offsets of the topics", e);
	if (ev != NULL)
		take_ends(s, ev, which);
	int left = ev != NULL ? count_unknown(s, which) : -1;
	admin_end(&a);
	rd_kafka_topic_partition_list_destroy(list);
	return left;
}

/* A leader that has just become one does not know its log's end at once. */
static void ask_all_ends(struct survey_link *l, struct survey *s, int64_t which)
{
	int64_t deadline = clock_mono_ms() + ENDS_MS;
	struct err e = {0};
	int left = count_unknown(s, which);
	while (left > 0 && (left = ask_ends(l, s, which, &e)) > 0 && clock_mono_ms() < deadline)
		poll(NULL, 0, PAUSE_MS);
	if (left < 0)
		errlist_add(&s->untold, e.code, "%s", e.msg);
	else if (left > 0)
		errlist_add(&s->untold, ERR_KAFKA, "offsets of %d partitions: their leaders do not tell them",
			    left);
}

void survey_offsets(struct survey_link *l, struct survey *s)
{
	ask_patiently(l, s, ask_committed);
	ask_all_ends(l, s, RD_KAFKA_OFFSET_SPEC_EARLIEST);
	ask_all_ends(l, s, RD_KAFKA_OFFSET_SPEC_LATEST);
}
