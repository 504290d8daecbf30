/* SPDX-License-Identifier: Apache-2.0
 *
 * One request: what a handler may ask of it, and how its answer gets to the client; see server.h. A route
 * that waits has a thread: its connection is suspended while there is nothing to send, and resumed by what
 * the thread writes.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "control/server_parts.h"

#define STREAM_BLOCK 32768

static enum MHD_Result keep_arg(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request *r = cls;
	(void)kind;
	if (r->arg_count == ARGS_MAX)
		return MHD_NO;
	r->args[r->arg_count++] =
		(struct request_arg){.name = xstrdup(name), .value = xstrdup(value != NULL ? value : "")};
	return MHD_YES;
}

struct request *request_new(struct door *d, struct MHD_Connection *c, const struct route *route)
{
	struct request *r = xcalloc(1, sizeof *r);
	*r = (struct request){.server = d->server,
			      .connection = c,
			      .route = route,
			      .status = MHD_HTTP_OK,
			      .type = "text/plain; charset=utf-8",
			      .users = 1};
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, keep_arg, r);
	return r;
}

/* With the lock. */
static void put(struct request *r)
{
	if (--r->users > 0)
		return;
	for (size_t i = 0; i < r->arg_count; i++) {
		free(r->args[i].name);
		free(r->args[i].value);
	}
	pthread_cond_destroy(&r->changed);
	strbuf_free(&r->out);
	free(r);
}

void request_leave(struct request *r)
{
	struct server *s = r->server;
	pthread_mutex_lock(&s->lock);
	s->plain -= r->counted;
	r->gone = true;
	r->connection = NULL;
	pthread_cond_broadcast(&r->changed);
	put(r);
	pthread_mutex_unlock(&s->lock);
}

static enum MHD_Result queue(struct MHD_Connection *c, unsigned status, const char *type,
			     struct MHD_Response *response)
{
	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
	if (guard_count(c))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result rc = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return rc;
}

enum MHD_Result request_refuse(struct MHD_Connection *c, unsigned status, const char *text)
{
	union {
		const char *in;
		void *out;
	} body = {.in = text}; /* copied */
	return queue(c, status, "text/plain; charset=utf-8",
		     MHD_create_response_from_buffer(strlen(text), body.out, MHD_RESPMEM_MUST_COPY));
}

/* Every answer waits in memory until its client has taken it; that many clients that take nothing must not
 * fill it. */
static bool admit(struct request *r)
{
	struct server *s = r->server;
	pthread_mutex_lock(&s->lock);
	bool fits = s->plain + r->out.len <= PLAIN_MAX;
	if (fits)
		s->plain += r->counted = r->out.len;
	pthread_mutex_unlock(&s->lock);
	return fits;
}

enum MHD_Result request_answer(struct request *r)
{
	r->route->handle(r, r->server->context);
	if (!admit(r))
		return request_refuse(r->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				      "too many answers wait for slow clients; ask again\n");
	strbuf_reserve(&r->out, 0);
	/* The answer lies in the request, which libmicrohttpd gives back when it is done with both. */
	return queue(r->connection, (unsigned)r->status, r->type,
		     MHD_create_response_from_buffer(r->out.len, r->out.data, MHD_RESPMEM_PERSISTENT));
}

/* With the lock. */
static void resume(struct request *r)
{
	if (!r->suspended || r->connection == NULL)
		return;
	r->suspended = false;
	MHD_resume_connection(r->connection);
}

static void suspend(struct request *r)
{
	r->suspended = true;
	MHD_suspend_connection(r->connection);
}

void request_give_up(struct request *r)
{
	r->gone = true;
	pthread_cond_broadcast(&r->changed);
	resume(r);
}

static ssize_t next_bytes(void *cls, uint64_t at, char *to, size_t max)
{
	struct request *r = cls;
	(void)at;
	pthread_mutex_lock(&r->server->lock);
	size_t n = r->out.len - r->taken;
	ssize_t rc = 0;
	if (n > 0 && !r->gone) {
		rc = (ssize_t)(n < max ? n : max);
		memcpy(to, r->out.data + r->taken, (size_t)rc);
		r->taken += (size_t)rc;
		pthread_cond_broadcast(&r->changed);
	} else if (r->gone) {
		rc = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (r->finished) {
		rc = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		suspend(r);
	}
	pthread_mutex_unlock(&r->server->lock);
	return rc;
}

static void *handle_main(void *arg)
{
	struct request *r = arg;
	struct server *s = r->server;
	r->route->handle(r, s->context);
	pthread_mutex_lock(&s->lock);
	r->finished = true;
	resume(r);
	struct request **at = &s->waiting;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	s->waiting_count--;
	pthread_cond_broadcast(&s->idle);
	put(r);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* With the lock. */
static bool start_thread(struct request *r)
{
	struct server *s = r->server;
	pthread_t thread;
	pthread_attr_t detached;
	if (s->stop || s->waiting_count == WAITING_MAX)
		return false;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&thread, &detached, handle_main, r); /* it waits for the lock at its end */
	pthread_attr_destroy(&detached);
	if (rc != 0)
		return false;
	r->started = true;
	r->users++;
	r->next = s->waiting;
	s->waiting = r;
	s->waiting_count++;
	return true;
}

enum MHD_Result request_go_on(struct request *r)
{
	struct server *s = r->server;
	pthread_mutex_lock(&s->lock);
	bool refused = !r->started && !start_thread(r);
	bool gone = r->gone;
	bool ready = r->out.len > 0 || r->finished; /* then the handler changes status and type no more */
	if (!refused && !gone && !ready)
		suspend(r);
	pthread_mutex_unlock(&s->lock);
	if (refused)
		return request_refuse(r->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				      "too many such requests are under way, or natmill is about to end\n");
	if (gone)
		return MHD_NO;
	return !ready ? MHD_YES
		      : queue(r->connection, (unsigned)r->status, r->type,
			      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, next_bytes, r,
								NULL));
}

const char *request_arg(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->arg_count; i++)
		if (strcmp(r->args[i].name, name) == 0)
			return r->args[i].value;
	return NULL;
}

void request_status(struct request *r, int status)
{
	r->status = status;
}

void request_type(struct request *r, const char *type)
{
	r->type = type;
}

static struct timespec in_ms(int ms)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (ms % 1000) * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

/* With the lock: until the client has taken enough. */
static void wait_for_room(struct request *r)
{
	struct timespec until = in_ms(REQUEST_MS);
	size_t taken = r->taken;
	while (r->out.len - r->taken >= STREAM_MAX && !r->gone) {
		if (pthread_cond_timedwait(&r->changed, &r->server->lock, &until) == ETIMEDOUT &&
		    r->taken == taken)
			request_give_up(r);
		if (r->taken != taken)
			until = in_ms(REQUEST_MS);
		taken = r->taken;
	}
	if (r->taken == 0)
		return;
	memmove(r->out.data, r->out.data + r->taken, r->out.len - r->taken);
	r->out.len -= r->taken;
	r->taken = 0;
}

bool request_write(struct request *r, const void *data, size_t n)
{
	if (!r->route->waits) {
		strbuf_add(&r->out, data, n);
		return true;
	}
	pthread_mutex_lock(&r->server->lock);
	wait_for_room(r);
	bool goes = !r->gone;
	if (goes && n > 0) {
		strbuf_add(&r->out, data, n);
		resume(r);
	}
	pthread_mutex_unlock(&r->server->lock);
	return goes;
}

bool request_printf(struct request *r, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	bool goes = n >= 0 && request_write(r, text, (size_t)n);
	free(text);
	return goes;
}

bool request_gone(struct request *r)
{
	pthread_mutex_lock(&r->server->lock);
	bool gone = r->gone;
	pthread_mutex_unlock(&r->server->lock);
	return gone;
}

void request_wait(struct request *r, int ms)
{
	struct timespec until = in_ms(ms);
	pthread_mutex_lock(&r->server->lock);
	while (!r->woken && !r->gone &&
	       pthread_cond_timedwait(&r->changed, &r->server->lock, &until) != ETIMEDOUT)
		;
	r->woken = false;
	pthread_mutex_unlock(&r->server->lock);
}

void request_wake(struct request *r)
{
	pthread_mutex_lock(&r->server->lock);
	r->woken = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->server->lock);
}
