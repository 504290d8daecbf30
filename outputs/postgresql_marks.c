/* SPDX-License-Identifier: Apache-2.0
 *
 * Watermarks of the output `postgresql`: table natmill_watermarks, one row for each cluster, output, topic
 * and partition. Birth and reading on assignment, the move that travels with COMMIT, what is done about a
 * COMMIT whose answer was lost, and the operator's list and set.
 */
#include "outputs/postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/timeparse.h"

#define KEY_COLUMNS "cluster, output, topic, partition"

/* "cluster = '...' AND output = '...'" */
static void add_owner(struct postgresql *p, struct strbuf *sql, const char *alias)
{
	strbuf_printf(sql, "%scluster = ", alias);
	postgresql_add_literal(p, sql, p->env->cluster_id);
	strbuf_printf(sql, " AND %soutput = ", alias);
	postgresql_add_literal(p, sql, p->env->name);
}

static void add_time(struct strbuf *sql, int64_t us)
{
	char text[TIME_TEXT_MAX];
	if (us == EVENT_NO_TIME || time_format(us, text) == 0)
		strbuf_adds(sql, "NULL::timestamptz");
	else
		strbuf_printf(sql, "'%s'::timestamptz", text);
}

/* "(topic, partition) IN (...)" */
static void add_places(struct postgresql *p, struct strbuf *sql, const struct position *pos, size_t n)
{
	strbuf_adds(sql, "(topic, partition) IN (");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(sql, i > 0 ? ", (" : "(");
		postgresql_add_literal(p, sql, pos[i].topic);
		strbuf_printf(sql, ", %d)", pos[i].partition);
	}
	strbuf_addc(sql, ')');
}

static void add_births(struct postgresql *p, struct strbuf *sql, const struct position *pos, size_t n)
{
	strbuf_adds(sql, "INSERT INTO natmill_watermarks (" KEY_COLUMNS ", next_offset, topic_id) VALUES ");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(sql, i > 0 ? ", (" : "(");
		postgresql_add_literal(p, sql, p->env->cluster_id);
		strbuf_adds(sql, ", ");
		postgresql_add_literal(p, sql, p->env->name);
		strbuf_adds(sql, ", ");
		postgresql_add_literal(p, sql, pos[i].topic);
		strbuf_printf(sql, ", %d, %lld, nullif(", pos[i].partition, (long long)pos[i].offset);
		postgresql_add_literal(p, sql, pos[i].topic_id);
		strbuf_adds(sql, ", ''))");
	}
	strbuf_adds(sql, " ON CONFLICT DO NOTHING RETURNING topic, partition;");
}

static void add_reading(struct postgresql *p, struct strbuf *sql, const struct position *pos, size_t n)
{
	strbuf_adds(sql, "SELECT topic, partition, next_offset, topic_id FROM natmill_watermarks WHERE ");
	add_owner(p, sql, "");
	strbuf_adds(sql, " AND ");
	add_places(p, sql, pos, n);
	strbuf_addc(sql, ';');
}

static int64_t number_at(const PGresult *res, int row, int column)
{
	return strtoll(PQgetvalue(res, row, column), NULL, 10);
}

/* The row of a result that is about the position, or -1. */
static int row_of(const PGresult *res, const struct position *pos)
{
	for (int row = 0; row < PQntuples(res); row++)
		if (number_at(res, row, 1) == pos->partition &&
		    strcmp(PQgetvalue(res, row, 0), pos->topic) == 0)
			return row;
	return -1;
}

static void take_rows(struct position *pos, size_t n, const PGresult *born, const PGresult *rows,
		      struct postgresql *p, struct output_result *r)
{
	output_ok(r, n);
	for (size_t i = 0; i < n; i++) {
		int row = row_of(rows, &pos[i]);
		if (row < 0) {
			output_retry(r, false, "postgresql %s: the watermark of %s [%d] was deleted just now",
				     p->where, pos[i].topic, pos[i].partition);
			return;
		}
		pos[i].born = row_of(born, &pos[i]) >= 0;
		pos[i].offset = number_at(rows, row, 2);
		snprintf(pos[i].topic_id, sizeof pos[i].topic_id, "%s", PQgetvalue(rows, row, 3));
	}
}

void postgresql_positions(struct output *o, struct position *pos, size_t n, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	static const char doing[] = "reading the watermarks";
	PGresult *out[2];
	output_ok(r, 0);
	if (p->conn == NULL) {
		postgresql_lost(p, doing, r);
		return;
	}
	postgresql_clear_doubt(p); /* whoever asks goes on from the answer */
	if (n == 0)
		return;
	strbuf_reset(&p->sql);
	add_births(p, &p->sql, pos, n);
	add_reading(p, &p->sql, pos, n);
	if (postgresql_query(p, p->sql.data, doing, out, 2, r) == 0)
		take_rows(pos, n, out[0], out[1], p, r);
	PQclear(out[0]);
	PQclear(out[1]);
}

/* Division by zero is the server's own way to end the transaction: no function has to be made for it. A row
 * that another owner is about to move is waited for, and looked at again. */
void postgresql_add_moves(struct postgresql *p, struct strbuf *sql, const struct position *moves, size_t n)
{
	strbuf_adds(sql, "WITH moved AS (UPDATE natmill_watermarks w SET next_offset = v.next,"
			 " timestamp = coalesce(v.at, w.timestamp),"
			 " topic_id = coalesce(nullif(v.id, ''), w.topic_id) FROM (VALUES ");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(sql, i > 0 ? ", (" : "(");
		postgresql_add_literal(p, sql, moves[i].topic);
		strbuf_printf(sql, ", %d, %lld::bigint, %lld::bigint, ", moves[i].partition,
			      (long long)moves[i].expected, (long long)moves[i].offset);
		add_time(sql, moves[i].timestamp);
		strbuf_adds(sql, ", ");
		postgresql_add_literal(p, sql, moves[i].topic_id);
		strbuf_addc(sql, ')');
	}
	strbuf_adds(sql, ") v(topic, partition, expected, next, at, id) WHERE ");
	add_owner(p, sql, "w.");
	strbuf_printf(sql,
		      " AND w.topic = v.topic AND w.partition = v.partition AND w.next_offset = v.expected"
		      " RETURNING 1) SELECT 1 / (count(*) = %zu)::integer FROM moved;",
		      n);
}

void postgresql_clear_doubt(struct postgresql *p)
{
	free(p->doubt);
	p->doubt = NULL;
	p->doubt_count = 0;
}

void postgresql_keep_doubt(struct postgresql *p, const struct position *moves, size_t n)
{
	size_t size = n * sizeof *p->doubt;
	for (size_t i = 0; i < n; i++)
		size += strlen(moves[i].topic) + 1;
	postgresql_clear_doubt(p);
	if (n == 0)
		return;
	p->doubt = xmalloc(size);
	p->doubt_count = n;
	memcpy(p->doubt, moves, n * sizeof *moves);
	char *text = (char *)(p->doubt + n); /* the topics live as long as the batch, so copies lie behind */
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(moves[i].topic) + 1;
		p->doubt[i].topic = memcpy(text, moves[i].topic, len);
		text += len;
	}
}

/* How many of the rows in doubt hold what the COMMIT would have left behind, and what was there before. */
static void compare(const struct postgresql *p, const PGresult *rows, size_t *moved, size_t *waiting)
{
	*moved = *waiting = 0;
	for (size_t i = 0; i < p->doubt_count; i++) {
		int row = row_of(rows, &p->doubt[i]);
		int64_t offset = row < 0 ? -1 : number_at(rows, row, 2);
		*moved += offset == p->doubt[i].offset;
		*waiting += offset == p->doubt[i].expected;
	}
}

int postgresql_settle_doubt(struct postgresql *p, struct output_result *r)
{
	PGresult *rows;
	size_t moved;
	size_t waiting;
	size_t n = p->doubt_count;
	strbuf_reset(&p->sql);
	add_reading(p, &p->sql, p->doubt, n);
	int rc = postgresql_query(p, p->sql.data, "reading the watermarks after a lost COMMIT", &rows, 1, r);
	if (rc == 0)
		compare(p, rows, &moved, &waiting);
	PQclear(rows);
	if (rc != 0)
		return -1;
	postgresql_clear_doubt(p);
	if (waiting == n)
		return 0;
	if (moved == n)
		output_fenced(r, "postgresql %s: the COMMIT whose answer was lost had happened", p->where);
	else
		output_fenced(r, "postgresql %s: another natmill has moved the watermarks since", p->where);
	return -1;
}

void postgresql_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	PGresult *rows;
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql,
		    "SELECT " KEY_COLUMNS ", next_offset, (extract(epoch FROM timestamp) * 1000000)::bigint"
		    " FROM natmill_watermarks WHERE output = ");
	postgresql_add_literal(p, &p->sql, p->env->name);
	strbuf_adds(&p->sql, " ORDER BY topic, partition, cluster");
	if (postgresql_query(p, p->sql.data, "reading the watermarks", &rows, 1, r) == 0) {
		for (int i = 0; i < PQntuples(rows); i++)
			row(ctx, &(struct output_mark){
					 .cluster = PQgetvalue(rows, i, 0),
					 .output = PQgetvalue(rows, i, 1),
					 .topic = PQgetvalue(rows, i, 2),
					 .partition = (int32_t)number_at(rows, i, 3),
					 .offset = number_at(rows, i, 4),
					 .timestamp = PQgetisnull(rows, i, 5) ? EVENT_NO_TIME
									      : number_at(rows, i, 5),
				 });
		output_ok(r, (size_t)PQntuples(rows));
	}
	PQclear(rows);
}

void postgresql_set_mark(struct output *o, const struct position *pos, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	PGresult *done;
	strbuf_reset(&p->sql);
	strbuf_printf(
		&p->sql,
		"UPDATE natmill_watermarks SET next_offset = %lld, topic_id = NULL, timestamp = NULL WHERE ",
		(long long)pos->offset);
	add_owner(p, &p->sql, "");
	strbuf_adds(&p->sql, " AND ");
	add_places(p, &p->sql, pos, 1);
	if (postgresql_query(p, p->sql.data, "setting a watermark", &done, 1, r) == 0)
		output_ok(r, (size_t)strtoull(PQcmdTuples(done), NULL, 10));
	PQclear(done);
}
