/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and stops the server; see redis_server.h.
 */
#include "tests/contract/redis_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/contract/server_process.h"

static struct server_process server;
static char port[16];
static char tls_port[16];
static char address[64];
static char tls_address[64];
static char path[96]; /* of the local socket */
static char unix_address[112];
static char certificate[96];
static char key[96];

static bool ready(void *ctx)
{
	(void)ctx;
	redisContext *c = redisConnectUnix(path);
	bool up = c != NULL && c->err == 0;
	redisReply *reply = up ? redisCommand(c, "PING") : NULL;
	up = reply != NULL && reply->type == REDIS_REPLY_STATUS;
	freeReplyObject(reply);
	redisFree(c);
	return up;
}

static void stop_at_exit(void)
{
	server_remove(&server);
}

void redis_server_start(void)
{
	const char *const argv[] = {"redis-server",
				    "--port",
				    port,
				    "--bind",
				    "127.0.0.1",
				    "--tls-port",
				    tls_port,
				    "--tls-cert-file",
				    certificate,
				    "--tls-key-file",
				    key,
				    "--tls-auth-clients",
				    "no",
				    "--unixsocket",
				    path,
				    "--save",
				    "",
				    "--appendonly",
				    "no",
				    "--dir",
				    server.folder,
				    NULL};
	process_start(&server, argv, NULL);
	server_await(&server, ready, NULL);
}

void redis_server_stop(void)
{
	process_stop(&server, SIGKILL);
}

static void make(void)
{
	if (server.pid != 0)
		return;
	server_folder(&server, "redis");
	snprintf(port, sizeof port, "%d", server_free_port());
	snprintf(tls_port, sizeof tls_port, "%d", server_free_port());
	snprintf(address, sizeof address, "127.0.0.1:%s", port);
	snprintf(tls_address, sizeof tls_address, "localhost:%s", tls_port);
	snprintf(path, sizeof path, "%s/socket", server.folder);
	snprintf(unix_address, sizeof unix_address, "unix:%s", path);
	snprintf(certificate, sizeof certificate, "%s/server.pem", server.folder);
	snprintf(key, sizeof key, "%s/server.key", server.folder);
	server_shell(
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
		"-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s "
		"2> /dev/null",
		key, certificate);
	atexit(stop_at_exit);
	redis_server_start();
}

const char *redis_server_address(void)
{
	make();
	return address;
}

const char *redis_server_tls_address(void)
{
	make();
	return tls_address;
}

const char *redis_server_socket(void)
{
	make();
	return unix_address;
}

const char *redis_server_ca(void)
{
	make();
	return certificate;
}

pid_t redis_server_pid(void)
{
	make();
	return server.pid;
}

redisReply *redis_ask(const char *const words[])
{
	int n = 0;
	const char *argv[16];
	for (; words[n] != NULL; n++)
		argv[n] = words[n];
	make();
	redisContext *c = redisConnectUnix(path);
	assert_non_null(c);
	redisReply *reply = redisCommandArgv(c, n, argv, NULL);
	if (reply == NULL)
		fail_msg("%s: %s", words[0], c->errstr);
	redisFree(c);
	if (reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", words[0], reply->str);
	return reply;
}

void redis_run(const char *const words[])
{
	freeReplyObject(redis_ask(words));
}

long long redis_number(const char *const words[])
{
	redisReply *reply = redis_ask(words);
	assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
	long long number = reply->integer;
	freeReplyObject(reply);
	return number;
}

void redis_values(struct strbuf *out)
{
	redisReply *keys = redis_ask((const char *const[]){"KEYS", "*", NULL});
	redisContext *c = redisConnectUnix(path);
	for (size_t i = 0; i < keys->elements; i++) {
		redisReply *value = redisCommand(c, "GET %b", keys->element[i]->str, keys->element[i]->len);
		assert_non_null(value);
		assert_int_equal(value->type, REDIS_REPLY_STRING);
		strbuf_add(out, value->str, (size_t)value->len);
		strbuf_addc(out, '\n');
		freeReplyObject(value);
	}
	redisFree(c);
	freeReplyObject(keys);
}
