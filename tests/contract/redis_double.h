/* SPDX-License-Identifier: Apache-2.0
 *
 * A server that speaks the protocol of Redis and answers as a test tells it, for what the real one cannot be
 * made to say: a refusal of one key, half an answer, the words of a cluster. A thread; one connection at a
 * time.
 */
#ifndef NATMILL_TESTS_REDIS_DOUBLE_H
#define NATMILL_TESTS_REDIS_DOUBLE_H

#include <pthread.h>
#include <stdbool.h>

#define REDIS_CUT ((const char *)0) /* instead of an answer: the connection ends */

struct redis_double {
	char address[96]; /* "unix:/path" */
	int listener;
	pthread_t thread;
	/* The answer to the SET of a key, as it goes over the wire; all other commands are answered +OK. */
	const char *(*_Atomic answer)(struct redis_double *d, const char *key);
	_Atomic unsigned sets;   /* asked for so far */
	_Atomic unsigned opened; /* connections */
	void *test;              /* the test's own */
};

/* path: of the socket to make. */
void redis_double_start(struct redis_double *d, const char *path);
void redis_double_stop(struct redis_double *d);

#endif
