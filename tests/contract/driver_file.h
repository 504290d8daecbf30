/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the output `file`, and how the tests read its folder without its own code.
 */
#ifndef NATMILL_TESTS_DRIVER_FILE_H
#define NATMILL_TESTS_DRIVER_FILE_H

#include "tests/contract/fixture.h"

struct strbuf;

extern const struct driver file_driver;

/* Sets one of the output's options. */
void file_option(struct fixture *f, const char *name, const char *value);

/* Opens the output anew with the options as they are now. */
void file_reopen(struct fixture *f);

/* The n-th name in the folder, sorted, of files with events; NULL when there are no more. In buf. */
const char *file_nth(struct fixture *f, size_t n, char *buf, size_t size);
size_t file_count(struct fixture *f);

/* Appends the file's bytes, unpacked where its name says zst. */
void file_bytes(struct fixture *f, const char *name, struct strbuf *out);

#endif
