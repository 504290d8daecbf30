/* SPDX-License-Identifier: Apache-2.0
 *
 * A real Redis server for C tests, started when it is first asked for and stopped when the test program ends:
 * on a port, on a local socket, and on a second port with TLS and a certificate made for `localhost`. And a
 * client of the tests' own, hiredis' blocking one, to look into it.
 */
#ifndef NATMILL_TESTS_REDIS_SERVER_H
#define NATMILL_TESTS_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <sys/types.h>

struct strbuf;

/* "127.0.0.1:port"; "localhost:port" with TLS; "unix:/path". Static. End the program when there is no
 * server. */
const char *redis_server_address(void);
const char *redis_server_tls_address(void);
const char *redis_server_socket(void);

/* The server's own certificate, which is its CA, too. */
const char *redis_server_ca(void);

pid_t redis_server_pid(void);

/* Stops it (its data is gone then) and starts it again on the same ports. */
void redis_server_stop(void);
void redis_server_start(void);

/* A command by a fresh connection, over the local socket; asserts that it is no error. The words end with
 * NULL. */
void redis_run(const char *const words[]);
redisReply *redis_ask(const char *const words[]); /* freeReplyObject is the caller's */
long long redis_number(const char *const words[]);

/* Adds all values of the database, a line each. */
void redis_values(struct strbuf *out);

#endif
