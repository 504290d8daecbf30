/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging in to Kafka; see broker_login.h.
 */
#include "output/broker_login.h"

#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/strbuf.h"

#define NAME_MAX_BYTES 128
#define AGAIN_MS 30000

/* "sasl.password_file" to "sasl.password"; false: it is none. No property of librdkafka ends so. */
static bool names_file(const char *name, char stem[NAME_MAX_BYTES])
{
	size_t n = strlen(name);
	if (n <= 5 || n >= NAME_MAX_BYTES || strcmp(name + n - 5, "_file") != 0)
		return false;
	memcpy(stem, name, n - 5);
	stem[n - 5] = '\0';
	return true;
}

rd_kafka_conf_res_t broker_login_set(rd_kafka_conf_t *conf, const char *name, const char *value, char *why,
				     size_t size)
{
	char stem[NAME_MAX_BYTES];
	char *text;
	struct err e;
	if (!names_file(name, stem))
		return rd_kafka_conf_set(conf, name, value, why, size);
	if (secret_read_file(value, &text, &e) != 0) {
		snprintf(why, size, "%s %s", name, e.msg);
		return RD_KAFKA_CONF_INVALID;
	}
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, stem, text, why, size);
	if (result == RD_KAFKA_CONF_INVALID) /* librdkafka's words may repeat the value */
		snprintf(why, size, "%s names a file whose text is no value of %s", name, stem);
	secret_forget(text);
	return result;
}

/* librdkafka asks for each certificate of the chain, with OpenSSL's opinion. */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t id, int *x509_error, int depth,
			  const char *der, size_t der_size, char *why, size_t size, void *opaque)
{
	(void)rk, (void)broker, (void)id, (void)depth, (void)der, (void)der_size, (void)opaque;
	if (*x509_error == X509_V_OK)
		return 1;
	snprintf(why, size, "%s", X509_verify_cert_error_string(*x509_error));
	return 0;
}

void broker_login_explain(rd_kafka_conf_t *conf)
{
	rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}

bool broker_login_alarm(const char *who, const char *facility, const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char last[512];
	static int64_t next_ms;
	char words[sizeof last];
	if (strcmp(facility, "SSLCERTVRFY") != 0)
		return false;
	const char *at = strstr(text, "]: "); /* behind the name of librdkafka's thread */
	snprintf(words, sizeof words, "%s: %s", who, at != NULL ? at + 3 : text);
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&lock);
	bool again = now < next_ms && strcmp(words, last) == 0;
	if (!again) {
		memcpy(last, words, sizeof last);
		next_ms = now + AGAIN_MS;
	}
	pthread_mutex_unlock(&lock);
	if (!again)
		log_error("ALARM: %s (mend the broker's certificate, the names in `brokers` or "
			  "ssl.ca.location)",
			  words);
	return true;
}

/* The property or what its file holds now: *text is the caller's to secret_forget(), NULL without one. */
static int value_now(const struct text_map *properties, const char *name, char **text, struct err *e)
{
	char file[NAME_MAX_BYTES];
	snprintf(file, sizeof file, "%s_file", name);
	const char *path = text_map_get(properties, file);
	const char *value = text_map_get(properties, name);
	if (path != NULL)
		return secret_read_file(path, text, e);
	*text = value != NULL ? xstrdup(value) : NULL;
	return 0;
}

static void renew(rd_kafka_t *rk, const struct text_map *properties)
{
	struct err e;
	char *user = NULL;
	char *password = NULL;
	if (value_now(properties, "sasl.username", &user, &e) != 0 ||
	    value_now(properties, "sasl.password", &password, &e) != 0)
		log_error("ALARM: Kafka: the login's file %s", e.msg);
	else if (user != NULL && password != NULL)
		rd_kafka_error_destroy(rd_kafka_sasl_set_credentials(rk, user, password));
	secret_forget(user);
	secret_forget(password);
}

bool broker_login_renew(rd_kafka_t *rk, rd_kafka_resp_err_t error, const struct text_map *properties)
{
	bool login = error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
		     error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
	bool by_file = text_map_get(properties, "sasl.password_file") != NULL ||
		       text_map_get(properties, "sasl.username_file") != NULL;
	if (by_file && (login || error == RD_KAFKA_RESP_ERR_NO_ERROR))
		renew(rk, properties);
	return login || error == RD_KAFKA_RESP_ERR__SSL;
}
