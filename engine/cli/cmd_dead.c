/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill dead: what became of records that no script could read and of events that an output refused, and
 * how they come back after a script was mended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/dead.h"

#define USAGE                                                                                         \
	"list|count|show|export|replay [LETTER] [-c FILE] [--reason TEXT] [--vendor NAME] [--output " \
	"NAME] [--topic NAME] [--from TIME] [--to TIME] [--limit N] [--json] [--dry-run]"

enum action { ACT_LIST, ACT_COUNT, ACT_SHOW, ACT_EXPORT, ACT_REPLAY, ACT_NONE };

static enum action action_of(const char *word)
{
	static const char *const names[] = {"list", "count", "show", "export", "replay"};
	int i = 0;
	while (i < ACT_NONE && strcmp(names[i], word) != 0)
		i++;
	return (enum action)i;
}

static void print_help(void)
{
	puts("usage: natmill dead " USAGE "\n\n"
	     "list: one line for each dead letter: where it came from, when, vendor, output, reason.\n"
	     "count: how many there are of each kind.\n"
	     "show: letters whole, with value, key and headers.\n"
	     "export: letters as JSON, one a line.\n"
	     "replay: runs their messages through today's scripts, sends the events to the outputs of the\n"
	     "configuration, and takes each letter out of its table in the transaction that stores its "
	     "event;\n"
	     "letters of a file or a topic are noted there as come back. What is still dead stays. Works "
	     "beside\n"
	     "a natmill that is running.\n\n"
	     "  LETTER         one letter, as list names it: TOPIC/PARTITION/OFFSET[/RECORD]\n"
	     "  -c FILE        the configuration (default: " CONFIG_DEFAULT_FILE ")\n"
	     "  --reason TEXT  letters whose reason has this text in it\n"
	     "  --vendor NAME  of that vendor script; '' = unknown\n"
	     "  --output NAME  events that this output refused; '' = records that no script could read\n"
	     "  --topic NAME   of that topic\n"
	     "  --from TIME    from that time of the Kafka record on, such as 2026-01-31T18:00:00Z\n"
	     "  --to TIME      before that time\n"
	     "  --limit N      at most so many letters\n"
	     "  --json         JSON lines; with tabs between columns when standard output is no terminal\n"
	     "  --dry-run      replay: tells what would happen, changes nothing");
}

/* A whole number within 0..max, without anything behind it; -1 otherwise. */
static int64_t number_of(const char *text, int64_t max)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && v >= 0 && v <= max ? v : -1;
}

/* TOPIC/PARTITION/OFFSET[/RECORD]; a topic has no slash. */
static int read_letter(struct dead_request *r, const char *text)
{
	struct dead_query *q = &r->query;
	char *save = NULL;
	char *copy = xstrdup(text);
	const char *parts[5] = {strtok_r(copy, "/", &save)};
	int n = parts[0] != NULL;
	while (n > 0 && n < 5 && (parts[n] = strtok_r(NULL, "/", &save)) != NULL)
		n++;
	free(r->topic);
	r->topic = copy;
	q->topic = copy;
	if (n == 3 || n == 4) {
		q->partition = number_of(parts[1], INT32_MAX);
		q->offset = number_of(parts[2], INT64_MAX);
		q->record = n == 4 ? number_of(parts[3], UINT32_MAX) : -1;
	}
	if (n < 3 || n > 4 || q->partition < 0 || q->offset < 0 || (n == 4 && q->record < 0))
		return cli_usage("dead", USAGE, "'%s' names no letter: TOPIC/PARTITION/OFFSET[/RECORD]",
				 text);
	return 0;
}

/* What was given as texts. */
struct texts_given {
	cli_words words; /* what to do, and a letter */
	const char *from;
	const char *to;
	const char *limit;
};

static int read_limit(struct dead_request *r, const char *text)
{
	int64_t limit = number_of(text, INT32_MAX);
	if (limit < 1)
		return cli_usage("dead", USAGE, "--limit: '%s' is no number from 1", text);
	r->query.limit = (size_t)limit;
	return 0;
}

/* 0, or the exit status of a usage error. */
static int take(struct dead_request *r, const struct texts_given *t, enum action action)
{
	struct dead_query *q = &r->query;
	int bad = 0;
	if (action == ACT_NONE)
		return cli_usage("dead", USAGE, "list, count, show, export or replay");
	if (r->dry_run && action != ACT_REPLAY)
		return cli_usage("dead", USAGE, "--dry-run is for replay");
	if (t->words[1] != NULL && t->words[2] != NULL)
		return cli_usage("dead", USAGE, "too many arguments: '%s'", t->words[2]);
	if (t->from != NULL)
		bad = cli_read_time("dead", USAGE, "--from", t->from, &q->from);
	if (bad == 0 && t->to != NULL)
		bad = cli_read_time("dead", USAGE, "--to", t->to, &q->to);
	if (bad == 0 && t->limit != NULL)
		bad = read_limit(r, t->limit);
	if (bad == 0 && t->words[1] != NULL)
		bad = read_letter(r, t->words[1]);
	if (bad == 0 && action == ACT_SHOW && r->topic == NULL && q->limit == 0)
		return cli_usage(
			"dead", USAGE,
			"show: which letter? As list names it: TOPIC/PARTITION/OFFSET[/RECORD]; or a "
			"--limit");
	return bad;
}

static int run(enum action action, const struct loaded_config *c, const struct dead_request *r)
{
	struct dead_stores stores;
	int status = dead_find_stores(&stores, c, action == ACT_REPLAY);
	if (status != 0)
		return status;
	switch (action) {
	case ACT_LIST:
		return dead_list(&stores, r);
	case ACT_COUNT:
		return dead_count(&stores, r);
	case ACT_SHOW:
		return dead_show(&stores, r);
	case ACT_EXPORT:
		return dead_export(&stores, r);
	case ACT_REPLAY:
	case ACT_NONE:
		break;
	}
	return dead_replay(c, &stores, r);
}

int cmd_dead(int argc, char **argv)
{
	struct dead_request r = {.query = dead_all(0), .terminal = isatty(STDOUT_FILENO) == 1};
	struct texts_given t = {0};
	struct errlist errs = {0};
	struct loaded_config c;
	const struct cli_arg args[] = {
		{CLI_WORDS, t.words, NULL},          {"-c", &r.config, NULL},
		{"--reason", &r.query.reason, NULL}, {"--vendor", &r.query.vendor, NULL},
		{"--output", &r.query.output, NULL}, {"--topic", &r.query.topic, NULL},
		{"--from", &t.from, NULL},           {"--to", &t.to, NULL},
		{"--limit", &t.limit, NULL},         {"--json", NULL, &r.json},
		{"--dry-run", NULL, &r.dry_run},
	};
	enum cli_args read =
		cli_args_read("dead", USAGE, print_help, argc, argv, args, sizeof args / sizeof args[0]);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	enum action action = t.words[0] != NULL ? action_of(t.words[0]) : ACT_NONE;
	int status = take(&r, &t, action);
	if (status == 0) {
		status = config_load(&c, r.config, &errs) != 0 ? config_fail(&errs) : 0;
		if (status == 0)
			status = run(action, &c, &r);
		config_unload(&c);
	}
	free(r.topic);
	return status;
}
