/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill test: runs the samples beside the vendor scripts, all or those named, and shows what differs.
 */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/commands.h"
#include "script/generation.h"
#include "script/samples.h"

#define USAGE "[--vendors DIR] [NAME...]"

static void help(void)
{
	puts("usage: natmill test " USAGE "\n\n"
	     "Runs vendors/NAME.samples for all vendor scripts or those named, and shows for each sample "
	     "that fails\n"
	     "what was expected (-) and what came (+). Exit status 0 when all pass, else 1.\n\n"
	     "  --vendors DIR   the folder of vendor scripts (default: vendors)");
}

static int print_errors(const struct errlist *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		fprintf(stderr, "natmill: %s\n", errors->items[i].msg);
	return 1;
}

static int run_named(struct generation *g, int n, char **names, struct strbuf *report,
		     struct samples_counts *counts, struct errlist *errors)
{
	int rc = 0;
	struct err e;
	for (int i = 0; i < n; i++) {
		int place = generation_script_find(g, names[i], &e);
		if (place < 0)
			rc = errlist_add(errors, ERR_CONFIG, "%s", e.msg);
		else if (samples_run(g, (size_t)place, report, counts, errors) != 0)
			rc = -1;
	}
	for (size_t i = 0; n == 0 && i < generation_script_count(g); i++)
		if (samples_run(g, i, report, counts, errors) != 0)
			rc = -1;
	return rc;
}

int cmd_test(int argc, char **argv)
{
	const char *vendors = NULL;
	int first = 1;
	for (; first < argc && argv[first][0] == '-'; first++) {
		if (strcmp(argv[first], "--help") == 0) {
			help();
			return 0;
		}
		if (strcmp(argv[first], "--vendors") != 0)
			return cli_usage("test", USAGE, "unknown option '%s'", argv[first]);
		if (++first == argc)
			return cli_usage("test", USAGE, "--vendors needs a folder");
		vendors = argv[first];
	}
	struct errlist errors = {0};
	struct strbuf report = {0};
	struct samples_counts counts = {0};
	struct generation *g =
		generation_load(vendors != NULL ? vendors : cli_default_vendors(), NULL, 0, 1, &errors);
	int rc = g != NULL ? run_named(g, argc - first, argv + first, &report, &counts, &errors) : -1;
	if (report.len > 0)
		fwrite(report.data, 1, report.len, stdout);
	if (rc != 0)
		print_errors(&errors);
	if (g != NULL)
		printf("%zu samples passed, %zu failed\n", counts.passed, counts.failed);
	generation_unref(g);
	strbuf_free(&report);
	errlist_free(&errors);
	return rc == 0 && counts.failed == 0 ? 0 : 1;
}
