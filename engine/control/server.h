/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server of a running natmill: read-only on TCP, and the same on a local socket that takes control
 * requests too (the commands reload, top, tap ask there, by cli/ask.h). Started and stopped by
 * control/engine.
 *
 * To add a route: write a function as `handle` below says, declare it in a header of its own, and add one row
 * to routes.c. A short answer is made on the server's thread: no waiting, no lock that a worker holds for
 * long. A route that `waits` runs on a thread of its own: it may take as long as it likes, and what it writes
 * goes to the client at once (chunked). Such a handler returns soon (a second) after request_gone() has
 * become true.
 */
#ifndef NATMILL_CONTROL_SERVER_H
#define NATMILL_CONTROL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/option.h"

struct server_settings {
	char *listen; /* of `http`: "HOST:PORT", "[IPV6]:PORT"; empty or "off" = none */
	char *socket; /* of `control`: path; NULL = chosen, see local.h; "off" = none */
};

extern const struct option http_options[];
extern const struct option control_options[];

struct request;

enum route_where {
	ROUTE_ANYWHERE, /* must change nothing and tell no secrets */
	ROUTE_LOCAL,    /* on the local socket only: its clients are the same user, or root */
};

struct route {
	const char *method; /* "GET" (HEAD is answered too) or "POST"; NULL ends a table */
	const char *path;   /* "/reload" */
	enum route_where where;
	bool waits; /* on a thread of its own */
	void (*handle)(struct request *r, void *context);
};

/* The value of ?name=VALUE, "" when it has none, or NULL. Lives as long as the request. */
const char *request_arg(const struct request *r, const char *name);

/* Before the first write; 200 and plain text without. type has static storage. */
void request_status(struct request *r, int status);
void request_type(struct request *r, const char *type);

/* Adds to the answer. In a route that waits it may block while the client is slow to read, at most 10 s;
 * false = nobody reads any more, return. In others it is always true. */
bool request_write(struct request *r, const void *data, size_t n);
bool request_printf(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For routes that wait. True when the client has left or the server stops. Any thread, while handle runs. */
bool request_gone(struct request *r);

/* Waits until so many milliseconds have passed, somebody calls request_wake(), or request_gone(). */
void request_wait(struct request *r, int ms);

/* Ends a request_wait(), the present or else the next. Any thread, while handle runs. */
void request_wake(struct request *r);

struct server;

struct server_config {
	const struct server_settings *settings;
	const char *file;  /* the configuration's, NULL = none: the local socket's name is made of it */
	const char *group; /* Kafka's: the name without a file */
	const struct route *routes;
	void *context; /* for handle; outlives the server */
};

/* What cannot be listened on is a warning in the log: natmill works without. NULL when that leaves nothing.
 * Call it with the signals blocked that the threads must not get. config->routes must outlive the server. */
struct server *server_start(const struct server_config *config);

/* Waits for the handlers under way; they see request_gone(). NULL is legal. */
void server_stop(struct server *s);

/* An option that is empty or "off"; NULL is not. */
bool server_is_off(const char *option);

/* "HOST:PORT" of `listen` in a form that can be listened on? For the configuration's check: -1 with e. */
int server_check_listen(const char *listen, struct err *e);

#endif
