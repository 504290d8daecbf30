/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file of samples; see sample_file.h.
 */
#include "script/sample_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "script/sample_json.h"

#define NOT_YET "# not yet: "

struct reader {
	struct sample_file *file;
	const char *path;
	size_t line;
	bool take_bare;     /* samples without a verdict are no error */
	bool below_not_yet; /* no sample is under way */
	struct err *e;
};

static int fail(const struct reader *r, const char *what)
{
	return err_set(r->e, ERR_SCRIPT, "%s:%zu: %s", r->path, r->line, what);
}

static bool starts(const char *s, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

static struct sample *last_sample(const struct sample_file *f)
{
	return f->count > 0 ? &f->samples[f->count - 1] : NULL;
}

/* A sample that says nothing about what must become of it is a slip of the pen, or for natmill test --fill.
 */
static bool has_verdict(const struct sample *s)
{
	return s == NULL || s->verdict != SAMPLE_EVENTS || s->event_count > 0;
}

static void add_open(struct reader *r, struct sample_open open)
{
	struct sample_file *f = r->file;
	f->open = xrealloc(f->open, (f->open_count + 1) * sizeof *f->open);
	f->open[f->open_count++] = open;
}

static int refuse_bare(struct reader *r, const struct sample *bare)
{
	const char *slash = strrchr(r->path, '/');
	const char *name = slash != NULL ? slash + 1 : r->path;
	const char *end = strrchr(name, '.');
	return err_set(r->e, ERR_SCRIPT,
		       "%s:%zu: nothing below this line says what must become of it; write `ignored`, or its "
		       "events: natmill test --fill %.*s",
		       r->path, bare->line, end != NULL ? (int)(end - name) : (int)strlen(name), name);
}

/* Before the next sample, and at the end: what became of the last one? */
static int close_sample(struct reader *r)
{
	struct sample_file *f = r->file;
	const struct sample *last = last_sample(f);
	if (has_verdict(last))
		return 0;
	if (!r->take_bare)
		return refuse_bare(r, last);
	add_open(r, (struct sample_open){.value = last->value, .len = last->len});
	f->count--;
	return 0;
}

static int add_value(struct reader *r, const char *s, size_t n)
{
	struct sample_file *f = r->file;
	if (close_sample(r) != 0)
		return -1;
	r->below_not_yet = false;
	f->samples = xrealloc(f->samples, (f->count + 1) * sizeof *f->samples);
	f->samples[f->count++] =
		(struct sample){.line = r->line, .value = s, .len = n, .first_event = f->event_count};
	return 0;
}

static int add_not_yet(struct reader *r, const char *s, size_t n)
{
	if (close_sample(r) != 0)
		return -1;
	r->below_not_yet = true;
	add_open(r, (struct sample_open){.value = s, .len = n});
	r->file->not_yet++;
	return 0;
}

static const char below_not_yet[] =
	"this stands below a line that begins with `# not yet: `; put `> ` in its place";

static int add_event(struct reader *r, const char *s, size_t n)
{
	struct sample_file *f = r->file;
	struct sample *sample = last_sample(f);
	if (r->below_not_yet)
		return fail(r, below_not_yet);
	if (sample == NULL || sample->verdict != SAMPLE_EVENTS)
		return fail(r, "an event must stand below the line (> ...) that gives it");
	f->events = xrealloc(f->events, (f->event_count + 1) * sizeof *f->events);
	f->events[f->event_count++] = (struct sample_event){.json = s, .len = n};
	sample->event_count++;
	return 0;
}

static int set_verdict(struct reader *r, enum sample_verdict verdict, const char *reason, size_t n)
{
	struct sample *s = last_sample(r->file);
	if (r->below_not_yet)
		return fail(r, below_not_yet);
	if (s == NULL || s->verdict != SAMPLE_EVENTS || s->event_count > 0)
		return fail(
			r,
			"`ignored` and `dead: ...` stand alone below the line (> ...) that they are about");
	s->verdict = verdict;
	s->reason = reason;
	s->reason_len = n;
	return 0;
}

/* An event, or a line of natmill try --json, which says all that must become of the message. */
static int add_object(struct reader *r, const char *s, size_t n)
{
	struct sample_verdict_json told;
	int found = sample_json_read(s, n, &told);
	if (found == 0)
		return add_event(r, s, n);
	if (found < 0)
		return fail(r, "this is no line that natmill try --json prints");
	int rc = 0;
	const char *at = told.events;
	const char *event;
	size_t len;
	while (rc == 0 && told.verdict == SAMPLE_EVENTS &&
	       (event = sample_json_next(&at, told.events + told.events_len, &len)) != NULL)
		rc = add_event(r, event, len);
	if (told.reason != NULL) {
		struct sample_file *f = r->file;
		f->owned = xrealloc(f->owned, (f->owned_count + 1) * sizeof *f->owned);
		f->owned[f->owned_count++] = told.reason;
	}
	if (told.verdict != SAMPLE_EVENTS)
		rc = set_verdict(r, told.verdict, told.reason, told.reason_len);
	return rc;
}

static int read_line(struct reader *r, const char *s, size_t n)
{
	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (starts(s, n, "> "))
		return add_value(r, s + 2, n - 2);
	if (starts(s, n, NOT_YET))
		return add_not_yet(r, s + strlen(NOT_YET), n - strlen(NOT_YET));
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n == 0 || s[0] == '#')
		return 0;
	if (n == 1 && s[0] == '>')
		return add_value(r, s + 1, 0);
	if (s[0] == '{')
		return add_object(r, s, n);
	if (n == strlen("ignored") && starts(s, n, "ignored"))
		return set_verdict(r, SAMPLE_IGNORED, NULL, 0);
	if (starts(s, n, "dead: "))
		return set_verdict(r, SAMPLE_DEAD, s + strlen("dead: "), n - strlen("dead: "));
	return fail(
		r,
		"expected `> LINE`, an event as {...}, `ignored`, `dead: PART OF THE REASON` or a # comment");
}

static int read_file(struct sample_file *f, const char *path, bool take_bare, struct err *e)
{
	struct reader r = {.file = f, .path = path, .take_bare = take_bare, .e = e};
	*f = (struct sample_file){0};
	if (file_read(path, SAMPLE_FILE_MAX, &f->text, e) != 0)
		return -1;
	const char *s = f->text.len > 0 ? f->text.data : "";
	const char *end = s + f->text.len;
	while (s < end) {
		const char *eol = memchr(s, '\n', (size_t)(end - s));
		r.line++;
		if (read_line(&r, s, (size_t)((eol != NULL ? eol : end) - s)) != 0)
			return -1;
		s = eol != NULL ? eol + 1 : end;
	}
	return close_sample(&r);
}

int sample_file_read(struct sample_file *f, const char *path, struct err *e)
{
	return read_file(f, path, false, e);
}

int sample_file_read_open(struct sample_file *f, const char *path, struct err *e)
{
	return read_file(f, path, true, e);
}

void sample_file_free(struct sample_file *f)
{
	strbuf_free(&f->text);
	free(f->samples);
	free(f->events);
	free(f->open);
	for (size_t i = 0; i < f->owned_count; i++)
		free(f->owned[i]);
	free(f->owned);
	*f = (struct sample_file){0};
}

void sample_file_path(const char *script_path, struct strbuf *out)
{
	strbuf_add(out, script_path, strlen(script_path) - strlen(".lua"));
	strbuf_adds(out, ".samples");
}
