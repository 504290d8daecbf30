/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits for answers of the admin interface; see admin.h.
 */
#include "stream/admin.h"

#define GRACE_MS 2000 /* librdkafka's own time-out comes first, and says more */

void admin_begin(struct admin *a, rd_kafka_t *rk, rd_kafka_admin_op_t op, int wait_ms)
{
	char why[128];
	*a = (struct admin){.options = rd_kafka_AdminOptions_new(rk, op),
			    .queue = rd_kafka_queue_new(rk),
			    .wait_ms = wait_ms};
	rd_kafka_AdminOptions_set_request_timeout(a->options, wait_ms, why, sizeof why);
}

rd_kafka_event_t *admin_wait(struct admin *a, const char *what, struct err *e)
{
	a->answer = rd_kafka_queue_poll(a->queue, a->wait_ms + GRACE_MS);
	if (a->answer == NULL) {
		err_set(e, ERR_KAFKA, "%s: no answer within %d s", what, a->wait_ms / 1000);
		return NULL;
	}
	if (rd_kafka_event_error(a->answer) == RD_KAFKA_RESP_ERR_NO_ERROR)
		return a->answer;
	err_set(e, ERR_KAFKA, "%s: %s", what, rd_kafka_event_error_string(a->answer));
	return NULL;
}

rd_kafka_resp_err_t admin_code(const struct admin *a)
{
	return a->answer != NULL ? rd_kafka_event_error(a->answer) : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

void admin_end(struct admin *a)
{
	if (a->answer != NULL)
		rd_kafka_event_destroy(a->answer);
	rd_kafka_queue_destroy(a->queue);
	rd_kafka_AdminOptions_destroy(a->options);
}
