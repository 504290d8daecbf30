/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of the program: one file cmd_NAME.c and one row each. A command gets its own
 * arguments (argv[0] is its name) and returns the exit status: 0 done, 1 the thing asked about is
 * wrong, 2 usage, 3 a fault at run time.
 */
#ifndef NATMILL_CLI_COMMANDS_H
#define NATMILL_CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* name, one line of help */
#define COMMANDS(X)                                                                               \
	X(run, "consume, run the vendor scripts and write events until told to stop")             \
	X(reload, "have the running natmill read configuration and scripts again")                \
	X(check, "check configuration, scripts and samples as a start would")                     \
	X(try, "show what the vendor scripts make of each input line")                            \
	X(test, "run the samples beside the vendor scripts and show what differs")                \
	X(new, "make a first vendor script and samples of real lines")                            \
	X(watermarks, "show or set how far the outputs have come")                                \
	X(topics, "show topics and consumers, what is wrong with them, and make what is missing") \
	X(dead, "list dead letters, and bring them back after a script was mended")               \
	X(health, "ask a running natmill how it is; the answer is the exit status")               \
	X(top, "watch a running natmill: rates, lag, outputs, errors")                            \
	X(tap, "show some messages as they pass through a running natmill")                       \
	X(unmatched, "what kinds of lines fit no rule, of a running natmill or stored")           \
	X(replay, "process what Kafka still has between two times once more")                     \
	X(migrate, "make a configuration of one of cgn-ec-consumer")                              \
	X(demo, "the main job on an embedded broker and SQLite, for about 20 seconds")

#define X(name, help) int cmd_##name(int argc, char **argv);
COMMANDS(X)
#undef X

/* Prints "natmill: MESSAGE" to standard error and returns the exit status of the error. */
struct err;
int cli_fail(const struct err *e);

/* Prints "natmill NAME: MESSAGE" and "usage: ..." to standard error; returns 2. */
int cli_usage(const char *command, const char *usage, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes it all to standard output at once; -1 with e. */
struct strbuf;
int cli_write(const struct strbuf *text, struct err *e);

/* Reads the time with a zone behind an option, in microseconds UTC; 0, or what cli_usage() returned. */
int cli_read_time(const char *command, const char *usage, const char *option, const char *text, int64_t *us);

/* Is it a whole number from 1 to 999999999? */
bool cli_is_number(const char *text);

/* Reads one line without its end, CR LF included; false at the end of the input. Of a line that is longer
 * than max bytes max + 1 are kept, so that it can be told. */
bool cli_read_line(FILE *in, size_t max, struct strbuf *line);

/* The folder of vendor scripts when nothing names one: ./vendors if it is there, else ../vendors or
 * ../share/natmill/vendors beside the program. Static storage. */
const char *cli_default_vendors(void);

#endif
