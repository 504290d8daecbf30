/* SPDX-License-Identifier: Apache-2.0
 *
 * One question of librdkafka's admin interface: options, a queue for the answer, a bounded wait. For
 * survey*.c. Lives on the caller's stack; one thread.
 */
#ifndef NATMILL_STREAM_ADMIN_H
#define NATMILL_STREAM_ADMIN_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"

#define ADMIN_MS 10000 /* so long an answer is waited for */

struct admin {
	rd_kafka_AdminOptions_t *options;
	rd_kafka_queue_t *queue; /* where the answer comes */
	rd_kafka_event_t *answer;
};

/* Then ask with options and queue. admin_end() after both outcomes of admin_wait(). */
void admin_begin(struct admin *a, rd_kafka_t *rk, rd_kafka_admin_op_t op);

/* The answer, until admin_end(); NULL with e, which begins with `what`. */
rd_kafka_event_t *admin_wait(struct admin *a, const char *what, struct err *e);

/* Why admin_wait() gave NULL. */
rd_kafka_resp_err_t admin_code(const struct admin *a);

void admin_end(struct admin *a);

#endif
