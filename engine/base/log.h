/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines to standard error, plain or JSON, one line each, safe from several threads. A site that
 * repeats itself is held back: at most LOG_BURST lines a second from one call site. What was held back is
 * counted and told: by the site's next line, or by log_tick() when the site falls silent. Writing never
 * waits for whoever reads standard error: a line that finds no room is lost, counted, and told with the next
 * one that passes. Never log a secret or a whole message.
 */
#ifndef NATMILL_BASE_LOG_H
#define NATMILL_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_BURST 5
#define LOG_TEXT_MAX 1024 /* bytes of a message; the rest is cut off and shown as "..." */

/* One call site's rate window; zero-initialised, static: it is kept in a list for ever. */
struct log_site {
	_Atomic int64_t window_s;
	_Atomic uint32_t lines;
	_Atomic uint32_t held_back;
	enum log_level level;
	bool listed;
	char shown[LOG_TEXT_MAX]; /* the last line that passed */
	struct log_site *next;
};

/* Sets the lowest level that passes and the format. Call before threads start. */
void log_setup(enum log_level level, bool json);

/* "error" ... "debug" to level; -1 if unknown. */
int log_level_of(const char *name);

bool log_enabled(enum log_level level);

/* Writes one line; use through the macros below. site NULL: never held back, for the lines of an answer that
 * is asked for. */
void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For whoever has many lines at once: would one pass now? And: so many more are held back unwritten. */
bool log_passes(const struct log_site *site);
void log_hold(struct log_site *site, uint32_t n);

/* Tells what sites held back that are silent since, and what was lost. Call about once a second. */
void log_tick(void);

/* The same for all sites, at the end of the program. */
void log_flush(void);

/* The line that a run ends with: in the JSON form an error like any other, else "natmill: TEXT" as all
 * commands end. */
void log_last(const char *text);

/* Lines that were lost since the start because standard error took no more. */
uint64_t log_lost(void);

#define LOG_AT(level, ...)                                         \
	do {                                                       \
		static struct log_site log_site_;                  \
		if (log_enabled(level))                            \
			log_write(&log_site_, level, __VA_ARGS__); \
	} while (0)

#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)

#endif
