/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill watermarks: shows how far each transactional output has come, and sets a watermark by hand when a
 * partition has stopped because its topic was made anew. A natmill that is running notices at its next
 * batch.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "cli/cli_args.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "event/timeparse.h"

#define USAGE "list [-c FILE] | set [-c FILE] [--cluster ID] OUTPUT TOPIC PARTITION OFFSET"

struct arguments {
	const char *config;
	const char *cluster; /* NULL = the only one there is */
	cli_words words;
	int count;
};

/* What set looks for, and what of it there is. */
struct search {
	const char *topic;
	int32_t partition;
	const char *wanted; /* cluster */
	char *cluster;      /* of the last row that fits */
	int64_t offset;
	int found;
};

static int fail(const char *output, const struct output_result *r)
{
	struct err e = r->why;
	err_prefix(&e, "output %s", output);
	return cli_fail(&e);
}

/* Opens the output, runs one of the two calls, closes it. Exit status. */
static int with_output(const struct loaded_config *c, const struct sink_config *sink, const char *cluster,
		       void (*call)(struct output *o, const struct output_type *t, void *ctx,
				    struct output_result *r),
		       void *ctx)
{
	struct output_env env = {.name = sink->name,
				 .cluster_id = cluster,
				 .host = cli_host(),
				 .group = c->config.kafka.group};
	struct output_result r;
	struct err e = {0};
	struct output *o = sink->type->create(sink->options, &env, &e);
	if (o == NULL)
		return cli_fail(&e);
	sink->type->open(o, &r);
	if (r.verdict == OUTPUT_OK)
		call(o, sink->type, ctx, &r);
	sink->type->close(o);
	return r.verdict == OUTPUT_OK ? 0 : fail(sink->name, &r);
}

static void print_mark(void *ctx, const struct output_mark *m)
{
	char time[TIME_TEXT_MAX];
	(void)ctx;
	if (m->timestamp == EVENT_NO_TIME || time_format(m->timestamp, time) == 0)
		snprintf(time, sizeof time, "-");
	printf("%-16s %-32s %9d %20lld %-28s %s\n", m->output, m->topic, m->partition, (long long)m->offset,
	       time, m->cluster);
}

static void call_list(struct output *o, const struct output_type *t, void *ctx, struct output_result *r)
{
	t->list_marks(o, print_mark, ctx, r);
}

static int list(const struct loaded_config *c)
{
	int status = 0;
	printf("%-16s %-32s %9s %20s %-28s %s\n", "output", "topic", "partition", "next offset", "timestamp",
	       "cluster");
	for (size_t i = 0; i < c->sink_count && status == 0; i++)
		if (c->sinks[i].type->transactional)
			status = with_output(c, &c->sinks[i], "", call_list, NULL);
	return status;
}

static void match_mark(void *ctx, const struct output_mark *m)
{
	struct search *s = ctx;
	if (strcmp(m->topic, s->topic) != 0 || m->partition != s->partition)
		return;
	if (s->wanted != NULL && strcmp(m->cluster, s->wanted) != 0)
		return;
	free(s->cluster);
	s->cluster = xstrdup(m->cluster);
	s->offset = m->offset;
	s->found++;
}

static void call_search(struct output *o, const struct output_type *t, void *ctx, struct output_result *r)
{
	t->list_marks(o, match_mark, ctx, r);
}

static void call_set(struct output *o, const struct output_type *t, void *ctx, struct output_result *r)
{
	t->set_mark(o, ctx, r);
	if (r->verdict == OUTPUT_OK && r->n == 0)
		output_retry(r, false, "the watermark was deleted just now");
}

/* A whole number without anything behind it; -1 otherwise. */
static int64_t number_of(const char *text)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && v >= 0 ? v : -1;
}

static const struct sink_config *find_output(const struct loaded_config *c, const char *name)
{
	struct strbuf known = {0};
	for (size_t i = 0; i < c->sink_count; i++) {
		if (!c->sinks[i].type->transactional)
			continue;
		if (strcmp(c->sinks[i].name, name) == 0)
			return strbuf_free(&known), &c->sinks[i];
		strbuf_printf(&known, "%s%s", known.len > 0 ? ", " : "", c->sinks[i].name);
	}
	struct err e;
	err_set(&e, ERR_CONFIG, "no output with watermarks is named '%s'; the configuration has: %s", name,
		known.len > 0 ? known.data : "none");
	cli_fail(&e);
	strbuf_free(&known);
	return NULL;
}

static int no_single_row(const struct arguments *a, const struct search *s)
{
	struct err e;
	if (s->found > 1)
		err_set(&e, ERR_CONFIG,
			"output %s has watermarks of %s [%d] in %d clusters; choose one with --cluster",
			a->words[1], s->topic, s->partition, s->found);
	else
		err_set(&e, ERR_CONFIG,
			"output %s has no watermark of %s [%d]%s%s; `natmill watermarks list` shows what "
			"there is",
			a->words[1], s->topic, s->partition, a->cluster != NULL ? " in cluster " : "",
			a->cluster != NULL ? a->cluster : "");
	return cli_fail(&e);
}

static int set(const struct loaded_config *c, const struct arguments *a)
{
	int64_t offset = number_of(a->words[4]);
	const struct sink_config *sink = find_output(c, a->words[1]);
	if (sink == NULL)
		return 1;
	struct search s = {.topic = a->words[2],
			   .partition = (int32_t)number_of(a->words[3]),
			   .wanted = a->cluster};
	int status = with_output(c, sink, "", call_search, &s);
	if (status == 0 && s.found != 1)
		status = no_single_row(a, &s);
	if (status == 0) {
		struct position p = {.topic = s.topic, .partition = s.partition, .offset = offset};
		status = with_output(c, sink, s.cluster, call_set, &p);
	}
	if (status == 0)
		printf("output %s, %s [%d]: watermark %lld, was %lld\n", sink->name, s.topic, s.partition,
		       (long long)offset, (long long)s.offset);
	free(s.cluster);
	return status;
}

static void help(void)
{
	puts("usage: natmill watermarks " USAGE "\n\n"
	     "list: how far each output that keeps watermarks has come.\n"
	     "set: the offset that the output takes next of a partition, for example after the topic was\n"
	     "made anew. What lies between is not stored, or stored again: it is the operator's word.\n\n"
	     "  -c FILE        the configuration (default: " CONFIG_DEFAULT_FILE ")\n"
	     "  --cluster ID   which Kafka cluster, where the table knows several");
}

/* 0, or the exit status of a usage error. */
static int refuse(struct arguments *a)
{
	while (a->words[a->count] != NULL)
		a->count++;
	bool is_list = a->count == 1 && strcmp(a->words[0], "list") == 0;
	bool is_set = a->count == 5 && strcmp(a->words[0], "set") == 0;
	if (!is_list && !is_set)
		return cli_usage("watermarks", USAGE, "list, or set with four values");
	if (is_set && (number_of(a->words[3]) < 0 || number_of(a->words[3]) > INT32_MAX))
		return cli_usage("watermarks", USAGE, "'%s' is no partition", a->words[3]);
	if (is_set && number_of(a->words[4]) < 0)
		return cli_usage("watermarks", USAGE, "'%s' is no offset", a->words[4]);
	return 0;
}

int cmd_watermarks(int argc, char **argv)
{
	struct arguments a = {0};
	const struct cli_arg args[] = {{CLI_WORDS, a.words, NULL},
				       {"-c", &a.config, NULL},
				       {"--cluster", &a.cluster, NULL}};
	enum cli_args read = cli_args_read("watermarks", USAGE, help, argc, argv, args, 3);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	int status = refuse(&a);
	if (status != 0)
		return status;
	struct errlist errs = {0};
	struct loaded_config c;
	status = config_load(&c, a.config, &errs) != 0 ? config_fail(&errs) : 0;
	if (status == 0)
		status = a.count == 1 ? list(&c) : set(&c, &a);
	config_unload(&c);
	return status;
}
