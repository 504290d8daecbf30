/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `redis` share: redis.c (settings, life), _dial (a connection and its login),
 * _tls, _link (bytes out, replies in, all waits), _encode (commands), _judge (what an error means), _write
 * (the pipeline). hiredis reads the replies; its own connections are not used, since those of 0.14 know no
 * TLS and block. One struct redis per worker, on its thread only; all that it points to is its own but for
 * options and env.
 */
#ifndef NATMILL_OUTPUTS_REDIS_H
#define NATMILL_OUTPUTS_REDIS_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/option.h"
#include "base/secret.h"
#include "base/strbuf.h"
#include "output/address.h"
#include "output/by_type.h"
#include "output/output.h"

struct redisReader;

struct redis_options {
	char *address;
	char *user;
	struct secret password;
	int64_t database;
	bool tls;
	char *tls_ca;
	char *tls_certificate;
	char *tls_key;
	char *tls_server_name; /* NULL = the host of the address */
	char *key_prefix;
	struct text_map key_prefixes;
	char *key_field;
	int64_t key_ttl;         /* seconds; 0 = for ever */
	int64_t connect_timeout; /* milliseconds, as the next */
	int64_t timeout;
};

#define REDIS_WORDS 256 /* bytes of a reply that are kept */

/* The latest reply, as far as it matters. */
struct redis_reply {
	int type; /* REDIS_REPLY_... */
	size_t len;
	char text[REDIS_WORDS]; /* of a status or an error; cut, NUL-terminated */
};

struct redis {
	const struct redis_options *options;
	const struct output_env *env;
	struct address address;
	char where[ADDRESS_HOST_MAX + 32]; /* "host:port/database", for messages */
	struct by_type prefixes;
	int key_field; /* enum event_field, or REDIS_KEY_IDENTITY */
	char ttl[48];  /* end of each command: the option EX, or "" */
	size_t ttl_len;
	int fd;   /* -1 while not connected */
	SSL *ssl; /* NULL: no TLS, or not connected */
	struct redisReader *reader;
	char *password; /* that this connection logged in with; NULL: none */
	struct redis_reply reply;
	struct strbuf out; /* commands; from `sent` on they wait to be sent */
	size_t sent;
	struct strbuf value; /* of the command under way */
	struct strbuf key;
	size_t awaited; /* replies that are still to come */
	bool probe;     /* the next event was just refused: it is tried alone */
};

#define REDIS_KEY_IDENTITY (-1)

/* _encode: fills what follows from the options; 0, or -1 with e. */
int redis_plan_keys(struct redis *s, struct err *e);

/* Adds the command that stores the event to s->out. */
void redis_add_set(struct redis *s, const struct batch *b, const struct event *ev);

/* Adds a command of plain words to s->out; n of them. */
void redis_add_command(struct redis *s, const char *const *words, size_t n);

/* _dial: a fresh connection, logged in. 0, or -1 with r (RETRY, reopen). */
int redis_dial(struct redis *s, struct output_result *r);

/* _link. On failure: -1 with r (RETRY, reopen), the connection closed. `doing` goes into messages. */
void redis_disconnect(struct redis *s); /* also when there is none */
int redis_lost(struct redis *s, const char *doing, const char *why, struct output_result *r);

/* Waits until fd is ready. */
int redis_wait(struct redis *s, short events, int64_t deadline, const char *doing, struct output_result *r);

/* Sends as much of s->out as there is room for and takes in what has come; waits until one of both made
 * progress. *replied: replies may be there for redis_next_reply(). The deadline is that of the progress. */
int redis_exchange(struct redis *s, int64_t deadline, const char *doing, struct output_result *r);

/* The next reply of those taken in into s->reply: 1, or 0 when there is none yet. */
int redis_next_reply(struct redis *s, const char *doing, struct output_result *r);

/* True when the server has not closed the connection and has said nothing unasked. */
bool redis_is_alive(struct redis *s);

/* _tls: 0 when the settings can be used, else -1 with e. */
int redis_tls_check(const struct redis_options *options, struct err *e);

/* TLS on s->fd, which is connected. 0, or -1 with r (RETRY, reopen). */
int redis_tls_start(struct redis *s, int64_t deadline, struct output_result *r);

/* read(2) and write(2) through TLS: -1 with EAGAIN and the bits to wait for in *want, or with another errno
 * (EPROTO: why is in OpenSSL's queue); read: 0 = closed by the server. */
ssize_t redis_tls_read(struct redis *s, void *to, size_t n, short *want);
ssize_t redis_tls_write(struct redis *s, const void *from, size_t n, short *want);
void redis_tls_end(struct redis *s);

/* _judge: what an error of the server means, by its first word. */
struct redis_verdict {
	bool reject; /* of this event, for good; else RETRY */
	bool alarm;
	bool reopen;      /* another connection may do better */
	const char *hint; /* what to do, or "" */
};
struct redis_verdict redis_judge(const char *error);

/* An error of the server as it may be shown: some repeat the command, with the password in it. Returns words.
 */
const char *redis_words(const struct redis *s, const char *error, char words[REDIS_WORDS]);

/* Answers RETRY for an error of the server; closes the connection where that helps. Returns -1. */
int redis_refuse(struct redis *s, const char *doing, const char *error, struct output_result *r);

/* _write: function of the contract. */
void redis_write(struct output *o, const struct output_range *range, struct output_result *r);

#endif
