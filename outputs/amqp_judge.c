/* SPDX-License-Identifier: Apache-2.0
 *
 * What faults of the output `amqp` mean (source: the reply codes of AMQP 0-9-1 and librabbitmq's amqp.h).
 * None of them refuses an event: a broker that takes no message says so of its channel or connection.
 */
#include "outputs/amqp.h"

#include <stdio.h>
#include <string.h>

bool amqp_code_alarms(int code)
{
	return code != AMQP_CONNECTION_FORCED && code != AMQP_INTERNAL_ERROR;
}

bool amqp_status_alarms(int status)
{
	return status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED ||
	       status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED || status == AMQP_STATUS_SSL_ERROR ||
	       status == AMQP_STATUS_SSL_CONNECTION_FAILED || status == AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION;
}

static const char *hint_of(int code)
{
	switch (code) {
	case AMQP_ACCESS_REFUSED:
		return " (mend user, password or the user's permissions)";
	case AMQP_NOT_FOUND:
		return " (declare the exchange, or set declare: true)";
	case AMQP_PRECONDITION_FAILED:
		return " (the exchange exists with other properties: mend exchange_type, or delete it)";
	case AMQP_NOT_ALLOWED:
		return " (mend virtual_host or the user's access to it)";
	default:
		return "";
	}
}

const char *amqp_words(amqp_bytes_t text, char *buf, size_t size)
{
	size_t n = text.len < size - 1 ? text.len : size - 1;
	for (size_t i = 0; i < n; i++) {
		char c = ((const char *)text.bytes)[i];
		buf[i] = (unsigned char)c < ' ' ? ' ' : c;
	}
	buf[n] = '\0';
	return buf;
}

int amqp_lost(struct amqp *s, const char *doing, const char *why, struct output_result *r)
{
	output_retry(r, false, "amqp %s: %s: %s", s->where, doing, why);
	amqp_hang_up(s, false);
	r->reopen = true;
	return -1;
}

int amqp_failed(struct amqp *s, const char *doing, int status, struct output_result *r)
{
	amqp_lost(s, doing, amqp_error_string2(status), r);
	r->alarm = amqp_status_alarms(status);
	return -1;
}

void amqp_untrusted(struct amqp *s, const char *why, struct output_result *r)
{
	char words[ERR_MSG_MAX / 2];
	snprintf(words, sizeof words,
		 "the broker's certificate: %s (mend tls_ca, the host in address or the certificate)", why);
	amqp_lost(s, "TLS", words, r);
	r->alarm = true;
}

int amqp_closed(struct amqp *s, const char *doing, int code, const char *text, struct output_result *r)
{
	char why[ERR_MSG_MAX / 2];
	snprintf(why, sizeof why, "%s%s", text, hint_of(code));
	amqp_lost(s, doing, why, r);
	r->alarm = amqp_code_alarms(code);
	return -1;
}
