/* SPDX-License-Identifier: Apache-2.0
 *
 * The terminal of natmill top: a screen of its own, keys, signals. Plain ANSI sequences, which every terminal
 * of today knows. It is given back as it was on every way out but kill -9. One at a time; the main thread.
 */
#ifndef NATMILL_CLI_TOP_SCREEN_H
#define NATMILL_CLI_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Before other threads start: they must inherit the blocked signals. -1 with e. */
int top_screen_open(struct err *e);

/* Gives the terminal back. After a signal that ends programs, it ends the process by it. */
void top_screen_close(void);

/* Characters and lines, at least 1 each. */
void top_screen_size(size_t *width, size_t *height);

/* Shows the lines in the place of what was there. */
void top_screen_show(const struct strbuf *lines);

enum top_event { TOP_NOTHING, TOP_REDRAW, TOP_QUIT };

/* Waits until fd can be read, a key or a signal comes, or ms have passed. fd: TOP_REDRAW; what is to be read
 * is the caller's. */
enum top_event top_screen_wait(int fd, int ms);

#endif
