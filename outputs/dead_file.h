/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the dead-letter store `file` share: dead_file.c (writing), dead_file_read.c.
 */
#ifndef NATMILL_OUTPUTS_DEAD_FILE_H
#define NATMILL_OUTPUTS_DEAD_FILE_H

#include "output/output.h"

/* dead_read of the contract, on the file of that path; none is there, no letters. A line that is no letter is
 * told in the log and left out. */
void dead_file_read(const char *path, const struct dead_query *query, dead_row_fn *row, void *ctx,
		    struct output_result *r);

#endif
