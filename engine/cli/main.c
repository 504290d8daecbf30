/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill: picks the command and hands over to cmd_NAME.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
#define X(name, help) {#name, help, cmd_##name},
	COMMANDS(X)
#undef X
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(FILE *to)
{
	fputs("natmill " NATMILL_VERSION ": carrier-grade NAT logs from Kafka to clean events\n\n"
	      "usage: natmill COMMAND [ARGUMENTS]\n\n",
	      to);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n`natmill COMMAND --help` tells more. `natmill --version` prints the version.\n", to);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0) {
		puts("natmill " NATMILL_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "natmill: unknown command '%s'; `natmill --help` lists them\n", name);
	return 2;
}
