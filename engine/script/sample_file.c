/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file of samples; see sample_file.h.
 */
#include "script/sample_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct reader {
	struct sample_file *file;
	const char *path;
	size_t line;
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

/* A sample that says nothing about what must become of it is a slip of the pen. */
static bool has_verdict(const struct sample *s)
{
	return s == NULL || s->verdict != SAMPLE_EVENTS || s->event_count > 0;
}

static int add_value(struct reader *r, const char *s, size_t n)
{
	struct sample_file *f = r->file;
	if (!has_verdict(last_sample(f)))
		return fail(r, "the sample before this one does not say what must become of it");
	f->samples = xrealloc(f->samples, (f->count + 1) * sizeof *f->samples);
	f->samples[f->count++] =
		(struct sample){.line = r->line, .value = s, .len = n, .first_event = f->event_count};
	return 0;
}

static int add_event(struct reader *r, const char *s, size_t n)
{
	struct sample_file *f = r->file;
	struct sample *sample = last_sample(f);
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
	if (s == NULL || s->verdict != SAMPLE_EVENTS || s->event_count > 0)
		return fail(
			r,
			"`ignored` and `dead: ...` stand alone below the line (> ...) that they are about");
	s->verdict = verdict;
	s->reason = reason;
	s->reason_len = n;
	return 0;
}

static int read_line(struct reader *r, const char *s, size_t n)
{
	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (starts(s, n, "> "))
		return add_value(r, s + 2, n - 2);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n == 0 || s[0] == '#')
		return 0;
	if (n == 1 && s[0] == '>')
		return add_value(r, s + 1, 0);
	if (s[0] == '{')
		return add_event(r, s, n);
	if (n == strlen("ignored") && starts(s, n, "ignored"))
		return set_verdict(r, SAMPLE_IGNORED, NULL, 0);
	if (starts(s, n, "dead: "))
		return set_verdict(r, SAMPLE_DEAD, s + strlen("dead: "), n - strlen("dead: "));
	return fail(
		r,
		"expected `> LINE`, an event as {...}, `ignored`, `dead: PART OF THE REASON` or a # comment");
}

int sample_file_read(struct sample_file *f, const char *path, struct err *e)
{
	struct reader r = {.file = f, .path = path, .e = e};
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
	if (!has_verdict(last_sample(f)))
		return fail(&r, "the last sample does not say what must become of it");
	return 0;
}

void sample_file_free(struct sample_file *f)
{
	strbuf_free(&f->text);
	free(f->samples);
	free(f->events);
	*f = (struct sample_file){0};
}

void sample_file_path(const char *script_path, struct strbuf *out)
{
	strbuf_add(out, script_path, strlen(script_path) - strlen(".lua"));
	strbuf_adds(out, ".samples");
}
