/* SPDX-License-Identifier: Apache-2.0
 *
 * Mock cluster and live traffic of the demo; see demo_traffic.h.
 */
#include "cli/demo_traffic.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/demo_vary.h"
#include "event/timeparse.h"
#include "script/sample_file.h"

#define PARTITIONS 4
#define JOIN_MS 1000  /* the mock group waits so long for its members */
#define SLICE_MS 20   /* traffic is sent in slices of this length */
#define DEAD_EVERY 20 /* rounds: live traffic has few lines that are wrong */

struct source_line {
	const char *topic;
	const char *text; /* in its sample file */
	size_t len;
	unsigned device;
	bool dead; /* it shall become a dead letter */
};

struct demo_traffic {
	struct generation *generation; /* the lines' topics are its */
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
	struct sample_file *files;
	size_t file_count;
	struct source_line *lines;
	size_t line_count;
	size_t good_count; /* of them first those that do not become dead letters */
	pthread_t thread;
	bool started;
	int per_second;
	_Atomic bool stop;
	_Atomic bool dropped; /* nobody takes what is under way */
	_Atomic uint64_t sent;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	(void)rk;
	struct demo_traffic *t = opaque;
	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		atomic_fetch_add(&t->sent, 1);
}

/* The samples of one script become lines of its topic. */
static int add_samples(struct demo_traffic *t, size_t i, const char *topic, const char *path, struct err *e)
{
	struct sample_file *file = &t->files[t->file_count++];
	if (sample_file_read(file, path, e) != 0)
		return -1;
	t->lines = xrealloc(t->lines, (t->line_count + file->count + 1) * sizeof *t->lines);
	for (size_t k = 0; k < file->count; k++)
		t->lines[t->line_count++] =
			(struct source_line){.topic = topic,
					     .text = file->samples[k].value,
					     .len = file->samples[k].len,
					     .device = (unsigned)i + 1,
					     .dead = file->samples[k].verdict == SAMPLE_DEAD};
	return 0;
}

static int good_first(const void *a, const void *b)
{
	const struct source_line *x = a;
	const struct source_line *y = b;
	return (int)x->dead - (int)y->dead;
}

/* Without samples the topic stays empty; samples without a topic have nowhere to go. */
static int add_script(struct demo_traffic *t, const struct generation *g, size_t i, bool send, struct err *e)
{
	const char *topic = generation_script_topic(g, i);
	struct strbuf path = {0};
	int rc = 0;
	if (topic != NULL)
		rd_kafka_mock_topic_create(t->cluster, topic, PARTITIONS, 1);
	sample_file_path(generation_script_path(g, i), &path);
	bool there = access(path.data, F_OK) == 0;
	if (send && there && topic == NULL)
		printf("%s: its samples are not sent: the script names no topic; add :topics "
		       "\"cgnat.syslog.%s\"\n",
		       generation_script_path(g, i), generation_script_name(g, i));
	else if (send && there)
		rc = add_samples(t, i, topic, path.data, e);
	else if (send && topic != NULL)
		printf("%s: no samples beside it; lines in %s would be sent\n", generation_script_path(g, i),
		       path.data);
	strbuf_free(&path);
	return rc;
}

static int add_scripts(struct demo_traffic *t, const char *vendor, struct err *e)
{
	const struct generation *g = t->generation;
	size_t n = generation_script_count(g);
	int only = vendor != NULL ? generation_script_find(g, vendor, e) : -1;
	if (vendor != NULL && only < 0)
		return -1;
	t->files = xcalloc(n, sizeof *t->files);
	for (size_t i = 0; i < n; i++)
		if (add_script(t, g, i, only < 0 || (size_t)only == i, e) != 0)
			return -1;
	if (t->line_count > 0) {
		qsort(t->lines, t->line_count, sizeof *t->lines, good_first);
		while (t->good_count < t->line_count && !t->lines[t->good_count].dead)
			t->good_count++;
		return 0;
	}
	if (vendor != NULL)
		return err_set(e, ERR_SCRIPT, "'%s' lacks a topic or samples to make traffic of", vendor);
	return err_set(e, ERR_SCRIPT, "no vendor script has both a topic and samples to make traffic of");
}

struct demo_traffic *demo_traffic_new(struct generation *g, const char *vendor, struct err *e)
{
	struct demo_traffic *t = xcalloc(1, sizeof *t);
	char text[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set_opaque(conf, t);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set(conf, "log_level", "2", text, sizeof text);
	rd_kafka_conf_set(conf, "client.id", "natmill-demo-traffic", text, sizeof text);
	t->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (t->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		free(t);
		err_set(e, ERR_KAFKA, "the embedded broker: %s", text);
		return NULL;
	}
	t->generation = generation_ref(g);
	t->cluster = rd_kafka_mock_cluster_new(t->rk, 1);
	rd_kafka_mock_group_initial_rebalance_delay_ms(t->cluster, JOIN_MS);
	if (add_scripts(t, vendor, e) == 0) {
		if (rd_kafka_brokers_add(t->rk, demo_traffic_brokers(t)) > 0)
			return t;
		err_set(e, ERR_KAFKA, "the embedded broker does not answer");
	}
	demo_traffic_free(t);
	return NULL;
}

const char *demo_traffic_brokers(const struct demo_traffic *t)
{
	return rd_kafka_mock_cluster_bootstraps(t->cluster);
}

/* One line of live traffic in the envelope of the collectors; lines that are JSON already go as they are. */
static void make_message(const struct source_line *line, uint64_t seed, struct strbuf *scratch,
			 struct strbuf *out)
{
	strbuf_reset(out);
	if (line->len > 0 && line->text[0] == '{') {
		demo_vary(line->text, line->len, seed, out);
		return;
	}
	strbuf_reset(scratch);
	demo_vary(line->text, line->len, seed, scratch);
	char now[TIME_TEXT_MAX];
	size_t n = time_format(clock_wall_us() / 1000 * 1000, now);
	strbuf_printf(out,
		      "{\"version\":\"1\",\"type\":\"generic\",\"timestamp\":\"%.*s\",\"program\":\"\","
		      "\"message\":",
		      (int)n, now);
	strbuf_add_json(out, scratch->data != NULL ? scratch->data : "", scratch->len);
	strbuf_printf(out, ",\"ip\":\"192.0.2.%u\",\"host\":\"cgn%u\"}", line->device, line->device);
}

static void send_one(struct demo_traffic *t, uint64_t seed, struct strbuf *scratch, struct strbuf *out)
{
	bool all = t->good_count == 0 || seed / t->line_count % DEAD_EVERY == 0;
	const struct source_line *line = &t->lines[seed % (all ? t->line_count : t->good_count)];
	make_message(line, seed, scratch, out);
	rd_kafka_producev(t->rk, RD_KAFKA_V_TOPIC(line->topic),
			  RD_KAFKA_V_PARTITION((int32_t)(seed / 64 % PARTITIONS)),
			  RD_KAFKA_V_VALUE(out->data, out->len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			  RD_KAFKA_V_END);
}

static void *flow(void *arg)
{
	struct demo_traffic *t = arg;
	struct strbuf scratch;
	struct strbuf out;
	strbuf_init(&scratch);
	strbuf_init(&out);
	int64_t start = clock_mono_ms();
	for (uint64_t sent = 0; !atomic_load(&t->stop);) {
		uint64_t due = (uint64_t)(clock_mono_ms() - start) * (uint64_t)t->per_second / 1000;
		for (; sent < due && !atomic_load(&t->stop); sent++) /* a slow machine never catches up */
			send_one(t, sent, &scratch, &out);
		rd_kafka_poll(t->rk, SLICE_MS);
		int64_t next = start + (int64_t)((sent + 1) * 1000 / (uint64_t)t->per_second);
		int64_t idle = next - clock_mono_ms();
		usleep(idle > 0 ? 1000 * (unsigned)(idle < SLICE_MS ? idle : SLICE_MS) : 1000);
	}
	if (!atomic_load(&t->dropped))
		rd_kafka_flush(t->rk, 5000);
	strbuf_free(&scratch);
	strbuf_free(&out);
	return NULL;
}

int demo_traffic_start(struct demo_traffic *t, int per_second, struct err *e)
{
	t->per_second = per_second;
	int rc = pthread_create(&t->thread, NULL, flow, t);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "cannot start the demo's traffic: %s", strerror(rc));
	t->started = true;
	return 0;
}

void demo_traffic_stop(struct demo_traffic *t)
{
	if (!t->started)
		return;
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
	t->started = false;
}

uint64_t demo_traffic_sent(const struct demo_traffic *t)
{
	return atomic_load(&t->sent);
}

void demo_traffic_drop(struct demo_traffic *t)
{
	if (!t->started)
		return;
	atomic_store(&t->dropped, true);
	demo_traffic_stop(t);
}

void demo_traffic_free(struct demo_traffic *t)
{
	if (t == NULL)
		return;
	demo_traffic_drop(t);
	rd_kafka_mock_cluster_destroy(t->cluster);
	rd_kafka_destroy(t->rk);
	for (size_t i = 0; i < t->file_count; i++)
		sample_file_free(&t->files[i]);
	free(t->files);
	free(t->lines);
	generation_unref(t->generation);
	free(t);
}
