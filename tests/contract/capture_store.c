/* SPDX-License-Identifier: Apache-2.0
 *
 * What the capture double keeps beyond its instances: rows, letters, watermarks; see capture.h.
 */
#include "tests/contract/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void capture_free_rows(struct capture_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].json);
	free(rows);
}

struct capture *capture_new(void)
{
	struct capture *c = xcalloc(1, sizeof *c);
	pthread_mutex_init(&c->mutex, NULL);
	return c;
}

void capture_free(struct capture *c)
{
	capture_free_rows(c->rows, c->row_count);
	free(c->letters);
	free(c->marks);
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

size_t capture_count(struct capture *c, const char *topic, int32_t partition, int64_t offset, uint32_t index)
{
	size_t n = 0;
	pthread_mutex_lock(&c->mutex);
	for (size_t i = 0; i < c->row_count; i++) {
		const struct capture_row *row = &c->rows[i];
		n += strcmp(row->topic, topic) == 0 && row->partition == partition && row->offset == offset &&
		     row->index == index;
	}
	pthread_mutex_unlock(&c->mutex);
	return n;
}

struct capture_mark *capture_find_mark(struct capture *c, const char *output, const char *topic,
				       int32_t partition)
{
	for (size_t i = 0; i < c->mark_count; i++) {
		struct capture_mark *m = &c->marks[i];
		if (strcmp(m->output, output) == 0 && strcmp(m->topic, topic) == 0 &&
		    m->partition == partition)
			return m;
	}
	return NULL;
}

struct capture_mark *capture_add_mark(struct capture *c, const char *output, const char *topic,
				      int32_t partition)
{
	c->marks = xrealloc(c->marks, (c->mark_count + 1) * sizeof *c->marks);
	struct capture_mark *m = &c->marks[c->mark_count++];
	*m = (struct capture_mark){.partition = partition, .timestamp = EVENT_NO_TIME};
	snprintf(m->output, sizeof m->output, "%s", output);
	snprintf(m->topic, sizeof m->topic, "%s", topic);
	return m;
}

int64_t capture_watermark(struct capture *c, const char *output, const char *topic, int32_t partition)
{
	pthread_mutex_lock(&c->mutex);
	const struct capture_mark *m = capture_find_mark(c, output, topic, partition);
	int64_t offset = m != NULL ? m->offset : -1;
	pthread_mutex_unlock(&c->mutex);
	return offset;
}

void capture_set_watermark(struct capture *c, const char *output, const char *topic, int32_t partition,
			   int64_t offset)
{
	pthread_mutex_lock(&c->mutex);
	struct capture_mark *m = capture_find_mark(c, output, topic, partition);
	if (m == NULL)
		m = capture_add_mark(c, output, topic, partition);
	m->offset = offset;
	pthread_mutex_unlock(&c->mutex);
}

static bool same_letter(const struct capture_letter *a, const struct capture_letter *b)
{
	return strcmp(a->topic, b->topic) == 0 && a->partition == b->partition && a->offset == b->offset &&
	       a->record == b->record && a->index == b->index && strcmp(a->output, b->output) == 0;
}

bool capture_has_letter(const struct capture_letter *letters, size_t n, const struct capture_letter *letter)
{
	for (size_t i = 0; i < n; i++)
		if (same_letter(&letters[i], letter))
			return true;
	return false;
}

size_t capture_each_mark(struct capture *c, const struct output_env *env, output_mark_fn *row, void *ctx)
{
	size_t n = 0;
	pthread_mutex_lock(&c->mutex);
	for (size_t i = 0; i < c->mark_count; i++) {
		const struct capture_mark *m = &c->marks[i];
		if (strcmp(m->output, env->name) != 0)
			continue;
		row(ctx, &(struct output_mark){.cluster = env->cluster_id,
					       .output = m->output,
					       .topic = m->topic,
					       .partition = m->partition,
					       .offset = m->offset,
					       .timestamp = m->timestamp});
		n++;
	}
	pthread_mutex_unlock(&c->mutex);
	return n;
}

size_t capture_reset_mark(struct capture *c, const char *output, const struct position *p)
{
	pthread_mutex_lock(&c->mutex);
	struct capture_mark *m = capture_find_mark(c, output, p->topic, p->partition);
	if (m != NULL) {
		m->offset = p->offset;
		m->timestamp = EVENT_NO_TIME;
		m->topic_id[0] = '\0';
	}
	pthread_mutex_unlock(&c->mutex);
	return m != NULL;
}
