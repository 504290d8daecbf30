/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that consuming and delivering read: sections kafka and batch, and the top-level memory,
 * workers and shutdown. Rows live here beside their readers; control joins them.
 */
#ifndef NATMILL_STREAM_SETTINGS_H
#define NATMILL_STREAM_SETTINGS_H

#include <stdint.h>

#include "base/option.h"

enum strategy { STRATEGY_ROUNDROBIN, STRATEGY_RANGE, STRATEGY_COOPERATIVE_STICKY };
enum start_at { START_EARLIEST, START_LATEST };

struct kafka_settings {
	char *brokers;
	char *group;
	char *instance; /* NULL or empty: none */
	int strategy;   /* enum strategy */
	int start;      /* enum start_at */
	int64_t connect_timeout_ms;
	int64_t stall_alarm_ms;
	int64_t stall_restart_ms;
	int64_t stall_exit_ms;
	int64_t longest_outage_ms;
	struct text_map properties;
};

struct batch_settings {
	int64_t messages;
	int64_t wait_ms;
};

struct engine_settings {
	char *vendors;
	int64_t workers;
	int64_t memory;
	int64_t shutdown_ms;
};

extern const struct option kafka_options[];
extern const struct option batch_options[];
extern const struct option engine_options[];

/* One worker's share of the memory budget, bytes. */
struct memory_share {
	int64_t prefetch; /* librdkafka's queue */
	int64_t fetch;    /* one answer of a broker, as it comes, compressed */
	int64_t batch;    /* message bytes of one batch */
	int64_t arena;    /* texts of one batch, at most */
	int64_t queue;    /* what each output's library may hold beside the batch */
};

struct memory_share settings_memory_share(const struct engine_settings *s);

#endif
