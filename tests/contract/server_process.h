/* SPDX-License-Identifier: Apache-2.0
 *
 * A real server for C tests as a child process in a temporary folder; it ends with the test program. For the
 * files *_server.c, which know how a server is started and when it is ready.
 */
#ifndef NATMILL_TESTS_SERVER_PROCESS_H
#define NATMILL_TESTS_SERVER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct server_process {
	char folder[64]; /* of its own; its output is in FOLDER/log */
	pid_t pid;       /* 0 while it does not run */
	pid_t owner;     /* the process that started it: children of the test inherit its atexit */
};

/* A TCP port of 127.0.0.1 that nobody listens on just now, and that no outgoing connection takes while the
 * server is away: one that dials it again and again would sooner or later come from that very port, and be
 * connected with itself. */
int server_free_port(void);

/* Makes the folder. Ends the program on failure, as all below. */
void server_folder(struct server_process *s, const char *name);

/* Starts a program by its path or name, with its output in the log. The environment is a NULL-terminated list
 * of NAME=VALUE to be added, or NULL. */
void process_start(struct server_process *s, const char *const argv[], const char *const environment[]);

/* Waits until ready(ctx) is true; tells the end of the log and ends the program when that takes longer than
 * 60 s or the process has ended. */
void server_await(struct server_process *s, bool (*ready)(void *ctx), void *ctx);

/* Sends a signal and waits for the end; then the folder can be used again. */
void process_stop(struct server_process *s, int signal);

/* Stops a process as one that hangs: returns when all its threads stand. It goes on with server_thaw(). */
void server_freeze(pid_t pid);
void server_thaw(pid_t pid);

/* Stops it (SIGKILL) and removes the folder; nothing in children of the test. */
void server_remove(struct server_process *s);

/* Runs a shell command; ends the program unless it succeeds. */
void server_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
