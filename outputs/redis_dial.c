/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of the output `redis`: one address after the other until one is connected, TLS, then AUTH and
 * SELECT, and PING to hear at once what the server would refuse. Called by redis.c.
 */
#include "outputs/redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "output/lookup.h"

#define KEEPALIVE_S 15 /* of silence before the kernel asks whether the server is still there */

static const char connecting[] = "connecting";

static void set_number(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

/* Waits for a connect(2) under way; 0, 1 = this address does not answer (errno), -1 with r: given up. */
static int finish_connect(struct redis *s, int64_t deadline, struct output_result *r)
{
	int fault = 0;
	socklen_t size = sizeof fault;
	int bits = output_wait(s->env->host, s->fd, POLLOUT, deadline);
	if (bits < 0)
		return redis_lost(s, connecting, "stopped meanwhile", r);
	if (bits == 0)
		fault = ETIMEDOUT;
	else
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
	errno = fault;
	return fault == 0 ? 0 : 1;
}

/* 0, 1 = not this address (errno), -1 with r. */
static int connect_to(struct redis *s, const struct sockaddr *to, socklen_t size, int64_t deadline,
		      struct output_result *r)
{
	s->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return 1;
	if (to->sa_family != AF_UNIX) {
		set_number(s->fd, IPPROTO_TCP, TCP_NODELAY, 1);
		set_number(s->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		set_number(s->fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S);
		set_number(s->fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_S);
	}
	if (connect(s->fd, to, size) == 0)
		return 0;
	int rc = errno == EINPROGRESS ? finish_connect(s, deadline, r) : 1;
	int fault = errno;
	if (rc == 1)
		redis_disconnect(s);
	errno = fault;
	return rc;
}

static int connect_local(struct redis *s, int64_t deadline, struct output_result *r)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(s->address.host);
	if (n >= sizeof to.sun_path)
		return redis_lost(s, connecting, "the path of the socket is too long", r);
	memcpy(to.sun_path, s->address.host, n);
	int rc = connect_to(s, (const struct sockaddr *)(const void *)&to, sizeof to, deadline, r);
	return rc <= 0 ? rc : redis_lost(s, connecting, strerror(errno), r);
}

static int connect_remote(struct redis *s, int64_t deadline, struct output_result *r)
{
	struct addrinfo *found = NULL;
	int rc = lookup_host(s->env->host, s->address.host, s->address.port, deadline, &found);
	if (rc == LOOKUP_GIVEN_UP)
		return redis_lost(s, "looking for the host", "stopped meanwhile", r);
	if (rc != 0)
		return redis_lost(s, "no address of the host", gai_strerror(rc), r);
	int64_t left = 0;
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
		left++;
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next, left--) {
		int64_t now = clock_mono_ms(); /* one that never answers leaves the others their share */
		rc = connect_to(s, a->ai_addr, a->ai_addrlen, now + (deadline - now) / left, r);
		if (rc <= 0)
			break;
	}
	int fault = errno;
	freeaddrinfo(found);
	return rc <= 0 ? rc : redis_lost(s, connecting, strerror(fault), r);
}

/* What the answer to the login's i-th command means; 0, or -1 with r. */
static int judge_login(struct redis *s, const char *command, struct output_result *r)
{
	const char *text = s->reply.text;
	if (s->reply.type != REDIS_REPLY_ERROR)
		return 0;
	/* Whoever may only SET cannot ping, and need not. */
	if (strcmp(command, "PING") == 0 && strncmp(text, "NOPERM", 6) == 0)
		return 0;
	redis_refuse(s, command, text, r);
	redis_disconnect(s);
	r->reopen = true;
	return -1;
}

/* AUTH, as far as there is a password: 1 = asked, 0 = there is none, -1 with r. */
static int add_auth(struct redis *s, struct output_result *r)
{
	const char *user = s->options->user;
	struct err e;
	if (secret_now(&s->options->password, &s->password, &e) != 0) {
		output_retry(r, true, "redis %s: password_file %s", s->where, e.msg);
		r->reopen = true;
		redis_disconnect(s);
		return -1;
	}
	const char *password = s->password;
	if (password == NULL)
		return 0;
	if (user != NULL)
		redis_add_command(s, (const char *const[]){"AUTH", user, password}, 3);
	else
		redis_add_command(s, (const char *const[]){"AUTH", password}, 2);
	return 1;
}

static int log_in(struct redis *s, int64_t deadline, struct output_result *r)
{
	const struct redis_options *o = s->options;
	const char *asked[3];
	size_t n = 0;
	char database[24];
	snprintf(database, sizeof database, "%lld", (long long)o->database);
	int auth = add_auth(s, r);
	if (auth < 0)
		return -1;
	if (auth > 0)
		asked[n++] = "AUTH";
	if (o->database != 0) {
		redis_add_command(s, (const char *const[]){"SELECT", database}, 2);
		asked[n++] = "SELECT";
	}
	redis_add_command(s, (const char *const[]){"PING"}, 1);
	asked[n++] = "PING";
	for (size_t i = 0; i < n;) {
		if (redis_exchange(s, deadline, connecting, r) != 0)
			return -1;
		int more = 1;
		while (i < n && (more = redis_next_reply(s, connecting, r)) > 0)
			if (judge_login(s, asked[i++], r) != 0)
				return -1;
		if (more < 0)
			return -1;
	}
	return 0;
}

int redis_dial(struct redis *s, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + s->options->connect_timeout;
	redis_disconnect(s);
	int rc = s->address.local ? connect_local(s, deadline, r) : connect_remote(s, deadline, r);
	if (rc != 0 || (s->options->tls && redis_tls_start(s, deadline, r) != 0))
		return -1;
	return log_in(s, deadline, r);
}
