/* SPDX-License-Identifier: Apache-2.0
 *
 * The last messages that a worker has really seen: a few of each batch, copied into a ring of fixed size.
 * For the trial run of a reload. Written by the worker, which never waits for a reader: while one copies, a
 * batch is not sampled. Owner: the worker.
 */
#ifndef NATMILL_STREAM_SEEN_H
#define NATMILL_STREAM_SEEN_H

#include <pthread.h>

#include "event/batch.h"

#define SEEN_MESSAGES 512
#define SEEN_OF_BATCH 64
#define SEEN_BYTES_MAX 4096 /* of a message; longer ones are left out */

struct seen_message {
	char *bytes; /* topic with NUL, then the value */
	uint32_t topic_size;
	uint32_t len; /* of the value */
	uint32_t room;
	int64_t timestamp;
};

struct seen {
	pthread_mutex_t lock;
	struct seen_message *items;
	size_t next;
	size_t n;
	uint32_t turn; /* so that not always the same places of a batch are taken */
};

void seen_init(struct seen *s);
void seen_free(struct seen *s);

/* Copies some of the batch's messages. Its worker. */
void seen_note(struct seen *s, const struct batch *b);

/* Copies what is there into out, which has room for SEEN_MESSAGES; returns how many. Any thread; free each
 * one's bytes. */
size_t seen_copy(struct seen *s, struct seen_message *out);

#endif
