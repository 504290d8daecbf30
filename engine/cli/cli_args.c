/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a command; see cli_args.h.
 */
#include "cli/cli_args.h"

#include <string.h>

#include "cli/commands.h"

static const struct cli_arg *find(const struct cli_arg *args, int n, const char *arg)
{
	bool option = arg[0] == '-' && arg[1] != '\0';
	for (int i = 0; i < n; i++)
		if (option ? args[i].name != NULL && strcmp(args[i].name, arg) == 0 : args[i].name == NULL)
			return &args[i];
	return NULL;
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
		if (row->name == NULL && *row->text != NULL) {
			cli_usage(command, usage, "more than one file");
			return CLI_ARGS_WRONG;
		}
		if (row->name != NULL && ++i == argc) {
			cli_usage(command, usage, "%s needs a value", arg);
			return CLI_ARGS_WRONG;
		}
		*row->text = argv[i];
	}
	return CLI_ARGS_READ;
}
