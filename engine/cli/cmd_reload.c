/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill reload: has the running natmill read its configuration and scripts again, and tells the outcome.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/reload_show.h"

#define USAGE "[-c FILE] [--json]"

#define ANSWER_DONE 200
#define ANSWER_REFUSED 409

static void help(void)
{
	puts("usage: natmill reload " USAGE "\n\n"
	     "Has the natmill that runs with this configuration read configuration and scripts again, waits\n"
	     "for the outcome and prints what has changed, what the new scripts would have made of the\n"
	     "messages last seen, and what is live in each worker. Nothing is lost by it; an output without\n"
	     "transactions whose settings change may get the batch under way again. SIGHUP does the same.\n"
	     "Exit status 0, 1 with the reasons when it was refused (then everything goes on as before), 3\n"
	     "when no natmill answers.\n\n"
	     "  -c FILE   the configuration that natmill was started with (default: " CONFIG_DEFAULT_FILE
	     ")\n"
	     "  --json    as JSON: outcome, generation, workers live and pending, and the lines");
}

/* As it came into a pipe. */
static void show(const struct strbuf *answer, bool done, bool json)
{
	FILE *to = done || json ? stdout : stderr;
	struct strbuf shown = {0};
	if (json)
		reload_show_json(answer->data, done, &shown);
	else if (isatty(fileno(to)))
		reload_show_person(answer->data, done, &shown);
	else
		strbuf_add(&shown, answer->data, answer->len);
	fwrite(shown.data, 1, shown.len, to);
	strbuf_free(&shown);
}

static int ask_reload(const char *path, bool json)
{
	struct ask a;
	struct err e = {0};
	struct strbuf answer = {0};
	long status = 0;
	ask_init(&a, path);
	if (ask_text(&a, "POST", "/reload", &answer, &status, &e) != 0) {
		e.code = ERR_SYSTEM; /* whatever it was, nobody knows the outcome */
		strbuf_free(&answer);
		return cli_fail(&e);
	}
	bool decided = status == ANSWER_DONE || status == ANSWER_REFUSED;
	if (answer.len > 0 && decided)
		show(&answer, status == ANSWER_DONE, json);
	else if (answer.len > 0)
		fwrite(answer.data, 1, answer.len, stderr);
	strbuf_free(&answer);
	if (status == ANSWER_DONE)
		return 0;
	return status == ANSWER_REFUSED ? 1 : 3;
}

int cmd_reload(int argc, char **argv)
{
	const char *path = NULL;
	bool json = false;
	const struct cli_arg args[] = {{"-c", &path, NULL}, {"--json", NULL, &json}};
	enum cli_args read = cli_args_read("reload", USAGE, help, argc, argv, args, 2);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	return ask_reload(path, json);
}
