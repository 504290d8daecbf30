/* SPDX-License-Identifier: Apache-2.0
 *
 * Option rows of the stream layer and how the memory budget is divided; see settings.h.
 */
#include "stream/settings.h"

#include "event/envelope.h"

#define KAFKA(field) offsetof(struct kafka_settings, field)
#define BATCH(field) offsetof(struct batch_settings, field)
#define ENGINE(field) offsetof(struct engine_settings, field)

const struct option kafka_options[] = {
	{.name = "brokers",
	 .type = OPTION_TEXT,
	 .offset = KAFKA(brokers),
	 .required = true,
	 .help = "Bootstrap servers, `host:port` separated by commas."},
	{.name = "group",
	 .type = OPTION_TEXT,
	 .offset = KAFKA(group),
	 .fallback = "natmill",
	 .help = "Consumer group. Processes of one group share the partitions."},
	{.name = "instance",
	 .type = OPTION_TEXT,
	 .offset = KAFKA(instance),
	 .help = "Name of this process in the group, such as `${HOSTNAME}`: another one for each. Its "
		 "workers "
		 "are then static members: one that is back within `session.timeout.ms` has its partitions "
		 "again, and the others notice nothing. Without it a restart divides all partitions anew."},
	{.name = "strategy",
	 .type = OPTION_CHOICE,
	 .offset = KAFKA(strategy),
	 .fallback = "roundrobin",
	 .choices = "roundrobin|range|cooperative-sticky",
	 .help = "How the group divides partitions. All members must use the same."},
	{.name = "start",
	 .type = OPTION_CHOICE,
	 .offset = KAFKA(start),
	 .fallback = "earliest",
	 .choices = "earliest|latest",
	 .help = "Where to start when neither a watermark nor a committed offset is known. `latest` is for "
		 "topics "
		 "of which neither the group nor an output knows a partition: one that is added to a known "
		 "topic is read from its beginning."},
	{.name = "connect_timeout",
	 .type = OPTION_DURATION,
	 .offset = KAFKA(connect_timeout_ms),
	 .fallback = "10s",
	 .min = 100,
	 .max = 600000,
	 .help = "How long to try to reach a broker at start. Later outages are waited out."},
	{.name = "stall_alarm",
	 .type = OPTION_DURATION,
	 .offset = KAFKA(stall_alarm_ms),
	 .fallback = "30s",
	 .min = 1000,
	 .max = 86400000,
	 .help = "A partition that has messages and makes no progress for so long, while no output retries, "
		 "raises an alarm and takes the readiness away. Must be shorter than `stall_restart`."},
	{.name = "stall_restart",
	 .type = OPTION_DURATION,
	 .offset = KAFKA(stall_restart_ms),
	 .fallback = "60s",
	 .min = 1000,
	 .max = 86400000,
	 .help = "After so long without progress the worker's consumer is made anew. Counted from the last "
		 "progress, as is `stall_exit`. Must be shorter than that."},
	{.name = "stall_exit",
	 .type = OPTION_DURATION,
	 .offset = KAFKA(stall_exit_ms),
	 .fallback = "5m",
	 .min = 1000,
	 .max = 86400000,
	 .help = "If that did not help, the process ends with exit code 3 after so long, for its service "
		 "manager to start it anew. The time in which Kafka does not answer does not count."},
	{.name = "longest_outage",
	 .type = OPTION_DURATION,
	 .offset = KAFKA(longest_outage_ms),
	 .fallback = "3d",
	 .min = 60000,
	 .max = 315360000000,
	 .reloadable = true,
	 .help = "The longest outage of natmill or its databases that nothing may be lost in. `natmill "
		 "topics` "
		 "warns of topics that keep messages for less, and makes topics that keep them for longer."},
	{.name = "properties",
	 .type = OPTION_MAP,
	 .offset = KAFKA(properties),
	 .help = "Any librdkafka property, for instance `security.protocol: SASL_SSL`. A name with `_file` "
		 "behind "
		 "it, such as `sasl.password_file`, takes its value from a file; a login's is read anew "
		 "after "
		 "Kafka has refused it. Properties on which the delivery guarantee rests are refused."},
	{.name = NULL},
};

const struct option batch_options[] = {
	{.name = "messages",
	 .type = OPTION_INT,
	 .offset = BATCH(messages),
	 .fallback = "10000",
	 .min = 1,
	 .max = 1000000,
	 .reloadable = false,
	 .help = "Most messages of a batch. A batch is one transaction in a database."},
	{.name = "wait",
	 .type = OPTION_DURATION,
	 .offset = BATCH(wait_ms),
	 .fallback = "250ms",
	 .min = 1,
	 .max = 60000,
	 .reloadable = true,
	 .help = "How long a batch waits to fill."},
	{.name = NULL},
};

const struct option engine_options[] = {
	{.name = "vendors",
	 .type = OPTION_TEXT,
	 .offset = ENGINE(vendors),
	 .reloadable = true,
	 .help = "The folder of vendor scripts. Default: `vendors` in the working folder, else the one "
		 "beside "
		 "the program."},
	{.name = "workers",
	 .type = OPTION_INT,
	 .offset = ENGINE(workers),
	 .fallback = "2",
	 .min = 1,
	 .max = 256,
	 .help = "Threads, each with its own consumer, Lua state and output connections."},
	{.name = "memory",
	 .type = OPTION_SIZE,
	 .offset = ENGINE(memory),
	 .fallback = "256MB",
	 .min = 16000000,
	 .max = 1000000000000,
	 .help = "Budget of all workers for prefetch, batches and their texts, and what an output's library "
		 "queues; the process itself comes on top. It does not grow with partitions or backlog."},
	{.name = "shutdown",
	 .type = OPTION_DURATION,
	 .offset = ENGINE(shutdown_ms),
	 .fallback = "10s",
	 .min = 0,
	 .max = 600000,
	 .help = "How long a stop waits for the batch under way to be delivered. What is not delivered is "
		 "read "
		 "again by the next owner."},
	{.name = NULL},
};

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

struct memory_share settings_memory_share(const struct engine_settings *s)
{
	int64_t share = s->memory / s->workers;
	struct memory_share m = {
		/* librdkafka keeps about twice a short message's bytes beside it. More than 8 MB of prefetch
		 * is slower, not faster: it falls out of the processor's cache (./run bench shows it). */
		.prefetch = clamp(share / 16, 1 << 20, 8 << 20),
		.batch = clamp(share / 8, 1 << 20, 16 << 20),
		/* A record costs librdkafka's producer, which packs it too, about six times its bytes: 24 MB
		 * resident with 4 workers and 1 MB each, 43 MB with 3 MB (campaign memory-kafka). */
		.queue = clamp(share / 24, 1 << 20, 16 << 20),
	};
	/* Unpacked it is several times as large, and it comes on top of what is queued already. */
	m.fetch = clamp(m.prefetch / 4, 256 << 10, 8 << 20);
	/* Texts are never longer than their messages; room for one more message of the largest size. */
	m.arena = m.batch * 2 + 2 * (int64_t)ENVELOPE_VALUE_MAX;
	return m;
}
