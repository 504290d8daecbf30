/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill replay: messages that Kafka still has, between two times, once more through today's scripts into
 * one output.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_args.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/registry.h"
#include "event/timeparse.h"
#include "stream/history.h"

#define USAGE "--topic TOPIC --from TIME --to TIME --into OUTPUT [-c FILE]"

struct arguments {
	const char *config;
	const char *topic;
	const char *from;
	const char *to;
	const char *into;
	int64_t from_us;
	int64_t to_us;
};

static int read_when(const char *option, const char *text, int64_t *us)
{
	if (text == NULL)
		return cli_usage("replay", USAGE, "%s is missing", option);
	return cli_read_time("replay", USAGE, option, text, us);
}

/* 0, or the exit status of a usage error. */
static int refuse(struct arguments *a)
{
	if (a->topic[0] == '\0' || a->into[0] == '\0')
		return cli_usage("replay", USAGE, "%s is missing",
				 a->topic[0] == '\0' ? "--topic" : "--into");
	int status = read_when("--from", a->from, &a->from_us);
	if (status == 0)
		status = read_when("--to", a->to, &a->to_us);
	if (status == 0 && a->from_us >= a->to_us)
		return cli_usage("replay", USAGE, "--from must lie before --to");
	return status;
}

/* Which types can keep a watermark of a replay, for messages. */
static void add_targets(struct strbuf *out)
{
	size_t n = 0;
	for (size_t i = 0; registry_outputs[i] != NULL; i++)
		if (registry_outputs[i]->transactional && !registry_outputs[i]->group_marks)
			strbuf_printf(out, "%s%s", n++ > 0 ? ", " : "", registry_outputs[i]->name);
}

static void tell_refusal(const struct sink_config *target)
{
	struct err e;
	struct strbuf types = {0};
	add_targets(&types);
	err_set(&e, ERR_CONFIG,
		"output %s is of type %s, which %s; replay into an output of one of the types %s",
		target->name, target->type->name,
		target->type->group_marks
			? "keeps its watermarks as the offsets of natmill's group, so that a "
			  "replay, which is in no group, can have none"
			: "keeps no watermarks, so that nothing tells how far a replay has come",
		types.data);
	strbuf_free(&types);
	cli_fail(&e);
}

static const struct sink_config *find_target(const struct loaded_config *c, const char *name)
{
	struct err e;
	for (size_t i = 0; i < c->sink_count; i++) {
		if (strcmp(c->sinks[i].name, name) != 0)
			continue;
		if (c->sinks[i].type->transactional && !c->sinks[i].type->group_marks)
			return &c->sinks[i];
		tell_refusal(&c->sinks[i]);
		return NULL;
	}
	err_set(&e, ERR_CONFIG, "the configuration has no output named '%s'", name);
	cli_fail(&e);
	return NULL;
}

static void report(const struct history_counts *n, const char *into)
{
	printf("%" PRIu64 " messages%s: %" PRIu64 " events; output %s: %" PRIu64 " stored, %" PRIu64
	       " there already, %" PRIu64 " filtered out, %" PRIu64 " refused\n",
	       n->messages, n->resumed ? " (an earlier run had begun)" : "", n->events, into,
	       stats_get(&n->output.stored), stats_get(&n->output.skipped), stats_get(&n->output.filtered),
	       stats_get(&n->output.rejected));
	if (n->dead > 0)
		printf("%" PRIu64 " records cannot be read by today's scripts%s\n", n->dead,
		       n->live    ? "; they are not stored as dead letters again"
		       : n->keeps ? ": they are dead letters"
				  : "; this output keeps no dead letters, so they are only counted");
}

static int replay(const struct loaded_config *c, const struct arguments *a)
{
	const struct sink_config *target = find_target(c, a->into);
	if (target == NULL)
		return 1;
	char from[TIME_TEXT_MAX] = "";
	char to[TIME_TEXT_MAX] = "";
	struct strbuf name = {0};
	time_format(a->from_us, from);
	time_format(a->to_us, to);
	strbuf_printf(&name, "replay:%s:%s-%s", a->topic, from, to);
	struct history_config config = {.kafka = &c->config.kafka,
					.batch = &c->config.batch,
					.engine = &c->config.engine,
					.generation = c->generation,
					.target = target,
					.topic = a->topic,
					.from = a->from_us,
					.to = a->to_us,
					.name = name.data,
					.host = cli_host(),
					.stop = cli_host_stop()};
	struct history_counts counts;
	struct err e = {0};
	cli_host_catch_signals();
	int rc = history_run(&config, &counts, &e);
	if (rc == 0 || counts.messages > 0)
		report(&counts, a->into);
	fflush(stdout);
	strbuf_free(&name);
	return rc == 0 ? 0 : cli_fail(&e);
}

static void help(void)
{
	puts("usage: natmill replay " USAGE "\n\n"
	     "Reads the messages of a topic between two times from Kafka, runs today's scripts over "
	     "them and\n"
	     "stores the events in one output, exactly once. It joins no consumer group. "
	     "Interrupted, "
	     "the same\n"
	     "command goes on where it stopped: the output keeps a watermark of the name\n"
	     "replay:TOPIC:FROM-TO. Into tables that natmill fills from the same topic it goes only "
	     "if "
	     "they have\n"
	     "the columns topic, partition, offset and idx; what is there already is left alone.\n\n"
	     "  --topic TOPIC  the topic\n"
	     "  --from TIME    Kafka's time of the first message, such as 2026-01-31T18:00:00Z\n"
	     "  --to TIME      and of the first one that is not read\n"
	     "  --into OUTPUT  name of an output of the configuration: postgresql, sqlite or file\n"
	     "  -c FILE        the configuration (default: " CONFIG_DEFAULT_FILE ")");
}

int cmd_replay(int argc, char **argv)
{
	struct arguments a = {.topic = "", .into = ""};
	struct errlist errs = {0};
	struct loaded_config c;
	const struct cli_arg args[] = {{"--topic", &a.topic, NULL},
				       {"--from", &a.from, NULL},
				       {"--to", &a.to, NULL},
				       {"--into", &a.into, NULL},
				       {"-c", &a.config, NULL}};
	enum cli_args read = cli_args_read("replay", USAGE, help, argc, argv, args, 5);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	int status = refuse(&a);
	if (status != 0)
		return status;
	status = config_load(&c, a.config, &errs) != 0 ? config_fail(&errs) : 0;
	if (status == 0)
		status = replay(&c, &a);
	config_unload(&c);
	return status;
}
