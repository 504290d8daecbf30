/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops the server; see rabbit_server.h.
 */
#include "tests/contract/rabbit_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/contract/server_process.h"

static struct server_process server;
static int port;
static char address[64];
static char tls_address[64];
static char certificate[96];

/* A connection with a channel, or NULL. */
static amqp_connection_state_t try_to_connect(void)
{
	struct timeval limit = {.tv_sec = 10};
	amqp_connection_state_t conn = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(conn);
	amqp_set_handshake_timeout(conn, &limit);
	if (amqp_socket_open_noblock(socket, "127.0.0.1", port, &limit) == AMQP_STATUS_OK &&
	    amqp_login(conn, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type ==
		    AMQP_RESPONSE_NORMAL &&
	    amqp_channel_open(conn, 1) != NULL)
		return conn;
	amqp_destroy_connection(conn);
	return NULL;
}

static bool ready(void *ctx)
{
	(void)ctx;
	amqp_connection_state_t conn = try_to_connect();
	if (conn == NULL)
		return false;
	amqp_connection_close(conn, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(conn);
	return true;
}

static void stop_at_exit(void)
{
	server_remove(&server);
}

void rabbit_start(void)
{
	static char number[16];
	static char lines[4][128];
	snprintf(number, sizeof number, "%d", port);
	snprintf(lines[0], sizeof lines[0], "listeners.ssl.1 = 127.0.0.1%s", strchr(tls_address, ':'));
	snprintf(lines[1], sizeof lines[1], "ssl_options.certfile = %s", certificate);
	snprintf(lines[2], sizeof lines[2], "ssl_options.keyfile = %s/server.key", server.folder);
	snprintf(lines[3], sizeof lines[3], "ssl_options.cacertfile = %s", certificate);
	const char *const argv[] = {"tests/setup/rabbitmq.sh",
				    server.folder,
				    number,
				    lines[0],
				    lines[1],
				    lines[2],
				    lines[3],
				    NULL};
	process_start(&server, argv, NULL);
	server_await(&server, ready, NULL);
}

void rabbit_kill(void)
{
	process_stop(&server, SIGKILL);
}

static void make(void)
{
	if (server.folder[0] != '\0')
		return;
	server_folder(&server, "rabbitmq");
	port = server_free_port();
	snprintf(address, sizeof address, "127.0.0.1:%d", port);
	snprintf(tls_address, sizeof tls_address, "localhost:%d", server_free_port());
	snprintf(certificate, sizeof certificate, "%s/server.pem", server.folder);
	server_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
		     "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout %s/server.key -out %s "
		     "2> /dev/null",
		     server.folder, certificate);
	atexit(stop_at_exit);
	rabbit_start();
}

const char *rabbit_address(void)
{
	make();
	return address;
}

const char *rabbit_tls_address(void)
{
	make();
	return tls_address;
}

const char *rabbit_ca(void)
{
	make();
	return certificate;
}

pid_t rabbit_pid(void)
{
	make();
	return server.pid;
}

void rabbit_ctl(const char *fmt, ...)
{
	char arguments[256];
	va_list args;
	make();
	va_start(args, fmt);
	vsnprintf(arguments, sizeof arguments, fmt, args);
	va_end(args);
	server_shell("tests/setup/rabbitmq.sh %s ctl %s > /dev/null", server.folder, arguments);
}

amqp_connection_state_t rabbit_connect(void)
{
	make();
	amqp_connection_state_t conn = try_to_connect();
	assert_non_null(conn);
	return conn;
}

void rabbit_worked(amqp_connection_state_t conn, const char *what)
{
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(conn);
	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return;
	const amqp_channel_close_t *closed = reply.reply.decoded;
	fail_msg("%s: %.*s", what, closed != NULL ? (int)closed->reply_text.len : 4,
		 closed != NULL ? (const char *)closed->reply_text.bytes : "lost");
}

static void done(amqp_connection_state_t conn, const char *what)
{
	rabbit_worked(conn, what);
	amqp_connection_close(conn, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(conn);
}

void rabbit_declare(const char *exchange, const char *type)
{
	amqp_connection_state_t conn = rabbit_connect();
	amqp_exchange_declare(conn, 1, amqp_cstring_bytes(exchange), amqp_cstring_bytes(type), 0, 1, 0, 0,
			      amqp_empty_table);
	done(conn, exchange);
}

void rabbit_bind(const char *queue, const char *exchange, const char *key)
{
	amqp_connection_state_t conn = rabbit_connect();
	amqp_queue_declare(conn, 1, amqp_cstring_bytes(queue), 0, 1, 0, 0, amqp_empty_table);
	rabbit_worked(conn, queue);
	amqp_queue_bind(conn, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes(exchange),
			amqp_cstring_bytes(key), amqp_empty_table);
	done(conn, key);
}

void rabbit_delete_exchange(const char *exchange)
{
	amqp_connection_state_t conn = rabbit_connect();
	amqp_exchange_delete(conn, 1, amqp_cstring_bytes(exchange), 0);
	done(conn, exchange);
}

void rabbit_delete_queue(const char *queue)
{
	amqp_connection_state_t conn = rabbit_connect();
	amqp_queue_delete(conn, 1, amqp_cstring_bytes(queue), 0, 0);
	done(conn, queue);
}

void rabbit_take(const char *queue, void (*see)(const amqp_message_t *m, const char *key, void *arg),
		 void *arg)
{
	amqp_connection_state_t conn = rabbit_connect();
	for (;;) {
		char key[256];
		amqp_message_t m;
		amqp_rpc_reply_t reply = amqp_basic_get(conn, 1, amqp_cstring_bytes(queue), 1);
		if (reply.reply_type != AMQP_RESPONSE_NORMAL)
			rabbit_worked(conn, queue);
		if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
			break;
		const amqp_basic_get_ok_t *got = reply.reply.decoded;
		snprintf(key, sizeof key, "%.*s", (int)got->routing_key.len,
			 (const char *)got->routing_key.bytes);
		assert_int_equal(amqp_read_message(conn, 1, &m, 0).reply_type, AMQP_RESPONSE_NORMAL);
		see(&m, key, arg);
		amqp_destroy_message(&m);
		amqp_maybe_release_buffers(conn);
	}
	amqp_connection_close(conn, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(conn);
}
