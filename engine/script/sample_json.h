/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a line that natmill try --json printed, where somebody pasted it into a file of samples: it stands
 * for the verdict that it tells. Used by sample_file.c only.
 */
#ifndef NATMILL_SCRIPT_SAMPLE_JSON_H
#define NATMILL_SCRIPT_SAMPLE_JSON_H

#include <stddef.h>

#include "script/sample_file.h"

/* The events are a part of the line; the reason (NUL-terminated) is the caller's to free, NULL without one.
 */
struct sample_verdict_json {
	enum sample_verdict verdict;
	const char *events; /* the list, with its brackets */
	size_t events_len;
	char *reason;
	size_t reason_len;
};

/* 1 and *out; 0 when the object is something else (an event); -1 when it tells a verdict but is broken. */
int sample_json_read(const char *s, size_t n, struct sample_verdict_json *out);

/* The next object between *at and end, with its length; moves *at behind it. NULL at the end. */
const char *sample_json_next(const char **at, const char *end, size_t *len);

#endif
