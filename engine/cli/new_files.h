/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: the two files. They are tried by the engine in a folder of their own, then saved; a file that
 * is there is never overwritten.
 */
#ifndef NATMILL_CLI_NEW_FILES_H
#define NATMILL_CLI_NEW_FILES_H

#include "cli/new_script.h"
#include "script/samples.h"

/* The name of a script as the engine takes it? 0, or -1 (ERR_USAGE). */
int new_files_name(const char *name, struct err *e);

/* -1 when dir has NAME.lua or NAME.samples already. */
int new_files_free(const char *dir, const char *name, struct err *e);

/* Loads the script as the only one. Adds the samples that the drafts give (none: samples is complete), then
 * runs the samples. 0, or -1 with what is wrong; counts are those of the samples. */
int new_files_try(const char *name, const struct strbuf *script, struct strbuf *samples,
		  const struct new_input *in, const struct drafts *d, struct samples_counts *counts,
		  struct err *e);

/* Writes both into dir, which is made if it is not there. After an error neither is left behind. */
int new_files_save(const char *dir, const char *name, const struct strbuf *script,
		   const struct strbuf *samples, struct err *e);

#endif
