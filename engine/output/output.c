/* SPDX-License-Identifier: Apache-2.0
 *
 * Small pieces that outputs share: filling results, the engine's wait; see output.h.
 */
#include "output/output.h"

#include <stdio.h>

static void __attribute__((format(printf, 3, 0)))
fill(struct output_result *r, enum output_verdict verdict, const char *fmt, va_list ap)
{
	char text[ERR_MSG_MAX];
	vsnprintf(text, sizeof text, fmt, ap);
	*r = (struct output_result){.verdict = verdict};
	err_set(&r->why, ERR_OUTPUT, "%s", text);
}

void output_nothing(struct output *o, struct output_result *r)
{
	(void)o;
	output_ok(r, 0);
}

void output_no_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	(void)o;
	(void)moves;
	output_ok(r, n);
}

void output_no_abort(struct output *o)
{
	(void)o;
}

void output_ok(struct output_result *r, size_t n)
{
	*r = (struct output_result){.verdict = OUTPUT_OK, .n = n};
}

void output_retry(struct output_result *r, bool alarm, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(r, OUTPUT_RETRY, fmt, ap);
	va_end(ap);
	r->alarm = alarm;
}

void output_reject(struct output_result *r, size_t n, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(r, OUTPUT_REJECT, fmt, ap);
	va_end(ap);
	r->n = n;
}

void output_fenced(struct output_result *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fill(r, OUTPUT_FENCED, fmt, ap);
	va_end(ap);
}

int output_wait(struct output_host *h, int fd, short events, int64_t deadline_ms)
{
	return h->wait(h, fd, events, deadline_ms);
}

const void *output_membership(struct output_host *h, size_t *len)
{
	return h->membership != NULL ? h->membership(h, len) : NULL;
}
