/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of samples, vendors/NAME.samples: real lines and what must become of them. It is test, documentation
 * and, in the demo, the source of traffic. Text, read line by line:
 *
 *     # a comment
 *     > A VRF 0 INT 10.0.0.1 EXT 100.64.0.1        a message's value, exactly, behind "> "
 *     {"type": "address-mapping", "event": 1, ...}  an event that it must give; several lines: several events
 *     > some other line
 *     ignored
 *     > A VRF 0 INT 10.0.0
 *     dead: expected an IPv4                        a part of the reason
 *     # not yet: a line                             which the script cannot read yet: a comment, but counted
 *
 * A line of natmill try --json below a message stands for what it tells.
 */
#ifndef NATMILL_SCRIPT_SAMPLE_FILE_H
#define NATMILL_SCRIPT_SAMPLE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

#define SAMPLE_FILE_MAX (16u << 20) /* bytes */

enum sample_verdict { SAMPLE_EVENTS, SAMPLE_IGNORED, SAMPLE_DEAD };

/* Texts point into the file's bytes. */
struct sample {
	size_t line; /* in the file, from 1 */
	const char *value;
	size_t len;
	enum sample_verdict verdict;
	const char *reason; /* of SAMPLE_DEAD */
	size_t reason_len;
	size_t first_event; /* of SAMPLE_EVENTS: places in the file's events */
	size_t event_count;
};

struct sample_event {
	const char *json;
	size_t len;
};

/* A line that waits for natmill test --fill: commented out, or a message with nothing below it. */
struct sample_open {
	const char *value;
	size_t len;
};

struct sample_file {
	struct strbuf text;
	struct sample *samples;
	size_t count;
	struct sample_event *events;
	size_t event_count;
	struct sample_open *open; /* in the order of the file */
	size_t open_count;
	size_t not_yet; /* of them commented out */
	char **owned;   /* texts that had to be unescaped */
	size_t owned_count;
};

/* 0, or -1 with file and line in e. sample_file_free is legal after both. */
int sample_file_read(struct sample_file *f, const char *path, struct err *e);

/* The same, but a message with nothing below it is no error: it goes to open. */
int sample_file_read_open(struct sample_file *f, const char *path, struct err *e);

void sample_file_free(struct sample_file *f);

/* The path of the samples that belong to a script: NAME.lua -> NAME.samples. Appends to out. */
void sample_file_path(const char *script_path, struct strbuf *out);

#endif
