/* SPDX-License-Identifier: Apache-2.0
 *
 * A real RabbitMQ for C tests, started by tests/setup/rabbitmq.sh when it is first asked for and stopped when
 * the test program ends: on a port, and on a second one with TLS and a certificate made for `localhost`. And
 * a client of the tests' own to look into it. It takes seconds to start: one for a program.
 */
#ifndef NATMILL_TESTS_RABBIT_SERVER_H
#define NATMILL_TESTS_RABBIT_SERVER_H

#include <sys/types.h>

#include "outputs/amqp_library.h"

/* "127.0.0.1:port"; "localhost:port" with TLS. Static. End the program when there is no server. */
const char *rabbit_address(void);
const char *rabbit_tls_address(void);

/* The server's own certificate, which is its CA, too. */
const char *rabbit_ca(void);

pid_t rabbit_pid(void);

/* Kills it and starts it again on the same ports with what it had stored. */
void rabbit_kill(void);
void rabbit_start(void);

/* rabbitmqctl: ends the program unless it succeeds. */
void rabbit_ctl(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A connection as guest to "/", with channel 1 open. The caller's to amqp_destroy_connection. */
amqp_connection_state_t rabbit_connect(void);

/* Asserts that the last call on it worked. */
void rabbit_worked(amqp_connection_state_t conn, const char *what);

/* A durable exchange of that type; a queue, empty, bound to it with that key. */
void rabbit_declare(const char *exchange, const char *type);
void rabbit_bind(const char *queue, const char *exchange, const char *key);
void rabbit_delete_exchange(const char *exchange);
void rabbit_delete_queue(const char *queue);

/* Takes all messages out of the queue and calls see for each. */
void rabbit_take(const char *queue, void (*see)(const amqp_message_t *m, const char *key, void *arg),
		 void *arg);

#endif
