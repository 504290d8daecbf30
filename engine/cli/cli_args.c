/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a command; see cli_args.h.
 */
#include "cli/cli_args.h"

#include <string.h>

#include "cli/commands.h"

static bool stands_alone(const struct cli_arg *row)
{
	return row->name == NULL || strcmp(row->name, CLI_WORDS) == 0;
}

static const struct cli_arg *find(const struct cli_arg *args, int n, const char *arg)
{
	bool option = arg[0] == '-' && arg[1] != '\0';
	for (int i = 0; i < n; i++)
		if (option ? !stands_alone(&args[i]) && strcmp(args[i].name, arg) == 0
			   : stands_alone(&args[i]))
			return &args[i];
	return NULL;
}

/* What stands alone. False: there is no room for it. */
static bool take_word(const struct cli_arg *row, const char *arg)
{
	size_t max = row->name == NULL ? 1 : CLI_WORDS_MAX;
	size_t n = 0;
	while (n < max && row->text[n] != NULL)
		n++;
	if (n < max)
		row->text[n] = arg;
	return n < max;
}

enum cli_args cli_args_read(const char *command, const char *usage, void (*help)(void), int argc, char **argv,
			    const struct cli_arg *args, int n)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		if (strcmp(arg, "--help") == 0) {
			help();
			return CLI_ARGS_HELP;
		}
		const struct cli_arg *row = find(args, n, arg);
		if (row == NULL) {
			cli_usage(command, usage, "unknown %s '%s'", arg[0] == '-' ? "option" : "argument",
				  arg);
			return CLI_ARGS_WRONG;
		}
		if (row->text == NULL) {
			*row->flag = true;
			continue;
		}
		if (stands_alone(row)) {
			if (take_word(row, arg))
				continue;
			cli_usage(command, usage, "too many arguments: '%s'", arg);
			return CLI_ARGS_WRONG;
		}
		if (++i == argc) {
			cli_usage(command, usage, "%s needs a value", arg);
			return CLI_ARGS_WRONG;
		}
		*row->text = argv[i];
	}
	return CLI_ARGS_READ;
}
