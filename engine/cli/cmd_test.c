/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill test: runs the samples beside the vendor scripts, all or those named, and shows what differs.
 * With --fill it writes what the scripts make of the lines that say nothing about it yet.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "script/generation.h"
#include "script/samples.h"
#include "script/samples_fill.h"

#define USAGE "[--vendors DIR] [--fill] [NAME...]"

struct asked {
	const char *vendors;
	bool fill;
	cli_words names;
};

static void help(void)
{
	puts("usage: natmill test " USAGE "\n\n"
	     "Runs vendors/NAME.samples for all vendor scripts or those named, and shows for each sample "
	     "that fails\n"
	     "what was expected (-) and what came (+). Exit status 0 when all pass, else 1. Lines behind "
	     "`# not yet: `\n"
	     "are counted, no more.\n\n"
	     "  --fill          write into NAME.samples what the script makes of each line (> ...) with "
	     "nothing below\n"
	     "                  it, and of each behind `# not yet: ` that it can read now. Look at them\n"
	     "  --vendors DIR   the folder of vendor scripts (default: vendors)");
}

static enum cli_args read_arguments(int argc, char **argv, struct asked *a)
{
	*a = (struct asked){0};
	const struct cli_arg args[] = {{CLI_WORDS, a->names, NULL},
				       {"--fill", NULL, &a->fill},
				       {"--vendors", &a->vendors, NULL}};
	enum cli_args read = cli_args_read("test", USAGE, help, argc, argv, args, 3);
	if (read == CLI_ARGS_READ && a->fill && a->names[0] == NULL)
		return cli_usage("test", USAGE, "--fill needs the name of a vendor script"), CLI_ARGS_WRONG;
	return read;
}

static int print_errors(const struct errlist *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		fprintf(stderr, "natmill: %s\n", errors->items[i].msg);
	return 1;
}

static int run_named(struct generation *g, const char *const *names, struct strbuf *report,
		     struct samples_counts *counts, struct errlist *errors)
{
	int rc = 0;
	struct err e;
	for (size_t i = 0; names[i] != NULL; i++) {
		int place = generation_script_find(g, names[i], &e);
		if (place < 0)
			rc = errlist_add(errors, ERR_CONFIG, "%s", e.msg);
		else if (samples_run(g, (size_t)place, report, counts, errors) != 0)
			rc = -1;
	}
	for (size_t i = 0; names[0] == NULL && i < generation_script_count(g); i++)
		if (samples_run(g, i, report, counts, errors) != 0)
			rc = -1;
	return rc;
}

static void tell_filled(const char *path, const struct samples_filled *counts)
{
	if (counts->filled == 0 && counts->left == 0) {
		printf("%s: nothing to fill in; lines of yours go behind `> `\n", path);
		return;
	}
	printf("%s: %zu filled", path, counts->filled);
	if (counts->left > 0)
		printf(", %zu not yet", counts->left);
	puts(counts->filled > 0 ? "; look at them: what is wrong here stays wrong" : "");
}

static int fill_named(struct generation *g, const char *const *names, struct errlist *errors)
{
	int rc = 0;
	for (size_t i = 0; names[i] != NULL; i++) {
		struct err e = {0};
		struct strbuf path = {0};
		struct strbuf report = {0};
		struct samples_filled counts = {0};
		int place = generation_script_find(g, names[i], &e);
		bool done = place >= 0 && samples_fill(g, (size_t)place, &path, &report, &counts, &e) == 0;
		if (done && report.len > 0)
			fwrite(report.data, 1, report.len, stdout);
		if (done)
			tell_filled(path.data, &counts);
		else
			rc = errlist_add(errors, e.code, "%s", e.msg);
		strbuf_free(&path);
		strbuf_free(&report);
	}
	return rc;
}

static int run(struct generation *g, const struct asked *a, struct errlist *errors)
{
	struct strbuf report = {0};
	struct samples_counts counts = {0};
	int rc = run_named(g, a->names, &report, &counts, errors);
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stdout);
	if (rc != 0)
		print_errors(errors);
	printf("%zu sample%s passed, %zu failed", counts.passed, counts.passed == 1 ? "" : "s",
	       counts.failed);
	if (counts.not_yet > 0)
		printf(", %zu not yet", counts.not_yet);
	putchar('\n');
	strbuf_free(&report);
	return rc == 0 && counts.failed == 0 ? 0 : 1;
}

int cmd_test(int argc, char **argv)
{
	struct asked a;
	enum cli_args read = read_arguments(argc, argv, &a);
	int status = 0;
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	struct errlist errors = {0};
	const char *folder = a.vendors != NULL ? a.vendors : cli_default_vendors();
	struct generation *g = generation_load(folder, NULL, 0, 1, &errors);
	if (g == NULL || (a.fill && fill_named(g, a.names, &errors) != 0))
		status = print_errors(&errors);
	else if (!a.fill)
		status = run(g, &a, &errors);
	generation_unref(g);
	errlist_free(&errors);
	return status;
}
