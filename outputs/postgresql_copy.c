/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of the output `postgresql`: one binary COPY for each table that the range has rows for, all sent as
 * one message, BEGIN or the savepoint in front of them. So a batch with one type of event costs two round
 * trips and its COMMIT a third. Rows are encoded while the server takes those before them.
 */
#include "outputs/postgresql.h"

#include <string.h>

#define CHUNK_BYTES 65536

static const char doing[] = "storing events";

/* How many events from the start of the range can be sent, and how many rows each table gets; 0 with r set
 * when the first cannot. */
static size_t look_through(const struct postgresql *p, const struct output_range *range,
			   size_t rows[EVENT_TYPE_COUNT], struct output_result *r)
{
	const struct batch *b = range->batch;
	for (size_t i = 0; i < range->n; i++) {
		const struct event *ev = &b->events[range->pick[i]];
		if ((uint32_t)ev->type >= EVENT_TYPE_COUNT) {
			output_reject(r, 1, "the event has no type");
			return i;
		}
		if (!postgresql_check(&p->tables[ev->type], b, ev, r))
			return i;
		rows[ev->type]++;
	}
	return range->n;
}

static int send_chunk(struct postgresql *p, int64_t deadline, struct output_result *r)
{
	if (PQputCopyData(p->conn, p->rows.data, (int)p->rows.len) < 0)
		return postgresql_lost(p, doing, r);
	strbuf_reset(&p->rows);
	return postgresql_flush(p, deadline, doing, r);
}

/* The rows of one table, from header to end. */
static int send_rows(struct postgresql *p, int type, const struct output_range *range, int64_t deadline,
		     struct output_result *r)
{
	const struct batch *b = range->batch;
	strbuf_reset(&p->rows);
	postgresql_add_header(&p->rows);
	for (size_t i = 0; i < range->n; i++) {
		const struct event *ev = &b->events[range->pick[i]];
		if (ev->type != type)
			continue;
		postgresql_add_row(&p->tables[type], b, ev, &p->rows);
		if (p->rows.len >= CHUNK_BYTES && send_chunk(p, deadline, r) != 0)
			return -1;
	}
	postgresql_add_trailer(&p->rows);
	if (send_chunk(p, deadline, r) != 0)
		return -1;
	if (PQputCopyEnd(p->conn, NULL) < 0)
		return postgresql_lost(p, doing, r);
	return postgresql_flush(p, deadline, doing, r);
}

/* How many events of the range stand before the row-th (from 1) of the type; all if there is none. */
static size_t place_of(const struct output_range *range, int type, uint64_t row)
{
	for (size_t i = 0; i < range->n; i++)
		if (range->batch->events[range->pick[i]].type == type && --row == 0)
			return i;
	return range->n;
}

/* The server has refused a row. *good = how many events stand before it, if it tells; else 0. */
static void refuse_row(struct postgresql *p, const PGresult *res, int type, const struct output_range *range,
		       size_t *good, struct output_result *r)
{
	char words[ERR_MSG_MAX / 2];
	uint64_t row = postgresql_find_row(PQresultErrorField(res, PG_DIAG_CONTEXT), p->tables[type].name);
	size_t place = row > 0 ? place_of(range, type, row) : range->n;
	*good = place < range->n ? place : 0;
	output_reject(r, place == 0 ? 1 : range->n, "%s", postgresql_words(res, words, sizeof words));
}

static bool is_data(const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	return postgresql_judge(state, PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME) != NULL).data;
}

/* Takes the error and what is behind it. */
static void failed(struct postgresql *p, const PGresult *res, int type, const struct output_range *range,
		   size_t *good, struct output_result *r)
{
	p->state = p->state == STATE_NONE || p->state == STATE_FAILED ? STATE_FAILED : STATE_UNDO;
	if (PQstatus(p->conn) == CONNECTION_BAD || !is_data(res)) {
		postgresql_refuse(p, res, doing, r);
		if (p->conn != NULL) {
			struct output_result rest;
			postgresql_finish(p, postgresql_deadline(p), doing, &rest);
			r->reopen = r->reopen || p->conn == NULL;
		}
		return;
	}
	if (postgresql_finish(p, postgresql_deadline(p), doing, r) == 0)
		refuse_row(p, res, type, range, good, r);
}

/* The next table with rows, from type on. */
static int next_type(const size_t rows[EVENT_TYPE_COUNT], int type)
{
	while (type < EVENT_TYPE_COUNT && rows[type] == 0)
		type++;
	return type;
}

/* Follows the answers: each COPY that the server is ready for gets its rows. 0 when all is stored. */
static int converse(struct postgresql *p, const size_t rows[EVENT_TYPE_COUNT],
		    const struct output_range *range, size_t *good, struct output_result *r)
{
	int64_t deadline = postgresql_deadline(p);
	int type = -1;
	PGresult *res;
	int more;
	while ((more = postgresql_next(p, deadline, doing, &res, r)) > 0) {
		ExecStatusType status = PQresultStatus(res);
		if (status == PGRES_COPY_IN) {
			type = next_type(rows, type + 1);
			deadline = postgresql_deadline(p);
			more = send_rows(p, type, range, deadline, r);
		} else if (status != PGRES_COMMAND_OK) {
			failed(p, res, type < 0 ? 0 : type, range, good, r);
			more = -1;
		}
		PQclear(res);
		if (more < 0)
			return -1;
	}
	return more;
}

/* One attempt at a range whose events have passed the checks. *good: see refuse_row. */
static void store(struct postgresql *p, const size_t rows[EVENT_TYPE_COUNT], const struct output_range *range,
		  size_t *good, struct output_result *r)
{
	*good = 0;
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, postgresql_prefix(p, true));
	for (int type = next_type(rows, 0); type < EVENT_TYPE_COUNT; type = next_type(rows, type + 1))
		strbuf_adds(&p->sql, p->tables[type].copy);
	if (postgresql_send(p, p->sql.data, postgresql_deadline(p), doing, r) != 0 ||
	    converse(p, rows, range, good, r) != 0)
		return;
	p->state = p->state == STATE_NONE || p->state == STATE_FAILED ? STATE_FILLED : STATE_SAVED;
	output_ok(r, range->n);
}

/* When the server names the row that it refuses, those before it are sent once more, and the engine comes
 * back with that row in front: two messages a bad row instead of a search. */
void postgresql_write(struct output *o, const struct output_range *range, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	size_t rows[EVENT_TYPE_COUNT] = {0};
	size_t good;
	if (p->conn == NULL || !p->begun) {
		postgresql_lost(p, doing, r);
		return;
	}
	struct output_range part = *range;
	output_ok(r, 0);
	part.n = look_through(p, range, rows, r);
	if (part.n == 0)
		return;
	store(p, rows, &part, &good, r);
	if (r->verdict != OUTPUT_REJECT || good == 0)
		return;
	part.n = good;
	memset(rows, 0, sizeof rows);
	for (size_t i = 0; i < part.n; i++)
		rows[part.batch->events[part.pick[i]].type]++;
	store(p, rows, &part, &good, r);
}
