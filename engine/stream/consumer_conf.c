/* SPDX-License-Identifier: Apache-2.0
 *
 * Which properties a consumer has; see consumer_conf.h.
 */
#include "stream/consumer_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "output/broker_login.h"
#include "base/strbuf.h"

#define FETCH_PARTITIONS \
	8 /* of so many at least an answer has messages, if their producers' batches are small */
#define INSTANCE_MAX 230  /* characters; Kafka allows 249 with the worker's number */
#define SHORT_MESSAGE 128 /* bytes; of shorter ones the prefetch keeps fewer bytes */

/* The delivery guarantee rests on these; nobody may set them otherwise. */
static const char *const owned_properties[][2] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "error"},
	/* An end of the log that is read in a batch moves librdkafka's own position one too far: after a
	 * cooperative rebalance it goes on there, and a message is lost. Campaign: scale-cooperative. */
	{"enable.partition.eof", "false"},
};

/* Better defaults than librdkafka's for this work; the configuration may change them. Figures: ./run bench.
 */
static const char *const preferred_properties[][2] = {
	/* The default sleeps up to 1 s when the prefetch is full. A full one of short messages lasts for
	 * 20 ms at a million a second: no need to wake librdkafka's thread each millisecond. */
	{"fetch.queue.backoff.ms", "5"},
	{"allow.auto.create.topics", "false"},
	{"topic.metadata.refresh.interval.ms", "30000"}, /* new topics and partitions are seen within this */
	{"client.id", "natmill"},
};

/* The property's name that was meant, or NULL. The text belongs to the dump. */
static const char *near_property(const char *key, const char **dump, size_t n)
{
	const char **names = xmalloc((n / 2 + 1) * sizeof *names);
	for (size_t i = 0; i < n / 2; i++)
		names[i] = dump[2 * i];
	const char *near = near_name(key, names, n / 2);
	free(names);
	return near;
}

static int set(rd_kafka_conf_t *conf, const char *key, const char *value, struct err *e)
{
	char text[256];
	rd_kafka_conf_res_t result = broker_login_set(conf, key, value, text, sizeof text);
	if (result == RD_KAFKA_CONF_OK)
		return 0;
	size_t n = 0;
	const char **dump = rd_kafka_conf_dump(conf, &n);
	const char *near = result == RD_KAFKA_CONF_UNKNOWN ? near_property(key, dump, n) : NULL;
	err_set(e, ERR_CONFIG, "kafka.properties: %s%s%s%s", text, near != NULL ? "; did you mean " : "",
		near != NULL ? near : "", near != NULL ? "?" : "");
	rd_kafka_conf_dump_free(dump, n);
	return -1;
}

/* Those that are not the configuration's to set. */
static int refuse_owned(const char *key, struct err *e)
{
	static const char *const own_options[][2] = {{"bootstrap.servers", "kafka.brokers"},
						     {"metadata.broker.list", "kafka.brokers"},
						     {"group.id", "kafka.group"},
						     {"group.instance.id", "kafka.instance"},
						     {"partition.assignment.strategy", "kafka.strategy"}};
	for (size_t k = 0; k < sizeof owned_properties / sizeof owned_properties[0]; k++)
		if (strcmp(key, owned_properties[k][0]) == 0)
			return err_set(e, ERR_CONFIG,
				       "kafka.properties: %s is natmill's own: nothing could be promised "
				       "otherwise; remove it",
				       key);
	for (size_t k = 0; k < sizeof own_options / sizeof own_options[0]; k++)
		if (strcmp(key, own_options[k][0]) == 0)
			return err_set(e, ERR_CONFIG, "kafka.properties: use the option %s instead of %s",
				       own_options[k][1], key);
	return 0;
}

static int set_user_properties(rd_kafka_conf_t *conf, const struct text_map *properties, struct err *e)
{
	for (size_t i = 0; i < properties->n; i++)
		if (refuse_owned(properties->items[i].key, e) != 0 ||
		    set(conf, properties->items[i].key, properties->items[i].value, e) != 0)
			return -1;
	return 0;
}

int consumer_conf_check(const struct text_pair *property, struct err *e)
{
	if (refuse_owned(property->key, e) != 0)
		return -1;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int rc = set(conf, property->key, property->value, e);
	rd_kafka_conf_destroy(conf);
	return rc;
}

int consumer_conf_check_instance(const char *instance, struct err *e)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	if (strlen(instance) <= INSTANCE_MAX && instance[strspn(instance, legal)] == '\0')
		return 0;
	return err_set(e, ERR_CONFIG,
		       "'%.40s' cannot be a name in a group: at most %d letters, digits, '.', '_' and '-'",
		       instance, INSTANCE_MAX);
}

/* Static membership: each worker is a member of its own, and the same one after a restart. */
static int set_instance(rd_kafka_conf_t *conf, const struct consumer_config *config, struct err *e)
{
	char id[INSTANCE_MAX + sizeof "-4294967295"];
	const char *instance = config->settings->instance;
	if (instance == NULL || instance[0] == '\0' || config->topic_count == 0)
		return 0;
	snprintf(id, sizeof id, "%s-%u", instance, config->worker);
	return set(conf, "group.instance.id", id, e);
}

/* What the memory budget allows. The bounds are for what is asked: a larger set of messages comes whole all
 * the same. message.max.bytes, a bound for producers, is here only because fetch.max.bytes must not lie
 * below. */
static int set_budget(rd_kafka_conf_t *conf, int64_t prefetch, int64_t fetch, struct err *e)
{
	int64_t partition = fetch / FETCH_PARTITIONS;
	const int64_t values[] = {prefetch / 1024,
				  prefetch / SHORT_MESSAGE < 20000 ? prefetch / SHORT_MESSAGE : 20000,
				  partition < 1 << 16 ? 1 << 16 : partition,
				  fetch < 1000000 ? fetch : 1000000, fetch};
	static const char *const keys[] = {"queued.max.messages.kbytes", "queued.min.messages",
					   "fetch.message.max.bytes", "message.max.bytes", "fetch.max.bytes"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		char text[24];
		snprintf(text, sizeof text, "%lld", (long long)values[i]);
		if (set(conf, keys[i], text, e) != 0)
			return -1;
	}
	return 0;
}

int64_t consumer_conf_number(const rd_kafka_conf_t *conf, const char *key)
{
	char text[24];
	size_t size = sizeof text;
	return rd_kafka_conf_get(conf, key, text, &size) == RD_KAFKA_CONF_OK ? strtoll(text, NULL, 10) : 0;
}

/* Whoever raises message.max.bytes alone says that messages are so large: fetch.max.bytes must not lie below.
 */
static int raise_fetch(rd_kafka_conf_t *conf, const struct text_map *properties, struct err *e)
{
	char text[24];
	int64_t most = consumer_conf_number(conf, "message.max.bytes");
	if (consumer_conf_number(conf, "fetch.max.bytes") >= most ||
	    text_map_get(properties, "fetch.max.bytes") != NULL)
		return 0;
	snprintf(text, sizeof text, "%lld", (long long)most);
	return set(conf, "fetch.max.bytes", text, e);
}

int consumer_conf_fill(rd_kafka_conf_t *conf, const struct consumer_config *config, struct err *e)
{
	static const char *const strategies[] = {"roundrobin", "range", "cooperative-sticky"};
	const struct kafka_settings *s = config->settings;
	for (size_t i = 0; i < sizeof preferred_properties / sizeof preferred_properties[0]; i++)
		if (set(conf, preferred_properties[i][0], preferred_properties[i][1], e) != 0)
			return -1;
	if (set_budget(conf, config->prefetch, config->fetch, e) != 0 ||
	    set_user_properties(conf, &s->properties, e) != 0 || raise_fetch(conf, &s->properties, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof owned_properties / sizeof owned_properties[0]; i++)
		if (set(conf, owned_properties[i][0], owned_properties[i][1], e) != 0)
			return -1;
	if (config->tell_ends && set(conf, "enable.partition.eof", "true", e) != 0)
		return -1;
	if (set(conf, "bootstrap.servers", s->brokers, e) != 0 || set(conf, "group.id", s->group, e) != 0 ||
	    set_instance(conf, config, e) != 0)
		return -1;
	return set(conf, "partition.assignment.strategy", strategies[s->strategy], e);
}
