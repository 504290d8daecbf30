/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells the service manager how the process fares: datagrams to the socket that NOTIFY_SOCKET names, as
 * sd_notify(3) describes. The protocol is stable and a few lines long, so natmill speaks it itself:
 * libsystemd would bring its compression libraries into every container that has no systemd. Used by
 * control/service.
 */
#ifndef NATMILL_CONTROL_NOTIFY_H
#define NATMILL_CONTROL_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un to;
	socklen_t to_len;
	int64_t watchdog_ms; /* how long the manager waits for WATCHDOG=1; 0 = it does not ask for it */
};

/* Reads NOTIFY_SOCKET (a path, or @name: abstract), WATCHDOG_USEC and WATCHDOG_PID. An address that cannot be
 * used is logged; natmill runs without then. notify_close() is legal in any case. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* Sends lines KEY=VALUE, divided by \n. True when they are on their way, or nobody wants to know. Any thread;
 * waits for a manager that does not read for SEND_MS at most. */
bool notify_send(const struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
