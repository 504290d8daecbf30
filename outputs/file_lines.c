/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing of the output `file`: sorts the events of a range by partition, encodes each partition's in their
 * order, in chunks, compresses each chunk as a frame of its own and appends it to the partition's file. A
 * frame ends with its chunk, so the valid length of a file is always the end of a frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outputs/file.h"

#define CHUNK_BYTES (256u << 10) /* of text; a longer one compresses hardly better */

static int put(struct file_out *s, struct file_part *p, const struct strbuf *data, struct output_result *r)
{
	char name[FILE_NAME_MAX];
	int64_t from = p->length;
	for (size_t done = 0; done < data->len;) {
		ssize_t got = pwrite(p->fd, data->data + done, data->len - done, (off_t)p->length);
		if (got < 0 && errno != EINTR)
			return file_fail(s, errno, "cannot write", file_part_open_name(p, name), r);
		if (got > 0) {
			done += (size_t)got;
			p->length += got;
		}
	}
	/* The disk begins now, so that the sync at the end is short. */
	sync_file_range(p->fd, from, p->length - from, SYNC_FILE_RANGE_WRITE);
	if (output_wait(s->env->host, -1, 0, 0) >= 0)
		return 0;
	output_retry(r, false, "file: stopped while the batch was written");
	return -1;
}

static int put_chunk(struct file_out *s, struct file_part *p, struct output_result *r)
{
	if (s->zstd == NULL)
		return put(s, p, &s->lines, r);
	size_t bound = ZSTD_compressBound(s->lines.len);
	strbuf_reset(&s->packed);
	strbuf_reserve(&s->packed, bound);
	size_t n = ZSTD_compress2(s->zstd, s->packed.data, bound, s->lines.data, s->lines.len);
	if (ZSTD_isError(n)) {
		output_retry(r, true, "file: zstd: %s", ZSTD_getErrorName(n));
		return -1;
	}
	s->packed.len = n;
	return put(s, p, &s->packed, r);
}

/* All events of one partition. 0, or -1 with r set. */
static int write_part(struct file_out *s, struct file_part *p, const struct output_range *range,
		      struct output_result *r)
{
	const struct batch *b = range->batch;
	bool csv = s->options->format == FILE_CSV;
	if (p->fd < 0 && !p->lost && file_part_take(s, p, r) != 0)
		return -1;
	if (p->lost)
		return 0;
	strbuf_reset(&s->lines);
	if (csv && p->length == 0)
		file_csv_head(&s->lines);
	for (size_t i = 0; i < p->count; i++) {
		const struct event *ev = &b->events[range->pick[s->order[p->from + i]]];
		if (csv) {
			file_csv_line(ev, b->arena.data, b->arena.len, &s->lines);
		} else {
			event_json(ev, b->arena.data, b->arena.len, &s->lines);
			strbuf_addc(&s->lines, '\n');
		}
		if (s->lines.len < CHUNK_BYTES && i + 1 < p->count)
			continue;
		if (put_chunk(s, p, r) != 0)
			return -1;
		strbuf_reset(&s->lines);
	}
	return 0;
}

static void grow(struct file_out *s, size_t n)
{
	if (s->order_max >= n)
		return;
	s->order_max = n;
	s->order = xrealloc(s->order, n * sizeof *s->order);
	s->part_of = xrealloc(s->part_of, n * sizeof *s->part_of);
}

/* Fills s->order; each part knows its piece of it. */
static void sort_by_part(struct file_out *s, const struct output_range *range)
{
	const struct batch *b = range->batch;
	grow(s, range->n);
	for (size_t i = 0; i < s->part_count; i++)
		s->parts[i].count = 0;
	for (size_t i = 0; i < range->n; i++) {
		const struct message *m = batch_message_of(b, &b->events[range->pick[i]]);
		struct file_part *p = file_part_of(s, m->topic, m->partition);
		s->part_of[i] = (uint32_t)(p - s->parts);
		p->count++;
	}
	size_t at = 0;
	for (size_t i = 0; i < s->part_count; i++) {
		s->parts[i].from = at;
		at += s->parts[i].count;
		s->parts[i].count = 0;
	}
	for (size_t i = 0; i < range->n; i++) {
		struct file_part *p = &s->parts[s->part_of[i]];
		s->order[p->from + p->count++] = (uint32_t)i;
	}
}

void file_lines_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct file_out *s = (struct file_out *)o;
	if (!s->begun || s->db == NULL) {
		output_retry(r, false, "file %s: there is no transaction", s->options->folder);
		return;
	}
	sort_by_part(s, range);
	for (size_t i = 0; i < s->part_count; i++)
		if (s->parts[i].count > 0 && write_part(s, &s->parts[i], range, r) != 0)
			return;
	output_ok(r, range->n);
}
