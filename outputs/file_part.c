/* SPDX-License-Identifier: Apache-2.0
 *
 * A partition's file of the output `file`: its names, taking it (open, locked, cut to its valid length),
 * giving it up, and its last name. Called by the other files of the output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "outputs/file.h"

#define TRIES 5 /* others may finish or make the file while it is being taken */

const char *file_part_open_name(const struct file_part *p, char *buf)
{
	snprintf(buf, FILE_NAME_MAX, "%s-%d-%012lld%s" FILE_OPEN_SUFFIX, p->topic, p->partition,
		 (long long)p->row.first, p->row.suffix);
	return buf;
}

const char *file_part_final_name(const struct file_part *p, char *buf)
{
	snprintf(buf, FILE_NAME_MAX, "%s-%d-%012lld-%012lld%s", p->topic, p->partition,
		 (long long)p->row.first, (long long)p->row.until - 1, p->row.suffix);
	return buf;
}

/* Names follow on each other: what came between without an event is the new file's. But not when somebody has
 * set the watermark back. */
void file_part_plan(const struct file_out *s, struct file_row *row)
{
	memcpy(row->suffix, s->suffix, sizeof row->suffix);
	row->first = row->until < row->next ? row->until : row->next;
	row->length = 0;
	row->begun = clock_wall_us() / 1000;
	row->finished = false;
}

bool file_part_topic_ok(const char *topic)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(topic);
	return n > 0 && n < 250 && topic[0] != '.' && strspn(topic, allowed) == n;
}

struct file_part *file_part_of(struct file_out *s, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < s->part_count; i++) {
		size_t at = (s->part_last + i) % s->part_count; /* most often the one before, or the next */
		if (s->parts[at].partition == partition && strcmp(s->parts[at].topic, topic) == 0) {
			s->part_last = at;
			return &s->parts[at];
		}
	}
	s->parts = xrealloc(s->parts, (s->part_count + 1) * sizeof *s->parts);
	s->part_last = s->part_count;
	s->parts[s->part_count] =
		(struct file_part){.topic = xstrdup(topic), .partition = partition, .fd = -1};
	return &s->parts[s->part_count++];
}

void file_part_release(struct file_part *p)
{
	if (p->fd >= 0)
		close(p->fd); /* and unlocked */
	p->fd = -1;
	p->fresh = false;
	p->lost = false;
}

void file_part_undo(struct file_out *s, struct file_part *p)
{
	char name[FILE_NAME_MAX];
	if (p->fd >= 0 && p->fresh && unlinkat(s->folder, file_part_open_name(p, name), 0) != 0)
		log_warn("file %s/%s: cannot remove it: %s", s->options->folder, name, strerror(errno));
	else if (p->fd >= 0 && !p->fresh && p->length != p->row.length &&
		 ftruncate(p->fd, (off_t)p->row.length) != 0)
		log_warn("file %s/%s: cannot cut it back: %s; it is tried again before the next line",
			 s->options->folder, file_part_open_name(p, name), strerror(errno));
	file_part_release(p);
}

int file_part_rename(struct file_out *s, const struct file_part *p)
{
	char from[FILE_NAME_MAX];
	char to[FILE_NAME_MAX];
	file_part_open_name(p, from);
	file_part_final_name(p, to);
	if (renameat2(s->folder, from, s->folder, to, RENAME_NOREPLACE) == 0) {
		s->renamed = true;
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (faccessat(s->folder, to, F_OK, 0) == 0) { /* a file system that cannot: nearly as good */
		errno = EEXIST;
		return -1;
	}
	if (renameat(s->folder, from, s->folder, to) != 0)
		return -1;
	s->renamed = true;
	return 0;
}

void file_part_sync_names(struct file_out *s)
{
	if (s->renamed && fsync(s->folder) != 0)
		log_warn("file %s: cannot sync the folder: %s", s->options->folder, strerror(errno));
	s->renamed = false;
}

/* 0 = locked; -1 with errno, EWOULDBLOCK when another has it. */
static int lock(struct file_out *s, int fd, bool wait)
{
	int64_t deadline = clock_mono_ms() + (wait ? FILE_TURN_MS : 0);
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int64_t now = clock_mono_ms();
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || now >= deadline)
			return -1;
		if (output_wait(s->env->host, -1, 0, now + FILE_POLL_MS) < 0) {
			errno = EWOULDBLOCK;
			return -1;
		}
	}
	return 0;
}

/* Is the name still the open file? */
static bool in_place(const struct file_out *s, const struct file_part *p)
{
	char name[FILE_NAME_MAX];
	struct stat here;
	struct stat there;
	return fstat(p->fd, &here) == 0 &&
	       fstatat(s->folder, file_part_open_name(p, name), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

static bool same_row(const struct file_row *a, const struct file_row *b)
{
	return a->next == b->next && strcmp(a->suffix, b->suffix) == 0 && a->first == b->first &&
	       a->until == b->until && a->length == b->length && a->finished == b->finished;
}

int file_part_lock(struct file_out *s, struct file_part *p, const struct file_row *seen, int flags,
		   struct output_result *r)
{
	char name[FILE_NAME_MAX];
	struct file_row now;
	p->fd = openat(s->folder, file_part_open_name(p, name),
		       O_RDWR | O_CLOEXEC | O_NOFOLLOW | (flags & FILE_MAKE ? O_CREAT : 0), s->mode);
	if (p->fd < 0 || lock(s, p->fd, flags & FILE_WAIT) != 0) {
		int why = errno;
		file_part_release(p);
		errno = why;
		return -1;
	}
	int found = file_marks_row(s, p->topic, p->partition, &now, r);
	if (found > 0 && same_row(&now, seen) && in_place(s, p))
		return 1;
	file_part_release(p);
	errno = 0;
	return found < 0 ? -1 : 0;
}

/* The row's file is done: it gets its name, and the next one is planned. 0, or -1 with r set. */
static int leave_finished(struct file_out *s, struct file_part *p, struct output_result *r)
{
	char name[FILE_NAME_MAX];
	if (file_part_rename(s, p) != 0 && errno != ENOENT)
		return file_fail(s, errno, "cannot give a finished file its name",
				 file_part_final_name(p, name), r);
	file_part_plan(s, &p->row);
	return 0;
}

/* The locked file as the row has it. 0, or -1 with r set. */
static int cut(struct file_out *s, struct file_part *p, struct output_result *r)
{
	char name[FILE_NAME_MAX];
	struct stat st;
	file_part_open_name(p, name);
	if (fstat(p->fd, &st) != 0)
		return file_fail(s, errno, "cannot read", name, r);
	if (st.st_size < p->row.length) {
		output_retry(r, true,
			     "file %s/%s: has %lld bytes, but %lld were written; put it back whole, or "
			     "give the rest up with `natmill watermarks set`",
			     s->options->folder, name, (long long)st.st_size, (long long)p->row.length);
		return -1;
	}
	if (st.st_size > 0 && p->fresh) {
		int claimed = file_marks_claimed(s, p, r);
		if (claimed > 0)
			output_retry(r, true,
				     "file %s/%s: another output or cluster writes it; give each a "
				     "folder of its own",
				     s->options->folder, name);
		if (claimed != 0) {
			p->fresh = false; /* not ours to remove */
			return -1;
		}
	}
	if (st.st_size > p->row.length && ftruncate(p->fd, (off_t)p->row.length) != 0)
		return file_fail(s, errno, "cannot cut", name, r);
	p->length = p->row.length;
	return 0;
}

static int cannot_take(struct file_out *s, struct file_part *p, bool make, struct output_result *r)
{
	char name[FILE_NAME_MAX];
	file_part_open_name(p, name);
	if (errno == 0) /* r is set */
		return -1;
	if (errno == EWOULDBLOCK) {
		output_retry(r, false, "file %s/%s: another worker or process still writes it",
			     s->options->folder, name);
		return -1;
	}
	if (errno == ENOENT && !make) {
		output_retry(r, true,
			     "file %s/%s: is missing; put it back, or give it up with "
			     "`natmill watermarks set`",
			     s->options->folder, name);
		return -1;
	}
	return file_fail(s, errno, make ? "cannot make" : "cannot open", name, r);
}

/* One try; 1 = taken, 0 = again, -1 with r set. */
static int try_take(struct file_out *s, struct file_part *p, struct output_result *r)
{
	struct file_row seen;
	int found = file_marks_row(s, p->topic, p->partition, &seen, r);
	if (found <= 0) {
		p->lost = true;
		return found < 0 ? -1 : 1;
	}
	p->row = seen;
	bool make = seen.suffix[0] == '\0' || seen.finished;
	if (make && leave_finished(s, p, r) != 0)
		return -1;
	int locked = file_part_lock(s, p, &seen, FILE_WAIT | (make ? FILE_MAKE : 0), r);
	if (locked <= 0)
		return locked == 0 ? 0 : cannot_take(s, p, make, r);
	p->fresh = make;
	if (cut(s, p, r) != 0) {
		file_part_release(p);
		return -1;
	}
	if (make || strcmp(p->row.suffix, s->suffix) == 0)
		return 1;
	int rc = file_marks_finish(s, p, r); /* of another format than is asked for now */
	file_part_release(p);
	return rc;
}

int file_part_take(struct file_out *s, struct file_part *p, struct output_result *r)
{
	if (!file_part_topic_ok(p->topic)) {
		output_retry(r, true, "file: '%s' cannot be part of a file's name", p->topic);
		return -1;
	}
	for (int i = 0; i < TRIES; i++) {
		int taken = try_take(s, p, r);
		if (taken != 0)
			return taken > 0 ? 0 : -1;
	}
	output_retry(r, false, "file: others are changing the file of %s [%d]", p->topic, p->partition);
	return -1;
}
