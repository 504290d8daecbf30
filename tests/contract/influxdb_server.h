/* SPDX-License-Identifier: Apache-2.0
 *
 * A real InfluxDB 1.x for C tests, started when it is first asked for and stopped when the test program ends;
 * it is asked by curl(1).
 */
#ifndef NATMILL_TESTS_INFLUXDB_SERVER_H
#define NATMILL_TESTS_INFLUXDB_SERVER_H

#include <sys/types.h>

struct strbuf;

/* "http://127.0.0.1:PORT". Static. Ends the program when there is no server. */
const char *influxdb_server_url(void);

void influxdb_server_freeze(void); /* as one that hangs */
void influxdb_server_thaw(void);

/* Kills it; starts it again, and waits until it answers. */
void influxdb_server_stop(void);
void influxdb_server_start(void);

/* Adds the answer to a statement of InfluxQL as CSV with times in nanoseconds; database may be NULL. Ends the
 * program when the server finds it wrong. */
void influxdb_ask(const char *database, const char *statement, struct strbuf *out);

/* The last column of the answer's last line as a number, -1 without one. */
long long influxdb_number(const char *database, const char *statement);

#endif
