/* SPDX-License-Identifier: Apache-2.0
 *
 * The text form in which Prometheus reads metrics (version 0.0.4): head lines, samples, escapes. Called by
 * metrics; knows nothing of natmill. Appends to the caller's buffer.
 */
#ifndef NATMILL_CONTROL_EXPOSITION_H
#define NATMILL_CONTROL_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct label {
	const char *name; /* NULL ends the list */
	const char *value;
};

/* HELP and TYPE; type: "counter", "gauge" or "histogram". All samples of the name follow directly. */
void exposition_head(struct strbuf *out, const char *name, const char *type, const char *help);

/* One sample. labels may be NULL. */
void exposition_count(struct strbuf *out, const char *name, const struct label *labels, uint64_t value);

/* The same in seconds, of microseconds. */
void exposition_us(struct strbuf *out, const char *name, const struct label *labels, int64_t us);

struct exposition_histogram {
	const uint64_t *bounds; /* upper ends, ascending */
	size_t n;
	const uint64_t *counts; /* n + 1, not cumulative */
	uint64_t sum;
	double unit; /* of bounds and sum, in what the name says: 1e-6 for microseconds and _seconds */
};
void exposition_histogram(struct strbuf *out, const char *name, const struct label *labels,
			  const struct exposition_histogram *h);

#endif
