/* SPDX-License-Identifier: Apache-2.0
 *
 * The lock is an eventfd that counts one free turn: reading takes it, writing gives it back, and poll(2) can
 * wait for it, which a mutex cannot. The list of locks belongs to the process; see lock.h.
 */
#include "output/lock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "output/output.h"

struct lock {
	struct lock *next;
	char *name;
	unsigned users;
	int fd;
};

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lock *list;

static struct lock *add(const char *name)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (fd < 0)
		return NULL;
	struct lock *l = xcalloc(1, sizeof *l);
	l->name = xstrdup(name);
	l->fd = fd;
	l->next = list;
	list = l;
	return l;
}

struct lock *lock_get(const char *name)
{
	pthread_mutex_lock(&list_mutex);
	struct lock *l = list;
	while (l != NULL && strcmp(l->name, name) != 0)
		l = l->next;
	if (l == NULL)
		l = add(name);
	if (l != NULL)
		l->users++;
	pthread_mutex_unlock(&list_mutex);
	return l;
}

static void remove_from_list(struct lock *l)
{
	struct lock **at = &list;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
}

void lock_put(struct lock *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&list_mutex);
	bool last = --l->users == 0;
	if (last)
		remove_from_list(l);
	pthread_mutex_unlock(&list_mutex);
	if (!last)
		return;
	close(l->fd);
	free(l->name);
	free(l);
}

static bool try_take(struct lock *l)
{
	uint64_t turn;
	ssize_t n;
	do {
		n = read(l->fd, &turn, sizeof turn);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof turn;
}

int lock_take(struct lock *l, struct output_host *host, int64_t deadline_ms)
{
	while (!try_take(l)) {
		if (output_wait(host, l->fd, POLLIN, deadline_ms) < 0)
			return -1;
		if (clock_mono_ms() >= deadline_ms)
			return try_take(l) ? 1 : 0;
	}
	return 1;
}

void lock_release(struct lock *l)
{
	const uint64_t turn = 1;
	ssize_t n;
	do {
		n = write(l->fd, &turn, sizeof turn);
	} while (n < 0 && errno == EINTR);
}
