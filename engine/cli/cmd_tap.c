/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill tap: some messages as they pass through a running natmill, with what became of them. Goes on when
 * natmill reloads, and when it is started anew.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/tap_show.h"

#define USAGE "[-c FILE] [--vendor NAME] [--topic T] [--device D] [--dead] [--count N] [--json]"
#define AGAIN_MS 500

struct options {
	const char *config;
	const char *vendor;
	const char *topic;
	const char *device;
	const char *count;
	bool dead;
	bool json;
};

static void help(void)
{
	puts("usage: natmill tap " USAGE "\n\n"
	     "Some of the messages that pass through the natmill that runs with this configuration, as "
	     "natmill "
	     "try\n"
	     "shows them. Until Ctrl-C, or until N were shown. At most 20 of a batch and 200 a second; what "
	     "is "
	     "read too\n"
	     "slowly is lost and told. natmill itself never waits.\n\n"
	     "  -c FILE         the configuration of that natmill (default: as natmill run)\n"
	     "  --vendor NAME   only messages of this vendor script\n"
	     "  --topic T       only of this topic\n"
	     "  --device D      only of this device, by address or name\n"
	     "  --dead          only those with a dead letter\n"
	     "  --count N       ends after N messages\n"
	     "  --json          one JSON object a line");
}

static enum cli_args read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){0};
	const struct cli_arg args[] = {
		{"-c", &o->config, NULL},       {"--vendor", &o->vendor, NULL}, {"--topic", &o->topic, NULL},
		{"--device", &o->device, NULL}, {"--count", &o->count, NULL},   {"--dead", NULL, &o->dead},
		{"--json", NULL, &o->json},
	};
	enum cli_args read = cli_args_read("tap", USAGE, help, argc, argv, args, sizeof args / sizeof *args);
	if (read != CLI_ARGS_READ)
		return read;
	if (o->count != NULL && !cli_is_number(o->count))
		return cli_usage("tap", USAGE, "--count: expected a whole number from 1 on"), CLI_ARGS_WRONG;
	return CLI_ARGS_READ;
}

struct tapping {
	const struct options *o;
	struct tap_show *show;
	uint64_t left;
	bool opened; /* an answer has begun: a natmill was there */
	bool away;   /* told that it is not any more */
	struct strbuf in;
	struct strbuf out;
	struct strbuf refusal; /* its first line, of an answer that is none */
	struct err failed;     /* of writing */
};

static bool begins(const char *line, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* What is no message is for the person at the terminal. */
static void take_line(struct tapping *t, const char *line, size_t n)
{
	if (begins(line, n, "{\"line\":")) {
		t->left--;
		if (t->o->json)
			strbuf_add(&t->out, line, n);
		if (t->o->json)
			strbuf_addc(&t->out, '\n');
		else
			tap_show(t->show, line, n, &t->out);
	} else if (begins(line, n, "{\"open\":")) {
		fprintf(stderr, "natmill: tapping%s\n", t->away ? " again" : "");
		t->opened = true;
		t->away = false;
	} else if (begins(line, n, "{\"lost\":")) {
		fprintf(stderr, "natmill: lost, as they were read too slowly: %" PRIu64 " messages so far\n",
			(uint64_t)strtoull(line + strlen("{\"lost\":"), NULL, 10));
	} else if (line[0] != '{' && t->refusal.len == 0) {
		strbuf_add(&t->refusal, line, n);
	}
}

static bool take(void *context, const char *data, size_t n)
{
	struct tapping *t = context;
	size_t at = 0;
	strbuf_add(&t->in, data, n);
	while (t->left > 0 && at < t->in.len) {
		const char *end = memchr(t->in.data + at, '\n', t->in.len - at);
		if (end == NULL)
			break;
		take_line(t, t->in.data + at, (size_t)(end - t->in.data) - at);
		at = (size_t)(end - t->in.data) + 1;
	}
	memmove(t->in.data, t->in.data + at, t->in.len - at);
	t->in.len -= at;
	int rc = cli_write(&t->out, &t->failed);
	strbuf_reset(&t->out);
	return rc == 0 && t->left > 0;
}

static void make_path(const struct tapping *t, struct strbuf *path)
{
	char left[32];
	const char *const names[] = {"vendor", "topic", "device"};
	const char *const values[] = {t->o->vendor, t->o->topic, t->o->device};
	strbuf_reset(path);
	strbuf_adds(path, "/tap");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (values[i] != NULL)
			ask_arg(path, names[i], values[i]);
	if (t->o->dead)
		ask_arg(path, "dead", "1");
	snprintf(left, sizeof left, "%" PRIu64, t->left);
	if (t->o->count != NULL)
		ask_arg(path, "n", left);
}

/* Until enough was shown. */
static int run(const struct ask *a, struct tapping *t, struct err *e)
{
	struct strbuf path = {0};
	int rc = 0;
	while (rc == 0 && t->left > 0) {
		long status = 0;
		make_path(t, &path);
		strbuf_reset(&t->in);
		rc = ask(a, "GET", path.data, take, t, &status, e);
		if (t->failed.code != ERR_NONE) {
			*e = t->failed;
			rc = -1;
		} else if (rc == 0 && status != 200) {
			rc = err_set(e, ERR_SYSTEM, "natmill refused it: %s",
				     t->refusal.len > 0 ? t->refusal.data : "it does not say why");
		} else if (t->opened && t->left > 0) { /* it has ended, and will perhaps be back */
			if (!t->away)
				fputs("natmill: waiting for natmill: it has ended, or closed a tap that was "
				      "not "
				      "read for 10 s\n",
				      stderr);
			t->away = true;
			rc = 0;
			poll(NULL, 0, AGAIN_MS);
		}
	}
	strbuf_free(&path);
	return rc;
}

int cmd_tap(int argc, char **argv)
{
	struct options o;
	struct ask a;
	struct err e = {0};
	enum cli_args read = read_options(argc, argv, &o);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	struct tapping t = {.o = &o, .left = o.count != NULL ? strtoull(o.count, NULL, 10) : UINT64_MAX};
	t.show = tap_show_new(isatty(STDOUT_FILENO));
	ask_init(&a, o.config);
	int rc = run(&a, &t, &e);
	tap_show_free(t.show);
	strbuf_free(&t.in);
	strbuf_free(&t.out);
	strbuf_free(&t.refusal);
	return rc == 0 ? 0 : cli_fail(&e);
}
