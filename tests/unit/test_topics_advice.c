/* SPDX-License-Identifier: Apache-2.0
 *
 * What natmill topics finds wrong: each rule at its edge, on a plain struct; and how it is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/topics.h"
#include "event/event.h"

#define PARTS_MAX 64
#define DAY_MS INT64_C(86400000)
#define NOW_US INT64_C(1767225600000000)

static char t_name[] = "t";
static char u_name[] = "u";
static char nfware[] = "nfware";

/* One topic that nothing is wrong with: three brokers, 16 partitions, two workers. */
struct rig {
	struct survey_partition parts[PARTS_MAX];
	struct survey_topic topics[2];
	struct survey survey;
	struct topics_row rows[2];
	struct topics_view view;
	struct topics_findings found;
};

static void start(struct rig *r)
{
	*r = (struct rig){0};
	for (size_t i = 0; i < PARTS_MAX; i++)
		r->parts[i] = (struct survey_partition){.led = true,
							.replicas = 3,
							.in_sync = 3,
							.end = 10,
							.committed = 10,
							.oldest_us = NOW_US - 3600 * INT64_C(1000000)};
	for (size_t i = 0; i < 2; i++)
		r->topics[i] = (struct survey_topic){.name = i == 0 ? t_name : u_name,
						     .there = true,
						     .parts = r->parts,
						     .n = 16,
						     .settings = {.known = true,
								  .min_in_sync = 2,
								  .retention_ms = 7 * DAY_MS,
								  .retention_bytes = -1,
								  .max_bytes = 1048588}};
	r->survey = (struct survey){.brokers = 3, .topics = r->topics, .n = 1, .group_known = true};
	r->rows[0] = (struct topics_row){.name = t_name, .named = true, .readers = nfware};
	r->rows[1] = (struct topics_row){.name = u_name, .named = true, .readers = nfware};
	r->rows[0].topic = &r->topics[0];
	r->rows[1].topic = &r->topics[1];
	r->view = (struct topics_view){.rows = r->rows,
				       .n = 1,
				       .survey = &r->survey,
				       .brokers = "b:9092",
				       .group = "g",
				       .workers = 2,
				       .outage_ms = 3 * DAY_MS,
				       .now_us = NOW_US};
}

static void advise(struct rig *r)
{
	free(r->found.items);
	r->found = topics_advise(&r->view);
}

static const struct topics_finding *finding(const struct rig *r, enum topics_kind kind)
{
	for (size_t i = 0; i < r->found.n; i++)
		if (r->found.items[i].kind == kind)
			return &r->found.items[i];
	return NULL;
}

/* Just this one is found; its figure and the setting that mends it. */
static void only(struct rig *r, enum topics_kind kind, const char *figure, const char *setting)
{
	advise(r);
	assert_int_equal(r->found.n, 1);
	assert_int_equal(r->found.items[0].kind, kind);
	assert_string_equal(r->found.items[0].figure, figure);
	assert_string_equal(r->found.items[0].setting, setting);
	free(r->found.items);
	start(r);
}

static void nothing(struct rig *r)
{
	advise(r);
	assert_int_equal(r->found.n, 0);
	free(r->found.items);
	start(r);
}

static void all_is_well(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	nothing(&r);
}

static void absence(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.topics[0].there = false;
	only(&r, TOPICS_MISSING, "", "");
	r.topics[0].there = false;
	r.topics[0].refused = true;
	only(&r, TOPICS_REFUSED, "", "");
	r.rows[0].pattern = true;
	r.rows[0].topic = NULL;
	only(&r, TOPICS_NO_MATCH, "", "");
	r.rows[0].elsewhere = true;
	r.rows[0].topic = NULL;
	nothing(&r);
	r.view.n = 2; /* what only scripts declare may be missing, */
	r.topics[1].there = false;
	r.rows[1].named = false;
	only(&r, TOPICS_UNUSED, "", "");
	r.topics[0].there = false; /* but not if there is nothing else */
	r.rows[0].named = false;
	only(&r, TOPICS_MISSING, "", "");
}

static void replicas(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.parts[3].led = false;
	r.parts[3].in_sync = 0;
	only(&r, TOPICS_LEADER, "1 of 16 partitions", "");
	r.parts[3].in_sync = r.parts[4].in_sync = 2;
	only(&r, TOPICS_IN_SYNC, "2 of 16 partitions", "");
	for (size_t i = 0; i < PARTS_MAX; i++)
		r.parts[i].replicas = r.parts[i].in_sync = 1;
	r.topics[0].settings.min_in_sync = 1;
	only(&r, TOPICS_SINGLE, "", "");
	for (size_t i = 0; i < PARTS_MAX; i++)
		r.parts[i].replicas = r.parts[i].in_sync = 2;
	r.topics[0].settings.min_in_sync = 1;
	only(&r, TOPICS_DOUBLE, "", "");
	for (int away = 0; away < 2;
	     away++) { /* two brokers cannot do more; three could, if one is away, too */
		for (size_t i = 0; i < PARTS_MAX; i++)
			r.parts[i].replicas = r.parts[i].in_sync = 2;
		r.topics[0].settings.min_in_sync = 1;
		r.survey.brokers = 2;
		r.survey.away = away;
		advise(&r);
		assert_int_equal(r.found.n, away);
		free(r.found.items);
		start(&r);
	}
	r.topics[0].settings.min_in_sync = 3;
	only(&r, TOPICS_WRITES, "3 of 3", "min.insync.replicas=2");
	r.topics[0].settings.min_in_sync = 1;
	only(&r, TOPICS_ONE_COPY, "1 of 3", "min.insync.replicas=2");
	r.topics[0].settings.unclean = true;
	only(&r, TOPICS_UNCLEAN, "", "unclean.leader.election.enable=false");
	r.topics[0].settings.unclean = true; /* that of Kafka's own topics is not ours to judge */
	r.rows[0].offsets = true;
	r.rows[0].readers = NULL;
	nothing(&r);
}

static void time_kept(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.topics[0].settings.retention_ms = 3 * DAY_MS - 1;
	only(&r, TOPICS_RETENTION, "259199999ms", "retention.ms=604800000");
	r.topics[0].settings.retention_ms = 3 * DAY_MS;
	nothing(&r);
	r.topics[0].settings.retention_ms = -1;
	nothing(&r);
	r.topics[0].settings.retention_ms = DAY_MS;
	r.view.outage_ms = 5 * DAY_MS;
	only(&r, TOPICS_RETENTION, "1d", "retention.ms=864000000");
	r.topics[0].settings.retention_ms = DAY_MS; /* what is only written is others' matter */
	r.rows[0].readers = NULL;
	nothing(&r);
	r.topics[0].settings.compact = true;
	only(&r, TOPICS_COMPACT, "", "cleanup.policy=delete");
	r.topics[0].settings.broker_time = true;
	only(&r, TOPICS_TIME, "", "message.timestamp.type=CreateTime");
}

static void bytes_kept(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.topics[0].settings.retention_bytes = 1000000000;
	only(&r, TOPICS_BYTES, "1GB a partition", "");
	r.topics[0].settings.retention_bytes = 1000000000;
	r.parts[5].low = 1; /* it has deleted, and an hour is left */
	only(&r, TOPICS_CUT, "60 min", "retention.bytes=-1");
	r.topics[0].settings.retention_bytes = 1000000000;
	r.parts[5].low = 1; /* it has deleted, and there is more than the longest outage: that is enough */
	r.parts[5].oldest_us = NOW_US - 3 * DAY_MS * 1000;
	nothing(&r);
	r.parts[5].low = 1; /* without a bound of bytes retention.ms has done it */
	nothing(&r);
}

static void lost(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.parts[2].low = 10;
	nothing(&r);
	r.parts[2].low = 13;
	r.parts[2].end = 20;
	r.parts[7].low = 11;
	r.parts[7].end = 20;
	only(&r, TOPICS_LOST, "at most 4", "");
	r.parts[2].low = 5; /* the group has no offset: nothing of it is lost */
	r.parts[2].committed = -1;
	nothing(&r);
}

static void sizes(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.topics[0].settings.max_bytes = 999999;
	only(&r, TOPICS_SMALL, "999999 of 1000000", "max.message.bytes=1004096");
	r.rows[0].readers = NULL;
	r.rows[0].bytes = 2000000;
	only(&r, TOPICS_SMALL, "1048588 of 2000000", "max.message.bytes=2004096");
	r.view.n = 2;
	r.rows[1].readers = NULL;
	r.rows[1].letters = true;
	only(&r, TOPICS_LETTERS, "1048588 of 1052684", "max.message.bytes=1052684");
	r.view.n = 2;
	r.rows[1].readers = NULL;
	r.rows[1].letters = true;
	r.topics[1].settings.max_bytes = 1048588 + 4096;
	nothing(&r);
	r.topics[0].settings = (struct survey_settings){0}; /* nobody told */
	nothing(&r);
}

static void consumers(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	r.survey.members = 16;
	nothing(&r);
	r.survey.members = 15; /* 2 for one, 1 for the others */
	only(&r, TOPICS_UNEVEN, "16 for 15", "");
	r.survey.members = 5; /* 4 where 3.2 would be even */
	advise(&r);
	assert_int_equal(finding(&r, TOPICS_UNEVEN)->partitions, 20);
	r.survey.members = 3; /* 6 where 5.3 would be */
	advise(&r);
	assert_int_equal(finding(&r, TOPICS_UNEVEN)->partitions, 18);
	r.view.workers = 7; /* 3 where 2.3 would be; the configuration has more than the group yet */
	advise(&r);
	assert_int_equal(finding(&r, TOPICS_UNEVEN)->partitions, 21);
	r.topics[0].n = 15;
	r.view.workers = 4; /* 4 where 3.75 would be */
	advise(&r);
	assert_null(finding(&r, TOPICS_UNEVEN));
	r.survey.members = 18;
	advise(&r);
	assert_int_equal(finding(&r, TOPICS_NARROW)->partitions, 18);
	assert_string_equal(finding(&r, TOPICS_IDLE)->figure, "3 of 18");
	r.view.n = 2; /* another topic has work for the three */
	advise(&r);
	assert_null(finding(&r, TOPICS_IDLE));
	r.view.n = 1;
	r.view.partial = true;
	advise(&r);
	assert_null(finding(&r, TOPICS_IDLE));
	free(r.found.items);
}

static void new_topics(void **state)
{
	static const int64_t workers[][2] = {{1, 16},  {2, 16},  {3, 18}, {5, 20},
					     {16, 16}, {17, 17}, {40, 40}};
	struct rig r;
	(void)state;
	start(&r);
	for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
		r.view.workers = workers[i][0];
		assert_int_equal(topics_partitions(&r.view), workers[i][1]);
	}
	assert_int_equal(topics_retention(&r.view), 7 * DAY_MS);
	r.view.outage_ms = 4 * DAY_MS;
	assert_int_equal(topics_retention(&r.view), 8 * DAY_MS);
}

static void lag(void **state)
{
	struct rig r;
	(void)state;
	start(&r);
	assert_int_equal(survey_lag(&r.topics[0]), 0);
	r.parts[0].committed = 4;
	r.parts[1].committed = -1; /* read from the start of the log */
	r.parts[1].low = 3;
	assert_int_equal(survey_lag(&r.topics[0]), 6 + 7);
	r.parts[2].end = -1;
	assert_int_equal(survey_lag(&r.topics[0]), -1);
}

static void words(void **state)
{
	struct rig r;
	struct strbuf out = {0};
	(void)state;
	start(&r);
	r.topics[0].settings.retention_ms = DAY_MS;
	advise(&r);
	topics_say(&r.view, r.found.items, 1, &out);
	assert_string_equal(
		out.data, "kept for less than the longest outage (kafka.longest_outage 3d): t (1d): what is "
			  "not read by then is deleted unread; mend it with: kafka-configs.sh "
			  "--bootstrap-server b:9092 --alter --entity-type topics --entity-name t "
			  "--add-config retention.ms=604800000");
	r.view.n = 2;
	r.topics[1].settings.retention_ms = 2 * DAY_MS;
	advise(&r);
	assert_int_equal(topics_same(&r.found, 0), 2);
	strbuf_reset(&out);
	topics_say(&r.view, r.found.items, 2, &out);
	assert_non_null(strstr(out.data, ": t (1d), u (2d): "));
	assert_non_null(strstr(out.data, "--entity-name TOPIC --add-config"));
	strbuf_free(&out);
	free(r.found.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well), cmocka_unit_test(absence),    cmocka_unit_test(replicas),
		cmocka_unit_test(time_kept),   cmocka_unit_test(bytes_kept), cmocka_unit_test(lost),
		cmocka_unit_test(sizes),       cmocka_unit_test(consumers),  cmocka_unit_test(new_topics),
		cmocka_unit_test(lag),         cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
