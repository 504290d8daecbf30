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

/* Delivers events [from, to) of partition 0 and adds what must be found. */
void file_deliver(struct fixture *f, int64_t from, int64_t to, struct strbuf *expected);

/* All files together have just these lines; frees expected. */
void file_assert_found(struct fixture *f, struct strbuf *expected);
void file_assert_name(struct fixture *f, size_t n, const char *expected);

/* SQL on the watermarks; a shell's command in the folder. */
void file_shell(struct fixture *f, const char *sql);
void file_command(struct fixture *f, const char *what);

/* RETRY with an alarm that says so. */
void file_assert_alarm(const struct output_result *r, const char *says);

#endif
