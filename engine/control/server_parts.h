/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the server share: the server, its two doors, a connection, a request; see server.h. The
 * server owns all of them. `lock` guards whatever more than one thread touches; libmicrohttpd's own locks are
 * taken inside it, never the other way round.
 */
#ifndef NATMILL_CONTROL_SERVER_PARTS_H
#define NATMILL_CONTROL_SERVER_PARTS_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "control/local.h"
#include "control/server.h"

#define CONNECTIONS_MAX 64     /* of each door */
#define REQUEST_MS 10000       /* to send a request, and to take a plain answer's next bytes */
#define ANSWER_MS 60000        /* to take a plain answer as a whole */
#define ARGS_MAX 16            /* of a request */
#define BODY_MAX 65536         /* of a request; nobody reads it */
#define WAITING_MAX 16         /* requests that wait, at a time */
#define PLAIN_MAX (32u << 20)  /* bytes of all plain answers under way */
#define STREAM_MAX (256 << 10) /* bytes written and not taken yet, of a request that waits */

struct request_arg {
	char *name;
	char *value;
};

struct request {
	struct server *server;
	struct MHD_Connection *connection;
	const struct route *route;
	struct request_arg args[ARGS_MAX];
	size_t arg_count;
	size_t body; /* bytes of it so far */
	int status;
	const char *type;
	struct strbuf out; /* written */
	/* Of a route that waits, under the lock: */
	size_t taken; /* of out, by the client */
	pthread_cond_t changed;
	bool started;   /* its thread was */
	bool suspended; /* the connection is */
	bool finished;  /* handle has returned */
	bool gone;
	bool woken;
	unsigned users; /* its thread, its connection: the last one frees it */
	struct request *next;
	size_t counted; /* bytes of a plain answer, in server.plain */
};

struct connection {
	int fd; /* -1 = free */
	int64_t since_ms;
	bool ended;              /* shut down; libmicrohttpd has not closed it yet */
	unsigned answers;        /* so far; of libmicrohttpd's thread */
	bool busy;               /* a whole request is here, its answer is not over */
	struct request *request; /* a waiting one; NULL = none */
};

struct door {
	struct server *server;
	bool local;
	struct MHD_Daemon *daemon; /* NULL = closed */
	struct connection connections[CONNECTIONS_MAX];
};

struct server {
	const struct route *routes;
	void *context;
	struct door tcp;
	struct door local;
	struct local_socket socket;
	pthread_mutex_t lock;
	pthread_cond_t idle; /* a waiting request has ended, or stop */
	pthread_t guard;
	bool guarded; /* the thread is there */
	bool stop;
	struct request *waiting;
	unsigned waiting_count;
	size_t plain;
};

/* server_request.c: one request. */
struct request *request_new(struct door *d, struct MHD_Connection *c, const struct route *route);

/* Runs the handler, and queues the answer. */
enum MHD_Result request_answer(struct request *r);

/* Of a route that waits: starts the thread; later, when there is something to send, queues the answer. */
enum MHD_Result request_go_on(struct request *r);

/* The connection has no more use for it. */
void request_leave(struct request *r);

/* With the lock: marks it gone, and has its connection looked at. */
void request_give_up(struct request *r);

/* Queues a short plain answer to a request that gets no handler. */
enum MHD_Result request_refuse(struct MHD_Connection *c, unsigned status, const char *text);

/* server_guard.c: connections. */
void guard_init(struct server *s, struct door *d); /* before guard_start() */

/* Told by libmicrohttpd of each connection's begin and end. */
void guard_connection(void *door, struct MHD_Connection *c, void **slot,
		      enum MHD_ConnectionNotificationCode code);

/* The connection's entry, or NULL. */
struct connection *guard_of(struct MHD_Connection *c);

/* Counts an answer; true when it has to be the connection's last one. libmicrohttpd's thread. */
bool guard_count(struct MHD_Connection *c);
void guard_busy(struct door *d, struct MHD_Connection *c, bool busy, struct request *waiting);

/* A thread that ends connections whose client is too slow, and tells waiting requests whose client has left.
 */
int guard_start(struct server *s);
void guard_stop(struct server *s);

/* server_listen.c: a listening TCP socket for "HOST:PORT", or -1 with e; the port in *port. */
int server_listen(const char *listen, int *port, struct err *e);

#endif
