/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill run: consumes until told to stop.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/config_source.h"
#include "control/reference.h"

#define USAGE "[-c FILE]"

static void print_help(void)
{
	puts("usage: natmill run " USAGE "\n\n"
	     "Consumes, runs the vendor scripts over each message and writes the events to the outputs until "
	     "told\n"
	     "to stop (SIGTERM or Ctrl-C: delivers the batch under way and leaves the group).\n\n"
	     "  -c FILE   the configuration (default: " CONFIG_DEFAULT_FILE
	     " in the working folder, if it is there)\n\n"
	     "Options, in the file or as environment variables:\n");
	reference_help(config_sections(), stdout);
}

static void log_start(const struct loaded_config *c)
{
	const char *const *topics;
	size_t n = generation_topics(c->generation, &topics);
	struct strbuf text;
	strbuf_init(&text);
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&text, "%s%s", i > 0 ? ", " : "", topics[i]);
	strbuf_adds(&text, "; outputs ");
	for (size_t i = 0; i < c->sink_count; i++)
		strbuf_printf(&text, "%s%s", i > 0 ? ", " : "", c->sinks[i].name);
	log_info("natmill " NATMILL_VERSION ": %lld workers, group %s, topics %s",
		 (long long)c->config.engine.workers, c->config.kafka.group, text.data);
	strbuf_free(&text);
}

static void log_end(const struct engine_totals *t, const struct output_totals *outputs, size_t n)
{
	log_info("settled %" PRIu64 " messages in %.3f s: %" PRIu64 " records = %" PRIu64 " parsed + %" PRIu64
		 " ignored + %" PRIu64 " dead letters; %" PRIu64 " events, %" PRIu64
		 " messages to be read again, %" PRIu64 " gaps",
		 t->messages, t->seconds, t->records, t->parsed, t->ignored, t->dead, t->events, t->repeated,
		 t->gaps);
	for (size_t i = 0; i < n; i++)
		if (outputs[i].offered > 0)
			log_info("output %s: %" PRIu64 " offered = %" PRIu64 " stored + %" PRIu64
				 " rejected + %" PRIu64 " dropped",
				 outputs[i].name, outputs[i].offered, outputs[i].stored, outputs[i].rejected,
				 outputs[i].dropped);
}

static int run_engine(const struct loaded_config *c, const char *path)
{
	struct err e = {0};
	struct engine_totals totals;
	struct output_totals outputs[OUTPUTS_MAX];
	struct engine_config engine = config_engine(c);
	struct engine_source source = config_source(path);
	engine.source = &source;
	log_start(c);
	int rc = engine_run(&engine, NULL, NULL, &totals, outputs, &e);
	if (totals.messages > 0 || rc == 0)
		log_end(&totals, outputs, c->sink_count);
	if (rc == 0)
		return 0;
	log_last(e.msg); /* without waiting for who reads it */
	return err_exit_status(&e);
}

int cmd_run(int argc, char **argv)
{
	const char *path = NULL;
	const struct cli_arg args[] = {{"-c", &path, NULL}};
	enum cli_args read = cli_args_read("run", USAGE, print_help, argc, argv, args, 1);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	struct errlist errs = {0};
	struct loaded_config c;
	engine_hold_signals();
	int status = config_load(&c, path, &errs) != 0 ? config_fail(&errs) : 0;
	if (status == 0) {
		logging_apply(&c.config.log);
		status = run_engine(&c, path);
	}
	config_unload(&c);
	return status;
}
