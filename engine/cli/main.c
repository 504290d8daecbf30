/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill: picks the command and hands over to cmd_NAME.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
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
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n`natmill COMMAND --help` tells more. `natmill --version` prints the version.\n", to);
}

static int run_command(int argc, char **argv)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	fprintf(stderr, "natmill: unknown command '%s'; `natmill --help` lists them\n", argv[0]);
	return 2;
}

/* Started without standard error (or input, or output), the next file that is opened would take its number,
 * and log lines would go into a database. */
static void claim_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static char help[] = "--help";
	claim_standard_streams();
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	const char *name = argv[1];
	if (strcmp(name, "help") == 0 && argc > 2)
		return run_command(2, (char *[]){argv[2], help, NULL});
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0) {
		puts("natmill " NATMILL_VERSION);
		return 0;
	}
	int status = run_command(argc - 1, argv + 1);
	log_flush();
	return status;
}
