/* SPDX-License-Identifier: Apache-2.0
 *
 * Which events the tables of the output `sqlite` hold already, by the identity columns. Called by the engine
 * for what is sent a second time: history, and dead letters that come back.
 */
#include "outputs/sqlite.h"

#include <string.h>

#include "base/strbuf.h"
#include "output/identities.h"

/* The table's name for the source, NULL = it has no such column. */
static const char *column_of(const struct sqlite_table *t, unsigned source)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].source == source)
			return t->columns[i].name;
	return NULL;
}

static bool has_columns(const struct sqlite_table *t)
{
	for (unsigned source = SOURCE_TOPIC; source < SOURCE_COUNT; source++)
		if (column_of(t, source) == NULL)
			return false;
	return true;
}

/* Runs a statement that answers a number; SQLITE_OK or SQLite's code. */
static int ask_number(struct sqlite *s, const char *sql, int64_t *number)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*number = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* Has the table a unique index that is made of the four columns? */
static int is_unique(struct sqlite *s, const struct sqlite_table *t, bool *unique)
{
	struct strbuf sql = {0};
	int64_t n = 0;
	strbuf_printf(&sql,
		      "SELECT count(*) FROM pragma_index_list('%s') l WHERE l.\"unique\" AND NOT l.partial"
		      " AND (SELECT count(*) FROM pragma_index_info(l.name)) = 4"
		      " AND (SELECT count(*) FROM pragma_index_info(l.name) WHERE name IN ('%s', '%s', '%s',"
		      " '%s')) = 4",
		      t->name, column_of(t, SOURCE_TOPIC), column_of(t, SOURCE_PARTITION),
		      column_of(t, SOURCE_OFFSET), column_of(t, SOURCE_INDEX));
	int rc = ask_number(s, sql.data, &n);
	*unique = n > 0;
	strbuf_free(&sql);
	return rc;
}

void sqlite_identity(struct output *o, enum output_identity *kept, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	int rc = SQLITE_OK;
	*kept = IDENTITY_UNIQUE;
	output_ok(r, 0);
	for (int type = 0; type < EVENT_TYPE_COUNT && rc == SQLITE_OK && *kept != IDENTITY_NONE; type++) {
		bool unique = false;
		if (!has_columns(&s->tables[type]))
			*kept = IDENTITY_NONE;
		else if ((rc = is_unique(s, &s->tables[type], &unique)) == SQLITE_OK && !unique)
			*kept = IDENTITY_COLUMNS;
	}
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "looking for identity columns", r);
}

/* Marks what the table holds of a group; SQLITE_OK or SQLite's code. */
static int look_up(struct sqlite *s, const struct identity_place *group, size_t n, bool *there)
{
	const struct sqlite_table *t = &s->tables[group->type];
	const char *index = column_of(t, SOURCE_INDEX);
	struct strbuf sql = {0};
	sqlite3_stmt *stmt = NULL;
	strbuf_printf(&sql,
		      "SELECT \"offset\", \"%s\" FROM %s WHERE topic = ?1 AND \"partition\" = ?2"
		      " AND \"offset\" BETWEEN ?3 AND ?4",
		      index, t->name);
	int rc = sqlite3_prepare_v2(s->db, sql.data, -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, group->topic, -1, SQLITE_STATIC);
		sqlite3_bind_int(stmt, 2, group->partition);
		sqlite3_bind_int64(stmt, 3, group[0].offset);
		sqlite3_bind_int64(stmt, 4, group[n - 1].offset);
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			identities_mark(group, n, sqlite3_column_int64(stmt, 0),
					sqlite3_column_int64(stmt, 1), there);
	}
	sqlite3_finalize(stmt);
	strbuf_free(&sql);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void sqlite_known(struct output *o, const struct output_range *range, bool *there, struct output_result *r)
{
	struct sqlite *s = (struct sqlite *)o;
	struct identities ids;
	const struct identity_place *group;
	size_t n;
	int rc = SQLITE_OK;
	identities_init(&ids, range);
	while (rc == SQLITE_OK && (group = identities_group(&ids, &n)) != NULL)
		rc = look_up(s, group, n, there);
	identities_free(&ids);
	output_ok(r, range->n);
	if (rc != SQLITE_OK)
		sqlite_retry(s, rc, "looking for events that are there already", r);
}
