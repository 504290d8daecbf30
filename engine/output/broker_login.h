/* SPDX-License-Identifier: Apache-2.0
 *
 * How whoever talks to Kafka, the consumer and the outputs, logs in: properties whose value is in a file, a
 * password that was replaced while natmill runs, and words for a certificate that is not trusted.
 */
#ifndef NATMILL_OUTPUT_BROKER_LOGIN_H
#define NATMILL_OUTPUT_BROKER_LOGIN_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/option.h"

/* As rd_kafka_conf_set(); a name NAME_file sets NAME to what the file holds (base/secret.h). */
rd_kafka_conf_res_t broker_login_set(rd_kafka_conf_t *conf, const char *name, const char *value, char *why,
				     size_t size);

/* Certificates that are refused are told by librdkafka's log with the reason. Before rd_kafka_new(). */
void broker_login_explain(rd_kafka_conf_t *conf);

/* For log_cb: true when the line tells of a refused certificate; it has become an alarm then, once in 30 s.
 * who: for the message. Any thread. */
bool broker_login_alarm(const char *who, const char *facility, const char *text);

/* For error_cb and error events: after a refused login, and for a new handle (error 0), the name and password
 * of sasl.*_file as they are now; the next connection uses them. True when the error is one of the login or
 * of certificates, which does not pass by itself. */
bool broker_login_renew(rd_kafka_t *rk, rd_kafka_resp_err_t error, const struct text_map *properties);

#endif
