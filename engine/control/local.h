/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a running natmill's local socket lies: chosen alike by `natmill run -c FILE` and by a command that
 * looks for it with the same FILE. The name comes from the file's own path, not from what is in it: so a
 * command finds natmill also when the file has changed since or is broken. Used by server and cli/ask.
 */
#ifndef NATMILL_CONTROL_LOCAL_H
#define NATMILL_CONTROL_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define LOCAL_PATH_MAX 108 /* sun_path */
#define LOCAL_PLACES 4

struct local_paths {
	char at[LOCAL_PLACES][LOCAL_PATH_MAX]; /* in the order in which they are tried */
	size_t n;
	bool named; /* the first one, by the operator */
};

/* option: `control.socket`, NULL = not given. file: the configuration, NULL = none; then the group makes the
 * name. Folders: /run/natmill, $XDG_RUNTIME_DIR/natmill (when that is not too long), /tmp/natmill-UID. */
void local_choose(const char *option, const char *file, const char *group, struct local_paths *p);

/* The same for whoever looks for a natmill: with the usual paths behind the one that option names, and
 * without those in folders where somebody else may have put a socket. */
void local_look(const char *option, const char *file, const char *group, struct local_paths *p);

struct local_socket {
	char path[LOCAL_PATH_MAX];
	int fd;      /* listening; -1 = none */
	int lock_fd; /* PATH.lock: held as long as the process lives, so a dead one's socket can be told */
};

/* Listens on the first of the paths whose folder can be used; makes the folder if need be (mode 0755 as root
 * in /run, else 0700). The socket gets mode 0600. One left behind by a dead process is taken over. -1 with e.
 */
int local_listen(const struct local_paths *p, struct local_socket *s, struct err *e);

/* Removes the socket. Closing fd is whoever's who got it. */
void local_end(struct local_socket *s);

#endif
