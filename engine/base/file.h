/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a whole small file: configuration, secrets, scripts. Bounded, and only regular files, so that a
 * pipe or a device cannot hold a start or a reload. Replaces one, too: samples that natmill fills in. And
 * makes folders for what is thrown away.
 */
#ifndef NATMILL_BASE_FILE_H
#define NATMILL_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the file's bytes to out, at most max. -1 (ERR_CONFIG, "cannot read 'PATH': why") when it
 * cannot be read, is no regular file or is larger; out is then as before. */
int file_read(const char *path, size_t max, struct strbuf *out, struct err *e);

/* Puts text in the place of the file's bytes at once: a reader sees the old or the new ones, also after a
 * crash. The file's mode stays; a symbolic link stays one. -1 with e; the file is then as before. */
int file_replace(const char *path, const struct strbuf *text, struct err *e);

/* Writes all of the text; -1 with errno. */
int file_write_all(int fd, const struct strbuf *text);

/* Makes a folder of a new name that begins with `name`, below TMPDIR or /tmp, for its owner alone; its path
 * goes to out. -1 with e. */
int file_fresh_folder(const char *name, char *out, size_t size, struct err *e);

#endif
