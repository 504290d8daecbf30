/* SPDX-License-Identifier: Apache-2.0
 *
 * One error: a code from a closed set and one line of text that says what, where and what to do.
 * The callee fills it, nobody allocates or frees it. Functions that can fail take a `struct err *`
 * as their last argument and return 0, or -1 with the error set. Used by every layer.
 */
#ifndef NATMILL_BASE_ERR_H
#define NATMILL_BASE_ERR_H

#include <stdarg.h>

#define ERR_MSG_MAX 512

/* Code, exit status of a command that ends with it (DESIGN: 1 = the thing asked about is wrong,
 * 2 = usage, 3 = a fault at run time). */
#define ERR_CODES(X) \
	X(NONE, 0)   \
	X(CONFIG, 1) \
	X(SCRIPT, 1) \
	X(DATA, 1)   \
	X(USAGE, 2)  \
	X(KAFKA, 3)  \
	X(OUTPUT, 3) \
	X(SYSTEM, 3)

enum err_code {
#define X(name, status) ERR_##name,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	char msg[ERR_MSG_MAX]; /* always NUL-terminated; cut with "..." when longer */
};

/* Sets code and text; returns -1, so that `return err_set(...)` reads well. e may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "text: " before the message that e has; returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status that belongs to the code (0..3). */
int err_exit_status(const struct err *e);

#endif
