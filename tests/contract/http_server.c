/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted web server; see http_server.h. Plain blocking sockets: it must be easy to see that it is
 * right.
 */
#include "tests/contract/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"

#define SEEN_MAX 4096
#define CONNECTIONS_MAX 512
#define CRAWL_US 25000

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct http_seen *seen[SEEN_MAX];
static size_t seen_count;
static http_decide *decider;
static unsigned era; /* counts resets */
static int open_fds[CONNECTIONS_MAX];
static unsigned connections;
static int listener = -1;
static int port;
static char url[64];

static struct http_reply fine(const struct http_seen *one, size_t number)
{
	(void)one;
	(void)number;
	return (struct http_reply){.status = 200};
}

static bool put(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, data, n, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		data += done;
		n -= (size_t)done;
	}
	return true;
}

/* Until the reset after that era. */
static void hang(unsigned mine)
{
	pthread_mutex_lock(&guard);
	while (era == mine)
		pthread_cond_wait(&changed, &guard);
	pthread_mutex_unlock(&guard);
}

static void write_head(const struct http_reply *a, size_t len, struct strbuf *out)
{
	strbuf_printf(out, "HTTP/1.1 %d Word\r\n%s", a->status, a->headers != NULL ? a->headers : "");
	if (a->mood == HTTP_CHUNKED || a->mood == HTTP_TORN)
		strbuf_adds(out, "Transfer-Encoding: chunked\r\n\r\n");
	else if (a->status == 204)
		strbuf_adds(out, "\r\n");
	else
		strbuf_printf(out, "Content-Length: %zu\r\n\r\n", len);
}

static bool crawl(int fd, const struct strbuf *all)
{
	for (size_t i = 0; i < all->len; i++) {
		if (!put(fd, all->data + i, 1))
			return false;
		usleep(CRAWL_US);
	}
	return true;
}

/* True when the connection stays. */
static bool answer(int fd, const struct http_reply *a, unsigned mine)
{
	struct strbuf out = {0};
	const char *body = a->body != NULL ? a->body : "";
	size_t len = strlen(body);
	bool stays = true;
	write_head(a, a->mood == HTTP_SHORT ? len / 2 : len, &out);
	size_t head = out.len;
	if (a->mood == HTTP_CHUNKED || a->mood == HTTP_TORN)
		strbuf_printf(&out, "%zx\r\n%s\r\n%s", len, body, a->mood == HTTP_TORN ? "" : "0\r\n\r\n");
	else
		strbuf_adds(&out, body);
	switch (a->mood) {
	case HTTP_WHOLE:
	case HTTP_SHORT:
	case HTTP_CHUNKED:
		stays = put(fd, out.data, out.len);
		break;
	case HTTP_LAST:
	case HTTP_TORN:
		put(fd, out.data, out.len);
		stays = false;
		break;
	case HTTP_HALF_BODY:
		put(fd, out.data, head + len / 2);
		stays = false;
		break;
	case HTTP_HALF_HEAD:
		put(fd, out.data, head - 8);
		stays = false;
		break;
	case HTTP_SILENT:
		stays = false;
		break;
	case HTTP_HANG:
	case HTTP_STALL:
		put(fd, out.data, a->mood == HTTP_HANG ? 0 : head + len / 2);
		hang(mine);
		stays = false;
		break;
	case HTTP_CRAWL:
		stays = crawl(fd, &out);
		break;
	}
	strbuf_free(&out);
	return stays;
}

static bool fill(int fd, struct strbuf *in)
{
	char *to = strbuf_reserve(in, 65536);
	ssize_t n = recv(fd, to, 65536, 0);
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	in->data[in->len] = '\0';
	return true;
}

/* Reads one whole request; NULL when the connection ends. What came behind it stays in in. */
static struct http_seen *take(int fd, struct strbuf *in)
{
	char *end;
	strbuf_adds(in, "");
	while ((end = strstr(in->data, "\r\n\r\n")) == NULL)
		if (!fill(fd, in))
			return NULL;
	size_t head = (size_t)(end - in->data) + 4;
	struct http_seen *one = xcalloc(1, sizeof *one);
	one->head = xcalloc(1, head + 1);
	memcpy(one->head, in->data, head);
	char text[32];
	one->len = strtoul(http_server_header(one, "Content-Length", text, sizeof text), NULL, 10);
	bool whole = true;
	while (whole && in->len < head + one->len)
		whole = fill(fd, in);
	if (!whole) {
		free(one->head);
		free(one);
		return NULL;
	}
	one->body = xcalloc(1, one->len + 1);
	memcpy(one->body, in->data + head, one->len);
	in->len -= head + one->len;
	memmove(in->data, in->data + head + one->len, in->len + 1);
	return one;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct strbuf in = {0};
	struct http_seen *one;
	bool stays = true;
	pthread_mutex_lock(&guard);
	unsigned number = ++connections;
	unsigned mine = era;
	if (number < CONNECTIONS_MAX)
		open_fds[number] = fd;
	pthread_mutex_unlock(&guard);
	while (stays && (one = take(fd, &in)) != NULL) {
		pthread_mutex_lock(&guard);
		struct http_reply reply = decider(one, seen_count);
		one->connection = number;
		one->status = reply.status;
		if (seen_count < SEEN_MAX)
			seen[seen_count++] = one;
		pthread_mutex_unlock(&guard);
		stays = answer(fd, &reply, mine);
	}
	pthread_mutex_lock(&guard);
	if (number < CONNECTIONS_MAX)
		open_fds[number] = 0;
	close(fd);
	pthread_mutex_unlock(&guard);
	strbuf_free(&in);
	return NULL;
}

static void *accept_all(void *arg)
{
	int fd = (int)(intptr_t)arg;
	for (int client; (client = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) != 0)
			abort();
		pthread_detach(thread);
	}
	close(fd);
	return NULL;
}

void http_server_accept(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)port)};
	socklen_t len = sizeof a;
	pthread_t thread;
	int on = 1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 64) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) != 0 ||
	    pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener) != 0)
		abort();
	pthread_detach(thread);
	port = ntohs(a.sin_port);
}

void http_server_refuse(void)
{
	shutdown(listener, SHUT_RDWR); /* accept_all closes it */
	listener = -1;
	/* A connection may still be taken for a moment; it is sure to be over when one is refused. */
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)port)};
	for (int rc = 0; rc == 0;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		rc = connect(fd, (struct sockaddr *)&a, sizeof a);
		close(fd);
	}
}

const char *http_server_url(void)
{
	if (port == 0) {
		decider = fine;
		http_server_accept();
		snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
	}
	return url;
}

void http_server_reset(http_decide *decide)
{
	pthread_mutex_lock(&guard);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (open_fds[i] > 0)
			shutdown(open_fds[i], SHUT_RDWR);
	for (size_t i = 0; i < seen_count; i++) {
		free(seen[i]->head);
		free(seen[i]->body);
		free(seen[i]);
	}
	seen_count = 0;
	decider = decide != NULL ? decide : fine;
	era++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&guard);
}

size_t http_server_count(void)
{
	pthread_mutex_lock(&guard);
	size_t n = seen_count;
	pthread_mutex_unlock(&guard);
	return n;
}

const struct http_seen *http_server_seen(size_t i)
{
	pthread_mutex_lock(&guard);
	const struct http_seen *one = i < seen_count ? seen[i] : NULL;
	pthread_mutex_unlock(&guard);
	return one;
}

const char *http_server_header(const struct http_seen *one, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	buf[0] = '\0';
	for (const char *line = one->head; (line = strstr(line, "\r\n")) != NULL;) {
		line += 2;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " ");
		snprintf(buf, size, "%.*s", (int)strcspn(line, "\r"), line);
		break;
	}
	return buf;
}
