/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill try: each input line is one message value; shows the events it gives, or where it stopped fitting.
 * Needs no Kafka. Showing is its job, so a dead line is no failure of the command.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/try_show.h"
#include "event/envelope.h"
#include "script/host.h"
#include "script/topics.h"

#define USAGE "[--vendor NAME | --topic T] [-c FILE | --vendors DIR] [--json] [FILE]"

struct options {
	const char *vendor;
	const char *topic;
	const char *config;
	const char *vendors;
	const char *file;
	bool json;
};

static void help(void)
{
	puts("usage: natmill try " USAGE "\n\n"
	     "Each line of FILE (or standard input) is one message value, as a collector writes it to Kafka "
	     "or as the\n"
	     "device sends it. Shows the events that the vendor scripts make of it, or where they "
	     "stopped.\n\n"
	     "  --vendor NAME   only this script (default: all, in alphabetical order)\n"
	     "  --topic T       the scripts that serve this topic, as the configuration has it; hosts and "
	     "zone, "
	     "too\n"
	     "  -c FILE         the configuration (default, with --topic: " CONFIG_DEFAULT_FILE
	     " if it is there)\n"
	     "  --vendors DIR   without configuration: the folder of vendor scripts (default: vendors)\n"
	     "  --json          one JSON object a line");
}

static enum cli_args read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){0};
	const struct cli_arg args[] = {
		{"--vendor", &o->vendor, NULL},   {"--topic", &o->topic, NULL}, {"-c", &o->config, NULL},
		{"--vendors", &o->vendors, NULL}, {"--json", NULL, &o->json},   {NULL, &o->file, NULL},
	};
	enum cli_args read = cli_args_read("try", USAGE, help, argc, argv, args, sizeof args / sizeof *args);
	if (read != CLI_ARGS_READ)
		return read;
	if (o->vendor != NULL && o->topic != NULL)
		return cli_usage("try", USAGE, "--vendor and --topic exclude each other"), CLI_ARGS_WRONG;
	if (o->config != NULL && o->vendors != NULL)
		return cli_usage("try", USAGE, "-c and --vendors exclude each other"), CLI_ARGS_WRONG;
	return CLI_ARGS_READ;
}

/* Of the folder that a script lies in. */
static int folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? (int)(slash - path) : 0;
}

static int find_topic(const char *topic, const struct generation *g, struct host *h, struct err *e)
{
	int route = host_route(h, topic);
	const char *script = topics_declaring(g, topic);
	if (route >= 0)
		return route;
	if (script != NULL)
		return err_set(e, ERR_CONFIG,
			       "the configuration's topics leave '%s' out, which %s declares; add it, or an "
			       "entry \"" TOPIC_DECLARED "\": {} for all that the scripts declare",
			       topic, script);
	return err_set(e, ERR_CONFIG, "no vendor script in '%.*s' serves the topic '%s'",
		       folder_len(generation_script_path(g, 0)), generation_script_path(g, 0), topic);
}

static int find_route(const struct options *o, const struct generation *g, struct host *h, struct err *e)
{
	if (o->vendor != NULL) {
		int place = generation_script_find(g, o->vendor, e);
		return place < 0 ? -1 : host_route_script(h, (size_t)place);
	}
	return o->topic == NULL ? host_route_all(h) : find_topic(o->topic, g, h, e);
}

/* Each line is a batch of its own and is shown at once, so that `tail -f | natmill try` works. */
static int try_lines(FILE *in, const struct options *o, struct host *h, uint32_t route, struct err *e)
{
	bool colour = !o->json && isatty(STDOUT_FILENO);
	struct batch batch;
	struct strbuf line = {0};
	struct strbuf shown = {0};
	uint64_t hostless = 0;
	int rc = 0;
	batch_init(&batch, 1, HOST_ARENA_NEED(ENVELOPE_VALUE_MAX));
	for (uint64_t n = 1; rc == 0 && cli_read_line(in, ENVELOPE_VALUE_MAX, &line); n++) {
		batch_reset(&batch);
		batch.messages[0] = (struct message){.topic = o->topic != NULL ? o->topic : "",
						     .timestamp = EVENT_NO_TIME,
						     .value = line.len > 0 ? line.data : "",
						     .len = line.len,
						     .route = route};
		batch.message_count = 1;
		rc = host_run(h, &batch, e);
		struct host_last last = host_last(h);
		strbuf_reset(&shown);
		if (o->json)
			try_show_json(n, &batch, &shown);
		else
			try_show_text(n, &batch, &last, colour, &shown);
		hostless += try_show_hostless(&batch);
		if (rc == 0)
			rc = cli_write(&shown, e);
	}
	if (rc == 0 && ferror(in))
		rc = err_set(e, ERR_SYSTEM, "cannot read '%s': %s",
			     o->file != NULL ? o->file : "standard input", strerror(errno));
	strbuf_reset(&shown);
	if (rc == 0 && !o->json) {
		struct host_times times = host_times(h);
		try_show_note(hostless, &shown);
		try_show_times(&times, &shown);
		rc = cli_write(&shown, e);
	}
	strbuf_free(&line);
	strbuf_free(&shown);
	batch_free(&batch);
	return rc;
}

static int try_input(const struct options *o, const struct generation *g, struct host *h)
{
	struct err e = {0};
	int route = find_route(o, g, h, &e);
	if (route < 0)
		return cli_fail(&e);
	bool standard = o->file == NULL || strcmp(o->file, "-") == 0;
	FILE *in = standard ? stdin : fopen(o->file, "re");
	if (in == NULL) {
		err_set(&e, ERR_CONFIG, "cannot read '%s': %s", o->file, strerror(errno));
		return cli_fail(&e);
	}
	int rc = try_lines(in, o, h, (uint32_t)route, &e);
	if (!standard)
		fclose(in);
	return rc == 0 ? 0 : cli_fail(&e);
}

/* A topic means what the configuration says, so that this agrees with natmill run. */
static bool asks_config(const struct options *o)
{
	if (o->config != NULL)
		return true;
	bool there = access(CONFIG_DEFAULT_FILE, F_OK) == 0 || getenv("NATMILL_TOPICS") != NULL;
	return o->topic != NULL && o->vendors == NULL && there;
}

static int try_with(const struct options *o, struct generation *g)
{
	struct host_options plain = {.jit = false, .need_host_time = false, .note_times = true};
	struct errlist errors = {0};
	struct host *h = host_new(g, &plain, &errors);
	if (h == NULL)
		return config_fail(&errors);
	int status = try_input(o, g, h);
	host_free(h);
	return status;
}

static int try_configured(const struct options *o)
{
	struct loaded_config c;
	struct errlist errors = {0};
	int status = config_load(&c, o->config, &errors) == 0 ? try_with(o, c.generation) : 1;
	config_unload(&c);
	config_fail(&errors);
	return status;
}

int cmd_try(int argc, char **argv)
{
	struct options o;
	enum cli_args read = read_options(argc, argv, &o);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	if (asks_config(&o))
		return try_configured(&o);
	struct errlist errors = {0};
	const char *folder = o.vendors != NULL ? o.vendors : cli_default_vendors();
	struct generation *g = generation_load(folder, NULL, 0, 1, &errors);
	int status = g != NULL ? try_with(&o, g) : config_fail(&errors);
	generation_unref(g);
	return status;
}
