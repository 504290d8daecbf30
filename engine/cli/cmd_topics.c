/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill topics: the topics that this configuration reads and writes as the brokers have them, against the
 * group's consumers, with what is wrong; and makes those that are missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/topics.h"

#define USAGE                                                                                       \
	"[TOPIC...] [-c FILE] [--check] [--json] | --create [TOPIC...] [-c FILE] [--partitions N] " \
	"[--replication N] [--retention TIME] [--dry-run]"
#define REPLICATION_MAX 100
#define PARTITIONS_MAX 100000

struct arguments {
	const char *config;
	cli_words topics;
	bool json;
	bool check;
	bool create;
	const char *partitions;
	const char *replication;
	const char *retention;
	struct topics_wish wish;
};

static void help(void)
{
	puts("usage: natmill topics " USAGE "\n\n"
	     "The topics that configuration and scripts read, and those that outputs and dead letters are "
	     "written to,\n"
	     "as the brokers have them: partitions against consumers, replicas, how long messages are kept, "
	     "lag. Then\n"
	     "what is wrong or may be, a line each, with what to do. Asks only; joins no group.\n\n"
	     "  TOPIC             only these\n"
	     "  -c FILE           the configuration (default: " CONFIG_DEFAULT_FILE ")\n"
	     "  --check           exit status 1 when there is a warning; notes do not count\n"
	     "  --json            as JSON\n"
	     "  --create          make the topics that are missing; those that are there are never changed\n"
	     "  --partitions N    of new topics (default: 16 or more, a multiple of the consumers)\n"
	     "  --replication N   of new topics (default: 3, or as many as there are brokers)\n"
	     "  --retention TIME  of new topics, such as 30d (default: 7d, or twice kafka.longest_outage)\n"
	     "  --dry-run         with --create: let the broker check it, and say what would be made");
}

static int read_number(const char *option, const char *text, int64_t max, int64_t *out)
{
	if (text == NULL)
		return 0;
	if (cli_is_number(text) && quantity_int(text, out) == 0 && *out <= max)
		return 0;
	return cli_usage("topics", USAGE, "%s: '%s' is no number from 1 to %lld", option, text,
			 (long long)max);
}

/* 0, or the exit status of a usage error. */
static int read_wish(struct arguments *a)
{
	struct topics_wish *w = &a->wish;
	if (!a->create &&
	    (a->partitions != NULL || a->replication != NULL || a->retention != NULL || w->dry_run))
		return cli_usage("topics", USAGE,
				 "--partitions, --replication, --retention and --dry-run need --create");
	if (a->create && (a->json || a->check))
		return cli_usage("topics", USAGE, "--create excludes --json and --check");
	int status = read_number("--partitions", a->partitions, PARTITIONS_MAX, &w->partitions);
	if (status == 0)
		status = read_number("--replication", a->replication, REPLICATION_MAX, &w->replication);
	if (status == 0 && a->retention != NULL &&
	    (quantity_duration(a->retention, &w->retention_ms) != 0 || w->retention_ms <= 0))
		status = cli_usage("topics", USAGE, "--retention: '%s' is no time such as 7d", a->retention);
	return status;
}

/* The page, or what was made, and the exit status. */
static int answer(struct survey_link *l, const struct topics_view *v, const struct arguments *a,
		  struct strbuf *out)
{
	if (a->create)
		return topics_make(l, v, &a->wish, out);
	struct topics_findings found = topics_advise(v);
	int status = 0;
	for (size_t i = 0; i < found.n; i++)
		if (a->check && topics_is_warning(found.items[i].kind))
			status = 1;
	if (a->check && v->survey->untold.n > 0)
		status = 1;
	if (a->json)
		topics_json(v, &found, out);
	else
		topics_show(v, &found, isatty(STDOUT_FILENO) == 1, out);
	free(found.items);
	return status;
}

static int look(struct survey_link *l, const struct loaded_config *c, const struct arguments *a,
		struct err *e)
{
	struct texts known;
	struct topics_view v;
	struct survey s = {0};
	struct strbuf out = {0};
	const char **names = NULL;
	int status = -1;
	if (survey_names(l, &known, e) != 0)
		return -1;
	if (topics_rows(&v, c, &known, a->topics[0] != NULL ? a->topics : NULL, e) == 0) {
		names = xcalloc(v.n + 1, sizeof *names);
		if (survey_ask(l, names, topics_names(&v, names), &s, e) == 0) {
			topics_join(&v, &s);
			v.now_us = clock_wall_us();
			status = answer(l, &v, a, &out);
		}
	}
	if (status >= 0 && cli_write(&out, e) != 0)
		status = -1;
	strbuf_free(&out);
	survey_free(&s);
	free(names);
	topics_rows_free(&v);
	survey_names_free(&known);
	return status;
}

static int run(const struct loaded_config *c, const struct arguments *a)
{
	struct survey_link l;
	struct err e = {0};
	if (survey_open(&l, &c->config.kafka, &e) != 0)
		return cli_fail(&e);
	int status = look(&l, c, a, &e);
	survey_close(&l);
	return status >= 0 ? status : cli_fail(&e);
}

int cmd_topics(int argc, char **argv)
{
	struct arguments a = {0};
	const struct cli_arg args[] = {
		{CLI_WORDS, a.topics, NULL},
		{"-c", &a.config, NULL},
		{"--json", NULL, &a.json},
		{"--check", NULL, &a.check},
		{"--create", NULL, &a.create},
		{"--partitions", &a.partitions, NULL},
		{"--replication", &a.replication, NULL},
		{"--retention", &a.retention, NULL},
		{"--dry-run", NULL, &a.wish.dry_run},
	};
	enum cli_args read =
		cli_args_read("topics", USAGE, help, argc, argv, args, sizeof args / sizeof args[0]);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	int status = read_wish(&a);
	if (status != 0)
		return status;
	struct errlist errs = {0};
	struct loaded_config c;
	status = config_load(&c, a.config, &errs) != 0 ? config_fail(&errs) : run(&c, &a);
	config_unload(&c);
	return status;
}
