/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill check: configuration, scripts and samples, as a start would take them; every error with file and
 * line.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "control/reference.h"
#include "script/lint.h"
#include "script/samples.h"
#include "script/topics.h"
#include "script/types.h"

#define USAGE "[-c FILE | --vendors DIR] [--reference PAGE] [--types]"

/* docs/configuration.md with its tables made anew, to standard output. */
static int print_reference(const char *page_path)
{
	struct strbuf page;
	struct strbuf out;
	struct err e = {0};
	strbuf_init(&page);
	strbuf_init(&out);
	int rc = file_read(page_path, 1 << 20, &page, &e);
	if (rc == 0)
		rc = reference_page(config_sections(), page.data, &out, &e);
	if (rc == 0)
		fwrite(out.data, 1, out.len, stdout);
	strbuf_free(&page);
	strbuf_free(&out);
	return rc == 0 ? 0 : cli_fail(&e);
}

/* scripts/types/natmill.lua, to standard output. */
static int print_types(void)
{
	struct strbuf out;
	strbuf_init(&out);
	types_write(&out);
	fwrite(out.data, 1, out.len, stdout);
	strbuf_free(&out);
	return 0;
}

/* Runs samples and warnings; returns the exit status. */
static int check_scripts(struct generation *g, const char *what)
{
	struct errlist errs = {0};
	struct strbuf report;
	struct samples_counts counts = {0};
	size_t warnings = 0;
	strbuf_init(&report);
	for (size_t i = 0; i < generation_script_count(g); i++) {
		samples_run(g, i, &report, &counts, &errs);
		warnings += lint_run(g, i, &report);
	}
	warnings += topics_lint(g, &report);
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stderr);
	strbuf_free(&report);
	if (errs.n > 0)
		return config_fail(&errs);
	if (counts.failed > 0)
		return 1;
	size_t scripts = generation_script_count(g);
	printf("ok: %s%zu script%s, %zu sample%s", what, scripts, scripts == 1 ? "" : "s", counts.passed,
	       counts.passed == 1 ? "" : "s");
	if (counts.not_yet > 0)
		printf(", %zu not yet", counts.not_yet);
	if (warnings > 0)
		printf("; %zu warning%s", warnings, warnings == 1 ? "" : "s");
	putchar('\n');
	return 0;
}

static int check_config(const char *path)
{
	struct errlist errs = {0};
	struct loaded_config c;
	int status = config_load(&c, path, &errs) == 0 ? check_scripts(c.generation, "configuration, ")
						       : config_fail(&errs);
	config_unload(&c);
	return status;
}

static int check_folder(const char *vendors)
{
	struct errlist errs = {0};
	struct generation *g = generation_load(vendors, NULL, 0, 1, &errs);
	int status = g != NULL ? check_scripts(g, "") : config_fail(&errs);
	generation_unref(g);
	return status;
}

/* Nothing configures anything: then only the scripts can be meant. */
static bool is_configured(void)
{
	for (char **var = environ; *var != NULL; var++)
		if (strncmp(*var, "NATMILL_", strlen("NATMILL_")) == 0)
			return true;
	return access(CONFIG_DEFAULT_FILE, F_OK) == 0;
}

static int check_default(void)
{
	if (is_configured())
		return check_config(NULL);
	puts("no " CONFIG_DEFAULT_FILE ": scripts only");
	fflush(stdout);
	return check_folder(cli_default_vendors());
}

static void help(void)
{
	puts("usage: natmill check " USAGE "\n\n"
	     "Checks the configuration, loads the vendor scripts and runs their samples, as a start would.\n"
	     "Without " CONFIG_DEFAULT_FILE ", -c and NATMILL_ variables it checks the scripts alone.\n"
	     "Exit status 0, or 1 with every error on a line of its own. Warns of rules that can never "
	     "match, of\n"
	     "required fields that nothing sets, of handlers that are not compiled and of scripts that no "
	     "topic reaches.\n\n"
	     "  -c FILE            the configuration (default: " CONFIG_DEFAULT_FILE ")\n"
	     "  --vendors DIR      no configuration, only this folder of vendor scripts\n"
	     "  --reference PAGE   print the page of docs/ with its tables made anew\n"
	     "  --types            print the type annotations of vendor scripts, for editors");
}

int cmd_check(int argc, char **argv)
{
	const char *path = NULL;
	const char *vendors = NULL;
	const char *page = NULL;
	bool types = false;
	const struct cli_arg args[] = {{"-c", &path, NULL},
				       {"--vendors", &vendors, NULL},
				       {"--reference", &page, NULL},
				       {"--types", NULL, &types}};
	enum cli_args read = cli_args_read("check", USAGE, help, argc, argv, args, 4);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	if (types)
		return print_types();
	if (page != NULL)
		return print_reference(page);
	if (path != NULL && vendors != NULL)
		return cli_usage("check", USAGE, "-c and --vendors exclude each other");
	if (vendors != NULL)
		return check_folder(vendors);
	return path != NULL ? check_config(path) : check_default();
}
