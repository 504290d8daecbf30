/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output `file` mends: lines that a crash or a failed attempt left behind the valid length, files
 * that were made for a batch that never was, finished files that have not got their name, and open files
 * whose time has come. Called by file.c at open and now and then at begin. And whether the folder is still
 * the one that was opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "outputs/file.h"

bool file_tidy_due(const struct file_out *s, const struct file_row *row, int64_t length)
{
	return s->ending || length >= s->options->rotate_size ||
	       clock_wall_us() / 1000 >= row->begun + s->options->rotate_time;
}

static void cannot(const struct file_out *s, const char *doing, const char *name)
{
	log_error("ALARM: output %s: file %s/%s: %s: %s", s->env->name, s->options->folder, name, doing,
		  strerror(errno));
}

/* Gives the file its name; one that has it already is no longer there under the old. */
static void give_name(struct file_out *s, const struct file_part *p)
{
	char name[FILE_NAME_MAX];
	if (file_part_rename(s, p) == 0 || errno == ENOENT)
		return;
	cannot(s, "cannot give the finished file this name", file_part_final_name(p, name));
	s->left_open = true;
}

/* A file of a batch that was never committed; nobody has it. */
static void remove_leftover(struct file_out *s, struct file_part *p)
{
	char name[FILE_NAME_MAX];
	struct output_result r;
	struct file_row seen = p->row;
	file_part_plan(s, &p->row);
	if (file_part_lock(s, p, &seen, 0, &r) <= 0)
		return;
	if (file_marks_claimed(s, p, &r) == 0 && unlinkat(s->folder, file_part_open_name(p, name), 0) != 0)
		cannot(s, "cannot remove what is left of a batch", name);
	file_part_release(p);
}

/* The open file: without what lies behind its end, and finished when it is due. */
static void mend_open(struct file_out *s, struct file_part *p)
{
	char name[FILE_NAME_MAX];
	struct output_result r;
	struct stat st;
	struct file_row seen = p->row;
	bool due = file_tidy_due(s, &p->row, p->row.length);
	if (file_part_lock(s, p, &seen, 0, &r) <= 0) {
		s->left_open = s->left_open || due;
		return;
	}
	if (fstat(p->fd, &st) != 0) {
		cannot(s, "cannot read", file_part_open_name(p, name));
		st.st_size = -1;
	} else if (st.st_size > p->row.length && ftruncate(p->fd, (off_t)p->row.length) != 0) {
		cannot(s, "cannot cut off what is left of a batch", file_part_open_name(p, name));
	}
	if (due && st.st_size >= p->row.length && file_marks_finish(s, p, &r) == 0)
		give_name(s, p);
	else
		s->left_open = s->left_open || due;
	file_part_release(p);
}

static void tidy_row(struct file_out *s, const char *topic, int32_t partition)
{
	struct output_result r;
	char copy[FILE_NAME_MAX];
	snprintf(copy, sizeof copy, "%s", topic);
	struct file_part p = {.topic = copy, .partition = partition, .fd = -1};
	if (!file_part_topic_ok(topic) || file_marks_row(s, topic, partition, &p.row, &r) != 1)
		return;
	bool has_file = p.row.suffix[0] != '\0';
	if (has_file && !p.row.finished) {
		mend_open(s, &p);
		return;
	}
	if (has_file)
		give_name(s, &p);
	remove_leftover(s, &p);
}

int file_tidy(struct file_out *s, struct output_result *r)
{
	if (file_marks_each(s, tidy_row, r) != 0)
		return -1;
	file_part_sync_names(s);
	return 0;
}

void file_tidy_finish(struct output *o, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (file_check_folder(s, r) != 0)
		return;
	s->ending = true;
	s->left_open = false;
	if (file_tidy(s, r) == 0) {
		if (s->left_open)
			output_retry(r, true,
				     "file %s: not each open file could be finished; move away what has "
				     "its name, or see the log",
				     s->options->folder);
		else
			output_ok(r, 0);
	}
	s->ending = false;
}

int file_check_folder(struct file_out *s, struct output_result *r)
{
	struct stat here;
	struct stat there;
	struct stat db;
	if (s->db == NULL || s->folder < 0) {
		output_retry(r, false, "file %s: not open", s->options->folder);
	} else if (fstat(s->folder, &here) != 0 || stat(s->options->folder, &there) != 0 ||
		   here.st_ino != there.st_ino || here.st_dev != there.st_dev ||
		   fstatat(s->folder, FILE_DATABASE, &db, 0) != 0) {
		output_retry(r, true, "file %s: the folder or its watermarks were moved or deleted",
			     s->options->folder);
	} else {
		return 0;
	}
	r->reopen = true;
	return -1;
}
