/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's life, and the way of a request to its route; see server.h. Each of the two doors is a
 * libmicrohttpd daemon with one thread.
 */
#include "control/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "control/server_parts.h"

#define SILENT_S 10      /* a connection on which nothing moves */
#define CONNECTION_KB 16 /* memory of one, and so the longest head of a request */
#define LOG_MAX 200

const struct option http_options[] = {
	{.name = "listen",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct server_settings, listen),
	 .fallback = "127.0.0.1:4499",
	 .help = "Where /metrics, /healthz, /readyz and /status are answered, read-only: `HOST:PORT`, an "
		 "IPv6 "
		 "address in brackets, or `off`. Who can reach it can read it: there is no password."},
	{.name = NULL},
};

const struct option control_options[] = {
	{.name = "socket",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct server_settings, socket),
	 .help = "Path of the local socket through which `natmill reload`, `top` and `tap` reach this "
		 "natmill, or "
		 "`off`. Default: a name made of this file's path, in /run/natmill if that can be used, else "
		 "in "
		 "$XDG_RUNTIME_DIR/natmill, else in /tmp/natmill-UID."},
	{.name = NULL},
};

bool server_is_off(const char *option)
{
	return option != NULL && (option[0] == '\0' || strcmp(option, "off") == 0);
}

static bool same_method(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (!route->waits && strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* Queues a refusal and returns NULL when there is no such route. */
static const struct route *find_route(const struct door *d, struct MHD_Connection *c, const char *method,
				      const char *path, enum MHD_Result *rc)
{
	bool known = false;
	for (const struct route *route = d->server->routes; route->method != NULL; route++) {
		if (strcmp(route->path, path) != 0)
			continue;
		known = true;
		if (!same_method(route, method))
			continue;
		if (d->local || route->where == ROUTE_ANYWHERE)
			return route;
		*rc = request_refuse(c, MHD_HTTP_FORBIDDEN, "answered on the local socket only\n");
		return NULL;
	}
	*rc = known ? request_refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "not with this method\n")
		    : request_refuse(c, MHD_HTTP_NOT_FOUND, "no such page\n");
	return NULL;
}

/* Called several times for a request: with its head, with each part of its body, at its end, and again
 * whenever it is resumed. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path, const char *method,
				  const char *version, const char *body, size_t *body_len, void **slot)
{
	struct door *d = cls;
	struct request *r = *slot;
	(void)version;
	(void)body;
	if (r == NULL) {
		enum MHD_Result rc = MHD_NO;
		const struct route *route = find_route(d, c, method, path, &rc);
		if (route == NULL)
			return rc;
		*slot = request_new(d, c, route);
		return MHD_YES;
	}
	if (*body_len > 0) {
		r->body += *body_len;
		*body_len = 0;
		return r->body <= BODY_MAX ? MHD_YES : MHD_NO;
	}
	guard_busy(d, c, true, r->route->waits ? r : NULL);
	return r->route->waits ? request_go_on(r) : request_answer(r);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	(void)why;
	if (*slot == NULL)
		return;
	guard_busy(cls, c, false, NULL);
	request_leave(*slot);
	*slot = NULL;
}

/* What clients do wrong: not an operator's business unless he asks. */
__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list ap)
{
	char text[LOG_MAX];
	(void)cls;
	vsnprintf(text, sizeof text, fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

/* Takes the listening descriptor in any case. */
static int open_door(struct door *d, int fd)
{
	d->daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
				 0, NULL, NULL, on_request, d, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				 (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_KB << 10,
				 MHD_OPTION_NOTIFY_COMPLETED, on_completed, d, MHD_OPTION_NOTIFY_CONNECTION,
				 guard_connection, d, MHD_OPTION_END);
	if (d->daemon != NULL)
		return 0;
	close(fd);
	return -1;
}

static void open_tcp(struct server *s, const char *listen)
{
	struct err e = {0};
	int port = 0;
	if (server_is_off(listen))
		return;
	int fd = server_listen(listen, &port, &e);
	if (fd >= 0 && open_door(&s->tcp, fd) != 0)
		err_set(&e, ERR_SYSTEM, "cannot make a thread");
	if (s->tcp.daemon == NULL)
		log_warn("http: cannot listen on %s: %s; there are no metrics, change the option http.listen",
			 listen, e.msg);
	else
		log_info("http: listening on %.*s:%d", (int)(strrchr(listen, ':') - listen), listen, port);
}

static void open_local(struct server *s, const struct server_config *config)
{
	struct local_paths paths;
	struct err e = {0};
	const char *option = config->settings->socket;
	if (server_is_off(option))
		return;
	local_choose(option, config->file, config->group, &paths);
	int rc = local_listen(&paths, &s->socket, &e);
	if (rc == 0 && open_door(&s->local, s->socket.fd) != 0) {
		err_set(&e, ERR_SYSTEM, "cannot make a thread");
		local_end(&s->socket);
	}
	if (s->local.daemon == NULL)
		log_warn("no local socket: %s; commands such as `natmill reload` cannot reach this natmill, "
			 "set "
			 "the option control.socket",
			 e.msg);
	else
		log_info("local socket: %s", s->socket.path);
}

struct server *server_start(const struct server_config *config)
{
	struct server *s = xcalloc(1, sizeof *s);
	s->routes = config->routes;
	s->context = config->context;
	s->local.local = true;
	s->socket = (struct local_socket){.fd = -1, .lock_fd = -1};
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
	guard_init(s, &s->tcp);
	guard_init(s, &s->local);
	if (guard_start(s) != 0) {
		log_warn("http: cannot make a thread; there are no metrics and no local socket");
	} else {
		open_tcp(s, config->settings->listen);
		open_local(s, config);
	}
	if (s->tcp.daemon != NULL || s->local.daemon != NULL)
		return s;
	server_stop(s);
	return NULL;
}

void server_stop(struct server *s)
{
	if (s == NULL)
		return;
	local_end(&s->socket);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	for (struct request *r = s->waiting; r != NULL; r = r->next)
		request_give_up(r);
	pthread_cond_broadcast(&s->idle);
	pthread_mutex_unlock(&s->lock);
	guard_stop(s);
	pthread_mutex_lock(&s->lock);
	while (s->waiting_count > 0)
		pthread_cond_wait(&s->idle, &s->lock);
	pthread_mutex_unlock(&s->lock);
	if (s->tcp.daemon != NULL)
		MHD_stop_daemon(s->tcp.daemon);
	if (s->local.daemon != NULL)
		MHD_stop_daemon(s->local.daemon);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
