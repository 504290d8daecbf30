/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection of the output `sqlite`: opens the file, makes what is missing, reads which columns the event
 * tables have and prepares the statements for just those. Tables that somebody else made are taken as they
 * are. Called by sqlite.c, under its lock.
 */
#include "outputs/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define OPEN_BUSY_MS 100      /* per statement while opening; few of them write */
#define CHECKPOINT_PAGES 4000 /* of 4096 bytes: the log is copied into the file when it is so long */

static const char fixed_tables[] =
	"CREATE TABLE IF NOT EXISTS natmill_watermarks (cluster TEXT NOT NULL, output TEXT NOT NULL,"
	" topic TEXT NOT NULL, \"partition\" INTEGER NOT NULL, next_offset INTEGER NOT NULL, timestamp TEXT,"
	" topic_id TEXT, PRIMARY KEY (cluster, output, topic, \"partition\")) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS natmill_dead_letters (cluster TEXT NOT NULL, topic TEXT NOT NULL,"
	" \"partition\" INTEGER NOT NULL, \"offset\" INTEGER NOT NULL, record INTEGER NOT NULL, idx INTEGER "
	"NOT NULL,"
	" output TEXT NOT NULL, vendor TEXT, rule TEXT, column_no INTEGER, reason TEXT NOT NULL, script_hash "
	"TEXT,"
	" generation INTEGER, \"key\" BLOB, value BLOB, headers TEXT, timestamp TEXT, stored_at TEXT NOT "
	"NULL,"
	" UNIQUE (cluster, topic, \"partition\", \"offset\", record, idx, output));";

static const char mark_insert[] =
	"INSERT INTO natmill_watermarks (cluster, output, topic, \"partition\", next_offset, topic_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, '')) ON CONFLICT DO NOTHING";
static const char mark_read[] = "SELECT next_offset, topic_id FROM natmill_watermarks"
				" WHERE cluster = ?1 AND output = ?2 AND topic = ?3 AND \"partition\" = ?4";
static const char mark_move[] =
	"UPDATE natmill_watermarks SET next_offset = ?6, timestamp = coalesce(?7, timestamp),"
	" topic_id = coalesce(nullif(?8, ''), topic_id)"
	" WHERE cluster = ?1 AND output = ?2 AND topic = ?3 AND \"partition\" = ?4 AND next_offset = ?5";
static const char dead_insert[] =
	"INSERT INTO natmill_dead_letters (cluster, topic, \"partition\", \"offset\", record, idx, output, "
	"vendor, rule,"
	" column_no, reason, script_hash, generation, \"key\", value, headers, timestamp, stored_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''), nullif(?9, ''), nullif(?10, 0), ?11, "
	"nullif(?12, ''), ?13,"
	" ?14, ?15, ?16, ?17, ?18) ON CONFLICT DO NOTHING";

/* May a table of others do without it? */
static bool source_optional(unsigned source)
{
	return source >= FIELD_COUNT || source == FIELD_host_name || source == FIELD_subscriber;
}

static void add_table_sql(struct strbuf *sql, int type, bool index)
{
	const char *table = event_type_script(type);
	strbuf_printf(sql, "CREATE TABLE IF NOT EXISTS %s (", table);
	for (unsigned i = 0; i < SOURCE_COUNT; i++) {
		if (!source_allowed(i, type))
			continue;
		bool text = i == SOURCE_TOPIC;
		if (i < FIELD_COUNT) {
			enum field_kind kind = event_fields[i].kind;
			text = kind == KIND_TIME || kind == KIND_IP || kind == KIND_TEXT;
		}
		strbuf_printf(sql, "%s\"%s\" %s%s", i > 0 ? ", " : "", source_name(i),
			      text ? "TEXT" : "INTEGER", source_required(i, type) ? " NOT NULL" : "");
	}
	strbuf_adds(sql, ");");
	if (index)
		strbuf_printf(sql, "CREATE INDEX IF NOT EXISTS %s_who ON %s (x_ip, timestamp);", table,
			      table);
}

bool sqlite_is_missing(struct sqlite *s, const char *table)
{
	int rc = sqlite3_table_column_metadata(s->db, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL);
	return (rc & 0xff) == SQLITE_ERROR; /* any other error shows again in what follows */
}

/* Makes the tables that are missing, all or none. 0, or SQLite's code. */
static int make_tables(struct sqlite *s)
{
	struct strbuf sql = {0};
	strbuf_adds(&sql, "BEGIN IMMEDIATE;");
	strbuf_adds(&sql, fixed_tables);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		if (sqlite_is_missing(s, event_type_script(type)))
			add_table_sql(&sql, type, s->options->index);
	strbuf_adds(&sql, "COMMIT;");
	int rc = sqlite_run(s, sql.data);
	strbuf_free(&sql);
	return rc;
}

/* Takes one row of PRAGMA table_info; -1 with r set when natmill could never insert. */
static int take_column(struct sqlite *s, struct sqlite_table *t, int type, sqlite3_stmt *info,
		       struct output_result *r)
{
	const char *name = (const char *)sqlite3_column_text(info, 1);
	bool not_null = sqlite3_column_int(info, 3) != 0;
	bool has_default = sqlite3_column_type(info, 4) != SQLITE_NULL;
	bool key = sqlite3_column_int(info, 5) != 0;
	unsigned source = source_find(name, type);
	if (source < SOURCE_COUNT) {
		t->columns[t->column_count++] = (struct sqlite_column){.name = source_spelling(source, name),
								       .source = source,
								       .not_null = not_null};
		return 0;
	}
	if (!not_null || has_default || key)
		return 0;
	output_retry(r, true,
		     "sqlite %s: column %s of table %s is NOT NULL and natmill does not fill it; give it a "
		     "default",
		     s->options->path, name, t->name);
	return -1;
}

/* -1 with r set when the table lacks a column that natmill cannot do without. */
static int check_columns(struct sqlite *s, const struct sqlite_table *t, int type, struct output_result *r)
{
	for (unsigned i = 0; i < SOURCE_COUNT; i++) {
		bool found = source_optional(i) || !source_allowed(i, type);
		for (size_t c = 0; c < t->column_count && !found; c++)
			found = t->columns[c].source == i;
		if (found)
			continue;
		output_retry(r, true,
			     "sqlite %s: table %s has no column %s; add it, or let natmill make the table",
			     s->options->path, t->name, source_name(i));
		return -1;
	}
	return 0;
}

static int read_columns(struct sqlite *s, struct sqlite_table *t, int type, struct output_result *r)
{
	sqlite3_stmt *info = NULL;
	char sql[64];
	sqlite3_snprintf(sizeof sql, sql, "PRAGMA table_info(%s)", t->name);
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &info, NULL);
	int bad = 0;
	while (rc == SQLITE_OK && bad == 0 && (rc = sqlite3_step(info)) == SQLITE_ROW) {
		bad = take_column(s, t, type, info, r);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(info);
	if (bad != 0)
		return -1;
	if (rc != SQLITE_DONE) {
		sqlite_retry(s, rc, "reading the tables", r);
		return -1;
	}
	return check_columns(s, t, type, r);
}

static int prepare(struct sqlite *s, const char *sql, sqlite3_stmt **stmt, struct output_result *r)
{
	int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	if (rc == SQLITE_OK)
		return 0;
	sqlite_retry(s, rc, "preparing a statement", r);
	return -1;
}

static int prepare_insert(struct sqlite *s, struct sqlite_table *t, struct output_result *r)
{
	struct strbuf sql = {0};
	strbuf_printf(&sql, "INSERT INTO %s (", t->name);
	for (size_t i = 0; i < t->column_count; i++)
		strbuf_printf(&sql, "%s\"%s\"", i > 0 ? ", " : "", t->columns[i].name);
	strbuf_adds(&sql, ") VALUES (");
	for (size_t i = 0; i < t->column_count; i++)
		strbuf_adds(&sql, i > 0 ? ", ?" : "?");
	strbuf_addc(&sql, ')');
	int rc = prepare(s, sql.data, &t->insert, r);
	strbuf_free(&sql);
	return rc;
}

static int prepare_all(struct sqlite *s, struct output_result *r)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		struct sqlite_table *t = &s->tables[type];
		*t = (struct sqlite_table){.name = event_type_script(type)};
		if (read_columns(s, t, type, r) != 0 || prepare_insert(s, t, r) != 0)
			return -1;
	}
	bool failed = prepare(s, dead_insert, &s->dead, r) != 0 ||
		      prepare(s, mark_insert, &s->mark_insert, r) != 0 ||
		      prepare(s, mark_read, &s->mark_read, r) != 0 ||
		      prepare(s, mark_move, &s->mark_move, r) != 0;
	return failed ? -1 : 0;
}

/* WAL stays with the file. 0, or SQLite's code; *wal tells whether the file system can do it. */
static int set_wal(struct sqlite *s, bool *wal)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*wal = rc == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Opens the file and makes the tables. 0, or -1 with r set. */
static int set_up(struct sqlite *s, struct output_result *r)
{
	bool wal = false;
	int rc = sqlite3_open_v2(s->options->path, &s->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(s->db, 1);
		sqlite3_busy_timeout(s->db, OPEN_BUSY_MS);
		rc = set_wal(s, &wal);
	}
	if (rc == SQLITE_OK && !wal) {
		output_retry(r, true,
			     "sqlite %s: the file system cannot do write-ahead logging; use a local disk",
			     s->options->path);
		return -1;
	}
	if (rc == SQLITE_OK)
		rc = sqlite_run(s, "PRAGMA synchronous=FULL");
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_autocheckpoint(s->db, CHECKPOINT_PAGES);
	if (rc == SQLITE_OK)
		rc = make_tables(s);
	if (rc == SQLITE_OK)
		return 0;
	sqlite_retry(s, rc, "opening the database", r);
	return -1;
}

int sqlite_connect(struct sqlite *s, struct output_result *r)
{
	if (set_up(s, r) == 0 && prepare_all(s, r) == 0) {
		sqlite3_busy_timeout(s->db, 0); /* from here on the engine waits, not SQLite */
		return 0;
	}
	sqlite_disconnect(s);
	r->reopen = true;
	return -1;
}

void sqlite_disconnect(struct sqlite *s)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		sqlite3_finalize(s->tables[type].insert);
		s->tables[type].insert = NULL;
	}
	sqlite3_stmt **const others[] = {&s->dead, &s->mark_insert, &s->mark_read, &s->mark_move};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		sqlite3_finalize(*others[i]);
		*others[i] = NULL;
	}
	sqlite3_close_v2(s->db);
	s->db = NULL;
}
