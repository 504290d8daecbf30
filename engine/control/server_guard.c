/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and how long they may take: libmicrohttpd knows only how long one may be silent, so a client
 * that sends a byte now and then would keep its place for ever. A thread looks at all of them every half
 * second; one that is too slow is shut down, which libmicrohttpd then notices. Nothing here is closed: that
 * is its job.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "control/server_parts.h"

#define LOOK_MS 500
#define CROWDED (CONNECTIONS_MAX - 8) /* from here on a new connection ends the one that waits longest */
#define REQUESTS_MAX 200              /* of one connection; a client that goes on makes another */

void guard_init(struct server *s, struct door *d)
{
	d->server = s;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		d->connections[i] = (struct connection){.fd = -1};
}

struct connection *guard_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info != NULL ? info->socket_context : NULL;
}

bool guard_count(struct MHD_Connection *c)
{
	struct connection *place = guard_of(c);
	return place != NULL && ++place->answers >= REQUESTS_MAX;
}

/* Whether a client sends slowly or takes slowly: a quick one has waited a few milliseconds at most. */
static void make_room(struct door *d)
{
	struct connection *oldest = NULL;
	size_t n = 0;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &d->connections[i];
		if (c->fd < 0 || c->ended)
			continue;
		n++;
		if (c->request == NULL && (oldest == NULL || c->since_ms < oldest->since_ms))
			oldest = c;
	}
	if (n <= CROWDED || oldest == NULL)
		return;
	oldest->ended = true;
	shutdown(oldest->fd, SHUT_RDWR);
}

void guard_connection(void *door, struct MHD_Connection *c, void **slot,
		      enum MHD_ConnectionNotificationCode code)
{
	struct door *d = door;
	struct connection *place = *slot;
	pthread_mutex_lock(&d->server->lock);
	if (code == MHD_CONNECTION_NOTIFY_CLOSED && place != NULL) {
		place->fd = -1;
	} else if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		make_room(d);
		for (size_t i = 0; i < CONNECTIONS_MAX && place == NULL; i++)
			if (d->connections[i].fd < 0)
				place = &d->connections[i];
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (place != NULL && info != NULL)
			*place = (struct connection){.fd = info->connect_fd, .since_ms = clock_mono_ms()};
		*slot = place;
	}
	pthread_mutex_unlock(&d->server->lock);
}

void guard_busy(struct door *d, struct MHD_Connection *c, bool busy, struct request *waiting)
{
	struct connection *place = guard_of(c);
	if (place == NULL)
		return;
	pthread_mutex_lock(&d->server->lock);
	place->busy = busy;
	place->request = waiting;
	place->since_ms = clock_mono_ms();
	pthread_mutex_unlock(&d->server->lock);
}

static bool has_left(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void look(struct door *d, int64_t now)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &d->connections[i];
		if (c->fd < 0)
			continue;
		if (c->request != NULL) {
			if (c->request->gone) /* also one whose client takes nothing */
				shutdown(c->fd, SHUT_RDWR);
			else if (has_left(c->fd))
				request_give_up(c->request);
		} else if (now - c->since_ms > (c->busy ? ANSWER_MS : REQUEST_MS)) {
			shutdown(c->fd, SHUT_RDWR);
		}
	}
}

static void *guard_main(void *arg)
{
	struct server *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		look(&s->tcp, clock_mono_ms());
		look(&s->local, clock_mono_ms());
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_MS * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&s->idle, &s->lock, &until);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int guard_start(struct server *s)
{
	int rc = pthread_create(&s->guard, NULL, guard_main, s);
	s->guarded = rc == 0;
	if (rc == 0)
		pthread_setname_np(s->guard, "http-guard");
	return rc == 0 ? 0 : -1;
}

void guard_stop(struct server *s)
{
	if (!s->guarded)
		return;
	pthread_join(s->guard, NULL);
	s->guarded = false;
}
