/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the output `postgresql` share: postgresql.c (settings, transactions), _connect
 * (connection, session settings), _link (statements and answers, all waits), _judge (what an error means),
 * _schema (tables that are missing), _columns (what a table takes), _encode (binary rows), _copy (write),
 * _marks (watermarks), _dead (dead letters), _letters (the same on their way back), _noted (those of other
 * stores), _known (events that are there already). One struct postgresql per worker, on its thread only; all
 * that it points to is its own but for options and env.
 */
#ifndef NATMILL_OUTPUTS_POSTGRESQL_H
#define NATMILL_OUTPUTS_POSTGRESQL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "output/output.h"
#include "output/source.h"

struct postgresql_options {
	char *url;
	struct secret password;
	char *schema; /* NULL = the search path of the login */
	bool create_tables;
	bool identity;
	int null_port;           /* 0 = NULL, 1 = the number 0 */
	int64_t connect_timeout; /* milliseconds, as those below */
	int64_t statement_timeout;
	int64_t session_bound;
};

/* What is written into a column. */
enum postgresql_form {
	FORM_TIMESTAMP, /* timestamptz, and timestamp in UTC */
	FORM_INET,
	FORM_IP_TEXT,
	FORM_INT2,
	FORM_INT4,
	FORM_INT8,
	FORM_TEXT,
	FORM_NONE, /* the type does not fit */
};

struct postgresql_column {
	const char *name; /* static */
	unsigned source;  /* see output/source.h */
	enum postgresql_form form;
	uint16_t offset; /* of an event field within struct event */
	bool not_null;
	bool zero;   /* an absent number is written as 0 */
	bool narrow; /* a number may be too large for it */
	bool digits; /* a number that the event has as a text: vrf_id in tables that know it as smallint */
	uint32_t longest; /* of texts, in characters; 0 = no limit */
};

struct postgresql_table {
	const char *name;
	char *copy;     /* the statement */
	size_t row_max; /* bytes of the longest row */
	size_t column_count;
	struct postgresql_column columns[SOURCE_COUNT];
	size_t guard_count;
	uint8_t guards[SOURCE_COUNT]; /* columns by which an event can be refused */
};

/* Where the transaction stands; decides what goes before the next statement. A savepoint is only made when
 * there is something before it to be kept. */
enum postgresql_state {
	STATE_NONE,   /* no transaction */
	STATE_FAILED, /* a transaction whose first statement failed: nothing in it to keep */
	STATE_FILLED, /* rows in it, no savepoint */
	STATE_SAVED,  /* rows behind the savepoint */
	STATE_UNDO,   /* a failed statement behind the savepoint */
};

struct postgresql {
	const struct postgresql_options *options;
	const struct output_env *env;
	char *names;           /* hosts of the url, with commas; "" where libpq needs no name server */
	unsigned hosts;        /* named in the url */
	char where[128];       /* "host:port/database", for messages */
	PGconn *conn;          /* NULL while not connected */
	bool begun;            /* by the engine: between begin and commit or abort */
	bool foreign_encoding; /* the database keeps no UTF-8: dead letters are stored as ASCII */
	enum postgresql_state state;
	struct postgresql_table tables[EVENT_TYPE_COUNT];
	char shape[33]; /* fingerprint of the tables as they were when their columns were read */
	struct strbuf sql;
	struct strbuf rows;     /* encoded rows not yet handed to libpq */
	struct position *doubt; /* moves of a COMMIT whose answer was lost, their topics behind them */
	size_t doubt_count;
};

/* _connect: a fresh connection with its session settings, nothing else. 0, or -1 with r (RETRY, reopen). */
int postgresql_connect(struct postgresql *p, struct output_result *r);
void postgresql_disconnect(struct postgresql *p); /* also when there is none */

/* _connect: fills names, hosts and where; 0, or -1 with e. */
int postgresql_check_url(struct postgresql *p, struct err *e);

/* _lookup: waits until the name server has answered for one of the hosts. 0, or -1 with r (RETRY, reopen). */
int postgresql_look_up(struct postgresql *p, int64_t deadline, struct output_result *r);

/* _link. `doing` ("reading the tables") goes into messages. All return -1 with r set (RETRY) on failure; a
 * connection that is lost, late or given up is closed then, and r->reopen set. */

/* _columns: adds a statement that raises 42P01 when an event table is no longer as its columns were read. */
void postgresql_add_shape_test(const struct postgresql *p, struct strbuf *sql);

/* When the statements that are sent now must have answered. */
int64_t postgresql_deadline(const struct postgresql *p);

/* Sends statements without waiting for an answer. */
int postgresql_send(struct postgresql *p, const char *sql, int64_t deadline, const char *doing,
		    struct output_result *r);

/* Waits until all that libpq holds is on its way. */
int postgresql_flush(struct postgresql *p, int64_t deadline, const char *doing, struct output_result *r);

/* The next answer: 1 with *res (PQclear is the caller's), 0 when there are no more. *res may be an error. */
int postgresql_next(struct postgresql *p, int64_t deadline, const char *doing, PGresult **res,
		    struct output_result *r);

/* Takes the answers that are left; the first that is an error fails the call. */
int postgresql_finish(struct postgresql *p, int64_t deadline, const char *doing, struct output_result *r);

/* Sends statements and takes all answers; the first `max` results are kept in out (PQclear is the caller's,
 * also for those that stay NULL). */
int postgresql_query(struct postgresql *p, const char *sql, const char *doing, PGresult **out, size_t max,
		     struct output_result *r);

/* The answer RETRY for an error of the server; leaves the connection alone unless it is gone. Returns -1. */
int postgresql_refuse(struct postgresql *p, const PGresult *res, const char *doing, struct output_result *r);

/* The answer RETRY for a connection that broke; closes it. Returns -1. */
int postgresql_lost(struct postgresql *p, const char *doing, struct output_result *r);

/* The server's own words in one line: "relation \"x\" does not exist (42P01)". Returns buf. */
const char *postgresql_words(const PGresult *res, char *buf, size_t size);

/* Adds a text as a quoted literal. */
void postgresql_add_literal(struct postgresql *p, struct strbuf *sql, const char *text);

/* _judge: pure. */
struct postgresql_verdict {
	bool data;   /* a row is to blame, for good */
	bool alarm;  /* nothing changes before somebody mends it */
	bool reopen; /* connect anew, read the tables anew */
};

/* sqlstate: five characters, or NULL when the server said nothing. constrained: the error names a
 * constraint. */
struct postgresql_verdict postgresql_judge(const char *sqlstate, bool constrained);

/* Finds the SQLSTATE in a message of libpq in its verbose form ("FATAL:  28P01: ..."); true with state. */
bool postgresql_find_state(const char *message, char state[6]);

/* The row (from 1) that "COPY table, line N" of an error's context names; 0 = none. */
uint64_t postgresql_find_row(const char *context, const char *table);

/* _schema: makes what is missing. _columns: reads what the tables take. 0, or -1 with r. */
int postgresql_make_tables(struct postgresql *p, struct output_result *r);
int postgresql_read_tables(struct postgresql *p, struct output_result *r);
void postgresql_forget_tables(struct postgresql *p);

/* _columns, pure: how a source is written into a column of that type (pg_type's name); FORM_NONE if not. */
enum postgresql_form postgresql_form_of(unsigned source, const char *type);

/* _encode. Adds the start and end of binary COPY data, one row. The event has passed postgresql_check. */
void postgresql_add_header(struct strbuf *out);
void postgresql_add_trailer(struct strbuf *out);
void postgresql_add_row(const struct postgresql_table *t, const struct batch *b, const struct event *ev,
			struct strbuf *out);

/* Fills what follows from the columns: row_max, guards, narrow. */
void postgresql_plan_rows(struct postgresql_table *t);

/* Why the table can never take the event, known before it is sent: false with r (REJECT, n = 1). */
bool postgresql_check(const struct postgresql_table *t, const struct batch *b, const struct event *ev,
		      struct output_result *r);

/* _copy, _dead, _marks: functions of the contract. */
void postgresql_write(struct output *o, const struct output_range *range, struct output_result *r);
void postgresql_dead(struct output *o, const struct batch *batch, const struct dead_letter *letters, size_t n,
		     struct output_result *r);
void postgresql_positions(struct output *o, struct position *pos, size_t n, struct output_result *r);
void postgresql_list_marks(struct output *o, output_mark_fn *row, void *ctx, struct output_result *r);
void postgresql_set_mark(struct output *o, const struct position *pos, struct output_result *r);

/* _known: events that are there already. */
void postgresql_identity(struct output *o, enum output_identity *kept, struct output_result *r);
void postgresql_known(struct output *o, const struct output_range *range, bool *there,
		      struct output_result *r);

/* _letters: dead letters on their way back. */
void postgresql_dead_read(struct output *o, const struct dead_query *query, dead_row_fn *row, void *ctx,
			  struct output_result *r);
void postgresql_dead_remove(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);
void postgresql_dead_claim(struct output *o, struct output_result *r);

/* _letters: the columns of a letter's key, and its literals: "'cluster', 'topic', 0, 17, 0, 0, ''". */
#define POSTGRESQL_LETTER_KEY "cluster, topic, partition, \"offset\", record, idx, output"
void postgresql_add_letter_key(struct postgresql *p, struct strbuf *sql, const struct dead_key *k);

/* _letters: has run() make one statement after another of as many keys as one may have. OK with the sum of
 * what they return, or what run() left in r with -1. */
#define POSTGRESQL_STATEMENT_KEYS 1000
typedef int64_t postgresql_keys_fn(struct postgresql *p, const struct dead_key *keys, size_t n,
				   struct output_result *r);
void postgresql_each_statement(struct postgresql *p, const struct dead_key *keys, size_t n,
			       postgresql_keys_fn *run, struct output_result *r);

/* _noted: letters of a store apart that came back. */
void postgresql_dead_note(struct output *o, const struct dead_key *keys, size_t n, struct output_result *r);
void postgresql_dead_noted(struct output *o, const struct dead_key *keys, size_t n, bool *there,
			   struct output_result *r);

/* _dead: makes the transaction ready for a statement that needs no savepoint. 0, or -1 with r. */
int postgresql_enter(struct postgresql *p, struct output_result *r);

/* postgresql.c: what must go before a statement so that it runs within the transaction. */
const char *postgresql_prefix(const struct postgresql *p, bool savepoint);

/* _marks: adds the statement that moves all or raises 22012. */
void postgresql_add_moves(struct postgresql *p, struct strbuf *sql, const struct position *moves, size_t n);

/* Remembers the moves of a COMMIT without an answer; forgets them. */
void postgresql_keep_doubt(struct postgresql *p, const struct position *moves, size_t n);
void postgresql_clear_doubt(struct postgresql *p);

/* Reads the rows that are in doubt: 0 = the COMMIT did not happen, -1 with r: FENCED, or RETRY. */
int postgresql_settle_doubt(struct postgresql *p, struct output_result *r);

#endif
