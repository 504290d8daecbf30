/* SPDX-License-Identifier: Apache-2.0
 *
 * A web server of the tests' own, within the test program: it keeps every request and answers as a test says,
 * also wrongly: half an answer, none, late, of the wrong length. One server a program, started when it is
 * first asked for; a thread for each connection.
 */
#ifndef NATMILL_TESTS_HTTP_SERVER_H
#define NATMILL_TESTS_HTTP_SERVER_H

#include <stddef.h>

/* What came, whole. Texts end with NUL. */
struct http_seen {
	unsigned connection; /* number of its connection, from 1 */
	char *head;          /* request line and headers, lines as they came */
	char *body;
	size_t len;
	int status; /* what was answered */
};

enum http_mood {
	HTTP_WHOLE,     /* as it should be */
	HTTP_LAST,      /* the same, and the connection is closed afterwards without a word of that */
	HTTP_HALF_BODY, /* the connection ends in the middle of the body */
	HTTP_HALF_HEAD, /* in the middle of the headers, behind the status */
	HTTP_SILENT,    /* it ends without an answer */
	HTTP_HANG,      /* nothing until http_server_reset */
	HTTP_STALL,     /* the same, in the middle of the body */
	HTTP_CRAWL,     /* whole, a byte every 25 ms */
	HTTP_SHORT,     /* the body is longer than it says */
	HTTP_CHUNKED,   /* whole, in chunks */
	HTTP_TORN,      /* in chunks, without the last */
};

struct http_reply {
	int status;
	enum http_mood mood;
	const char *headers; /* more of them, each with its line end; may be NULL */
	const char *body;    /* may be NULL */
};

/* Decides about a request; number counts from 0 since the reset. Runs on a thread of the server, one at a
 * time. */
typedef struct http_reply http_decide(const struct http_seen *seen, size_t number);

/* "http://127.0.0.1:PORT". Static. */
const char *http_server_url(void);

/* Forgets what was seen, lets go whoever hangs, closes all connections; from now on decide answers (NULL: 200
 * with an empty body). */
void http_server_reset(http_decide *decide);

/* Does not listen, and listens again. */
void http_server_refuse(void);
void http_server_accept(void);

size_t http_server_count(void);
const struct http_seen *http_server_seen(size_t i); /* valid until the reset */

/* The value of a request's header into buf, "" without it; returns buf. */
const char *http_server_header(const struct http_seen *seen, const char *name, char *buf, size_t size);

#endif
