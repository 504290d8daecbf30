/* SPDX-License-Identifier: Apache-2.0
 *
 * Letters of a store apart (a file, a topic) that came back: noted in the table natmill_replayed_letters, in
 * the transaction that stores their events. Called by the engine for the command `dead`. The table is made
 * with the first note, since most databases never need it.
 */
#include "outputs/postgresql.h"

#include <stdlib.h>
#include <string.h>

#define TABLE "natmill_replayed_letters"
#define KEY POSTGRESQL_LETTER_KEY ", timestamp"

static const char create_sql[] =
	"CREATE TABLE " TABLE " (cluster text NOT NULL, topic text NOT NULL, partition integer NOT NULL,"
	" \"offset\" bigint NOT NULL, record bigint NOT NULL, idx bigint NOT NULL, output text NOT NULL,"
	" timestamp bigint NOT NULL, replayed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (" KEY "))";

static const char noting[] = "noting dead letters that came back";

/* 1 = the table is there, 0 = not, -1 with r. */
static int is_there(struct postgresql *p, struct output_result *r)
{
	PGresult *res = NULL;
	int there = -1;
	if (postgresql_query(p, "SELECT to_regclass('" TABLE "') IS NOT NULL", noting, &res, 1, r) == 0)
		there = PQgetvalue(res, 0, 0)[0] == 't';
	PQclear(res);
	return there;
}

/* Within the transaction: the table, made if need be. 0, or -1 with r. */
static int make_table(struct postgresql *p, struct output_result *r)
{
	int there = is_there(p, r);
	if (there != 0)
		return there > 0 ? 0 : -1;
	if (p->options->create_tables)
		return postgresql_query(p, create_sql, "making the table " TABLE, NULL, 0, r);
	output_retry(r, true,
		     "postgresql %s: the table " TABLE
		     " is missing, which dead letters that come back are noted "
		     "in; make it, or let natmill do so (create_tables: true)",
		     p->where);
	return -1;
}

static void add_key(struct postgresql *p, const struct dead_key *k)
{
	postgresql_add_letter_key(p, &p->sql, k);
	strbuf_printf(&p->sql, ", '%lld'::bigint",
		      (long long)k->timestamp); /* a literal's sign is no part of it */
}

/* Notes one statement's worth; how many are new, or -1 with r. */
static int64_t note(struct postgresql *p, const struct dead_key *keys, size_t n, struct output_result *r)
{
	PGresult *res = NULL;
	int64_t fresh = -1;
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, "INSERT INTO " TABLE " (" KEY ") VALUES ");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(&p->sql, i > 0 ? "), (" : "(");
		add_key(p, &keys[i]);
	}
	strbuf_adds(&p->sql, ") ON CONFLICT DO NOTHING");
	if (postgresql_query(p, p->sql.data, noting, &res, 1, r) == 0)
		fresh = strtoll(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return fresh;
}

void postgresql_dead_note(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	if (p->conn == NULL || !p->begun)
		postgresql_lost(p, noting, r);
	else if (n == 0 || (postgresql_enter(p, r) == 0 && make_table(p, r) == 0))
		postgresql_each_statement(p, keys, n, note, r);
}

/* Asks about one statement's worth. 0, or -1 with r. */
static int ask(struct postgresql *p, const struct dead_key *keys, size_t n, bool *there,
	       struct output_result *r)
{
	PGresult *res = NULL;
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, "SELECT k.place FROM (VALUES ");
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(&p->sql, "%s(%zu, ", i > 0 ? "), " : "", i);
		add_key(p, &keys[i]);
	}
	strbuf_adds(&p->sql, ")) k(place, " KEY ") JOIN " TABLE " n USING (" KEY ")");
	int rc = postgresql_query(p, p->sql.data, noting, &res, 1, r);
	for (int i = 0; rc == 0 && i < PQntuples(res); i++)
		there[strtoull(PQgetvalue(res, i, 0), NULL, 10)] = true;
	PQclear(res);
	return rc;
}

void postgresql_dead_noted(struct output *o, const struct dead_key *keys, size_t n, bool *there,
			   struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	if (p->conn == NULL) {
		postgresql_lost(p, noting, r);
		return;
	}
	int more = n > 0 ? is_there(p, r) : 0;
	for (size_t done = 0; more > 0 && done < n;) {
		size_t some = n - done < POSTGRESQL_STATEMENT_KEYS ? n - done : POSTGRESQL_STATEMENT_KEYS;
		if (ask(p, keys + done, some, there + done, r) != 0)
			more = -1;
		done += some;
	}
	if (more >= 0)
		output_ok(r, n);
}
