/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines to standard error, plain or JSON, one line each, safe from several threads. A site that
 * repeats itself is held back: at most LOG_BURST lines a second from one call site; the next line
 * that passes says how many were held back. Never log a secret or a whole message.
 */
#ifndef NATMILL_BASE_LOG_H
#define NATMILL_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_BURST 5

/* One call site's rate window; zero-initialised, static. */
struct log_site {
	_Atomic int64_t window_s;
	_Atomic uint32_t lines;
	_Atomic uint32_t held_back;
};

/* Sets the lowest level that passes and the format. Call before threads start. */
void log_setup(enum log_level level, bool json);

/* "error" ... "debug" to level; -1 if unknown. */
int log_level_of(const char *name);

bool log_enabled(enum log_level level);

/* Writes one line; use through the macros below. */
void log_write(struct log_site *site, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

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
