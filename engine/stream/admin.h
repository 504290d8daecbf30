/* SPDX-License-Identifier: Apache-2.0
 *
 * One question of librdkafka's admin interface: options, a queue for the answer, a bounded wait. For
 * survey*.c and former.c. Lives on the caller's stack; one thread.
 */
#ifndef NATMILL_STREAM_ADMIN_H
#define NATMILL_STREAM_ADMIN_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"

#define ADMIN_MS 10000 /* so long survey*.c wait for an answer */

struct admin {
	rd_kafka_AdminOptions_t *options;
	rd_kafka_queue_t *queue; /* where the answer comes */
	rd_kafka_event_t *answer;
	int wait_ms;
};

/* Then ask with options and queue; the answer may take wait_ms. admin_end() after both outcomes of
 * admin_wait(). */
void admin_begin(struct admin *a, rd_kafka_t *rk, rd_kafka_admin_op_t op, int wait_ms);

/* The answer, until admin_end(); NULL with e, which begins with `what`. */
rd_kafka_event_t *admin_wait(struct admin *a, const char *what, struct err *e);

/* Why admin_wait() gave NULL. */
rd_kafka_resp_err_t admin_code(const struct admin *a);

void admin_end(struct admin *a);

#endif
