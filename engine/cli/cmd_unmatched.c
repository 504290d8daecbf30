/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill unmatched: what kinds of lines fit no rule of a running natmill, or of the dead letters that are
 * stored, or examples of them for natmill new.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask_json.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/dead.h"
#include "cli/unmatched_stored.h"
#include "event/json_tree.h"

#define USAGE                                                                                         \
	"[-c FILE] [--vendor NAME] [--kinds N] [--lines N] [--examples | --json] [--stored [--topic " \
	"NAME] [--reason TEXT] [--from TIME] [--to TIME]]"

struct options {
	const char *config;
	const char *vendor;
	const char *kinds;
	const char *lines;
	bool examples;
	bool json;
	bool stored;
	struct dead_request letters; /* of them; those of refused events are no lines */
	const char *from;
	const char *to;
};

static void help(void)
{
	puts("usage: natmill unmatched " USAGE "\n\n"
	     "Lines that no rule fits, of the natmill that runs with this configuration, in kinds: lines of "
	     "one\n"
	     "layout, whatever their addresses, numbers and names. Most frequent first. With --stored those "
	     "of\n"
	     "the dead letters that it keeps, as far as today's scripts do not read them; none needs to "
	     "run.\n\n"
	     "  -c FILE         the configuration of that natmill (default: as natmill run)\n"
	     "  --vendor NAME   only where this script got furthest; '' = none did\n"
	     "  --kinds N       at most so many kinds\n"
	     "  --lines N       at most so many examples of each (of 8 that are kept)\n"
	     "  --examples      only the examples, as they came: natmill unmatched --examples | natmill new "
	     "NAME\n"
	     "  --json          as JSON\n"
	     "  --stored        of stored dead letters, of which these choose as in natmill dead:\n"
	     "  --topic NAME, --reason TEXT, --from TIME, --to TIME");
}

/* Which letters: 0, or the exit status of a usage error. */
static int read_choice(struct options *o)
{
	struct dead_query *q = &o->letters.query;
	int bad = 0;
	if (!o->stored && (q->topic != NULL || q->reason != NULL || o->from != NULL || o->to != NULL))
		return cli_usage("unmatched", USAGE, "--topic, --reason, --from and --to are for --stored");
	if (o->from != NULL)
		bad = cli_read_time("unmatched", USAGE, "--from", o->from, &q->from);
	if (bad == 0 && o->to != NULL)
		bad = cli_read_time("unmatched", USAGE, "--to", o->to, &q->to);
	o->letters.config = o->config;
	q->output = "";
	return bad;
}

static enum cli_args read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){.letters = {.query = dead_all(0)}};
	struct dead_query *letters = &o->letters.query;
	const struct cli_arg args[] = {
		{"-c", &o->config, NULL},
		{"--vendor", &o->vendor, NULL},
		{"--kinds", &o->kinds, NULL},
		{"--lines", &o->lines, NULL},
		{"--examples", NULL, &o->examples},
		{"--json", NULL, &o->json},
		{"--stored", NULL, &o->stored},
		{"--topic", &letters->topic, NULL},
		{"--reason", &letters->reason, NULL},
		{"--from", &o->from, NULL},
		{"--to", &o->to, NULL},
	};
	enum cli_args read =
		cli_args_read("unmatched", USAGE, help, argc, argv, args, sizeof args / sizeof *args);
	if (read != CLI_ARGS_READ)
		return read;
	if (o->examples && o->json)
		return cli_usage("unmatched", USAGE, "--examples and --json exclude each other"),
		       CLI_ARGS_WRONG;
	if ((o->kinds != NULL && !cli_is_number(o->kinds)) || (o->lines != NULL && !cli_is_number(o->lines)))
		return cli_usage("unmatched", USAGE, "expected a whole number from 1 on"), CLI_ARGS_WRONG;
	return read_choice(o) == 0 ? CLI_ARGS_READ : CLI_ARGS_WRONG;
}

static void make_path(const struct options *o, struct strbuf *path)
{
	strbuf_adds(path, "/unmatched");
	if (o->vendor != NULL)
		ask_arg(path, "vendor", o->vendor);
	if (o->kinds != NULL)
		ask_arg(path, "kinds", o->kinds);
	if (o->lines != NULL)
		ask_arg(path, "lines", o->lines);
	if (o->examples)
		ask_arg(path, "form", "lines");
}

static void add_text(struct strbuf *out, const char *text)
{
	if (text[0] == '\0')
		strbuf_addc(out, '-');
	else
		dead_add_plain(out, text, strlen(text));
}

static void add_devices(struct strbuf *out, const struct node *kind)
{
	const struct node *devices = node_get(kind, "devices");
	size_t n = devices != NULL ? devices->n : 0;
	if (n == 0)
		strbuf_addc(out, '-');
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(out, i > 0 ? "," : "");
		dead_add_plain(out, devices->items[i]->text, strlen(devices->items[i]->text));
	}
	if (json_true(kind, "more_devices"))
		strbuf_adds(out, ",...");
}

/* For people: a block of lines a kind. */
static void add_block(struct strbuf *out, const struct node *kind)
{
	const struct node *lines = node_get(kind, "lines");
	strbuf_printf(out, "%s line%s, last %s, first %s, vendor ", json_text(kind, "count"),
		      json_count(kind, "count") == 1 ? "" : "s", json_text(kind, "last"),
		      json_text(kind, "first"));
	add_text(out, json_text(kind, "vendor"));
	strbuf_adds(out, ", devices ");
	add_devices(out, kind);
	strbuf_adds(out, "\n  ");
	add_text(out, json_text(kind, "reason"));
	for (size_t i = 0; lines != NULL && i < lines->n; i++) {
		strbuf_adds(out, "\n  | ");
		add_text(out, lines->items[i]->text);
	}
	strbuf_adds(out, "\n\n");
}

/* For pipes: a line a kind, columns with tabs between them. */
static void add_row(struct strbuf *out, const struct node *kind)
{
	const struct node *lines = node_get(kind, "lines");
	const char *const columns[] = {json_text(kind, "count"), json_text(kind, "first"),
				       json_text(kind, "last"), json_text(kind, "vendor")};
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		add_text(out, columns[i]);
		strbuf_addc(out, '\t');
	}
	add_devices(out, kind);
	strbuf_addc(out, '\t');
	add_text(out, json_text(kind, "reason"));
	strbuf_addc(out, '\t');
	add_text(out, lines != NULL && lines->n > 0 ? lines->items[0]->text : "");
	strbuf_addc(out, '\n');
}

/* To standard error: what the counts do not hold. */
static void tell_accounts(const struct node *answer, size_t kinds)
{
	uint64_t lines = json_count(answer, "lines");
	uint64_t looked_at = json_count(answer, "looked_at");
	fprintf(stderr, "%zu kind%s of unmatched lines; %llu line%s since %s", kinds, kinds == 1 ? "" : "s",
		(unsigned long long)lines, lines == 1 ? "" : "s", json_text(answer, "since"));
	if (looked_at < lines)
		fprintf(stderr, ", of which %llu were looked at and counted in kinds",
			(unsigned long long)looked_at);
	if (json_count(answer, "too_long") > 0)
		fprintf(stderr, "; too long to be looked at: %s", json_text(answer, "too_long"));
	if (json_count(answer, "forgotten_kinds") > 0)
		fprintf(stderr, "; %s rare kinds (%s lines) were forgotten",
			json_text(answer, "forgotten_kinds"), json_text(answer, "forgotten_lines"));
	fputc('\n', stderr);
}

static int show(const struct strbuf *text, struct err *e)
{
	struct node *answer = json_tree(text->data, text->len, "natmill");
	struct strbuf out = {0};
	if (answer == NULL)
		return err_set(e, ERR_SYSTEM, "natmill's answer is no JSON: is it another version's?");
	const struct node *kinds = node_get(answer, "kinds");
	size_t n = kinds != NULL ? kinds->n : 0;
	bool people = isatty(STDOUT_FILENO);
	for (size_t i = 0; i < n; i++) {
		if (people)
			add_block(&out, kinds->items[i]);
		else
			add_row(&out, kinds->items[i]);
	}
	int rc = cli_write(&out, e);
	if (rc == 0)
		tell_accounts(answer, n);
	node_free(answer);
	strbuf_free(&out);
	return rc;
}

/* Each line made harmless for a terminal. */
static void make_plain(struct strbuf *text)
{
	struct strbuf plain = {0};
	for (size_t at = 0; at < text->len; at++) {
		const char *end = memchr(text->data + at, '\n', text->len - at);
		size_t n = end != NULL ? (size_t)(end - text->data) - at : text->len - at;
		dead_add_plain(&plain, text->data + at, n);
		strbuf_addc(&plain, '\n');
		at += n;
	}
	strbuf_free(text);
	*text = plain;
}

/* As it came, unless a person reads it. */
static int pass_on(struct strbuf *text, struct err *e)
{
	if (isatty(STDOUT_FILENO))
		make_plain(text);
	return cli_write(text, e);
}

/* Exit status. */
static int ask_running(const struct options *o, struct strbuf *answer)
{
	struct ask a;
	struct err e = {0};
	struct strbuf path = {0};
	ask_init(&a, o->config);
	make_path(o, &path);
	int rc = ask_get(&a, path.data, answer, &e);
	strbuf_free(&path);
	return rc == 0 ? 0 : cli_fail(&e);
}

static size_t number_of(const char *text)
{
	return text != NULL ? strtoul(text, NULL, 10) : 0;
}

/* Exit status. */
static int ask_stores(const struct options *o, struct strbuf *answer)
{
	const struct unmatched_query q = {.vendor = o->vendor,
					  .kinds = number_of(o->kinds),
					  .lines = number_of(o->lines)};
	return unmatched_stored(&o->letters, &q, o->examples, answer);
}

int cmd_unmatched(int argc, char **argv)
{
	struct options o;
	struct err e = {0};
	struct strbuf answer = {0};
	enum cli_args read = read_options(argc, argv, &o);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	int status = o.stored ? ask_stores(&o, &answer) : ask_running(&o, &answer);
	if (status == 0 && (o.json || o.examples ? pass_on(&answer, &e) : show(&answer, &e)) != 0)
		status = cli_fail(&e);
	strbuf_free(&answer);
	return status;
}
