/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking calls on threads of their own; see aside.h. A struct aside belongs to the caller and its thread
 * together: whoever of them lets go of it last frees it.
 */
#include "output/aside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "output/output.h"

enum aside_state { ASIDE_RUNNING, ASIDE_RETURNED, ASIDE_ABANDONED };

struct aside {
	void (*work)(void *arg);
	void (*drop)(void *arg);
	void *arg;
	int done_fd;      /* readable once work has returned */
	atomic_int state; /* decides who clears up */
	atomic_int owners;
};

static void let_go(struct aside *a)
{
	if (atomic_fetch_sub(&a->owners, 1) > 1)
		return;
	close(a->done_fd);
	free(a);
}

static void *run(void *arg)
{
	struct aside *a = arg;
	uint64_t one = 1;
	a->work(a->arg);
	if (atomic_exchange(&a->state, ASIDE_RETURNED) == ASIDE_ABANDONED)
		a->drop(a->arg);
	ssize_t told = write(a->done_fd, &one, sizeof one);
	(void)told; /* an eventfd takes it as long as its counter does not overflow */
	let_go(a);
	return NULL;
}

/* Signals are for the program's own threads. */
static int start(struct aside *a)
{
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&thread, NULL, run, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_detach(thread);
	return rc;
}

int aside_run(struct output_host *host, void (*work)(void *arg), void (*drop)(void *arg), void *arg,
	      int64_t deadline_ms)
{
	struct aside *a = xcalloc(1, sizeof *a);
	a->work = work;
	a->drop = drop;
	a->arg = arg;
	atomic_init(&a->state, ASIDE_RUNNING);
	atomic_init(&a->owners, 2);
	a->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = a->done_fd < 0 ? errno : start(a);
	if (rc != 0) {
		if (a->done_fd >= 0)
			close(a->done_fd);
		free(a);
		errno = rc;
		return -2;
	}
	int bits = output_wait(host, a->done_fd, POLLIN, deadline_ms);
	bool returned = atomic_exchange(&a->state, ASIDE_ABANDONED) == ASIDE_RETURNED;
	let_go(a);
	if (returned)
		return 1;
	return bits < 0 ? -1 : 0;
}
