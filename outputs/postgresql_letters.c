/* SPDX-License-Identifier: Apache-2.0
 *
 * Dead letters of the output `postgresql` on their way back: read by key in bounded answers, taken out within
 * a transaction. Called by the engine for the command `dead`.
 */
#include "outputs/postgresql.h"

#include <stdlib.h>
#include <string.h>

#include "event/timeparse.h"

#define KEY POSTGRESQL_LETTER_KEY
#define TIME "coalesce(timestamp, stored_at)"
#define MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"
#define HEAD                                                                                       \
	"SELECT " KEY ", vendor, rule, column_no, reason, script_hash, generation, " MICROSECONDS( \
		"timestamp") ", " MICROSECONDS("stored_at")
#define CLAIM_CLASS "1852011629"

/* Columns of the answer; the first seven are the key's. */
enum {
	AT_KEY,
	AT_VENDOR = 7,
	AT_RULE,
	AT_COLUMN,
	AT_REASON,
	AT_HASH,
	AT_GENERATION,
	AT_TIMESTAMP,
	AT_STORED
};
enum { AT_RECORD_KEY = 15, AT_VALUE, AT_HEADERS };

static const char reading[] = "reading dead letters";

void postgresql_add_letter_key(struct postgresql *p, struct strbuf *sql, const struct dead_key *k)
{
	postgresql_add_literal(p, sql, k->cluster);
	strbuf_adds(sql, ", ");
	postgresql_add_literal(p, sql, k->topic);
	strbuf_printf(sql, ", %d, %lld::bigint, %u::bigint, %u::bigint, ", k->partition, (long long)k->offset,
		      k->record, k->index);
	postgresql_add_literal(p, sql, k->output);
}

static void add_text(struct postgresql *p, struct strbuf *sql, const char *condition, const char *text)
{
	if (text == NULL)
		return;
	strbuf_adds(sql, condition);
	postgresql_add_literal(p, sql, text);
}

static void add_number(struct strbuf *sql, const char *condition, int64_t number)
{
	if (number >= 0)
		strbuf_printf(sql, "%s%lld", condition, (long long)number);
}

static void add_time(struct strbuf *sql, const char *condition, int64_t us)
{
	char text[TIME_TEXT_MAX];
	if (us != EVENT_NO_TIME && time_format(us, text) > 0)
		strbuf_printf(sql, "%s'%s'::timestamptz", condition, text);
}

static void add_conditions(struct postgresql *p, struct strbuf *sql, const struct dead_query *q)
{
	strbuf_adds(sql, " FROM natmill_dead_letters WHERE true");
	if (q->after != NULL) {
		strbuf_adds(sql, " AND (" KEY ") > (");
		postgresql_add_letter_key(p, sql, q->after);
		strbuf_addc(sql, ')');
	}
	if (q->reason != NULL) {
		strbuf_adds(sql, " AND position(");
		postgresql_add_literal(p, sql, q->reason);
		strbuf_adds(sql, " IN reason) > 0");
	}
	add_text(p, sql, " AND coalesce(vendor, '') = ", q->vendor);
	add_text(p, sql, " AND output = ", q->output);
	add_text(p, sql, " AND topic = ", q->topic);
	add_number(sql, " AND partition = ", q->partition);
	add_number(sql, " AND \"offset\" = ", q->offset);
	add_number(sql, " AND record = ", q->record);
	add_time(sql, " AND " TIME " >= ", q->from);
	add_time(sql, " AND " TIME " < ", q->to);
	strbuf_printf(sql, " ORDER BY " KEY " LIMIT %lld",
		      (long long)(q->limit < INT32_MAX ? q->limit : INT32_MAX));
}

/* Letters beyond the bytes asked for are counted by the server and never sent. */
static void add_question(struct postgresql *p, struct strbuf *sql, const struct dead_query *q)
{
	if (!q->brief && q->bytes > 0)
		strbuf_adds(sql, "SELECT * FROM (SELECT *, sum(coalesce(octet_length(key), 0)"
				 " + coalesce(octet_length(value), 0)) OVER w AS bytes, row_number() OVER w"
				 " AS place FROM (");
	strbuf_adds(sql, HEAD);
	strbuf_adds(sql, q->brief ? ", NULL::bytea AS key, NULL::bytea AS value, NULL::text AS headers"
				  : ", key, value, headers");
	add_conditions(p, sql, q);
	if (!q->brief && q->bytes > 0)
		strbuf_printf(sql,
			      ") few WINDOW w AS (ORDER BY " KEY ")) counted WHERE bytes <= %lld OR place = 1"
			      " ORDER BY place",
			      (long long)q->bytes);
}

static int64_t number_at(const PGresult *res, int row, int column)
{
	return strtoll(PQgetvalue(res, row, column), NULL, 10); /* NULL reads as "" */
}

static int64_t time_at(const PGresult *res, int row, int column)
{
	return PQgetisnull(res, row, column) ? EVENT_NO_TIME : number_at(res, row, column);
}

/* NULL without one; freed by PQfreemem. */
static char *bytes_at(const PGresult *res, int row, int column, size_t *n)
{
	*n = 0;
	if (PQgetisnull(res, row, column))
		return NULL;
	return (char *)PQunescapeBytea((const unsigned char *)PQgetvalue(res, row, column), n);
}

static void give(const PGresult *res, int row, dead_row_fn *fn, void *ctx)
{
	struct stored_letter l = {
		.at = {.cluster = PQgetvalue(res, row, AT_KEY),
		       .topic = PQgetvalue(res, row, AT_KEY + 1),
		       .partition = (int32_t)number_at(res, row, AT_KEY + 2),
		       .offset = number_at(res, row, AT_KEY + 3),
		       .record = (uint32_t)number_at(res, row, AT_KEY + 4),
		       .index = (uint32_t)number_at(res, row, AT_KEY + 5),
		       .output = PQgetvalue(res, row, AT_KEY + 6)},
		.vendor = PQgetvalue(res, row, AT_VENDOR),
		.rule = PQgetvalue(res, row, AT_RULE),
		.column = (uint32_t)number_at(res, row, AT_COLUMN),
		.reason = PQgetvalue(res, row, AT_REASON),
		.script_hash = PQgetvalue(res, row, AT_HASH),
		.generation = (uint32_t)number_at(res, row, AT_GENERATION),
		.timestamp = time_at(res, row, AT_TIMESTAMP),
		.stored_at = time_at(res, row, AT_STORED),
		.headers = PQgetisnull(res, row, AT_HEADERS) ? NULL : PQgetvalue(res, row, AT_HEADERS),
	};
	char *key = bytes_at(res, row, AT_RECORD_KEY, &l.key_len);
	char *value = bytes_at(res, row, AT_VALUE, &l.len);
	l.key = key;
	l.value = value;
	fn(ctx, &l);
	PQfreemem(key);
	PQfreemem(value);
}

void postgresql_dead_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
			  struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	PGresult *res = NULL;
	if (p->conn == NULL) {
		postgresql_lost(p, reading, r);
		return;
	}
	strbuf_reset(&p->sql);
	add_question(p, &p->sql, query);
	if (postgresql_query(p, p->sql.data, reading, &res, 1, r) == 0) {
		for (int i = 0; i < PQntuples(res); i++)
			give(res, i, row, ctx);
		output_ok(r, (size_t)PQntuples(res));
	}
	PQclear(res);
}

void postgresql_each_statement(struct postgresql *p, const struct dead_key *keys, size_t n,
			       postgresql_keys_fn *run, struct output_result *r)
{
	size_t sum = 0;
	for (size_t done = 0; done < n;) {
		size_t some = n - done < POSTGRESQL_STATEMENT_KEYS ? n - done : POSTGRESQL_STATEMENT_KEYS;
		int64_t found = run(p, keys + done, some, r);
		if (found < 0)
			return;
		sum += (size_t)found;
		done += some;
	}
	output_ok(r, sum);
}

/* Takes out one statement's worth; how many were there, or -1 with r. */
static int64_t take_out(struct postgresql *p, const struct dead_key *keys, size_t n, struct output_result *r)
{
	PGresult *res = NULL;
	int64_t gone = -1;
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, "DELETE FROM natmill_dead_letters d USING (VALUES ");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(&p->sql, i > 0 ? "), (" : "(");
		postgresql_add_letter_key(p, &p->sql, &keys[i]);
	}
	strbuf_adds(&p->sql,
		    ")) k(" KEY ") WHERE d.cluster = k.cluster AND d.topic = k.topic AND d.partition ="
		    " k.partition AND d.\"offset\" = k.\"offset\" AND d.record = k.record"
		    " AND d.idx = k.idx AND d.output = k.output");
	if (postgresql_query(p, p->sql.data, "taking out dead letters", &res, 1, r) == 0)
		gone = strtoll(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return gone;
}

void postgresql_dead_remove(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	if (p->conn == NULL || !p->begun)
		postgresql_lost(p, "taking out dead letters", r);
	else if (n == 0 || postgresql_enter(p, r) == 0)
		postgresql_each_statement(p, keys, n, take_out, r);
}

/* The lock belongs to the table, whatever it is called from, and ends with the connection. Its class is
 * "natm", so that it meets no advisory lock of others. */
void postgresql_dead_claim(struct output *o, struct output_result *r)
{
	static const char sql[] = "SELECT pg_try_advisory_lock((" CLAIM_CLASS "::bigint << 32) +"
				  " 'natmill_dead_letters'::regclass::oid::bigint)";
	struct postgresql *p = (struct postgresql *)o;
	PGresult *res = NULL;
	if (postgresql_query(p, sql, "claiming the dead letters", &res, 1, r) == 0)
		output_ok(r, strcmp(PQgetvalue(res, 0, 0), "t") == 0);
	PQclear(res);
}
