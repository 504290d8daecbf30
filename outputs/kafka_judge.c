/* SPDX-License-Identifier: Apache-2.0
 *
 * What an error of librdkafka means for the engine; see kafka.h.
 */
#include <stdio.h>

#include "outputs/kafka.h"
#include "outputs/kafka_conf.h"

/* Somebody else has the partitions or the transactional id: what was to be written is another's now. */
static bool fences(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
	case RD_KAFKA_RESP_ERR_FENCED_MEMBER_EPOCH:
	case RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
	case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
	case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
	case RD_KAFKA_RESP_ERR__FENCED:
		return true;
	default:
		return false;
	}
}

static const char *advice(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return "; create the topic";
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		return "; allow natmill to write to it";
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		return "; allow natmill to describe and write transactional ids with the prefix natmill-";
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return "; allow natmill to read the group";
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
		return "; lower the property transaction.timeout.ms";
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return "; the topic's max.message.bytes must be at least the property batch.size";
	default:
		return "";
	}
}

void kafka_judge(struct kafka *s, rd_kafka_error_t *error, const char *what, struct output_result *r)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	char text[256];
	bool fatal = rd_kafka_error_is_fatal(error) != 0;
	snprintf(text, sizeof text, "%s", rd_kafka_error_string(error));
	if (s->rk != NULL && rd_kafka_fatal_error(s->rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		code = rd_kafka_fatal_error(s->rk, text, sizeof text);
		fatal = true;
	}
	if (s->failed != RD_KAFKA_RESP_ERR_NO_ERROR && !fatal && !fences(code)) { /* that tells more */
		kafka_judge_reports(s, r);
	} else if (fences(code)) {
		output_fenced(r, "%s: %s", what, text);
	} else {
		bool passes = kafka_passes(code) || rd_kafka_error_is_retriable(error);
		output_retry(r, !passes, "%s: %s%s", what, text, advice(code));
	}
	rd_kafka_error_destroy(error);
	if (fatal) {
		kafka_drop_producer(s);
		r->reopen = true;
	}
}

int kafka_judge_reports(struct kafka *s, struct output_result *r)
{
	if (s->failed == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	output_retry(r, !kafka_passes(s->failed) || s->cause_alarm, "topic %s: %s%s%s%s", s->failed_topic,
		     rd_kafka_err2str(s->failed), advice(s->failed), s->cause[0] != '\0' ? ": " : "",
		     s->cause);
	return -1;
}
