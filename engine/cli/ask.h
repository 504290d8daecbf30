/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks a running natmill over its local socket: what `natmill reload`, `top`, `tap` do. It is found by the
 * same configuration that it was started with (control/local.h). One thread; blocks.
 */
#ifndef NATMILL_CLI_ASK_H
#define NATMILL_CLI_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "control/local.h"

/* Where to ask. */
struct ask {
	bool off; /* the configuration wants no socket */
	struct local_paths paths;
};

/* file: as behind -c; NULL = natmill.yaml in the working folder if it is there, else only the environment.
 * What is wrong in the configuration is no error here. The path that it names is tried first, then the usual
 * ones: natmill may have been started before that was written. */
void ask_init(struct ask *a, const char *file);

/* Bytes of the answer as they come; false = enough, the rest is not asked for. */
typedef bool (*ask_sink)(void *context, const char *data, size_t n);

/* Asks for path ("/reload", with its ?query; see ask_arg) with method "GET" or "POST". 0: answered, *status
 * is the HTTP status and the whole answer went to sink; or sink has had enough. -1 with e: no natmill runs
 * with this configuration (all paths that were tried), it does not answer, or it went away before the end of
 * its answer. Whoever does not answer at all is given up after 10 s; a stream may then last as it likes. */
int ask(const struct ask *a, const char *method, const char *path, ask_sink sink, void *context, long *status,
	struct err *e);

/* The same with the answer in out, which is initialised, whole within 10 s; of a POST, which waits for an
 * outcome, within 10 min. */
int ask_text(const struct ask *a, const char *method, const char *path, struct strbuf *out, long *status,
	     struct err *e);

/* Adds "?name=value" or "&name=value" to path, with the value escaped. */
void ask_arg(struct strbuf *path, const char *name, const char *value);

#endif
