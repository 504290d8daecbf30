/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `file`: events as JSON lines or CSV in files of one partition each, exactly once. A batch is
 * appended, forced to the disk, and counts when one transaction of the watermarks' database has moved; what
 * lies behind the length recorded there is cut off. Finished files are never touched again, and their names
 * tell topic, partition, first and last offset. This file: settings and the transaction; see file.h.
 */
#include "outputs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define TIDY_MS 5000 /* between two looks at files whose time has come */

int file_fail(struct file_out *s, int error, const char *doing, const char *name, struct output_result *r)
{
	const char *advice = "";
	if (error == ENOSPC || error == EDQUOT)
		advice = "; make room on the disk";
	else if (error == EACCES || error == EPERM || error == EROFS)
		advice = "; the folder and its files must be writable";
	else if (error == EEXIST)
		advice = "; nothing is overwritten: move that file away";
	else if (error == ENOENT)
		advice = "; make the folder, or mount it";
	output_retry(r, true, "file %s/%s: %s: %s%s", s->options->folder, name, doing, strerror(error),
		     advice);
	r->reopen = true;
	return -1;
}

static int read_mode(const char *text, mode_t *mode)
{
	char *end;
	long value = strtol(text, &end, 8);
	*mode = (mode_t)value;
	return *text >= '0' && *text <= '7' && *end == '\0' && value <= 0777 && (value & 0600) == 0600 ? 0
												       : -1;
}

static int set_up_zstd(struct file_out *s)
{
	s->zstd = ZSTD_createCCtx();
	return s->zstd == NULL ||
			       ZSTD_isError(ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel,
								   (int)s->options->level)) ||
			       ZSTD_isError(ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1))
		       ? -1
		       : 0;
}

static void file_close(struct output *o)
{
	struct file_out *s = (struct file_out *)o;
	for (size_t i = 0; i < s->part_count; i++) {
		file_part_undo(s, &s->parts[i]);
		free(s->parts[i].topic);
	}
	file_marks_close(s);
	if (s->folder >= 0)
		close(s->folder);
	lock_put(s->lock);
	ZSTD_freeCCtx(s->zstd);
	strbuf_free(&s->lines);
	strbuf_free(&s->packed);
	free(s->parts);
	free(s->part_of);
	free(s->order);
	free(s->db_path);
	free(s);
}

static struct output *file_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct file_options *settings = options;
	struct file_out *s = xcalloc(1, sizeof *s);
	struct strbuf path = {0};
	s->options = settings;
	s->env = env;
	s->folder = -1;
	strbuf_printf(&path, "%s/" FILE_DATABASE, settings->folder);
	s->db_path = path.data;
	strbuf_adds((strbuf_init(&path), &path), settings->format == FILE_CSV ? ".csv" : ".jsonl");
	strbuf_adds(&path, settings->compression == FILE_ZSTD ? ".zst" : "");
	memcpy(s->suffix, path.data, path.len + 1);
	strbuf_free(&path);
	s->lock = lock_get(s->db_path);
	if (read_mode(settings->mode, &s->mode) != 0)
		err_set(e, ERR_CONFIG,
			"output %s: permissions must be octal and let the owner read and write, such as "
			"0640, is '%s'",
			env->name, settings->mode);
	else if (s->lock == NULL)
		err_set(e, ERR_SYSTEM, "output %s: %s", env->name, strerror(errno));
	else if (settings->compression == FILE_ZSTD && set_up_zstd(s) != 0)
		err_set(e, ERR_SYSTEM, "output %s: zstd cannot be set up", env->name);
	else
		return (struct output *)s;
	file_close((struct output *)s);
	return NULL;
}

/* Undoes what the batch has written. Also right without a batch. */
static void file_abort(struct output *o)
{
	struct file_out *s = (struct file_out *)o;
	for (size_t i = 0; i < s->part_count; i++)
		file_part_undo(s, &s->parts[i]);
	s->begun = false;
}

static void file_open(struct output *o, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	file_abort(o);
	file_marks_close(s);
	if (s->folder >= 0)
		close(s->folder);
	s->folder = open(s->options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0) {
		file_fail(s, errno, "cannot open the folder", "", r);
		return;
	}
	if (file_marks_open(s, r) != 0 || file_tidy(s, r) != 0)
		return;
	s->tidy_at = clock_mono_ms() + TIDY_MS;
	output_ok(r, 0);
}

static void file_begin(struct output *o, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (file_check_folder(s, r) != 0)
		return;
	if (clock_mono_ms() >= s->tidy_at) {
		s->tidy_at = clock_mono_ms() + TIDY_MS;
		if (file_tidy(s, r) != 0)
			return;
	}
	s->begun = true;
	output_ok(r, 0);
}

static void file_positions(struct output *o, struct position *p, size_t n, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (file_check_folder(s, r) != 0 || file_marks_begin(s, r) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (file_marks_position(s, &p[i], r) != 0) {
			file_marks_undo(s);
			return;
		}
	}
	if (file_marks_end(s, r) == 0)
		output_ok(r, n);
}

/* Everything written is on the disk, and the folder's entry of a new file too. Each call blocks for what one
 * partition has of the batch; the group is served in between. 0, or -1 with r set. */
static int sync_all(struct file_out *s, struct output_result *r)
{
	char name[FILE_NAME_MAX];
	bool fresh = false;
	for (size_t i = 0; i < s->part_count; i++) {
		struct file_part *p = &s->parts[i];
		if (p->fd < 0)
			continue;
		if (fdatasync(p->fd) != 0)
			return file_fail(s, errno, "cannot sync", file_part_open_name(p, name), r);
		fresh = fresh || p->fresh;
		if (output_wait(s->env->host, -1, 0, 0) >= 0)
			continue;
		output_retry(r, false, "file: stopped before the batch was committed");
		return -1;
	}
	return fresh && fsync(s->folder) != 0 ? file_fail(s, errno, "cannot sync the folder", "", r) : 0;
}

static struct file_part *part_with_lines(struct file_out *s, const struct position *p)
{
	for (size_t i = 0; i < s->part_count; i++)
		if (s->parts[i].fd >= 0 && s->parts[i].partition == p->partition &&
		    strcmp(s->parts[i].topic, p->topic) == 0)
			return &s->parts[i];
	return NULL;
}

/* Every file with lines is one of a partition that moves. 0, or -1 with r set. */
static int check_moves(struct file_out *s, const struct position *moves, size_t n, struct output_result *r)
{
	size_t found = 0;
	size_t taken = 0;
	for (size_t i = 0; i < s->part_count; i++) {
		if (s->parts[i].lost) {
			output_fenced(r, "file %s: there is no watermark of %s [%d]", s->options->folder,
				      s->parts[i].topic, s->parts[i].partition);
			return -1;
		}
		taken += s->parts[i].fd >= 0;
	}
	for (size_t i = 0; i < n; i++)
		found += part_with_lines(s, &moves[i]) != NULL;
	if (found == taken)
		return 0;
	output_retry(r, true, "file %s: lines of a partition whose watermark does not move",
		     s->options->folder);
	return -1;
}

enum outcome { MOVED, NOT_MOVED, UNKNOWN };

/* COMMIT has failed, and it may have happened all the same: a new connection tells what the rows hold. */
static enum outcome happened(struct file_out *s, const struct position *moves, size_t n)
{
	struct output_result unknown;
	struct file_row row;
	file_marks_close(s);
	if (n == 0 || file_marks_open(s, &unknown) != 0)
		return n == 0 ? NOT_MOVED : UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		const struct file_part *p = part_with_lines(s, &moves[i]);
		int found = file_marks_row(s, moves[i].topic, moves[i].partition, &row, &unknown);
		if (found < 0)
			return UNKNOWN;
		if (found == 0 || row.next != moves[i].offset ||
		    (p != NULL && (row.first != p->row.first || row.length != p->length)))
			return NOT_MOVED;
	}
	return MOVED;
}

/* Watermarks and valid lengths, all or none. If it is not MOVED, r is set. */
static enum outcome move_all(struct file_out *s, const struct position *moves, size_t n,
			     struct output_result *r)
{
	if (file_marks_begin(s, r) != 0)
		return NOT_MOVED;
	for (size_t i = 0; i < n; i++) {
		int moved = file_marks_move(s, &moves[i], part_with_lines(s, &moves[i]), r);
		if (moved == 0)
			output_fenced(r,
				      "file %s: the watermark of %s [%d] is not at %lld: another natmill has "
				      "moved it",
				      s->options->folder, moves[i].topic, moves[i].partition,
				      (long long)moves[i].expected);
		if (moved <= 0) {
			file_marks_undo(s);
			return NOT_MOVED;
		}
	}
	return file_marks_end(s, r) == 0 ? MOVED : happened(s, moves, n);
}

/* The lines stay: the rows, once they can be read, tell whether they count, and then the rest is cut off. */
static void leave_parts(struct file_out *s)
{
	for (size_t i = 0; i < s->part_count; i++)
		file_part_release(&s->parts[i]);
	s->begun = false;
}

/* After the commit: files that are full or old get their names. What fails here is done before the next line
 * of the partition. */
static void end_parts(struct file_out *s, const struct position *moves, size_t n)
{
	char name[FILE_NAME_MAX];
	for (size_t i = 0; i < n; i++) {
		struct file_part *p = part_with_lines(s, &moves[i]);
		if (p == NULL)
			continue;
		p->row.until = moves[i].offset;
		if (p->row.finished && file_part_rename(s, p) != 0)
			log_warn("file %s/%s: cannot give a finished file this name: %s", s->options->folder,
				 file_part_final_name(p, name), strerror(errno));
		file_part_release(p);
	}
	file_part_sync_names(s);
	s->begun = false;
}

static void file_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (!s->begun || s->db == NULL) {
		output_retry(r, false, "file %s: there is no transaction", s->options->folder);
		return;
	}
	for (size_t i = 0; i < s->part_count; i++)
		s->parts[i].row.finished =
			s->parts[i].fd >= 0 && file_tidy_due(s, &s->parts[i].row, s->parts[i].length);
	enum outcome outcome = NOT_MOVED;
	if (check_moves(s, moves, n, r) == 0 && sync_all(s, r) == 0)
		outcome = move_all(s, moves, n, r);
	if (outcome == MOVED) {
		end_parts(s, moves, n);
		output_ok(r, n);
	} else if (outcome == NOT_MOVED) {
		file_abort(o);
	} else {
		leave_parts(s);
	}
}

static const struct option file_rows[] = {
	{.name = "folder",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct file_options, folder),
	 .required = true,
	 .help = "Where the files are made. It must be there, on a local disk, and belong to this output "
		 "alone."},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct file_options, format),
	 .fallback = "jsonl",
	 .choices = "jsonl|csv",
	 .help = "One JSON object a line, or CSV with a header line and a column for each field."},
	{.name = "compression",
	 .type = OPTION_CHOICE,
	 .offset = offsetof(struct file_options, compression),
	 .fallback = "none",
	 .choices = "none|zstd",
	 .help = "Compression of the files."},
	{.name = "level",
	 .type = OPTION_INT,
	 .offset = offsetof(struct file_options, level),
	 .fallback = "3",
	 .min = 1,
	 .max = 19,
	 .help = "Level of zstd."},
	{.name = "rotate_size",
	 .type = OPTION_SIZE,
	 .offset = offsetof(struct file_options, rotate_size),
	 .fallback = "256MB",
	 .min = 1,
	 .max = INT64_C(1000000000000),
	 .help = "A file is finished at the end of the batch with which it has so many bytes."},
	{.name = "rotate_time",
	 .type = OPTION_DURATION,
	 .offset = offsetof(struct file_options, rotate_time),
	 .fallback = "1h",
	 .min = 1000,
	 .max = INT64_C(31536000000),
	 .help = "A file is finished when it is so old, with the next batch of any partition."},
	{.name = "permissions",
	 .type = OPTION_TEXT,
	 .offset = offsetof(struct file_options, mode),
	 .fallback = "0640",
	 .help = "Permissions of new files, octal; the process's umask applies."},
	{.name = NULL},
};

const struct output_type file_output = {
	.name = "file",
	.help = "JSON lines or CSV in files, exactly once; rotated, optionally compressed.",
	.transactional = true,
	.moves_only = true,
	.takes_events = true,
	.options = file_rows,
	.options_size = sizeof(struct file_options),
	.create = file_create,
	.close = file_close,
	.open = file_open,
	.positions = file_positions,
	.begin = file_begin,
	.write = file_lines_write,
	.commit = file_commit,
	.abort = file_abort,
	.list_marks = file_marks_list,
	.finish = file_tidy_finish,
	.set_mark = file_marks_set,
};
