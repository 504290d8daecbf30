/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes and replies of the output `redis`: a non-blocking socket, in clear or through TLS, every wait through
 * the engine. hiredis' reader cuts the answers into replies; it is given functions that keep only the latest
 * one, so no reply costs an allocation. A connection that fails in the middle of something is closed: what
 * the server has taken of it is not known, and will be sent again.
 */
#include "outputs/redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PIECE_BYTES 16384 /* read at a time */

/* hiredis' way to build replies: all are the one in its private data, which is a struct redis_reply. */
static void *keep(const redisReadTask *task, char *text, size_t len)
{
	struct redis_reply *reply = task->privdata;
	size_t n = len < sizeof reply->text ? len : sizeof reply->text - 1;
	reply->type = task->type;
	reply->len = len;
	memcpy(reply->text, text, n);
	reply->text[n] = '\0';
	return reply;
}

static void *keep_type(const redisReadTask *task)
{
	return keep(task, (char[]){""}, 0);
}

static void *keep_integer(const redisReadTask *task, long long value)
{
	(void)value;
	return keep_type(task);
}

#if HIREDIS_MAJOR >= 1
static void *keep_array(const redisReadTask *task, size_t elements)
#else
static void *keep_array(const redisReadTask *task, int elements)
#endif
{
	(void)elements;
	return keep_type(task);
}

static void keep_nothing(void *reply)
{
	(void)reply;
}

static redisReplyObjectFunctions keepers = {
	.createString = keep,
	.createArray = keep_array,
	.createInteger = keep_integer,
	.createNil = keep_type,
	.freeObject = keep_nothing,
};

/* A reader that begins anew; the former one may be in the middle of a reply. */
static int new_reader(struct redis *s)
{
	s->reader = redisReaderCreateWithFunctions(&keepers);
	if (s->reader == NULL)
		return -1;
	s->reader->privdata = &s->reply;
	s->reader->maxbuf = 0; /* its buffer is kept */
	return 0;
}

void redis_disconnect(struct redis *s)
{
	if (s->ssl != NULL)
		redis_tls_end(s);
	if (s->fd >= 0)
		close(s->fd);
	if (s->reader != NULL)
		redisReaderFree(s->reader);
	s->fd = -1;
	s->reader = NULL;
	s->awaited = 0;
	s->sent = 0;
	strbuf_reset(&s->out);
	secret_forget(s->password);
	s->password = NULL;
}

int redis_lost(struct redis *s, const char *doing, const char *why, struct output_result *r)
{
	output_retry(r, false, "redis %s: %s: %s", s->where, doing, why);
	redis_disconnect(s); /* why may be the reader's */
	r->reopen = true;
	return -1;
}

/* After a read or write that failed. */
static int broke(struct redis *s, const char *doing, struct output_result *r)
{
	char words[160];
	unsigned long code = errno == EPROTO ? ERR_get_error() : 0;
	ERR_clear_error();
	if (code != 0)
		ERR_error_string_n(code, words, sizeof words);
	else
		snprintf(words, sizeof words, "%s", strerror(errno));
	return redis_lost(s, doing, words, r);
}

int redis_wait(struct redis *s, short events, int64_t deadline, const char *doing, struct output_result *r)
{
	int bits = output_wait(s->env->host, s->fd, events, deadline);
	if (bits > 0)
		return 0;
	return redis_lost(s, doing, bits < 0 ? "stopped meanwhile" : "no answer in time", r);
}

static ssize_t read_some(struct redis *s, void *to, size_t n, short *want)
{
	*want = POLLIN;
	if (s->ssl != NULL)
		return redis_tls_read(s, to, n, want);
	return recv(s->fd, to, n, 0);
}

static ssize_t write_some(struct redis *s, const void *from, size_t n, short *want)
{
	*want = POLLOUT;
	if (s->ssl != NULL)
		return redis_tls_write(s, from, n, want);
	return send(s->fd, from, n, MSG_NOSIGNAL);
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* 1 = something was sent, 0 = no room (*want is what to wait for) or nothing to send, -1 with r. */
static int push(struct redis *s, short *want, const char *doing, struct output_result *r)
{
	int progress = 0;
	*want = 0;
	while (s->sent < s->out.len) {
		ssize_t n = write_some(s, s->out.data + s->sent, s->out.len - s->sent, want);
		if (n < 0 && would_block())
			return progress;
		if (n <= 0)
			return broke(s, doing, r);
		s->sent += (size_t)n;
		progress = 1;
	}
	*want = 0;
	s->sent = 0;
	strbuf_reset(&s->out);
	return progress;
}

/* The same for what comes in: all that TLS may hold back is taken, so that the socket tells of the rest. */
static int pull(struct redis *s, short *want, const char *doing, struct output_result *r)
{
	char piece[PIECE_BYTES];
	int progress = 0;
	for (;;) {
		ssize_t n = read_some(s, piece, sizeof piece, want);
		if (n < 0 && would_block())
			return progress;
		if (n < 0)
			return broke(s, doing, r);
		if (n == 0 && progress)
			return progress; /* what it said last is worth to be heard */
		if (n == 0)
			return redis_lost(s, doing, "the server has closed the connection", r);
		if (redisReaderFeed(s->reader, piece, (size_t)n) != REDIS_OK)
			return redis_lost(s, doing, s->reader->errstr, r);
		progress = 1;
		if (s->ssl == NULL && (size_t)n < sizeof piece)
			return progress;
	}
}

int redis_exchange(struct redis *s, int64_t deadline, const char *doing, struct output_result *r)
{
	if (s->reader == NULL && new_reader(s) != 0)
		return redis_lost(s, doing, "out of memory", r);
	for (;;) {
		short to_write = 0;
		short to_read = 0;
		int sent = push(s, &to_write, doing, r);
		if (sent < 0)
			return -1;
		int came = pull(s, &to_read, doing, r);
		if (came < 0)
			return -1;
		if (sent > 0 || came > 0)
			return 0;
		if (redis_wait(s, (short)(to_write | to_read), deadline, doing, r) != 0)
			return -1;
	}
}

int redis_next_reply(struct redis *s, const char *doing, struct output_result *r)
{
	void *reply = NULL;
	if (redisReaderGetReply(s->reader, &reply) != REDIS_OK)
		return redis_lost(s, doing, s->reader->errstr, r);
	if (reply == NULL)
		return 0;
	if (s->awaited == 0)
		return redis_lost(s, doing, "an answer that nobody asked for", r);
	s->awaited--;
	return 1;
}

bool redis_is_alive(struct redis *s)
{
	char byte;
	short want;
	if (s->fd < 0 || s->awaited > 0)
		return false;
	ssize_t n = read_some(s, &byte, 1, &want);
	ERR_clear_error();
	return n < 0 && would_block();
}
