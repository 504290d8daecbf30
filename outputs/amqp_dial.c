/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of the output `amqp`: socket, TLS, login, channel, exchange, confirms, in librabbitmq's
 * blocking calls on a thread of their own (output/aside.h). That thread may outlive the output, so it works
 * on copies of the settings. Called by amqp.c.
 */
#include "outputs/amqp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "output/aside.h"
#include "output/hide.h"

#define FRAME_MAX 131072     /* librabbitmq's and RabbitMQ's own default */
#define SEND_BYTES (1 << 20) /* the kernel gives what it allows */
#define KEEPALIVE_S 15
#define FAREWELL_MS 200 /* for the last calls of a thread whose time is up */

/* What the thread works on, and what it brings back. */
struct job {
	struct amqp_options o; /* texts are copies; no maps */
	struct address address;
	amqp_connection_state_t conn; /* NULL = failed, for the reasons below */
	const char *doing;            /* static */
	int status;                   /* AMQP_STATUS_..., or 0 */
	int code;                     /* reply code of the broker, or 0 */
	int verify;                   /* what is wrong with its certificate: X509_V_... */
	char text[200];
};

static char *copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

/* The job owns the password. */
static struct job *make_job(const struct amqp *s, char *password)
{
	const struct amqp_options *from = s->options;
	struct job *j = xcalloc(1, sizeof *j);
	j->o = *from;
	j->o.routing_keys = (struct text_map){NULL, 0};
	j->o.address = j->o.routing_key = NULL;
	j->o.virtual_host = copy(from->virtual_host);
	j->o.user = copy(from->user);
	j->o.password = (struct secret){.text = password};
	j->o.tls_ca = copy(from->tls_ca);
	j->o.tls_certificate = copy(from->tls_certificate);
	j->o.tls_key = copy(from->tls_key);
	j->o.exchange = copy(from->exchange);
	j->o.exchange_type = copy(from->exchange_type);
	j->address = s->address;
	return j;
}

/* Of a thread that nobody waits for any longer, too. */
static void drop_job(void *arg)
{
	struct job *j = arg;
	if (j->conn != NULL)
		amqp_destroy_connection(j->conn);
	free(j->o.virtual_host);
	free(j->o.user);
	secret_forget(j->o.password.text);
	free(j->o.tls_ca);
	free(j->o.tls_certificate);
	free(j->o.tls_key);
	free(j->o.exchange);
	free(j->o.exchange_type);
	free(j);
}

/* Keeps why a call failed; 0 when it did not. */
static int take_reply(struct job *j, amqp_rpc_reply_t reply)
{
	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
		j->status = reply.library_error;
	} else if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
		const amqp_connection_close_t *m = reply.reply.decoded;
		j->code = m->reply_code;
		amqp_words(m->reply_text, j->text, sizeof j->text);
	} else if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *m = reply.reply.decoded;
		j->code = m->reply_code;
		amqp_words(m->reply_text, j->text, sizeof j->text);
	} else {
		j->status = AMQP_STATUS_UNEXPECTED_STATE;
	}
	hide_one(j->text, j->o.password.text);
	return -1;
}

/* librabbitmq tells only that a certificate did not verify. It asks on the thread that connects, maybe later
 * on another one: so the answer lies with the thread, not with the job. */
static _Thread_local int verified;

static int on_certificates(X509_STORE_CTX *chain, void *arg)
{
	(void)arg;
	int good = X509_verify_cert(chain);
	verified = good == 1 ? X509_V_OK : X509_STORE_CTX_get_error(chain);
	return good;
}

/* A socket of the kind that the options want; what certificates to trust and to show. */
static amqp_socket_t *make_socket(struct job *j)
{
	if (!j->o.tls)
		return amqp_tcp_socket_new(j->conn);
	amqp_socket_t *socket = amqp_ssl_socket_new(j->conn);
	if (socket == NULL)
		return NULL;
	const char *key = j->o.tls_key != NULL ? j->o.tls_key : j->o.tls_certificate;
	j->status = AMQP_STATUS_OK;
	j->doing = "TLS: reading the file of tls_ca";
	if (j->o.tls_ca != NULL)
		j->status = amqp_ssl_socket_set_cacert(socket, j->o.tls_ca);
	else if (SSL_CTX_set_default_verify_paths(amqp_ssl_socket_get_context(socket)) != 1)
		j->status = AMQP_STATUS_SSL_ERROR;
	if (j->status == AMQP_STATUS_OK && j->o.tls_certificate != NULL) {
		j->doing = "TLS: reading the files of tls_certificate and tls_key";
		j->status = amqp_ssl_socket_set_key(socket, j->o.tls_certificate, key);
	}
	SSL_CTX_set_cert_verify_callback(amqp_ssl_socket_get_context(socket), on_certificates, NULL);
	amqp_ssl_socket_set_verify_peer(socket, 1);
	amqp_ssl_socket_set_verify_hostname(socket, 1);
	return j->status == AMQP_STATUS_OK ? socket : NULL;
}

static int connect_socket(struct job *j, struct timeval *limit)
{
	j->doing = "connecting";
	amqp_socket_t *socket = make_socket(j);
	if (socket == NULL && j->status == AMQP_STATUS_OK)
		j->status = AMQP_STATUS_NO_MEMORY;
	if (socket == NULL)
		return -1;
	j->doing = "connecting";
	j->status = amqp_socket_open_noblock(socket, j->address.host, (int)strtol(j->address.port, NULL, 10),
					     limit);
	return j->status == AMQP_STATUS_OK ? 0 : -1;
}

static amqp_table_entry_t flag(const char *name)
{
	return (amqp_table_entry_t){.key = amqp_cstring_bytes(name),
				    .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
}

/* The broker is asked to tell when it takes no more, instead of only not reading. */
static int log_in(struct job *j)
{
	amqp_table_entry_t can[] = {flag("authentication_failure_close"), flag("connection.blocked"),
				    flag("publisher_confirms"), flag("basic.nack")};
	amqp_table_entry_t about[] = {
		{.key = amqp_cstring_bytes("capabilities"),
		 .value = {.kind = AMQP_FIELD_KIND_TABLE,
			   .value.table = {.num_entries = sizeof can / sizeof can[0], .entries = can}}},
		{.key = amqp_cstring_bytes("connection_name"),
		 .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("natmill")}},
	};
	amqp_table_t properties = {.num_entries = sizeof about / sizeof about[0], .entries = about};
	int heartbeat = (int)((j->o.heartbeat + 999) / 1000);
	j->doing = "logging in";
	return take_reply(j, amqp_login_with_properties(j->conn, j->o.virtual_host, 0, FRAME_MAX, heartbeat,
							&properties, AMQP_SASL_METHOD_PLAIN, j->o.user,
							j->o.password.text));
}

static int open_channel(struct job *j)
{
	j->doing = "opening a channel";
	amqp_channel_open(j->conn, AMQP_CHANNEL);
	return take_reply(j, amqp_get_rpc_reply(j->conn));
}

static int declare(struct job *j, bool passive)
{
	amqp_exchange_declare(j->conn, AMQP_CHANNEL, amqp_cstring_bytes(j->o.exchange),
			      amqp_cstring_bytes(j->o.exchange_type), passive, 1, 0, 0, amqp_empty_table);
	return take_reply(j, amqp_get_rpc_reply(j->conn));
}

/* Makes the exchange, or sees that it is there. Whoever may not make it may still use it. */
static int find_exchange(struct job *j)
{
	j->doing = "the exchange";
	if (j->o.exchange[0] == '\0') /* the broker's own: routes to the queue of that name */
		return 0;
	if (!j->o.declare || declare(j, false) != 0) {
		if (j->o.declare && j->code != AMQP_ACCESS_REFUSED)
			return -1;
		amqp_channel_close_ok_t ok = {0};
		if (j->o.declare && amqp_send_method(j->conn, AMQP_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD,
						     &ok) != AMQP_STATUS_OK)
			return -1;
		if (j->o.declare && open_channel(j) != 0)
			return -1;
		j->code = 0;
		j->doing = "the exchange";
		return declare(j, true);
	}
	return 0;
}

static int ask_for_confirms(struct job *j)
{
	j->doing = "asking for confirms";
	amqp_confirm_select(j->conn, AMQP_CHANNEL);
	return take_reply(j, amqp_get_rpc_reply(j->conn));
}

static void work(void *arg)
{
	struct job *j = arg;
	struct timeval limit = {.tv_sec = j->o.connect_timeout / 1000,
				.tv_usec = j->o.connect_timeout % 1000 * 1000};
	j->doing = "connecting";
	verified = X509_V_OK;
	j->conn = amqp_new_connection();
	if (j->conn == NULL) {
		j->status = AMQP_STATUS_NO_MEMORY;
		return;
	}
	amqp_set_handshake_timeout(j->conn, &limit);
	amqp_set_rpc_timeout(j->conn, &limit);
	if (connect_socket(j, &limit) == 0 && log_in(j) == 0 && open_channel(j) == 0 &&
	    find_exchange(j) == 0 && ask_for_confirms(j) == 0)
		return;
	j->verify = verified;
	amqp_destroy_connection(j->conn);
	j->conn = NULL;
}

static void set_number(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

/* Takes over the thread's connection. */
static void adopt(struct amqp *s, struct job *j)
{
	s->conn = j->conn;
	j->conn = NULL;
	s->fd = amqp_get_sockfd(s->conn);
	s->next_tag = 1;
	s->blocked = false;
	s->room = 0;
	s->back = (struct amqp_back){.header = false};
	set_number(s->fd, SOL_SOCKET, SO_SNDBUF, SEND_BYTES);
	set_number(s->fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S);
	set_number(s->fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_S);
}

int amqp_dial(struct amqp *s, struct output_result *r)
{
	amqp_hang_up(s, false);
	struct err e;
	char *password;
	if (secret_now(&s->options->password, &password, &e) != 0) {
		output_retry(r, true, "amqp %s: password_file %s", s->where, e.msg);
		r->reopen = true;
		return -1;
	}
	struct job *j = make_job(s, password);
	int64_t deadline = clock_mono_ms() + s->options->connect_timeout + FAREWELL_MS;
	int done = aside_run(s->env->host, work, drop_job, j, deadline);
	if (done == 0 || done == -1)
		return amqp_lost(s, "connecting", done == 0 ? "no answer in time" : "stopped meanwhile", r);
	if (done == -2)
		amqp_lost(s, "connecting", "there is no thread to be had", r);
	else if (j->conn != NULL)
		adopt(s, j);
	else if (j->code != 0)
		amqp_closed(s, j->doing, j->code, j->text, r);
	else if (j->verify != X509_V_OK)
		amqp_untrusted(s, X509_verify_cert_error_string(j->verify), r);
	else if (j->status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED)
		amqp_untrusted(s, "made out to another name", r);
	else
		amqp_failed(s, j->doing, j->status, r);
	drop_job(j);
	return s->conn != NULL ? 0 : -1;
}

void amqp_hang_up(struct amqp *s, bool politely)
{
	amqp_connection_close_t goodbye = {.reply_code = AMQP_REPLY_SUCCESS,
					   .reply_text = amqp_cstring_bytes("goodbye")};
	if (s->conn == NULL)
		return;
	if (politely) /* its answer is not waited for */
		amqp_send_method(s->conn, 0, AMQP_CONNECTION_CLOSE_METHOD, &goodbye);
	amqp_destroy_connection(s->conn);
	s->conn = NULL;
	s->fd = -1;
}
