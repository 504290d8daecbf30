/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of the output `kafka`: its option rows, the topics of the types of events, the properties of its
 * producers; see kafka.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "outputs/kafka.h"
#include "outputs/kafka_conf.h"

#define REPORT_GRACE_MS 5000 /* after a message's time-out its report is there */

static int refuse_owned(const struct text_map *properties, struct err *e)
{
	static const char *const owned[] = {"transactional.id", "enable.idempotence", "acks",
					    "delivery.report.only.error"};
	for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
		if (text_map_get(properties, owned[i]) != NULL)
			return err_set(e, ERR_CONFIG,
				       "Kafka property %s is natmill's own: nothing could be promised "
				       "otherwise; remove it",
				       owned[i]);
	return 0;
}

#define QUEUE_BYTES (16 << 20) /* where no budget bounds the producer's queue */

static int fill_conf(struct kafka *s, struct err *e)
{
	const struct kafka_options *options = s->options;
	unsigned char random[12];
	char id[320];
	char queue[24];
	const struct kafka_property before[] = {{"queue.buffering.max.kbytes", queue},
						{"compression.codec", "lz4"},
						options->transactional
							? (struct kafka_property){"transaction.timeout.ms",
										  "20000"}
							: (struct kafka_property){"message.timeout.ms",
										  "10000"},
						{NULL, NULL}};
	struct kafka_property after[] = {{"delivery.report.only.error", "true"},
					 {"transactional.id", id},
					 {NULL, NULL}};
	int64_t bytes = s->env->queue_bytes > 0 ? s->env->queue_bytes : QUEUE_BYTES;
	snprintf(queue, sizeof queue, "%lld", (long long)bytes / 1024);
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return err_set(e, ERR_SYSTEM, "no random numbers for a transactional id");
	int n = snprintf(id, sizeof id - 2 * sizeof random, "natmill-%.200s-%.60s-",
			 s->env->group != NULL ? s->env->group : "", s->env->name);
	for (size_t i = 0; i < sizeof random; i++)
		n += snprintf(id + n, sizeof id - (size_t)n, "%02x", random[i]);
	if (!options->transactional)
		after[1] = (struct kafka_property){NULL, NULL};
	if (refuse_owned(&options->properties, e) != 0 ||
	    kafka_conf_fill(s->conf,
			    &(struct kafka_conf_plan){.who = s->env->name,
						      .before = before,
						      .properties = &options->properties,
						      .after = after,
						      .brokers = options->brokers},
			    e) != 0)
		return -1;
	s->report_ms = kafka_conf_number(s->conf, options->transactional ? "transaction.timeout.ms"
									 : "message.timeout.ms") +
		       REPORT_GRACE_MS;
	s->max_bytes = kafka_conf_number(s->conf, "message.max.bytes");
	bytes = kafka_conf_number(s->conf, "queue.buffering.max.kbytes") * 1024;
	s->max_bytes = bytes < s->max_bytes ? bytes : s->max_bytes;
	return 0;
}

static int plan_records(struct kafka *s, struct err *e)
{
	const struct kafka_options *options = s->options;
	if (by_type_fill(&s->topics, options->default_topic, '.', &options->topic_event_map,
			 "topic_event_map", e) != 0)
		return -1;
	for (int type = 0; type < EVENT_TYPE_COUNT && options->topic != NULL; type++) {
		free(s->topics.names[type]);
		s->topics.names[type] = xstrdup(options->topic);
	}
	s->key_field = -1;
	if (options->key_field != NULL) {
		s->key_field = event_field_of(options->key_field, strlen(options->key_field));
		if (s->key_field < 0)
			return err_set(e, ERR_CONFIG,
				       "key_field: '%s' is no field of an event; such as src_ip",
				       options->key_field);
	}
	return 0;
}

int kafka_settings_apply(struct kafka *s, struct err *e)
{
	return plan_records(s, e) == 0 && fill_conf(s, e) == 0 ? 0 : -1;
}

void kafka_topics(struct output *o, output_topic_fn *row, void *ctx)
{
	const struct kafka *s = (const struct kafka *)o;
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		row(ctx, &(struct output_topic){.name = s->topics.names[type],
						.bytes = kafka_conf_number(s->conf, "batch.size")});
}

#define FIELD(name) offsetof(struct kafka_options, name)
const struct option kafka_settings_rows[] = {
	{.name = "topic",
	 .type = OPTION_TEXT,
	 .offset = FIELD(topic),
	 .help = "One topic for all events. Default: a topic for each type of event."},
	{.name = "default_topic",
	 .type = OPTION_TEXT,
	 .offset = FIELD(default_topic),
	 .fallback = "cgnat.events",
	 .help = "Topics by type begin so: `cgnat.events.sessionmapping`, `.portmapping`, "
		 "`.portblockmapping`, `.addressmapping`. With `topic_event_map` the topic of types that it "
		 "lacks."},
	{.name = "topic_event_map",
	 .type = OPTION_MAP,
	 .offset = FIELD(topic_event_map),
	 .help = "Topics by type of event instead, such as `{ session-mapping: nat.sessions }`."},
	{.name = "key_field",
	 .type = OPTION_TEXT,
	 .offset = FIELD(key_field),
	 .help = "The event's field that becomes the record's key, such as `src_ip`: records of one key stay "
		 "in "
		 "order. Default: no key."},
	{.name = "transactional",
	 .type = OPTION_BOOL,
	 .offset = FIELD(transactional),
	 .fallback = "true",
	 .help = "Events and the group's offsets in one Kafka transaction: exactly once for whoever reads "
		 "with "
		 "`isolation.level=read_committed`. Only for the cluster that messages come from. `false`: "
		 "at "
		 "least once."},
	{.name = "brokers",
	 .type = OPTION_TEXT,
	 .offset = FIELD(brokers),
	 .help = "Brokers to write to. Default: those that messages come from."},
	{.name = "properties",
	 .type = OPTION_MAP,
	 .offset = FIELD(properties),
	 .help = "Any librdkafka property of a producer; without `brokers` those of the section kafka hold "
		 "too."},
	{.name = NULL},
};
