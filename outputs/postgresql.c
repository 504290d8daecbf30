/* SPDX-License-Identifier: Apache-2.0
 *
 * The output `postgresql`: events by binary COPY, watermarks and dead letters in one transaction a batch, so
 * each event is stored exactly once. The move of the watermarks is the last statement and travels with COMMIT
 * in one message, so no lock on them is ever held across a round trip. A COMMIT counts only with its tag; one
 * without an answer is looked into before anything is sent again. This file: settings and the transaction;
 * the rest is in postgresql_*.c.
 */
#include "outputs/postgresql.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/quantity.h"

#define ROLLBACK_MS 200 /* no more time than that: closing undoes it too */

/* Whatever the login's defaults are: the watermark's test relies on READ COMMITTED, bisecting on constraints
 * that are checked at once. */
#define BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET CONSTRAINTS ALL IMMEDIATE;"
#define SAVEPOINT "SAVEPOINT natmill_write;"

const char *postgresql_prefix(const struct postgresql *p, bool savepoint)
{
	switch (p->state) {
	case STATE_NONE:
		return BEGIN;
	case STATE_FAILED:
		return "ROLLBACK;" BEGIN;
	case STATE_FILLED:
		return savepoint ? SAVEPOINT : "";
	case STATE_SAVED:
		return savepoint ? "RELEASE natmill_write;" SAVEPOINT : "";
	case STATE_UNDO:
		break;
	}
	return "ROLLBACK TO natmill_write;";
}

/* A frozen owner could hold what the next owner of its partitions waits for. */
static void warn_of_bound(const struct postgresql *p)
{
	char bound[QUANTITY_MAX];
	char session[QUANTITY_MAX];
	if (p->env->worker > 0 || p->env->session_ms == 0 || p->options->session_bound < p->env->session_ms)
		return;
	log_warn("output %s: session_bound (%s) should be below Kafka's session.timeout.ms (%s): a frozen "
		 "natmill may hold up the next owner of its partitions for so long",
		 p->env->name, quantity_duration_text(p->options->session_bound, bound),
		 quantity_duration_text(p->env->session_ms, session));
}

static struct output *create(const void *options, const struct output_env *env, struct err *e)
{
	struct postgresql *p = xcalloc(1, sizeof *p);
	p->options = options;
	p->env = env;
	postgresql_forget_tables(p);
	if (postgresql_check_url(p, e) == 0) {
		warn_of_bound(p);
		return (struct output *)p;
	}
	free(p);
	return NULL;
}

/* Undoes what is open; a connection that is in the middle of something is closed. */
static void undo(struct postgresql *p)
{
	int64_t deadline = clock_mono_ms() + ROLLBACK_MS;
	PGresult *res;
	bool done = false;
	if (p->conn == NULL || p->state == STATE_NONE)
		return;
	if (PQtransactionStatus(p->conn) == PQTRANS_ACTIVE || PQsendQuery(p->conn, "ROLLBACK") == 0) {
		postgresql_disconnect(p);
		return;
	}
	while (PQflush(p->conn) >= 0 && PQisBusy(p->conn)) {
		int64_t left = deadline - clock_mono_ms();
		struct pollfd fd = {.fd = PQsocket(p->conn), .events = POLLIN};
		if (left <= 0 || poll(&fd, 1, (int)left) <= 0 || PQconsumeInput(p->conn) == 0)
			break;
	}
	while (!PQisBusy(p->conn) && (res = PQgetResult(p->conn)) != NULL) {
		done = done || strcmp(PQcmdStatus(res), "ROLLBACK") == 0;
		PQclear(res);
	}
	p->state = STATE_NONE;
	if (!done || PQisBusy(p->conn))
		postgresql_disconnect(p);
}

static void postgresql_abort(struct output *o)
{
	struct postgresql *p = (struct postgresql *)o;
	undo(p);
	p->begun = false;
}

static void postgresql_close(struct output *o)
{
	struct postgresql *p = (struct postgresql *)o;
	postgresql_disconnect(p); /* the server undoes what is open */
	postgresql_forget_tables(p);
	postgresql_clear_doubt(p);
	strbuf_free(&p->sql);
	strbuf_free(&p->rows);
	free(p->names);
	free(p);
}

static void postgresql_open(struct output *o, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	p->begun = false;
	if (postgresql_connect(p, r) != 0)
		return;
	if (postgresql_make_tables(p, r) == 0 && postgresql_read_tables(p, r) == 0) {
		output_ok(r, 0);
		return;
	}
	postgresql_disconnect(p);
	r->reopen = true;
}

/* Nothing is sent yet: BEGIN goes with the first statement. */
static void postgresql_begin(struct output *o, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	if (p->conn == NULL) {
		postgresql_lost(p, "beginning a transaction", r);
		return;
	}
	if (p->doubt_count > 0 && postgresql_settle_doubt(p, r) != 0)
		return;
	p->begun = true;
	output_ok(r, 0);
}

/* What the answers to the last message of a transaction were. */
struct ending {
	bool committed;
	bool elsewhere; /* a watermark was not where it should be */
	bool failed;    /* another error, told by r */
};

static void take_answer(struct postgresql *p, PGresult *res, struct ending *end, struct output_result *r)
{
	static const char division_by_zero[] = "22012";
	ExecStatusType status = PQresultStatus(res);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		end->committed = strcmp(PQcmdStatus(res), "COMMIT") == 0;
		return;
	}
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	end->elsewhere = state != NULL && strcmp(state, division_by_zero) == 0;
	end->failed = !end->elsewhere;
	if (end->failed)
		postgresql_refuse(p, res, "COMMIT", r);
}

/* Sends moves and COMMIT. Whatever breaks from here on leaves the outcome open, until an answer tells. */
static void finish(struct postgresql *p, const struct position *moves, size_t n, struct output_result *r)
{
	struct ending end = {0};
	int64_t deadline = postgresql_deadline(p);
	PGresult *res;
	postgresql_keep_doubt(p, moves, n);
	int more = postgresql_send(p, p->sql.data, deadline, "COMMIT", r);
	while (more >= 0 && p->conn != NULL && (more = postgresql_next(p, deadline, "COMMIT", &res, r)) > 0) {
		take_answer(p, res, &end, r);
		PQclear(res);
	}
	if (end.committed)
		output_ok(r, n);
	else if (end.elsewhere)
		output_fenced(
			r,
			"postgresql %s: a watermark is not where it should be: another natmill has moved it",
			p->where);
	else if (more >= 0 && !end.failed)
		output_retry(r, true, "postgresql %s: COMMIT was answered by something else", p->where);
	if (end.committed || end.elsewhere || (end.failed && p->conn != NULL))
		postgresql_clear_doubt(p);
	p->begun = false;
	p->state = end.committed || p->conn == NULL ? STATE_NONE : STATE_FAILED;
	undo(p);
}

static void postgresql_commit(struct output *o, const struct position *moves, size_t n,
			      struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	if (p->conn == NULL || !p->begun) {
		postgresql_lost(p, "COMMIT", r);
		return;
	}
	if (n == 0 && (p->state == STATE_NONE || p->state == STATE_FAILED)) {
		undo(p); /* nothing was written */
		p->begun = false;
		output_ok(r, 0);
		return;
	}
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, postgresql_prefix(p, false));
	if (p->state != STATE_NONE)
		postgresql_add_shape_test(p, &p->sql);
	if (n > 0)
		postgresql_add_moves(p, &p->sql, moves, n);
	strbuf_adds(&p->sql, "COMMIT");
	finish(p, moves, n, r);
}

#define FIELD(name) offsetof(struct postgresql_options, name)
static const struct option rows[] = {
	{.name = "url",
	 .type = OPTION_TEXT,
	 .offset = FIELD(url),
	 .required = true,
	 .reloadable = true,
	 .help = "The database, as libpq takes it: `postgresql://user@host:5432/database` or "
		 "`host=... user=... dbname=...`."},
	{.name = "password",
	 .type = OPTION_SECRET,
	 .offset = FIELD(password),
	 .reloadable = true,
	 .help = "Password of the user, instead of one in `url`."},
	{.name = "schema",
	 .type = OPTION_TEXT,
	 .offset = FIELD(schema),
	 .reloadable = true,
	 .help = "Schema of all tables. Default: the search path of the user."},
	{.name = "create_tables",
	 .type = OPTION_BOOL,
	 .offset = FIELD(create_tables),
	 .fallback = "true",
	 .reloadable = true,
	 .help = "Makes tables that are missing; as hypertables where the database has TimescaleDB."},
	{.name = "identity",
	 .type = OPTION_BOOL,
	 .offset = FIELD(identity),
	 .fallback = "false",
	 .reloadable = true,
	 .help = "Event tables that natmill makes get the columns topic, partition, offset and idx: where "
		 "the "
		 "event came from. They are filled wherever a table has them."},
	{.name = "null_port",
	 .type = OPTION_CHOICE,
	 .offset = FIELD(null_port),
	 .fallback = "null",
	 .choices = "null|0",
	 .reloadable = true,
	 .help = "What is stored for a port that the line does not tell; `0` for tables that do not allow "
		 "NULL."},
	{.name = "connect_timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(connect_timeout),
	 .fallback = "5s",
	 .min = 100,
	 .max = 60000,
	 .reloadable = true,
	 .help = "How long one attempt to connect may take, for each host of `url`."},
	{.name = "statement_timeout",
	 .type = OPTION_DURATION,
	 .offset = FIELD(statement_timeout),
	 .fallback = "30s",
	 .min = 100,
	 .max = 600000,
	 .reloadable = true,
	 .help = "How long one statement may take before it is ended and tried again."},
	{.name = "session_bound",
	 .type = OPTION_DURATION,
	 .offset = FIELD(session_bound),
	 .fallback = "4s",
	 .min = 500,
	 .max = 60000,
	 .reloadable = true,
	 .help = "How long the server lets a frozen or cut off natmill hold a transaction; also bounds waits "
		 "for "
		 "locks. Must be below Kafka's session.timeout.ms; a warning at start tells if it is not."},
	{.name = NULL},
};

const struct output_type postgresql_output = {
	.name = "postgresql",
	.help = "PostgreSQL or TimescaleDB by binary COPY; each event exactly once.",
	.transactional = true,
	.keeps_dead = true,
	.takes_events = true,
	.options = rows,
	.options_size = sizeof(struct postgresql_options),
	.create = create,
	.close = postgresql_close,
	.open = postgresql_open,
	.positions = postgresql_positions,
	.begin = postgresql_begin,
	.write = postgresql_write,
	.dead = postgresql_dead,
	.commit = postgresql_commit,
	.abort = postgresql_abort,
	.list_marks = postgresql_list_marks,
	.set_mark = postgresql_set_mark,
	.dead_read = postgresql_dead_read,
	.dead_remove = postgresql_dead_remove,
	.dead_claim = postgresql_dead_claim,
	.dead_note = postgresql_dead_note,
	.dead_noted = postgresql_dead_noted,
	.identity = postgresql_identity,
	.known = postgresql_known,
};
