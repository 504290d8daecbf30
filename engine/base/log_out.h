/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard error for log lines: written at once or not at all, never waited for. A reader that stands still
 * (a full pipe, a stopped terminal) must not stop a worker. Used by log.c under its lock.
 */
#ifndef NATMILL_BASE_LOG_OUT_H
#define NATMILL_BASE_LOG_OUT_H

#include <stdbool.h>
#include <stddef.h>

/* One whole line, at most LOG_LINE_MAX bytes. False: it is lost. */
bool log_out(const char *line, size_t n);

#endif
