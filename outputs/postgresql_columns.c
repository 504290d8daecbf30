/* SPDX-License-Identifier: Apache-2.0
 *
 * What the event tables of the database take: reads their columns, decides how each is filled, and says in
 * one line what does not fit. Tables that somebody else made are taken as they are: only columns that a table
 * has are written. Called by postgresql.c after each connect.
 */
#include "outputs/postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Columns of the answer. */
enum { AT_TABLE, AT_NAME, AT_TYPE, AT_LENGTH, AT_NOT_NULL, AT_DEFAULT, AT_GENERATED };

/* Domains count as what they are made of. Length: of varchar(n), else -1. */
static const char columns_sql[] =
	"SELECT v.name, a.attname, b.typname,"
	" CASE WHEN (CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END) > 4"
	" AND b.typname IN ('varchar', 'bpchar')"
	" THEN (CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END) - 4 ELSE 0 END,"
	" a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''"
	" FROM (VALUES ('session_mapping'), ('port_mapping'), ('port_block_mapping'), ('address_mapping'),"
	" ('natmill_watermarks'), ('natmill_dead_letters')) v(name)"
	" JOIN pg_attribute a ON a.attrelid = to_regclass(v.name)"
	" JOIN pg_type t ON t.oid = a.atttypid"
	" JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END"
	" WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY v.name, a.attnum";

/* Binary rows of the old type may well be taken for the new one, when both have the same width: wrong values
 * without an error. So each COMMIT is tied to the columns that its rows were made for. */
#define SHAPE                                                                                               \
	"(SELECT md5(coalesce(string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, atttypmod,"    \
	" attnotnull), ',' ORDER BY attrelid, attnum), '')) FROM pg_attribute WHERE attrelid IN"            \
	" (to_regclass('session_mapping'), to_regclass('port_mapping'), to_regclass('port_block_mapping')," \
	" to_regclass('address_mapping')) AND attnum > 0 AND NOT attisdropped)"

void postgresql_add_shape_test(const struct postgresql *p, struct strbuf *sql)
{
	strbuf_printf(sql,
		      "SELECT CASE WHEN " SHAPE " <> '%s'"
		      " THEN '\"event tables as natmill read them\"'::text::regclass END;",
		      p->shape);
}

static bool is_text(const char *type)
{
	return strcmp(type, "text") == 0 || strcmp(type, "varchar") == 0;
}

static enum postgresql_form integer_form(const char *type)
{
	static const char *const names[] = {"int2", "int4", "int8"};
	for (int i = 0; i < 3; i++)
		if (strcmp(type, names[i]) == 0)
			return (enum postgresql_form)((int)FORM_INT2 + i);
	return FORM_NONE;
}

enum postgresql_form postgresql_form_of(unsigned source, const char *type)
{
	if (source == SOURCE_TOPIC)
		return is_text(type) ? FORM_TEXT : FORM_NONE;
	if (source >= FIELD_COUNT)
		return integer_form(type);
	switch (event_fields[source].kind) {
	case KIND_TIME:
		return strcmp(type, "timestamptz") == 0 || strcmp(type, "timestamp") == 0 ? FORM_TIMESTAMP
											  : FORM_NONE;
	case KIND_IP:
		if (strcmp(type, "inet") == 0)
			return FORM_INET;
		return is_text(type) ? FORM_IP_TEXT : FORM_NONE;
	case KIND_TEXT:
		return is_text(type) ? FORM_TEXT : integer_form(type);
	case KIND_ACTION:
	case KIND_PROTOCOL:
	case KIND_PORT:
		break;
	}
	return integer_form(type);
}

static int misfit(struct postgresql *p, struct output_result *r, const char *table, const char *column,
		  const char *why)
{
	output_retry(r, true, "postgresql %s: column %s of table %s %s", p->where, column, table, why);
	r->reopen = true;
	return -1;
}

/* Takes one column of an event table into its plan. */
static int take_column(struct postgresql *p, int type, const PGresult *res, int row, struct output_result *r)
{
	struct postgresql_table *t = &p->tables[type];
	const char *name = PQgetvalue(res, row, AT_NAME);
	const char *type_name = PQgetvalue(res, row, AT_TYPE);
	bool not_null = PQgetvalue(res, row, AT_NOT_NULL)[0] == 't';
	bool has_default = PQgetvalue(res, row, AT_DEFAULT)[0] == 't';
	bool generated = PQgetvalue(res, row, AT_GENERATED)[0] == 't';
	unsigned source = generated ? SOURCE_COUNT : source_find(name, type);
	if (source != SOURCE_COUNT && strcmp(name, source_spelling(source, name)) != 0)
		source = SOURCE_COUNT; /* "Host" is another column than host */
	if (source == SOURCE_COUNT) {
		if (not_null && !has_default && !generated)
			return misfit(p, r, t->name, name,
				      "is NOT NULL and natmill does not fill it; give it a default");
		return 0;
	}
	struct postgresql_column c = {
		.name = source_spelling(source, name),
		.source = source,
		.form = postgresql_form_of(source, type_name),
		.offset = source < FIELD_COUNT ? event_fields[source].offset : 0,
		.not_null = not_null,
		.zero = source < FIELD_COUNT && event_fields[source].kind == KIND_PORT &&
			p->options->null_port != 0,
		.longest = (uint32_t)strtoul(PQgetvalue(res, row, AT_LENGTH), NULL, 10),
	};
	if (c.form == FORM_NONE) {
		char why[96];
		snprintf(why, sizeof why, "is of type %.40s, which natmill cannot fill", type_name);
		return misfit(p, r, t->name, name, why);
	}
	t->columns[t->column_count++] = c;
	return 0;
}

static bool has_source(const struct postgresql_table *t, unsigned source)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].source == source)
			return true;
	return false;
}

/* Fields that every event has must have a column; those that some have and the table has not are told. */
static int check_table(struct postgresql *p, int type, struct output_result *r)
{
	const struct postgresql_table *t = &p->tables[type];
	char lacks[256] = "";
	if (t->column_count == 0) {
		output_retry(r, true, "postgresql %s: there is no table %s%s", p->where, t->name,
			     p->options->create_tables ? "" : "; make it, or set create_tables");
		r->reopen = true;
		return -1;
	}
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		if (!source_allowed(i, type) || has_source(t, i))
			continue;
		if (source_required(i, type))
			return misfit(p, r, t->name, source_name(i), "is missing; add it");
		size_t n = strlen(lacks);
		if (i != FIELD_host_name && i != FIELD_subscriber)
			snprintf(lacks + n, sizeof lacks - n, "%s%s", n > 0 ? ", " : "", source_name(i));
	}
	if (lacks[0] != '\0')
		log_warn("postgresql %s: table %s has no column for these fields, which are not stored: %s",
			 p->where, t->name, lacks);
	return 0;
}

static void plan_copy(struct postgresql_table *t)
{
	struct strbuf sql = {0};
	strbuf_printf(&sql, "COPY %s (", t->name);
	for (size_t i = 0; i < t->column_count; i++)
		strbuf_printf(&sql, "%s\"%s\"", i > 0 ? ", " : "", t->columns[i].name);
	strbuf_adds(&sql, ") FROM STDIN (FORMAT binary);");
	t->copy = sql.data;
	postgresql_plan_rows(t);
}

void postgresql_forget_tables(struct postgresql *p)
{
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		free(p->tables[type].copy);
		p->tables[type] = (struct postgresql_table){.name = event_type_script(type)};
	}
}

static int take_columns(struct postgresql *p, const PGresult *res, struct output_result *r)
{
	bool marks = false;
	bool letters = false;
	for (int row = 0; row < PQntuples(res); row++) {
		const char *table = PQgetvalue(res, row, AT_TABLE);
		int type = event_type_of(table);
		if (type >= 0 && take_column(p, type, res, row, r) != 0)
			return -1;
		marks = marks || strcmp(table, "natmill_watermarks") == 0;
		letters = letters || strcmp(table, "natmill_dead_letters") == 0;
	}
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		if (check_table(p, type, r) != 0)
			return -1;
	if (marks && letters)
		return 0;
	output_retry(r, true, "postgresql %s: there is no table %s; make it, or set create_tables", p->where,
		     marks ? "natmill_dead_letters" : "natmill_watermarks");
	r->reopen = true;
	return -1;
}

int postgresql_read_tables(struct postgresql *p, struct output_result *r)
{
	PGresult *res[2];
	postgresql_forget_tables(p);
	/* The fingerprint first: what changes in between differs from it, and is found at the next COMMIT. */
	strbuf_reset(&p->sql);
	strbuf_printf(&p->sql, "SELECT " SHAPE ";%s", columns_sql);
	int rc = postgresql_query(p, p->sql.data, "reading the tables", res, 2, r);
	if (rc == 0) {
		snprintf(p->shape, sizeof p->shape, "%s", PQgetvalue(res[0], 0, 0));
		rc = take_columns(p, res[1], r);
	}
	PQclear(res[0]);
	PQclear(res[1]);
	for (int type = 0; type < EVENT_TYPE_COUNT && rc == 0; type++)
		plan_copy(&p->tables[type]);
	return rc;
}
