/* SPDX-License-Identifier: Apache-2.0
 *
 * A real nginx for C tests, started when it is first asked for and stopped when the test program ends. It
 * keeps the body of each POST to /events as a file before it answers 200. It listens three times: plain, with
 * TLS, and with TLS that asks for a certificate of the client.
 */
#ifndef NATMILL_TESTS_NGINX_SERVER_H
#define NATMILL_TESTS_NGINX_SERVER_H

struct strbuf;

/* "http://127.0.0.1:PORT", "https://localhost:PORT". Static. They end the program when there is no nginx. */
const char *nginx_url(void);
const char *nginx_tls_url(void);
const char *nginx_mutual_url(void);

/* Path of a file: "ca.crt" that has signed "server.crt" and "client.crt", "client.key", "other.crt". Static
 * until the next call. */
const char *nginx_file(const char *name);

void nginx_empty(void);                /* removes all bodies */
void nginx_bodies(struct strbuf *out); /* adds them in the order they came */
void nginx_freeze(void);               /* as one that hangs */
void nginx_thaw(void);

#endif
