/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a command's arguments by a table. Called by the commands at their start; keeps nothing.
 */
#ifndef NATMILL_CLI_CLI_ARGS_H
#define NATMILL_CLI_CLI_ARGS_H

#include <stdbool.h>

/* Room for what stands alone, with a NULL behind the last. */
#define CLI_WORDS "..."
#define CLI_WORDS_MAX 256
typedef const char *cli_words[CLI_WORDS_MAX + 1];

/* One argument: text is set to the value behind it, or flag to true. A row without name: what stands alone,
 * once at most. A row CLI_WORDS: all that stands alone; text is the first of cli_words, all NULL. */
struct cli_arg {
	const char *name;  /* "--vendor"; NULL or CLI_WORDS: an argument that is no option */
	const char **text; /* NULL: a flag */
	bool *flag;
};

enum cli_args { CLI_ARGS_READ, CLI_ARGS_HELP, CLI_ARGS_WRONG };

/* Reads argv[1] to argv[argc - 1]. --help calls help. CLI_ARGS_WRONG: the mistake was told as cli_usage()
 * does, the exit status is 2. */
enum cli_args cli_args_read(const char *command, const char *usage, void (*help)(void), int argc, char **argv,
			    const struct cli_arg *args, int n);

#endif
