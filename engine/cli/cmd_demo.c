/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill demo: the main job without server or network. Embedded broker, the samples of all scripts as live
 * traffic, SQLite as output; rates while it runs, accounts and one answered question at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/demo_answer.h"
#include "cli/demo_traffic.h"

#define USAGE "[--dir FOLDER] [--seconds N] [--vendors DIR] [--vendor NAME]"
#define TRAFFIC_PER_SECOND 20000
#define PATH_SIZE 512
#define SECONDS_DIGITS 6

/* The demo's configuration: a file that a user can copy. */
static const char config_text[] =
	"# The configuration of `natmill demo`. Copy it, put your own brokers in, and start:\n"
	"#   natmill run -c natmill.yaml\n"
	"kafka:\n"
	"  brokers: %s   # the demo's embedded broker; it is gone now\n"
	"  group: natmill-demo\n"
	"  # The embedded broker forms a group anew only after the session time-out; leave this out.\n"
	"  properties: { session.timeout.ms: 2000, heartbeat.interval.ms: 300 }\n"
	"vendors: %s\n"
	"topics:\n"
	"  \"*\": { host: 192.0.2.254 }   # the device of lines that do not tell theirs\n"
	"workers: 2\n"
	"outputs:\n"
	"  - type: sqlite\n"
	"    path: %s/cgnat.db\n";

struct demo {
	const char *vendors;
	const char *vendor; /* whose samples are sent; NULL = all */
	int seconds;
	char dir[PATH_SIZE];
	char config_path[PATH_SIZE + 16];
	char db_path[PATH_SIZE + 16];
	struct demo_traffic *traffic;
	bool terminal;
	bool fresh; /* the folder was made for this run */
	bool wrote; /* its files are ours */
	bool keep;  /* there is something in them */
	int64_t start_ms;
	uint64_t last_records;
	int64_t moved_s; /* second in which records came last */
	bool traffic_ended;
};

static void help(void)
{
	puts("usage: natmill demo " USAGE "\n\n"
	     "The main job on an embedded broker and SQLite. Ends by itself, or on Ctrl-C.\n\n"
	     "  --dir FOLDER    where configuration and database are kept (default: a fresh folder)\n"
	     "  --seconds N     how long traffic flows (default 18)\n"
	     "  --vendors DIR   the folder of vendor scripts and their samples (default: vendors)\n"
	     "  --vendor NAME   traffic of this vendor's samples only");
}

static enum cli_args read_args(struct demo *d, int argc, char **argv)
{
	const char *dir = "";
	const char *seconds = NULL;
	const struct cli_arg args[] = {{"--dir", &dir, NULL},
				       {"--seconds", &seconds, NULL},
				       {"--vendors", &d->vendors, NULL},
				       {"--vendor", &d->vendor, NULL}};
	enum cli_args read = cli_args_read("demo", USAGE, help, argc, argv, args, 4);
	if (read != CLI_ARGS_READ)
		return read;
	if (seconds != NULL && (!cli_is_number(seconds) || strlen(seconds) > SECONDS_DIGITS))
		return cli_usage("demo", USAGE, "--seconds: '%s' is no number from 1 to 999999", seconds),
		       CLI_ARGS_WRONG;
	if (seconds != NULL)
		d->seconds = (int)strtol(seconds, NULL, 10);
	snprintf(d->dir, sizeof d->dir, "%s", dir);
	return CLI_ARGS_READ;
}

static int make_folder(struct demo *d, struct err *e)
{
	d->fresh = true;
	if (d->dir[0] == '\0') {
		if (file_fresh_folder("natmill-demo", d->dir, sizeof d->dir, e) != 0)
			return -1;
	} else if (mkdir(d->dir, 0777) != 0) {
		if (errno != EEXIST)
			return err_set(e, ERR_SYSTEM, "cannot make the folder %s: %s", d->dir,
				       strerror(errno));
		d->fresh = false;
	}
	snprintf(d->config_path, sizeof d->config_path, "%s/natmill.yaml", d->dir);
	snprintf(d->db_path, sizeof d->db_path, "%s/cgnat.db", d->dir);
	if (access(d->db_path, F_OK) == 0)
		return err_set(e, ERR_USAGE, "%s is there already: name an empty folder with --dir",
			       d->db_path);
	d->wrote = true;
	return 0;
}

/* What this run wrote, when there is nothing in it that anybody would look at. */
static void remove_files(const struct demo *d)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[PATH_SIZE + 32];
	unlink(d->config_path);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(path, sizeof path, "%s%s", d->db_path, ends[i]);
		unlink(path);
	}
	if (d->fresh)
		rmdir(d->dir);
}

static int write_config(const struct demo *d, struct err *e)
{
	char vendors[PATH_MAX];
	if (realpath(d->vendors, vendors) == NULL)
		return err_set(e, ERR_CONFIG, "cannot find the vendor scripts in %s: %s", d->vendors,
			       strerror(errno));
	FILE *f = fopen(d->config_path, "w");
	if (f == NULL)
		return err_set(e, ERR_SYSTEM, "cannot write %s: %s", d->config_path, strerror(errno));
	fprintf(f, config_text, demo_traffic_brokers(d->traffic), vendors, d->dir);
	if (fclose(f) != 0)
		return err_set(e, ERR_SYSTEM, "cannot write %s: %s", d->config_path, strerror(errno));
	return 0;
}

/* Once a second: rates; traffic ends in time for the engine to catch up. */
static bool tick(struct engine *engine, void *context)
{
	struct demo *d = context;
	struct engine_totals t;
	engine_totals(engine, &t);
	int64_t elapsed = (clock_mono_ms() - d->start_ms + 500) / 1000;
	const char *bold = d->terminal ? "\033[1m" : "";
	const char *plain = d->terminal ? "\033[0m" : "";
	printf("%s%3lld s  %s%7" PRIu64 "%s records/s   %8" PRIu64 " events  %7" PRIu64 " ignored  %7" PRIu64
	       " dead letters%s",
	       d->terminal ? "\r" : "", (long long)elapsed, bold, t.records - d->last_records, plain,
	       t.events, t.ignored, t.dead, d->terminal ? "\033[K" : "\n");
	if (fflush(stdout) != 0)
		return true; /* nobody looks any more: the terminal was closed, or the pipe */
	if (d->last_records != t.records)
		d->moved_s = elapsed;
	d->last_records = t.records;
	if (!d->traffic_ended && elapsed >= d->seconds) {
		demo_traffic_stop(d->traffic);
		d->traffic_ended = true;
	}
	/* A slow machine takes longer for the rest; nothing for five seconds is the end. */
	int64_t moved = d->moved_s > d->seconds ? d->moved_s : d->seconds;
	return d->traffic_ended && (t.messages >= demo_traffic_sent(d->traffic) || elapsed >= moved + 5);
}

static int report(struct demo *d, const struct engine_totals *t, const struct output_totals *out,
		  struct err *e)
{
	d->keep = out->stored > 0 || t->dead > 0;
	if (!d->keep) {
		printf("%sEnded before anything was stored.\n", d->terminal ? "\n" : "");
		return 0;
	}
	printf("%s\n%" PRIu64 " messages sent, %" PRIu64 " settled in %.1f s by 2 workers: %" PRIu64
	       " records = %" PRIu64 " parsed + %" PRIu64 " ignored + %" PRIu64 " dead letters\n",
	       d->terminal ? "\n" : "", demo_traffic_sent(d->traffic), t->messages, t->seconds, t->records,
	       t->parsed, t->ignored, t->dead);
	printf("output %s: %" PRIu64 " events stored, %" PRIu64 " rejected\n", out->name, out->stored,
	       out->rejected);
	if (demo_answer(d->db_path, e) != 0)
		return -1;
	printf("\nKept: %s and %s; delete %s when you have seen enough.\n", d->config_path, d->db_path,
	       d->fresh ? "the folder" : "them");
	return 0;
}

/* Runs the engine on the demo's own configuration file, as `natmill run` would. */
static int run_engine(struct demo *d)
{
	struct errlist errs = {0};
	struct loaded_config c;
	struct engine_totals totals;
	struct output_totals outputs[OUTPUTS_MAX];
	struct err e = {0};
	if (config_load(&c, d->config_path, &errs) != 0) {
		config_unload(&c);
		return config_fail(&errs);
	}
	/* The rates are rewritten in place: log lines would be glued to them. The file keeps the default. */
	c.config.log.level = LOG_ERROR;
	logging_apply(&c.config.log);
	struct engine_config engine = config_engine(&c);
	engine.server = NULL; /* nobody asks it anything */
	d->start_ms = clock_mono_ms();
	int rc = engine_run(&engine, tick, d, &totals, outputs, &e);
	demo_traffic_drop(d->traffic);
	d->keep = rc != 0;
	if (rc == 0)
		rc = report(d, &totals, outputs, &e);
	config_unload(&c);
	return rc == 0 ? 0 : cli_fail(&e);
}

/* Loads the scripts once to know topics and samples, and starts broker and traffic. */
static int prepare(struct demo *d)
{
	struct errlist errs = {0};
	struct generation *g = generation_load(d->vendors, NULL, 0, 1, &errs);
	if (g == NULL)
		return config_fail(&errs);
	struct err e = {0};
	int rc = make_folder(d, &e);
	if (rc == 0) {
		d->traffic = demo_traffic_new(g, d->vendor, &e);
		rc = d->traffic == NULL ? -1 : 0;
	}
	if (rc == 0)
		rc = write_config(d, &e);
	if (rc == 0)
		rc = demo_traffic_start(d->traffic, TRAFFIC_PER_SECOND, &e);
	generation_unref(g);
	return rc == 0 ? 0 : cli_fail(&e);
}

/* The engine takes its signals by a file descriptor; the traffic's threads start before it and must not catch
 * them. */
static void block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int cmd_demo(int argc, char **argv)
{
	struct demo d = {.seconds = 18,
			 .terminal = isatty(STDOUT_FILENO) == 1,
			 .vendors = cli_default_vendors()};
	enum cli_args read = read_args(&d, argc, argv);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	block_signals();
	int status = prepare(&d);
	if (status == 0) {
		printf("An embedded broker, the samples of %s%s as live traffic, SQLite as output. Ctrl-C "
		       "ends "
		       "it.\n",
		       d.vendor != NULL ? "" : "all vendor scripts", d.vendor != NULL ? d.vendor : "");
		fflush(stdout);
		status = run_engine(&d);
	}
	demo_traffic_free(d.traffic);
	if (d.wrote && !d.keep)
		remove_files(&d);
	return status;
}
