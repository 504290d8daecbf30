/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of producers; see kafka_conf.h.
 */
#include "outputs/kafka_conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "output/broker_login.h"

static int set(rd_kafka_conf_t *conf, const char *who, const char *name, const char *value, struct err *e)
{
	char why[256];
	if (broker_login_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
		return 0;
	return err_set(e, ERR_CONFIG, "%s: Kafka property %s: %s", who, name, why);
}

static int set_all(rd_kafka_conf_t *conf, const char *who, const struct kafka_property *p, struct err *e)
{
	for (; p != NULL && p->name != NULL; p++)
		if (set(conf, who, p->name, p->value, e) != 0)
			return -1;
	return 0;
}

int kafka_conf_fill(rd_kafka_conf_t *conf, const struct kafka_conf_plan *plan, struct err *e)
{
	static const struct kafka_property first[] = {
		{"client.id", "natmill"},
		{"message.max.bytes", "16777216"},
		{"topic.metadata.refresh.interval.ms", "10000"}, /* a topic that was mended is seen so soon */
		/* A missing topic is told as such within this, not as a time-out. */
		{"topic.metadata.propagation.max.ms", "2000"},
		{NULL, NULL},
	};
	static const struct kafka_property last[] = {{"acks", "all"},
						     {"enable.idempotence", "true"},
						     {NULL, NULL}};
	const struct text_map *own = plan->properties;
	broker_login_explain(conf);
	if (set_all(conf, plan->who, first, e) != 0 || set_all(conf, plan->who, plan->before, e) != 0)
		return -1;
	for (size_t i = 0; i < own->n; i++)
		if (set(conf, plan->who, own->items[i].key, own->items[i].value, e) != 0)
			return -1;
	if (set_all(conf, plan->who, last, e) != 0 || set_all(conf, plan->who, plan->after, e) != 0)
		return -1;
	if (plan->brokers != NULL)
		return set(conf, plan->who, "bootstrap.servers", plan->brokers, e);
	if (text_map_get(own, "bootstrap.servers") == NULL)
		return err_set(e, ERR_CONFIG, "%s: brokers is missing", plan->who);
	return 0;
}

int64_t kafka_conf_number(const rd_kafka_conf_t *conf, const char *name)
{
	char text[32];
	size_t size = sizeof text;
	return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? strtoll(text, NULL, 10) : 0;
}

/* Less what is meant so: a producer with properties of consumers, records given up. */
void kafka_conf_log(const char *who, int level, const char *facility, const char *text)
{
	if (strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "TERMINATE") == 0)
		return;
	if (broker_login_alarm(who, facility, text))
		return;
	if (level <= 4)
		log_warn("%s: %s", who, text);
	else
		log_debug("%s: %s", who, text);
}

bool kafka_passes(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
	case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
	case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
	case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
	case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
	case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
	case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
	case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
	case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
		return true;
	default:
		return false;
	}
}
