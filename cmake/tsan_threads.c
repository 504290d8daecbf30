/* SPDX-License-Identifier: Apache-2.0
 *
 * C11 threads for the tsan build, over pthreads. The thread sanitizer knows only those: a thread that
 * librdkafka starts with thrd_create would crash at its first malloc, and its locks would not be seen. Linked
 * into every program of that build, in the place of libc's functions; glibc's C11 types hold its pthread
 * types.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t),
	       "libc's C11 types are not its pthread types");

#define MUTEX(m) ((pthread_mutex_t *)(void *)(m))
#define COND(c) ((pthread_cond_t *)(void *)(c))

struct start {
	thrd_start_t function;
	void *argument;
};

static int result(int error)
{
	return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

static void *run(void *memory)
{
	struct start start = *(struct start *)memory;
	free(memory);
	return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	struct start *start = malloc(sizeof *start);
	if (start == NULL)
		return thrd_nomem;
	*start = (struct start){function, argument};
	int error = pthread_create(thread, NULL, run, start);
	if (error != 0)
		free(start);
	return result(error);
}

int thrd_join(thrd_t thread, int *value)
{
	void *returned = NULL;
	int error = pthread_join(thread, &returned);
	if (value != NULL)
		*value = (int)(intptr_t)returned;
	return result(error);
}

int mtx_init(mtx_t *m, int type)
{
	pthread_mutexattr_t attributes;
	pthread_mutexattr_init(&attributes);
	if ((type & mtx_recursive) != 0)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	return result(pthread_mutex_init(MUTEX(m), &attributes));
}

int mtx_lock(mtx_t *m)
{
	return result(pthread_mutex_lock(MUTEX(m)));
}

int mtx_trylock(mtx_t *m)
{
	int error = pthread_mutex_trylock(MUTEX(m));
	return error == EBUSY ? thrd_busy : result(error);
}

int mtx_unlock(mtx_t *m)
{
	return result(pthread_mutex_unlock(MUTEX(m)));
}

void mtx_destroy(mtx_t *m)
{
	pthread_mutex_destroy(MUTEX(m));
}

int cnd_init(cnd_t *c)
{
	return result(pthread_cond_init(COND(c), NULL));
}

int cnd_signal(cnd_t *c)
{
	return result(pthread_cond_signal(COND(c)));
}

int cnd_broadcast(cnd_t *c)
{
	return result(pthread_cond_broadcast(COND(c)));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
	return result(pthread_cond_wait(COND(c), MUTEX(m)));
}

int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict until)
{
	return result(pthread_cond_timedwait(COND(c), MUTEX(m), until));
}

void cnd_destroy(cnd_t *c)
{
	pthread_cond_destroy(COND(c));
}
