/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the dead-letter store `file` share: dead_file.c (writing), dead_file_read.c,
 * dead_file_sweep.c (rewriting without the letters that came back).
 */
#ifndef NATMILL_OUTPUTS_DEAD_FILE_H
#define NATMILL_OUTPUTS_DEAD_FILE_H

#include <stdio.h>
#include <sys/types.h>

#include "output/output.h"

/* dead_read of the contract, on the file of that path; none is there, no letters. A line that is no letter is
 * told in the log and left out. *in (NULL at first; the caller closes it) stays open between two answers, so
 * that what is read goes on when the file is moved away. */
void dead_file_read(FILE **in, const char *path, const struct dead_query *query, dead_row_fn *row, void *ctx,
		    struct output_result *r);

/* A line of n bytes without its end as a letter. */
struct dead_file_line;
struct dead_file_line *dead_file_line_new(void);
void dead_file_line_free(struct dead_file_line *line);
/* NULL with e when it is none; the letter is valid until the next call. */
struct stored_letter *dead_file_letter(struct dead_file_line *line, const char *text, size_t n,
				       struct err *e);

/* Writes all lines of the open file `from` into the file of that path, in its place, but the letters that
 * gone() tells; *left_out is their number. The caller has locked it. 0; -1 with errno, or with r set (RETRY)
 * where gone() could not tell. */
int dead_file_sweep(int from, const char *path, dead_gone_fn *gone, void *ctx, size_t *left_out,
		    struct output_result *r);

/* Brings the folder's entry of the file to the disk. 0, or -1 with errno. */
int dead_file_sync_folder(const char *path);

#endif
