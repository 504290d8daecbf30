/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill health: is the running natmill well? For whatever takes exit statuses: the health check of a
 * container, a cron job. Asks at the local socket as the other commands do.
 */
#include <stdio.h>

#include "cli/ask.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"

#define USAGE "[-c FILE] [--ready]"

#define ANSWER_WELL 200
#define ANSWER_NOT 503

static void help(void)
{
	puts("usage: natmill health " USAGE "\n\n"
	     "Asks the natmill that runs with this configuration how it is, and prints its answer. Exit "
	     "status 0 "
	     "while the\n"
	     "loop of every worker turns, 1 when one stands still, 3 when no natmill answers within 10 s.\n\n"
	     "  -c FILE   the configuration that natmill was started with (default: " CONFIG_DEFAULT_FILE
	     ")\n"
	     "  --ready   whether it does its work; 1 with the reasons when not, such as a database that is "
	     "away.\n"
	     "            That is for alerts: starting natmill again mends none of them");
}

static int tell(const struct ask *a, const char *path, struct err *e)
{
	struct strbuf answer = {0};
	long status = 0;
	int rc = ask_text(a, "GET", path, &answer, &status, e);
	if (rc != 0)
		e->code = ERR_SYSTEM; /* whatever it was, nobody knows how natmill is */
	else if (status != ANSWER_WELL && status != ANSWER_NOT)
		rc = err_set(e, ERR_SYSTEM, "natmill answers %s with HTTP status %ld", path, status);
	if (rc == 0)
		rc = cli_write(&answer, e);
	strbuf_free(&answer);
	return rc == 0 ? status != ANSWER_WELL : cli_fail(e);
}

int cmd_health(int argc, char **argv)
{
	const char *config = NULL;
	bool ready = false;
	struct ask a;
	struct err e = {0};
	const struct cli_arg args[] = {{"-c", &config, NULL}, {"--ready", NULL, &ready}};
	enum cli_args read = cli_args_read("health", USAGE, help, argc, argv, args, 2);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	ask_init(&a, config);
	return tell(&a, ready ? "/readyz" : "/healthz", &e);
}
