/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the output `postgresql`: makes those that are missing, in the shape of the cgn-ec suite
 * (COMPATIBILITY), and hypertables where the database has TimescaleDB. What is there already is never
 * changed, so a login that may only insert will do. Several workers and processes may get here at once: an
 * advisory lock lets one of them make the tables. Called by postgresql.c on a fresh connection.
 */
#include "outputs/postgresql.h"

#include <string.h>

#define LOCK_KEY "7236260118204050287" /* any number of natmill's own */

static const char marks_sql[] =
	"CREATE TABLE IF NOT EXISTS natmill_watermarks (cluster text NOT NULL, output text NOT NULL,"
	" topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,"
	" timestamp timestamptz, topic_id text, PRIMARY KEY (cluster, output, topic, partition))"
	" WITH (fillfactor = 50);"; /* a row is updated once a batch: room for that beside it */

static const char letters_sql[] =
	"CREATE TABLE IF NOT EXISTS natmill_dead_letters (cluster text NOT NULL, topic text NOT NULL,"
	" partition integer NOT NULL, \"offset\" bigint NOT NULL, record bigint NOT NULL, idx bigint NOT "
	"NULL,"
	" output text NOT NULL, vendor text, rule text, column_no bigint, reason text NOT NULL,"
	" script_hash text, generation bigint, key bytea, value bytea, headers text, timestamp timestamptz,"
	" stored_at timestamptz NOT NULL DEFAULT now(),"
	" UNIQUE (cluster, topic, partition, \"offset\", record, idx, output));";

/* A field's type in tables that natmill makes. */
static const char *type_of(unsigned source, int type)
{
	if (source >= FIELD_COUNT)
		return source == SOURCE_TOPIC ? "text" : source == SOURCE_OFFSET ? "bigint" : "integer";
	switch (event_fields[source].kind) {
	case KIND_TIME:
		return "timestamptz";
	case KIND_IP:
		return "inet";
	case KIND_ACTION:
		return type == EVENT_SESSION ? "integer" : "smallint";
	case KIND_PROTOCOL:
		return "smallint";
	case KIND_PORT:
		return "integer";
	case KIND_TEXT:
		break;
	}
	return "varchar";
}

/* Chunks of an hour, compressed after a day. Compression needs TimescaleDB's own licence: where it is
 * refused, the table goes without. */
static void add_hypertable(struct strbuf *sql, const char *table, const char *extension)
{
	strbuf_printf(
		sql,
		"SELECT %s.create_hypertable('%s', 'timestamp', chunk_time_interval => interval '1 hour',"
		" if_not_exists => true);"
		"DO $natmill$ BEGIN"
		" ALTER TABLE %s SET (timescaledb.compress,"
		" timescaledb.compress_orderby = 'timestamp DESC',"
		" timescaledb.compress_segmentby = 'x_ip');"
		" PERFORM %s.add_compression_policy('%s', interval '1 day', if_not_exists => true);"
		" EXCEPTION WHEN OTHERS THEN"
		" RAISE WARNING 'table %s is not compressed: %%', SQLERRM;"
		" END $natmill$;",
		extension, table, table, extension, table, table);
}

static void add_table(const struct postgresql *p, struct strbuf *sql, int type, const char *extension)
{
	const char *table = event_type_script(type);
	unsigned sources = p->options->identity ? SOURCE_COUNT : FIELD_COUNT;
	strbuf_printf(sql, "CREATE TABLE IF NOT EXISTS %s (", table);
	for (unsigned i = 0; i < sources; i++)
		if (source_allowed(i, type))
			strbuf_printf(sql, "%s\"%s\" %s%s", i > 0 ? ", " : "", source_name(i),
				      type_of(i, type), source_required(i, type) ? " NOT NULL" : "");
	strbuf_adds(sql, ");");
	if (extension[0] != '\0')
		add_hypertable(sql, table, extension);
}

/* Adds the statements for what the first column of `there` says is missing; their number. */
static int add_missing(const struct postgresql *p, struct strbuf *sql, const PGresult *there)
{
	const char *extension = PQgetvalue(there, 0, EVENT_TYPE_COUNT + 2);
	int missing = 0;
	for (int i = 0; i < EVENT_TYPE_COUNT + 2; i++) {
		if (PQgetvalue(there, 0, i)[0] == 't')
			continue;
		missing++;
		if (i < EVENT_TYPE_COUNT)
			add_table(p, sql, i, extension);
		else
			strbuf_adds(sql, i == EVENT_TYPE_COUNT ? marks_sql : letters_sql);
	}
	return missing;
}

/* A column for each table: is it there? Then the schema of TimescaleDB, "" without it. */
static void add_question(struct strbuf *sql)
{
	strbuf_adds(sql, "SELECT ");
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		strbuf_printf(sql, "to_regclass('%s') IS NOT NULL, ", event_type_script(type));
	strbuf_adds(sql, "to_regclass('natmill_watermarks') IS NOT NULL,"
			 " to_regclass('natmill_dead_letters') IS NOT NULL,"
			 " coalesce((SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n"
			 " ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'), '')");
}

/* Asks what is missing, behind the statements in p->sql, and puts what makes it into p->sql. The number of
 * missing tables, or -1 with r set. */
static int ask(struct postgresql *p, size_t answer, struct output_result *r)
{
	PGresult *out[3];
	int missing = -1;
	add_question(&p->sql);
	if (postgresql_query(p, p->sql.data, "looking for the tables", out, answer + 1, r) == 0) {
		strbuf_reset(&p->sql);
		missing = add_missing(p, &p->sql, out[answer]);
	}
	for (size_t i = 0; i <= answer; i++)
		PQclear(out[i]);
	return missing;
}

int postgresql_make_tables(struct postgresql *p, struct output_result *r)
{
	strbuf_reset(&p->sql);
	int missing = ask(p, 0, r);
	if (missing <= 0 || !p->options->create_tables)
		return missing < 0 ? -1 : 0; /* reading the tables tells what is missing */
	strbuf_reset(&p->sql);
	strbuf_adds(&p->sql, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_KEY ");");
	if (ask(p, 2, r) < 0) /* anew: whoever had the lock before may have made them */
		return -1;
	strbuf_adds(&p->sql, "COMMIT;");
	return postgresql_query(p, p->sql.data, "making the tables", NULL, 0, r);
}
