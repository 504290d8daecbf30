/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers GET /tap and GET /unmatched; see live.h.
 */
#include "control/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/engine.h"
#include "stream/tap.h"
#include "stream/unmatched.h"

#define TAP_LOOK_MS 100 /* how often it is looked for messages */
#define TYPE_JSON "application/json"
#define TYPE_LINES "application/x-ndjson"

/* The number of an argument; 0 when it is left out, -1 after the refusal was written. */
static int64_t number_of(struct request *r, const char *name)
{
	const char *text = request_arg(r, name);
	char *end = NULL;
	if (text == NULL)
		return 0;
	long long n = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
	if (n > 0 && n < INT32_MAX && *end == '\0')
		return n;
	request_status(r, 400);
	request_printf(r, "%s: expected a whole number from 1 on\n", name);
	return -1;
}

void live_unmatched(struct request *r, void *engine)
{
	const char *form = request_arg(r, "form");
	int64_t kinds = number_of(r, "kinds");
	int64_t lines = kinds >= 0 ? number_of(r, "lines") : -1;
	struct strbuf out = {0};
	if (lines < 0)
		return;
	const struct unmatched_query q = {.vendor = request_arg(r, "vendor"),
					  .kinds = (size_t)kinds,
					  .lines = (size_t)lines};
	if (form != NULL && strcmp(form, "lines") == 0) {
		unmatched_examples(engine_unmatched(engine), &q, &out);
	} else {
		request_type(r, TYPE_JSON);
		unmatched_json(engine_unmatched(engine), &q, &out);
	}
	if (out.len > 0)
		request_write(r, out.data, out.len);
	strbuf_free(&out);
}

/* Bytes of the first n of these lines. */
static size_t lines_len(const struct strbuf *lines, uint64_t n)
{
	size_t len = 0;
	while (n-- > 0 && len < lines->len) {
		const char *end = memchr(lines->data + len, '\n', lines->len - len);
		len = end != NULL ? (size_t)(end - lines->data) + 1 : lines->len;
	}
	return len;
}

static uint64_t count_lines(const char *data, size_t n)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n';
	return lines;
}

/* Writes what is taken until the client has enough or is gone. */
static void stream(struct request *r, struct taps *taps, struct tap *tap, uint64_t most)
{
	struct strbuf lines = {0};
	struct tap_counts counts = {0};
	uint64_t told = 0;
	uint64_t shown = 0;
	bool going = request_printf(r, "{\"open\":true}\n");
	while (going && shown < most && !request_gone(r)) {
		counts = tap_take(taps, tap, &lines);
		size_t len = lines_len(&lines, most - shown);
		if (len == 0) {
			request_wait(r, TAP_LOOK_MS);
			continue;
		}
		going = request_write(r, lines.data, len);
		shown += count_lines(lines.data, len);
		if (going && counts.lost > told)
			going = request_printf(r, "{\"lost\":%" PRIu64 "}\n", counts.lost);
		told = counts.lost;
	}
	if (going)
		request_printf(r, "{\"passed\":%" PRIu64 ",\"shown\":%" PRIu64 ",\"lost\":%" PRIu64 "}\n",
			       counts.passed, shown, counts.lost);
	strbuf_free(&lines);
}

void live_tap(struct request *r, void *engine)
{
	struct taps *taps = engine_taps(engine);
	const struct tap_filter filter = {.vendor = request_arg(r, "vendor"),
					  .topic = request_arg(r, "topic"),
					  .device = request_arg(r, "device"),
					  .dead = request_arg(r, "dead") != NULL};
	int64_t most = number_of(r, "n");
	struct err e;
	if (most < 0)
		return;
	struct tap *tap = tap_open(taps, &filter, &e);
	if (tap == NULL) {
		request_status(r, 503);
		request_printf(r, "%s\n", e.msg);
		return;
	}
	request_type(r, TYPE_LINES);
	stream(r, taps, tap, most > 0 ? (uint64_t)most : UINT64_MAX);
	tap_close(taps, tap);
}
