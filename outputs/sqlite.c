/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `sqlite`: events, watermarks and dead letters in one database file, one transaction a batch, so
 * each event is stored exactly once. WAL with synchronous=FULL: what is committed survives a power cut. The
 * workers take turns by a process-wide lock on the path; another process that writes is waited for up to
 * busy_timeout. This file: settings and the transaction; the rest is in sqlite_*.c.
 */
#include "outputs/sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

#define LOCK_MS 10000 /* the workers before this one have so long for their batches */
#define POLL_MS 10    /* between two tries while another process writes */

void sqlite_retry(struct sqlite *s, int rc, const char *doing, struct output_result *r)
{
	int kind = rc & 0xff;
	bool passes = kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_PROTOCOL ||
		      kind == SQLITE_INTERRUPT;
	const char *advice = "";
	if (passes)
		advice = "; another process writes to it";
	else if (kind == SQLITE_FULL)
		advice = "; make room on the disk";
	else if (kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY || kind == SQLITE_PERM)
		advice = "; the file and its folder must be writable";
	const char *why = s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
	output_retry(r, !passes, "sqlite %s: %s: %s (%d)%s", s->options->path, doing, why, rc, advice);
	r->reopen = !passes;
}

int sqlite_run(struct sqlite *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static struct output *sqlite_create(const void *options, const struct output_env *env, struct err *e)
{
	const struct sqlite_options *settings = options;
	if (settings->path[0] == '\0' || strcmp(settings->path, ":memory:") == 0) {
		err_set(e, ERR_CONFIG, "output %s: path must name a file", env->name);
		return NULL;
	}
	struct lock *lock = lock_get(settings->path);
	if (lock == NULL) {
		err_set(e, ERR_SYSTEM, "output %s: %s", env->name, strerror(errno));
		return NULL;
	}
	struct sqlite *s = xcalloc(1, sizeof *s);
	s->options = settings;
	s->env = env;
	s->lock = lock;
	s->claim = -1;
	s->second = EVENT_NO_TIME;
	return (struct output *)s;
}

/* The turn among the workers; 0, or -1 with r set. */
static int take_turn(struct sqlite *s, struct output_result *r)
{
	int taken = s->locked ? 1 : lock_take(s->lock, s->env->host, clock_mono_ms() + LOCK_MS);
	s->locked = taken > 0;
	if (s->locked)
		return 0;
	output_retry(r, false,
		     taken < 0 ? "sqlite %s: stopped while waiting for another worker"
			       : "sqlite %s: another worker is still writing",
		     s->options->path);
	return -1;
}

static void end_turn(struct sqlite *s)
{
	if (s->locked)
		lock_release(s->lock);
	s->locked = false;
}

/* Also right when SQLite has undone the transaction by itself, or there is none. */
static void sqlite_abort(struct output *o)
{
	struct sqlite *s = (struct sqlite *)o;
	if (s->db != NULL && !sqlite3_get_autocommit(s->db) && sqlite_run(s, "ROLLBACK") != SQLITE_OK)
		sqlite_disconnect(s); /* closing undoes it for certain */
	end_turn(s);
}

static void sqlite_close(struct output *o)
{
	struct sqlite *s = (struct sqlite *)o;
	sqlite_claim_release(s);
	sqlite_disconnect(s);
	end_turn(s);
	lock_put(s->lock);
	free(s);
}

static void sqlite_open(struct output *o, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	if (take_turn(s, r) != 0)
		return;
	sqlite_disconnect(s);
	if (sqlite_connect(s, r) == 0)
		output_ok(r, 0);
	end_turn(s);
}

/* BEGIN IMMEDIATE, waiting for other processes through the engine. 0, or -1 with r set. */
static int begin_immediate(struct sqlite *s, struct output_result *r)
{
	int64_t deadline = clock_mono_ms() + s->options->busy_timeout;
	for (;;) {
		int rc = sqlite_run(s, "BEGIN IMMEDIATE");
		if (rc == SQLITE_OK)
			return 0;
		int64_t now = clock_mono_ms();
		if ((rc & 0xff) != SQLITE_BUSY || now >= deadline ||
		    output_wait(s->env->host, -1, 0, now + POLL_MS) < 0) {
			sqlite_retry(s, rc, "beginning a transaction", r);
			return -1;
		}
	}
}

/* A file that was moved or deleted still takes writes, which nobody would ever find. */
static bool has_moved(struct sqlite *s)
{
	int moved = 0;
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved != 0;
}

/* Turn and transaction; 0, or -1 with r set and neither held. */
static int start(struct sqlite *s, struct output_result *r)
{
	if (s->db == NULL) {
		output_retry(r, false, "sqlite %s: not connected", s->options->path);
		r->reopen = true;
		return -1;
	}
	if (take_turn(s, r) != 0)
		return -1;
	if (has_moved(s)) {
		output_retry(r, true, "sqlite %s: the file was moved or deleted", s->options->path);
		r->reopen = true;
	} else if (begin_immediate(s, r) == 0) {
		return 0;
	}
	end_turn(s);
	return -1;
}

static void sqlite_begin(struct output *o, struct output_result *r)
{
	if (start((struct sqlite *)o, r) == 0)
		output_ok(r, 0);
}

static void sqlite_positions(struct output *o, struct position *p, size_t n, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	if (start(s, r) != 0)
		return;
	int rc = SQLITE_OK;
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
		rc = sqlite_marks_read(s, &p[i], true);
	if (rc == SQLITE_OK)
		rc = sqlite_run(s, "COMMIT");
	if (rc == SQLITE_OK)
		output_ok(r, n);
	else
		sqlite_retry(s, rc, "reading the watermarks", r);
	sqlite_abort(o);
}

/* COMMIT has failed, and it may have happened all the same: a new connection tells what the rows hold. */
static void find_truth(struct sqlite *s, const struct position *moves, size_t n, struct output_result *r)
{
	struct output_result unknown;
	sqlite_disconnect(s);
	if (n == 0 || sqlite_connect(s, &unknown) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct position p = moves[i];
		if (sqlite_marks_read(s, &p, false) != SQLITE_OK || p.offset != moves[i].offset)
			return;
	}
	output_ok(r, n);
}

static void sqlite_commit(struct output *o, const struct position *moves, size_t n, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	size_t wrong = 0;
	if (s->db == NULL || sqlite3_get_autocommit(s->db)) {
		output_retry(r, false, "sqlite %s: there is no transaction", s->options->path);
		return;
	}
	int rc = sqlite_marks_move(s, moves, n, &wrong);
	if (rc == SQLITE_MARK_ELSEWHERE) {
		output_fenced(
			r, "sqlite %s: the watermark of %s [%d] is not at %lld: another natmill has moved it",
			s->options->path, moves[wrong].topic, moves[wrong].partition,
			(long long)moves[wrong].expected);
	} else if (rc != SQLITE_OK) {
		sqlite_retry(s, rc, "moving the watermarks", r);
	} else {
		rc = sqlite_run(s, "COMMIT");
		output_ok(r, n);
		if (rc != SQLITE_OK)
			sqlite_retry(s, rc, "COMMIT", r);
		if (r->reopen)
			find_truth(s, moves, n, r);
	}
	sqlite_abort(o);
}

static void sqlite_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	size_t n = 0;
	int rc = sqlite_marks_list(s, row, ctx, &n);
	output_ok(r, n);
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "reading the watermarks", r);
}

static void sqlite_set_mark(struct output *o, const struct position *position, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	size_t n = 0;
	if (start(s, r) != 0)
		return;
	int rc = sqlite_marks_set(s, position, &n);
	if (rc == SQLITE_OK)
		rc = sqlite_run(s, "COMMIT");
	output_ok(r, n);
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "setting a watermark", r);
	sqlite_abort(o);
}

#define FIELD(name) offsetof(struct sqlite_options, name)
static const struct option sqlite_rows[] = {
	{.name = "path",
	 .type = OPTION_TEXT,
	 .offset = FIELD(path),
	 .required = true,
	 .help = "The database file; made when it is missing. It must lie on a local file system."},
	{.name = "busy_timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(busy_timeout),
	 .fallback = "400ms",
	 .min = 0,
	 .max = 10000,
	 .reloadable = true,
	 .help = "How long one attempt waits for another process that writes to the file."},
	{.name = "index",
	 .type = OPTION_BOOL,
	 .offset = FIELD(index),
	 .fallback = "false",
	 .help = "Adds an index on outside address and time to each table that natmill makes: quick answers, "
		 "but storing "
		 "takes ten times as long."},
	{.name = NULL},
};

const struct output_type sqlite_output = {
	.name = "sqlite",
	.help = "Tables in an SQLite file; each event exactly once.",
	.transactional = true,
	.keeps_dead = true,
	.takes_events = true,
	.options = sqlite_rows,
	.options_size = sizeof(struct sqlite_options),
	.create = sqlite_create,
	.close = sqlite_close,
	.open = sqlite_open,
	.positions = sqlite_positions,
	.begin = sqlite_begin,
	.write = sqlite_write,
	.dead = sqlite_dead,
	.commit = sqlite_commit,
	.abort = sqlite_abort,
	.list_marks = sqlite_list_marks,
	.set_mark = sqlite_set_mark,
	.dead_read = sqlite_dead_read,
	.dead_remove = sqlite_dead_remove,
	.dead_claim = sqlite_dead_claim,
	.dead_note = sqlite_dead_note,
	.dead_noted = sqlite_dead_noted,
	.identity = sqlite_identity,
	.known = sqlite_known,
};
