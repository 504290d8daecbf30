/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats and writes log lines; see log.h. One write(2) a line, so lines of several threads never mix.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static enum log_level threshold = LOG_INFO;
static bool as_json;

void log_setup(enum log_level level, bool json)
{
	threshold = level;
	as_json = json;
}

int log_level_of(const char *name)
{
	for (int i = 0; i <= LOG_DEBUG; i++)
		if (strcmp(name, level_names[i]) == 0)
			return i;
	return -1;
}

bool log_enabled(enum log_level level)
{
	return level <= threshold;
}

/* True when this line is to be held back; *held is what was held back before a line that passes. */
static bool held_back(struct log_site *site, int64_t now_s, uint32_t *held)
{
	*held = 0;
	if (atomic_exchange(&site->window_s, now_s) != now_s) {
		atomic_store(&site->lines, 0);
		*held = atomic_exchange(&site->held_back, 0);
	}
	if (atomic_fetch_add(&site->lines, 1) < LOG_BURST)
		return false;
	atomic_fetch_add(&site->held_back, 1);
	return true;
}

void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	uint32_t held;
	if (held_back(site, ts.tv_sec, &held))
		return;

	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char note[48] = "";
	if (held > 0)
		snprintf(note, sizeof note, " (%u like it held back)", held);

	struct tm tm;
	gmtime_r(&ts.tv_sec, &tm);
	char when[40];
	size_t w = strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(when + w, sizeof when - w, ".%03dZ", (int)(ts.tv_nsec / 1000000));

	struct strbuf line;
	strbuf_init(&line);
	if (as_json) {
		strbuf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", when,
			      level_names[level]);
		strbuf_add_json(&line, text, strlen(text));
		strbuf_printf(&line, ",\"held_back\":%u}\n", held);
	} else {
		for (char *p = text; *p != '\0'; p++)
			if ((unsigned char)*p < ' ')
				*p = ' ';
		strbuf_printf(&line, "%s %s %s%s\n", when, level_names[level], text, note);
	}
	ssize_t ignored = write(STDERR_FILENO, line.data, line.len); /* nowhere left to tell */
	(void)ignored;
	strbuf_free(&line);
}
