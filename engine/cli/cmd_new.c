/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill new: a first vendor script, with samples, made of real lines on standard input; without lines a
 * skeleton to start from.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/new_files.h"
#include "cli/new_form.h"
#include "event/envelope.h"
#include "event/timeparse.h"

#define USAGE "[--vendors DIR] NAME"
#define DIR_DEFAULT "vendors"
#define SHAPES_MAX 64
#define VALUE_MAX 65536 /* longest line that is looked at, bytes */

static void help(void)
{
	puts("usage: natmill new " USAGE " < LINES\n\n"
	     "Makes vendors/NAME.lua and vendors/NAME.samples of real lines: a rule for each kind of line of "
	     "which it is\n"
	     "sure which value is what, a comment marked DOUBTFUL for the others. Without lines it makes a "
	     "script to start\n"
	     "from. A file that is there is not overwritten.\n\n"
	     "  --vendors DIR   the folder of vendor scripts (default: vendors, here)");
}

static bool is_empty(const struct strbuf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] != ' ' && line->data[i] != '\t')
			return false;
	return true;
}

/* Text that can stand in a script and in samples. */
static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return utf8_valid(s, n);
}

struct intake {
	struct new_input counts;
	struct envelope_reader *reader;
	struct arena arena;
	struct cluster_set *set;
	struct new_header header;
	struct strbuf text; /* of the line under way, to be clustered */
};

static void take_line(struct intake *in, const struct strbuf *line)
{
	struct envelope env;
	in->counts.lines++;
	arena_reset(&in->arena);
	if (line->len > CLUSTER_TEXT_MAX || !is_text(line->data, line->len) ||
	    envelope_open(in->reader, &in->arena, line->data, line->len, TIME_ZONE_UNKNOWN, &env, NULL) !=
		    0) {
		in->counts.unreadable++;
		return;
	}
	strbuf_reset(&in->text);
	if (new_form_header(in->arena.data, &env, envelope_pairs(in->reader), line, &in->header))
		return;
	int form = new_form(in->arena.data, &env, envelope_pairs(in->reader), &in->header, &in->text);
	if (in->text.len == 0 || !is_text(in->text.data, in->text.len))
		in->counts.unreadable++;
	else if (!cluster_add(in->set, form, line->data, line->len, in->text.data, in->text.len))
		in->counts.refused++;
}

static int take_lines(struct intake *in, struct err *e)
{
	struct strbuf line = {0};
	while (!isatty(STDIN_FILENO) && cli_read_line(stdin, VALUE_MAX, &line))
		if (!is_empty(&line))
			take_line(in, &line);
	strbuf_free(&line);
	return ferror(stdin) ? err_set(e, ERR_SYSTEM, "cannot read standard input: %s", strerror(errno)) : 0;
}

static void tell(const char *dir, const char *name, const struct drafts *d,
		 const struct samples_counts *counts)
{
	uint64_t lines[DRAFT_DOUBTFUL + 1] = {0};
	size_t shapes[DRAFT_DOUBTFUL + 1] = {0};
	for (size_t i = 0; i < d->count; i++) {
		lines[d->items[i].state] += d->items[i].cluster->count;
		shapes[d->items[i].state]++;
	}
	printf("%s/%s.lua: %zu rule%s, of %" PRIu64 " lines\n", dir, name, shapes[DRAFT_RULE],
	       shapes[DRAFT_RULE] == 1 ? "" : "s", lines[DRAFT_RULE] + lines[DRAFT_COVERED]);
	if (shapes[DRAFT_DOUBTFUL] > 0)
		printf("%s/%s.lua: for you to settle, marked DOUBTFUL: %zu, of %" PRIu64 " lines\n", dir,
		       name, shapes[DRAFT_DOUBTFUL], lines[DRAFT_DOUBTFUL]);
	bool named = strcmp(dir, DIR_DEFAULT) != 0;
	printf("%s/%s.samples: %zu sample%s pass; look at the events there, then: natmill test %s%s%s%s\n",
	       dir, name, counts->passed, counts->passed == 1 ? "" : "s", named ? "--vendors " : "",
	       named ? dir : "", named ? " " : "", name);
}

/* Nothing is saved that the engine has not tried. */
static int make(const char *dir, const char *name, const struct intake *in, struct err *e)
{
	struct strbuf script = {0};
	struct strbuf samples = {0};
	struct samples_counts counts = {0};
	struct drafts d;
	drafts_make(&d, in->set);
	if (in->counts.lines == 0)
		new_skeleton(name, &script, &samples);
	else
		new_script(name, &d, &in->counts, &script);
	int rc = new_files_try(name, &script, &samples, &in->counts, in->counts.lines > 0 ? &d : NULL,
			       &counts, e);
	if (rc != 0)
		err_prefix(e, "the script made of these lines is not saved, it does not work");
	else
		rc = new_files_save(dir, name, &script, &samples, e);
	if (rc == 0)
		tell(dir, name, &d, &counts);
	drafts_free(&d);
	strbuf_free(&script);
	strbuf_free(&samples);
	return rc;
}

static int new_vendor(const char *dir, const char *name)
{
	struct err e = {0};
	if (new_files_name(name, &e) != 0 || new_files_free(dir, name, &e) != 0)
		return cli_fail(&e);
	struct intake in = {.reader = envelope_reader_new(), .set = cluster_set_new(SHAPES_MAX)};
	in.counts.header = &in.header;
	arena_init(&in.arena, HOST_ARENA_NEED(VALUE_MAX));
	int rc = take_lines(&in, &e);
	if (rc == 0)
		rc = make(dir, name, &in, &e);
	strbuf_free(&in.text);
	new_header_free(&in.header);
	arena_free(&in.arena);
	envelope_reader_free(in.reader);
	cluster_set_free(in.set);
	return rc == 0 ? 0 : cli_fail(&e);
}

int cmd_new(int argc, char **argv)
{
	const char *dir = DIR_DEFAULT;
	const char *name = NULL;
	const struct cli_arg args[] = {{NULL, &name, NULL}, {"--vendors", &dir, NULL}};
	enum cli_args read = cli_args_read("new", USAGE, help, argc, argv, args, 2);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	if (name == NULL)
		return cli_usage("new", USAGE, "the vendor's name is missing");
	return new_vendor(dir, name);
}
