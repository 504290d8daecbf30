/* SPDX-License-Identifier: Apache-2.0
 *
 * A password or token of the configuration: given as a text, or as the path of a file that is read anew
 * whenever the secret is used, so that it can be replaced while natmill runs. The value of an option row of
 * type OPTION_SECRET, which frees it. Never shown.
 */
#ifndef NATMILL_BASE_SECRET_H
#define NATMILL_BASE_SECRET_H

#include "base/err.h"

#define SECRET_MAX_BYTES (64 * 1024) /* of a secret's file */

struct secret {
	char *text; /* NULL: not set; of a file: as it was when the configuration was read */
	char *file; /* NULL: given as a text */
};

/* What the secret is now: *text is the caller's to secret_forget(), NULL when it is not set. -1 with e: its
 * file cannot be read, is empty, or has a NUL byte; the message goes on behind "NAME_file ". Blocks no longer
 * than reading a small file does. */
int secret_now(const struct secret *s, char **text, struct err *e);

/* The same of a file that no option names. */
int secret_read_file(const char *path, char **text, struct err *e);

/* Overwrites and frees; NULL is legal. */
void secret_forget(char *text);

#endif
