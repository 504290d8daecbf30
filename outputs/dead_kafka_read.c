/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters of the dead-letter store `kafka` as they are read back, for the operator: the topic from its start
 * to the end that it had when reading began, one partition after the other, with a consumer of its own that
 * joins no group and commits nothing. A letter's place is its partition and the offset behind it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/broker_login.h"
#include "outputs/dead_kafka.h"
#include "outputs/kafka_conf.h"

#define SLICE_MS 400
#define PAUSE_MS 50      /* before a question is asked again */
#define SILENCE_MS 10000 /* a partition that gives nothing for so long ends the reading */
#define OFFSET_BITS 46   /* of a place; librdkafka knows 100000 partitions at most */

struct range {
	int64_t next;
	int64_t end;
};

struct dead_kafka_reader {
	const char *name; /* of the topic */
	struct output_host *host;
	const struct text_map *properties;
	rd_kafka_t *rk;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *queue; /* of records */
	int fd;                  /* eventfd: the queue is no longer empty */
	struct range *ranges;    /* of the partitions; NULL until their number is known */
	int32_t count;
	bool known;      /* their ends are */
	int32_t at;      /* the partition under way */
	bool started;    /* it is fetched */
	bool reading;    /* letters may have been given */
	int64_t place;   /* behind the last letter given */
	int64_t heard;   /* when something came last */
	int64_t served;  /* when the engine could last serve its control queue */
	size_t left_out; /* records that are no letters */
	char cause[256]; /* what the consumer last complained of */
	bool cause_alarm;
	struct dead_kafka_decoder decoder;
};

void dead_kafka_reader_free(struct dead_kafka_reader *re)
{
	if (re == NULL)
		return;
	if (re->started)
		rd_kafka_consume_stop(re->topic, re->at);
	if (re->queue != NULL) {
		rd_kafka_queue_io_event_enable(re->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(re->queue);
	}
	if (re->topic != NULL)
		rd_kafka_topic_destroy(re->topic);
	if (re->rk != NULL)
		rd_kafka_destroy(re->rk);
	if (re->fd >= 0)
		close(re->fd);
	dead_kafka_decoder_free(&re->decoder);
	free(re->ranges);
	free(re);
}

/* Called from within rd_kafka_poll(). */
static void take_error(rd_kafka_t *rk, int error, const char *reason, void *opaque)
{
	struct dead_kafka_reader *re = opaque;
	broker_login_renew(rk, error, re->properties);
	snprintf(re->cause, sizeof re->cause, "%s", reason);
	re->cause_alarm = !kafka_passes(error) && error != RD_KAFKA_RESP_ERR__RESOLVE;
}

/* The settings of the producer, and these above all. The end is told by Kafka, since the last offsets may
 * hold no record. */
static void set_consumer(rd_kafka_conf_t *conf, struct dead_kafka_reader *re)
{
	static const struct kafka_property own[] = {{"enable.auto.commit", "false"},
						    {"enable.partition.eof", "true"},
						    {"isolation.level", "read_uncommitted"},
						    {"auto.offset.reset", "earliest"},
						    {"allow.auto.create.topics", "false"},
						    {"queued.max.messages.kbytes", "16384"},
						    /* An idle fetch holds up the next partition's. */
						    {"fetch.wait.max.ms", "10"},
						    {NULL, NULL}};
	for (const struct kafka_property *p = own; p->name != NULL; p++)
		rd_kafka_conf_set(conf, p->name, p->value, NULL, 0);
	rd_kafka_conf_set_events(conf, 0);
	rd_kafka_conf_set_error_cb(conf, take_error);
	rd_kafka_conf_set_opaque(conf, re);
}

/* NULL with r. */
static struct dead_kafka_reader *make_reader(const struct dead_kafka *s, struct output_result *r)
{
	static const uint64_t one = 1;
	struct dead_kafka_reader *re = xcalloc(1, sizeof *re);
	char why[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);
	re->name = s->options->topic;
	re->host = s->env->host;
	re->properties = &s->options->properties;
	re->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snprintf(why, sizeof why, "%s", strerror(errno));
	set_consumer(conf, re);
	re->rk = re->fd >= 0 ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why) : NULL;
	if (re->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		output_retry(r, true, "dead letters: cannot make a Kafka consumer: %s", why);
		dead_kafka_reader_free(re);
		return NULL;
	}
	broker_login_renew(re->rk, RD_KAFKA_RESP_ERR_NO_ERROR, re->properties);
	re->topic = rd_kafka_topic_new(re->rk, re->name, NULL);
	if (re->topic == NULL) {
		output_retry(r, true, "dead letters: topic %s: %s", re->name,
			     rd_kafka_err2str(rd_kafka_last_error()));
		dead_kafka_reader_free(re);
		return NULL;
	}
	re->queue = rd_kafka_queue_new(re->rk);
	rd_kafka_queue_io_event_enable(re->queue, re->fd, &one, sizeof one);
	return re;
}

static int fail(struct dead_kafka_reader *re, rd_kafka_resp_err_t error, struct output_result *r)
{
	rd_kafka_poll(re->rk, 0);
	output_retry(r, !kafka_passes(error) || re->cause_alarm, "dead letters: topic %s: %s%s%s", re->name,
		     rd_kafka_err2str(error), re->cause[0] != '\0' ? ": " : "", re->cause);
	return -1;
}

/* Lets the engine serve its control queue, for so long or until there are records. 0, or -1 with r. */
static int serve(struct dead_kafka_reader *re, int ms, struct output_result *r)
{
	uint64_t count;
	int ready = output_wait(re->host, re->fd, POLLIN, clock_mono_ms() + ms);
	while (read(re->fd, &count, sizeof count) > 0)
		; /* what comes from here on signals again */
	rd_kafka_poll(re->rk, 0);
	re->served = clock_mono_ms();
	if (ready >= 0)
		return 0;
	output_retry(r, false, "dead letters: topic %s was not read to its end", re->name);
	return -1;
}

/* After a question that failed: 0 when it is to be asked again, or -1 with r. */
static int ask_again(struct dead_kafka_reader *re, rd_kafka_resp_err_t error, struct output_result *r)
{
	if (serve(re, PAUSE_MS, r) != 0)
		return -1;
	bool hopeless = !kafka_passes(error) || re->cause_alarm;
	return hopeless || re->served - re->heard >= SILENCE_MS ? fail(re, error, r) : 0;
}

/* How many partitions there are: none of a missing topic. */
static rd_kafka_resp_err_t ask_partitions(struct dead_kafka_reader *re)
{
	const struct rd_kafka_metadata *all = NULL;
	rd_kafka_resp_err_t error = rd_kafka_metadata(re->rk, 0, re->topic, &all, SLICE_MS);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		return error;
	error = all->topic_cnt == 1 ? all->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	int32_t count = error == RD_KAFKA_RESP_ERR_NO_ERROR ? all->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(all);
	if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		log_warn("dead letters: there is no topic %s, so no letter was ever stored in it; check "
			 "dead_letters: topic",
			 re->name);
	else if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		return error;
	re->count = count;
	re->ranges = xcalloc((size_t)count + 1, sizeof *re->ranges);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Where the partitions end now. Not rd_kafka_query_watermark_offsets(): when one of its two questions fails,
 * the answer of the other stands for both (librdkafka 2.8), and letters would be missing without a word. */
static rd_kafka_resp_err_t ask_ends(struct dead_kafka_reader *re)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(re->count);
	for (int32_t i = 0; i < re->count; i++)
		rd_kafka_topic_partition_list_add(list, re->name, i)->offset = RD_KAFKA_OFFSET_END;
	rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(re->rk, list, SLICE_MS);
	for (int i = 0; i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
		const rd_kafka_topic_partition_t *one = &list->elems[i];
		error = one->err == RD_KAFKA_RESP_ERR_NO_ERROR && one->offset < 0
				? RD_KAFKA_RESP_ERR__TIMED_OUT
				: one->err;
		re->ranges[i].end = one->offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
	re->known = error == RD_KAFKA_RESP_ERR_NO_ERROR;
	return error;
}

/* All that must be known before reading; goes on where a former call failed. 0, or -1 with r. */
static int ask(struct dead_kafka_reader *re, struct output_result *r)
{
	re->heard = clock_mono_ms();
	while (re->ranges == NULL || (re->count > 0 && !re->known)) {
		if (serve(re, 0, r) != 0)
			return -1;
		rd_kafka_resp_err_t error = re->ranges == NULL ? ask_partitions(re) : ask_ends(re);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
			re->heard = clock_mono_ms();
		else if (ask_again(re, error, r) != 0)
			return -1;
	}
	return 0;
}

static void go_to(struct dead_kafka_reader *re, int64_t place)
{
	int64_t offset = place & ((INT64_C(1) << OFFSET_BITS) - 1);
	re->at = (int32_t)(place >> OFFSET_BITS);
	if (re->at < re->count && re->ranges[re->at].next < offset)
		re->ranges[re->at].next = offset;
	re->reading = true;
	re->place = place;
}

/* The reader at the place that the query asks for; NULL with r. */
static struct dead_kafka_reader *ready(struct dead_kafka *s, const struct dead_query *q,
				       struct output_result *r)
{
	struct dead_kafka_reader *re = s->reader;
	if (re != NULL && re->reading && (q->after == NULL || q->after->place != re->place)) {
		dead_kafka_reader_free(re);
		re = NULL;
	}
	s->reader = re != NULL ? re : make_reader(s, r);
	re = s->reader;
	if (re == NULL || re->reading)
		return re;
	if (ask(re, r) != 0)
		return NULL;
	go_to(re, q->after != NULL ? q->after->place : 0);
	return re;
}

static void stop_partition(struct dead_kafka_reader *re)
{
	if (re->started)
		rd_kafka_consume_stop(re->topic, re->at);
	re->started = false;
	re->at++;
}

/* Fetches the partition under way, or the next that holds anything. 0 when there is none, 1, or -1 with r. */
static int start_partition(struct dead_kafka_reader *re, struct output_result *r)
{
	while (re->at < re->count && re->ranges[re->at].next >= re->ranges[re->at].end)
		stop_partition(re);
	if (re->at >= re->count)
		return 0;
	if (re->started)
		return 1;
	re->heard = clock_mono_ms();
	int64_t next = re->ranges[re->at].next;
	if (rd_kafka_consume_start_queue(re->topic, re->at, next > 0 ? next : RD_KAFKA_OFFSET_BEGINNING,
					 re->queue) != 0)
		return fail(re, rd_kafka_last_error(), r);
	re->started = true;
	return 1;
}

/* A record, the partition's end, or an error. 1: it is a letter; -1 with r where reading must end. */
static int take(struct dead_kafka_reader *re, const rd_kafka_message_t *m, bool brief,
		struct output_result *r)
{
	struct range *range = &re->ranges[re->at];
	if (m->partition != re->at)
		return 0;
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		if (m->offset >= range->end)
			range->next = range->end;
		return 0;
	}
	if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		snprintf(re->cause, sizeof re->cause, "%s", rd_kafka_message_errstr(m));
		return kafka_passes(m->err) ? 0 : fail(re, m->err, r);
	}
	if (m->offset < range->next)
		return 0;
	re->heard = clock_mono_ms();
	range->next = m->offset + 1;
	if (m->offset >= range->end)
		return 0;
	bool letter = dead_kafka_decode(&re->decoder, m, brief);
	re->decoder.letter.at.place = (int64_t)re->at << OFFSET_BITS | range->next;
	re->left_out += !letter;
	return letter;
}

/* The next record that the query asks for, whose letter is in the decoder; the caller destroys it. NULL at
 * the end, or with r. */
static rd_kafka_message_t *next(struct dead_kafka_reader *re, const struct dead_query *q,
				struct output_result *r)
{
	while (start_partition(re, r) > 0) {
		rd_kafka_message_t *m = rd_kafka_consume_queue(re->queue, 0);
		int got = m != NULL ? take(re, m, q->brief, r) : 0;
		if (got > 0 && dead_wanted(q, &re->decoder.letter))
			return m;
		bool nothing = m == NULL;
		if (m != NULL)
			rd_kafka_message_destroy(m);
		if (got < 0)
			return NULL;
		int64_t now = clock_mono_ms();
		if (now - re->heard >= SILENCE_MS) {
			fail(re, RD_KAFKA_RESP_ERR__TIMED_OUT, r);
			return NULL;
		}
		if ((nothing || now - re->served >= SLICE_MS) && serve(re, nothing ? SLICE_MS : 0, r) != 0)
			return NULL;
	}
	return NULL;
}

static void tell_left_out(struct dead_kafka_reader *re)
{
	if (re->left_out > 0)
		log_warn("dead letters: %zu records of topic %s are no letters of natmill and are left out",
			 re->left_out, re->name);
	re->left_out = 0;
}

void dead_kafka_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
		     struct output_result *r)
{
	struct dead_kafka *s = (struct dead_kafka *)o;
	struct dead_kafka_reader *re = ready(s, query, r);
	rd_kafka_message_t *m;
	size_t given = 0;
	size_t bytes = 0;
	if (re == NULL)
		return;
	re->heard = clock_mono_ms();
	output_ok(r, 0);
	while (given < query->limit && (query->bytes == 0 || bytes < query->bytes) &&
	       (m = next(re, query, r)) != NULL) {
		const struct stored_letter *l = &re->decoder.letter;
		row(ctx, l);
		re->place = l->at.place;
		bytes += l->key_len + l->len;
		given++;
		rd_kafka_message_destroy(m);
	}
	tell_left_out(re);
	if (r->verdict == OUTPUT_OK) {
		output_ok(r, given);
		return;
	}
	dead_kafka_reader_free(re);
	s->reader = NULL;
}
