/* SPDX-License-Identifier: Apache-2.0
 *
 * Several errors at once: `natmill check` shows every mistake of a file, not the first. Bounded: what
 * comes after ERRLIST_MAX is only counted. Owner: whoever zeroed the struct; free with errlist_free.
 */
#ifndef NATMILL_BASE_ERRLIST_H
#define NATMILL_BASE_ERRLIST_H

#include <stddef.h>

#include "base/err.h"

#define ERRLIST_MAX 50

struct errlist {
	struct err *items; /* in the order found */
	size_t n;
	size_t more; /* errors beyond ERRLIST_MAX, not kept */
};

/* Appends one; returns -1. list may be NULL. */
int errlist_add(struct errlist *list, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void errlist_free(struct errlist *list); /* leaves it empty and usable */

#endif
