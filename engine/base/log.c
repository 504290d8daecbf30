/* SPDX-License-Identifier: Apache-2.0
 *
 * Which log lines pass and what is told of the others; see log.h. A line's bytes are made by log_line.c and
 * written by log_out.c. One lock over all, taken only for lines that pass.
 */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/log_out.h"
#include "base/strbuf.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static enum log_level threshold = LOG_INFO;
static bool as_json;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct log_site *sites;
static uint64_t lost_untold;
static _Atomic uint64_t lost;

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

uint64_t log_lost(void)
{
	return atomic_load(&lost);
}

static int64_t now_s(void)
{
	return clock_mono_ms() / 1000 + 1; /* never 0, which is a site's first window */
}

static bool put(enum log_level level, const char *text, uint32_t held)
{
	struct timespec ts;
	struct strbuf line = {0};
	clock_gettime(CLOCK_REALTIME, &ts);
	log_line_make(&line, as_json, &ts, level_names[level], text, held);
	bool done = log_out(line.data, line.len);
	strbuf_free(&line);
	return done;
}

static bool tell_lost(void)
{
	char text[96];
	if (lost_untold == 0)
		return true;
	snprintf(text, sizeof text, "%llu log lines are lost: standard error took no more",
		 (unsigned long long)lost_untold);
	if (!put(LOG_WARN, text, 0))
		return false;
	lost_untold = 0;
	return true;
}

/* Under the lock. held: lines that this one stands for beside itself. */
static void emit(enum log_level level, const char *text, uint32_t held)
{
	if (tell_lost() && put(level, text, held))
		return;
	lost_untold += 1 + (uint64_t)held;
	atomic_fetch_add(&lost, 1 + (uint64_t)held);
}

bool log_passes(const struct log_site *site)
{
	return atomic_load(&site->window_s) != now_s() || atomic_load(&site->lines) < LOG_BURST;
}

void log_hold(struct log_site *site, uint32_t n)
{
	atomic_fetch_add(&site->held_back, n);
}

/* Under the lock. True when a line may be written now; *held is what was held back before it. */
static bool may_pass(struct log_site *site, enum log_level level, uint32_t *held)
{
	int64_t now = now_s();
	if (!site->listed) {
		site->listed = true;
		site->level = level;
		site->next = sites;
		sites = site;
	}
	if (atomic_exchange(&site->window_s, now) != now)
		atomic_store(&site->lines, 0);
	if (atomic_load(&site->lines) >= LOG_BURST)
		return false;
	atomic_fetch_add(&site->lines, 1);
	*held = atomic_exchange(&site->held_back, 0);
	return true;
}

void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
{
	uint32_t held = 0;
	va_list ap;
	if (site != NULL && !log_passes(site)) {
		log_hold(site, 1);
		return;
	}
	char text[LOG_TEXT_MAX];
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof text)
		memcpy(text + sizeof text - 4, "...", 4);
	pthread_mutex_lock(&lock);
	if (site == NULL) {
		emit(level, text, 0);
	} else if (may_pass(site, level, &held)) {
		memcpy(site->shown, text, sizeof text);
		emit(level, text, held);
	} else {
		log_hold(site, 1);
	}
	pthread_mutex_unlock(&lock);
}

/* What sites held back whose window is over, or all. */
static void tell(bool all)
{
	char text[LOG_TEXT_MAX + 64];
	pthread_mutex_lock(&lock);
	tell_lost();
	for (struct log_site *s = sites; s != NULL; s = s->next) {
		if (!all && atomic_load(&s->window_s) == now_s())
			continue;
		uint32_t held = atomic_exchange(&s->held_back, 0);
		if (held == 0)
			continue;
		snprintf(text, sizeof text, "and more like the last: %s", s->shown);
		emit(s->level, text, held);
	}
	pthread_mutex_unlock(&lock);
}

void log_tick(void)
{
	tell(false);
}

void log_flush(void)
{
	tell(true);
}

void log_last(const char *text)
{
	struct strbuf line = {0};
	log_flush();
	pthread_mutex_lock(&lock);
	if (as_json) {
		emit(LOG_ERROR, text, 0);
	} else {
		strbuf_printf(&line, "natmill: %s\n", text);
		log_out(line.data, line.len);
	}
	pthread_mutex_unlock(&lock);
	strbuf_free(&line);
}
