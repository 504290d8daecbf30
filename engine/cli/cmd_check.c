/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill check: configuration, scripts and samples, as a start would take them; every error with file and
 * line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "control/reference.h"
#include "script/lint.h"
#include "script/samples.h"
#include "script/types.h"

#define USAGE "[-c FILE] [--reference PAGE] [--types]"

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

static void print_ok(const struct loaded_config *c, size_t samples, size_t warnings)
{
	printf("ok: configuration, %zu scripts, %zu samples", generation_script_count(c->generation),
	       samples);
	if (warnings > 0)
		printf("; %zu warning%s", warnings, warnings > 1 ? "s" : "");
	putchar('\n');
}

static int check(const char *path)
{
	struct errlist errs = {0};
	struct loaded_config c;
	if (config_load(&c, path, &errs) != 0) {
		config_unload(&c);
		return config_fail(&errs);
	}
	struct strbuf report;
	strbuf_init(&report);
	struct samples_counts counts = {0};
	size_t warnings = 0;
	for (size_t i = 0; i < generation_script_count(c.generation); i++) {
		samples_run(c.generation, i, &report, &counts, &errs);
		warnings += lint_run(c.generation, i, &report);
	}
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stderr);
	int status = 0;
	if (errs.n > 0)
		status = config_fail(&errs);
	else if (counts.failed > 0)
		status = 1;
	else
		print_ok(&c, counts.passed, warnings);
	strbuf_free(&report);
	config_unload(&c);
	return status;
}

int cmd_check(int argc, char **argv)
{
	const char *path = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			puts("usage: natmill check " USAGE "\n\n"
			     "Checks the configuration, loads the vendor scripts and runs their samples, as "
			     "a start would.\n"
			     "Exit status 0, or 1 with every error on a line of its own. Warns of rules that "
			     "can never match, of\n"
			     "required fields that nothing sets and of handlers that are not compiled.\n\n"
			     "  -c FILE            the configuration (default: " CONFIG_DEFAULT_FILE ")\n"
			     "  --reference PAGE   print docs/configuration.md with its tables made anew\n"
			     "  --types            print the type annotations of vendor scripts, for "
			     "editors");
			return 0;
		}
		if (strcmp(argv[i], "--types") == 0)
			return print_types();
		if (strcmp(argv[i], "-c") != 0 && strcmp(argv[i], "--reference") != 0)
			return cli_usage("check", USAGE, "unknown argument '%s'", argv[i]);
		if (i + 1 == argc)
			return cli_usage("check", USAGE, "%s needs a file", argv[i]);
		if (strcmp(argv[i], "--reference") == 0)
			return print_reference(argv[i + 1]);
		path = argv[++i];
	}
	return check(path);
}
