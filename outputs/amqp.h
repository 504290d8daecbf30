/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `amqp` share: amqp.c (settings, life), _dial (a connection, its channel and
 * the exchange), _judge (what a fault means), _frames (what the broker says), _write (messages and their
 * confirms). librabbitmq blocks while it connects, so that is done on a thread of its own; it sends without
 * blocking as long as the socket has room, which is looked at before. One struct amqp per worker, on its
 * thread only; all that it points to is its own but for options and env.
 */
#ifndef NATMILL_OUTPUTS_AMQP_H
#define NATMILL_OUTPUTS_AMQP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/option.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "output/address.h"
#include "output/by_type.h"
#include "output/output.h"
#include "outputs/amqp_library.h"

#define AMQP_CHANNEL 1

struct amqp_options {
	char *address;
	char *virtual_host;
	char *user;
	struct secret password;
	bool tls;
	char *tls_ca;
	char *tls_certificate;
	char *tls_key;
	char *exchange;
	char *exchange_type;
	bool declare;
	char *routing_key;
	struct text_map routing_keys;
	bool mandatory;
	int64_t heartbeat; /* milliseconds, as the next ones; 0 = none */
	int64_t connect_timeout;
	int64_t timeout;
};

/* What became of a message that was published. One that comes back is confirmed behind that: unrouted. */
enum amqp_fate { AMQP_WAITING, AMQP_ACKED, AMQP_NACKED, AMQP_RETURNED, AMQP_UNROUTED };

/* The messages of one write; message i has the delivery tag first_tag + i. */
struct amqp_run {
	const struct output_range *range;
	uint32_t *events;    /* place in the range of each message published */
	unsigned char *fate; /* enum amqp_fate of each */
	size_t max;          /* room of both */
	uint64_t first_tag;
	size_t published;
	size_t lowest;  /* messages before it have their fate */
	size_t waiting; /* for their confirm */
	size_t refused; /* nacked or returned */
	size_t look_at; /* returns come in order: where to look for the next one */
	char why[160];  /* of the first that was refused */
};

/* A message that comes back has a header, and a body, behind the method that tells of it. */
struct amqp_back {
	bool header; /* is to come */
	char why[160];
};

struct amqp {
	const struct amqp_options *options;
	const struct output_env *env;
	struct address address;
	char where[ADDRESS_HOST_MAX + 32]; /* "host:port", for messages */
	struct by_type keys;
	amqp_connection_state_t conn; /* NULL while not connected */
	int fd;
	bool blocked;          /* the broker takes nothing just now */
	char blocked_why[120]; /* in its words */
	uint64_t next_tag;     /* of the channel */
	struct amqp_run run;
	struct amqp_back back;
	struct strbuf json;
	struct strbuf id;
	/* What the broker has confirmed of the batch under way, by the event's place among those written
	 * since begin: its event_id_hash(), 0 = nothing. Survives abort, so that a retry publishes only the
	 * rest. */
	uint64_t *confirmed;
	size_t confirmed_max;
	size_t position; /* events written since begin */
	size_t room;     /* bytes that the socket takes for certain */
};

/* _dial: a fresh connection. 0, or -1 with r (RETRY, reopen). */
int amqp_dial(struct amqp *s, struct output_result *r);
void amqp_hang_up(struct amqp *s, bool politely); /* also when there is none */

/* _judge: answers RETRY, reopen, and closes the connection. All return -1. `doing` goes into messages. */
int amqp_lost(struct amqp *s, const char *doing, const char *why, struct output_result *r);
int amqp_failed(struct amqp *s, const char *doing, int status, struct output_result *r); /* AMQP_STATUS_... */
void amqp_untrusted(struct amqp *s, const char *why, struct output_result *r);           /* its certificate */
int amqp_closed(struct amqp *s, const char *doing, int code, const char *text, struct output_result *r);

/* Will it take a human? By the reply code of the broker (200 to 599), or AMQP_STATUS_... */
bool amqp_code_alarms(int code);
bool amqp_status_alarms(int status);

/* _frames: takes all that the broker has said. 0, or -1 with r. *heard: there was something. */
int amqp_listen(struct amqp *s, const char *doing, bool *heard, struct output_result *r);

/* Text of a short string of the broker's, without line ends, into buf; returns buf. */
const char *amqp_words(amqp_bytes_t text, char *buf, size_t size);

/* _write: functions of the contract and of _frames. */
void amqp_write(struct output *o, const struct output_range *range, struct output_result *r);
void amqp_settle(struct amqp_run *run, uint64_t tag, bool multiple, enum amqp_fate fate);
void amqp_came_back(struct amqp *s, amqp_bytes_t message_id);

/* The message id of an event into s->id: its identity, at most 255 bytes. */
amqp_bytes_t amqp_id_of(struct amqp *s, const struct batch *b, const struct event *ev);

#endif
