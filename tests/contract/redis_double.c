/* SPDX-License-Identifier: Apache-2.0
 *
 * The double of a Redis server; see redis_double.h.
 */
#include "tests/contract/redis_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Answers one command; false = cut. */
static bool answer_one(struct redis_double *d, int fd, const redisReply *command)
{
	const char *text = "+OK\r\n";
	if (strcmp(command->element[0]->str, "SET") == 0) {
		d->sets++;
		text = d->answer(d, command->element[1]->str);
	}
	if (text == REDIS_CUT)
		return false;
	size_t n = strlen(text);
	return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void serve(struct redis_double *d, int fd)
{
	char piece[16384];
	redisReader *reader = redisReaderCreate();
	ssize_t n;
	bool go_on = true;
	while (go_on && (n = read(fd, piece, sizeof piece)) > 0) {
		void *command = NULL;
		redisReaderFeed(reader, piece, (size_t)n);
		while (go_on && redisReaderGetReply(reader, &command) == REDIS_OK && command != NULL) {
			go_on = answer_one(d, fd, command);
			freeReplyObject(command);
		}
	}
	redisReaderFree(reader);
	close(fd);
}

static void *run(void *arg)
{
	struct redis_double *d = arg;
	int fd;
	while ((fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		d->opened++;
		serve(d, fd);
	}
	return NULL;
}

void redis_double_start(struct redis_double *d, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	snprintf(d->address, sizeof d->address, "unix:%s", path);
	d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(d->listener >= 0);
	assert_int_equal(bind(d->listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(d->listener, 8), 0);
	assert_int_equal(pthread_create(&d->thread, NULL, run, d), 0);
}

void redis_double_stop(struct redis_double *d)
{
	shutdown(d->listener, SHUT_RDWR);
	pthread_join(d->thread, NULL);
	close(d->listener);
}
