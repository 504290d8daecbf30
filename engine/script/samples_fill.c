/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills in samples; see samples_fill.h. The file's text is copied up to each open line, and what belongs
 * there is put in.
 */
#include "script/samples_fill.h"

#include <string.h>

#include "base/file.h"
#include "event/batch.h"
#include "script/host.h"
#include "script/sample_file.h"

struct fill {
	struct host *host;
	uint32_t route;
	struct batch batch;
	const char *path;
	struct strbuf out;
	size_t counted; /* bytes of out whose lines are counted */
	size_t lines;
	struct strbuf *report;
	struct samples_filled *counts;
};

static int run_line(struct fill *f, const struct sample_open *open, struct err *e)
{
	batch_reset(&f->batch);
	f->batch.messages[0] = (struct message){.topic = "",
						.timestamp = EVENT_NO_TIME,
						.value = open->value,
						.len = open->len,
						.route = f->route};
	f->batch.message_count = 1;
	return host_run(f->host, &f->batch, e);
}

static void add_line(struct fill *f, const char *front, const char *text, size_t n, const char *eol)
{
	strbuf_adds(&f->out, front);
	strbuf_add(&f->out, text, n);
	strbuf_adds(&f->out, eol);
}

/* The line of the new file that comes next. */
static size_t next_line(struct fill *f)
{
	for (; f->counted < f->out.len; f->counted++)
		f->lines += f->out.data[f->counted] == '\n';
	return f->lines + 1;
}

static void leave(struct fill *f, const struct sample_open *open, const char *eol)
{
	const struct batch *b = &f->batch;
	const struct text *reason = &b->dead[0].reason;
	strbuf_printf(f->report, "%s:%zu: not yet: ", f->path, next_line(f));
	add_line(f, "# not yet: ", open->value, open->len, eol);
	strbuf_add(f->report, b->arena.data + reason->off, reason->len);
	strbuf_addc(f->report, '\n');
	f->counts->left++;
}

static void add_outcome(struct fill *f, const struct sample_open *open, const char *eol)
{
	const struct batch *b = &f->batch;
	if (b->dead_count > 0) {
		leave(f, open, eol);
		return;
	}
	add_line(f, "> ", open->value, open->len, eol);
	for (uint32_t i = 0; i < b->event_count; i++) {
		event_json(&b->events[i], b->arena.data, b->arena.len, &f->out);
		strbuf_adds(&f->out, eol);
	}
	if (b->event_count == 0)
		add_line(f, "", "ignored", strlen("ignored"), eol);
	f->counts->filled++;
}

static int fill_file(struct fill *f, const struct sample_file *file, struct err *e)
{
	const char *at = file->text.len > 0 ? file->text.data : "";
	const char *end = at + file->text.len;
	for (size_t i = 0; i < file->open_count; i++) {
		const struct sample_open *open = &file->open[i];
		const char *start = open->value;
		while (start > at && start[-1] != '\n')
			start--;
		const char *eol = memchr(open->value, '\n', (size_t)(end - open->value));
		if (run_line(f, open, e) != 0)
			return -1;
		strbuf_add(&f->out, at, (size_t)(start - at));
		add_outcome(f, open, eol != NULL && eol > open->value && eol[-1] == '\r' ? "\r\n" : "\n");
		at = eol != NULL ? eol + 1 : end;
	}
	strbuf_add(&f->out, at, (size_t)(end - at));
	return 0;
}

/* The last message may be as long as the file. */
static int fill_and_save(struct fill *f, const struct sample_file *file, struct err *e)
{
	batch_init(&f->batch, 1, HOST_ARENA_NEED(SAMPLE_FILE_MAX));
	int rc = fill_file(f, file, e);
	bool same = f->out.len == file->text.len &&
		    (f->out.len == 0 || memcmp(f->out.data, file->text.data, f->out.len) == 0);
	if (rc == 0 && !same)
		rc = file_replace(f->path, &f->out, e);
	strbuf_free(&f->out);
	batch_free(&f->batch);
	return rc;
}

int samples_fill(struct generation *g, size_t i, struct strbuf *path, struct strbuf *report,
		 struct samples_filled *counts, struct err *e)
{
	struct host_options options = {.jit = false, .need_host_time = false};
	struct errlist errors = {0};
	struct sample_file file;
	sample_file_path(generation_script_path(g, i), path);
	int rc = sample_file_read_open(&file, path->data, e);
	struct fill f = {.path = path->data, .report = report, .counts = counts};
	if (rc == 0) {
		f.host = host_new(g, &options, &errors);
		if (f.host == NULL)
			rc = err_set(e, ERR_SCRIPT, "%s", errors.n > 0 ? errors.items[0].msg : "");
	}
	if (rc == 0) {
		f.route = (uint32_t)host_route_script(f.host, i);
		rc = fill_and_save(&f, &file, e);
	}
	host_free(f.host);
	errlist_free(&errors);
	sample_file_free(&file);
	return rc;
}
