/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats log lines; see log_line.h. Pure.
 */
#include "base/log_line.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void add_time(struct strbuf *out, const struct timespec *at)
{
	struct tm tm;
	char when[32];
	gmtime_r(&at->tv_sec, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_printf(out, "%s.%03dZ", when, (int)(at->tv_nsec / 1000000));
}

/* Control characters, those of ISO 6429 beyond ASCII too (U+0080 to U+009F), and bytes that are no UTF-8 as
 * \xNN. */
static void add_plain(struct strbuf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)text[i];
		size_t step = utf8_sequence(text + i, n - i);
		bool control = c < ' ' || c == 0x7f || (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0);
		if (step > 0 && !control) {
			strbuf_add(out, text + i, step);
			i += step;
			continue;
		}
		for (size_t end = i + (step > 0 ? step : 1); i < end; i++)
			strbuf_printf(out, "\\x%02x", (unsigned char)text[i]);
	}
}

static void add_line(struct strbuf *out, bool json, const struct timespec *at, const char *level,
		     const char *text, size_t n, uint32_t held)
{
	strbuf_adds(out, json ? "{\"time\":\"" : "");
	add_time(out, at);
	if (json) {
		strbuf_printf(out, "\",\"level\":\"%s\",\"message\":", level);
		strbuf_add_json(out, text, n);
		strbuf_printf(out, ",\"held_back\":%u}\n", held);
		return;
	}
	strbuf_printf(out, " %s ", level);
	add_plain(out, text, n);
	if (held > 0)
		strbuf_printf(out, " (%u like it held back)", held);
	strbuf_addc(out, '\n');
}

void log_line_make(struct strbuf *out, bool json, const struct timespec *at, const char *level,
		   const char *text, uint32_t held)
{
	struct strbuf shorter = {0};
	size_t n = strlen(text);
	add_line(out, json, at, level, text, n, held);
	while (out->len > LOG_LINE_MAX) {
		n /= 2;
		strbuf_reset(&shorter);
		strbuf_add(&shorter, text, n);
		strbuf_adds(&shorter, "...");
		strbuf_reset(out);
		add_line(out, json, at, level, shorter.data, shorter.len, held);
	}
	strbuf_free(&shorter);
}
