/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements and answers of the output `postgresql`: libpq in its non-blocking form, every wait through the
 * engine. A connection on which an answer is late or no longer wanted is closed: the server undoes what was
 * open, and asking it to cancel would be one more connection that may hang.
 */
#include "outputs/postgresql.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define GRACE_MS 1000 /* the server ends a statement by itself at its time-out; so long for its answer */

int64_t postgresql_deadline(const struct postgresql *p)
{
	return clock_mono_ms() + p->options->statement_timeout + GRACE_MS;
}

/* One line, without the line ends and blanks that libpq puts behind its messages. */
static void flatten(char *text)
{
	size_t n = strlen(text);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
}

const char *postgresql_words(const PGresult *res, char *buf, size_t size)
{
	const char *primary = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (primary != NULL && state != NULL)
		snprintf(buf, size, "%s (%s)", primary, state);
	else
		snprintf(buf, size, "%s", PQresultErrorMessage(res));
	flatten(buf);
	return buf;
}

int postgresql_lost(struct postgresql *p, const char *doing, struct output_result *r)
{
	char words[ERR_MSG_MAX / 2];
	snprintf(words, sizeof words, "%s", p->conn != NULL ? PQerrorMessage(p->conn) : "not connected");
	flatten(words);
	postgresql_disconnect(p);
	output_retry(r, false, "postgresql %s: %s: %s", p->where, doing,
		     words[0] != '\0' ? words : "the connection is lost");
	r->reopen = true;
	return -1;
}

int postgresql_refuse(struct postgresql *p, const PGresult *res, const char *doing, struct output_result *r)
{
	char words[ERR_MSG_MAX / 2];
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	bool constrained = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME) != NULL;
	struct postgresql_verdict verdict = postgresql_judge(state, constrained);
	postgresql_words(res, words, sizeof words);
	if (p->conn != NULL && PQstatus(p->conn) == CONNECTION_BAD) {
		verdict.reopen = true;
		postgresql_disconnect(p);
	}
	output_retry(r, verdict.alarm || verdict.data, "postgresql %s: %s: %s", p->where, doing, words);
	r->reopen = verdict.reopen;
	return -1;
}

/* Waits for the socket; the ready bits, or -1 with r set and the connection closed. */
static int wait_for(struct postgresql *p, short events, int64_t deadline, const char *doing,
		    struct output_result *r)
{
	int bits = output_wait(p->env->host, PQsocket(p->conn), events, deadline);
	if (bits > 0)
		return bits;
	postgresql_disconnect(p);
	if (bits < 0)
		output_retry(r, false, "postgresql %s: stopped while %s", p->where, doing);
	else
		output_retry(r, false, "postgresql %s: %s: no answer in time", p->where, doing);
	r->reopen = true;
	return -1;
}

int postgresql_flush(struct postgresql *p, int64_t deadline, const char *doing, struct output_result *r)
{
	for (;;) {
		int left = PQflush(p->conn);
		if (left == 0)
			return 0;
		if (left < 0)
			return postgresql_lost(p, doing, r);
		/* Read as well, or two full buffers would wait for each other. */
		int bits = wait_for(p, POLLIN | POLLOUT, deadline, doing, r);
		if (bits < 0)
			return -1;
		if ((bits & ~POLLOUT) != 0 && PQconsumeInput(p->conn) == 0)
			return postgresql_lost(p, doing, r);
	}
}

int postgresql_send(struct postgresql *p, const char *sql, int64_t deadline, const char *doing,
		    struct output_result *r)
{
	if (p->conn == NULL || PQsendQuery(p->conn, sql) == 0)
		return postgresql_lost(p, doing, r);
	return postgresql_flush(p, deadline, doing, r);
}

int postgresql_next(struct postgresql *p, int64_t deadline, const char *doing, PGresult **res,
		    struct output_result *r)
{
	while (PQisBusy(p->conn)) {
		if (wait_for(p, POLLIN, deadline, doing, r) < 0)
			return -1;
		if (PQconsumeInput(p->conn) == 0)
			return postgresql_lost(p, doing, r);
	}
	*res = PQgetResult(p->conn);
	return *res != NULL ? 1 : 0;
}

static bool is_error(const PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);
	return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

/* As postgresql_query, for statements that are sent already. */
static int collect(struct postgresql *p, int64_t deadline, const char *doing, PGresult **out, size_t max,
		   struct output_result *r)
{
	PGresult *res;
	size_t n = 0;
	int failed = 0;
	int more;
	while ((more = postgresql_next(p, deadline, doing, &res, r)) > 0) {
		ExecStatusType status = PQresultStatus(res);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
			PQclear(res); /* not asked for here, and it would never end */
			return postgresql_lost(p, doing, r);
		}
		if (is_error(res) && failed == 0)
			failed = postgresql_refuse(p, res, doing, r);
		if (n < max && failed == 0)
			out[n++] = res;
		else
			PQclear(res);
		if (p->conn == NULL)
			return -1;
	}
	return more < 0 ? -1 : failed;
}

int postgresql_finish(struct postgresql *p, int64_t deadline, const char *doing, struct output_result *r)
{
	return collect(p, deadline, doing, NULL, 0, r);
}

int postgresql_query(struct postgresql *p, const char *sql, const char *doing, PGresult **out, size_t max,
		     struct output_result *r)
{
	int64_t deadline = postgresql_deadline(p);
	for (size_t i = 0; i < max; i++)
		out[i] = NULL;
	if (postgresql_send(p, sql, deadline, doing, r) != 0)
		return -1;
	return collect(p, deadline, doing, out, max, r);
}

void postgresql_add_literal(struct postgresql *p, struct strbuf *sql, const char *text)
{
	char *quoted = PQescapeLiteral(p->conn, text, strlen(text));
	strbuf_adds(sql, quoted != NULL ? quoted : "NULL");
	PQfreemem(quoted);
}
