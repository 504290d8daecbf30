/* SPDX-License-Identifier: Apache-2.0
 *
 * Which events the tables of the output `postgresql` hold already, by the identity columns. Called by the
 * engine for what is sent a second time: history, and dead letters that come back.
 */
#include "outputs/postgresql.h"

#include <stdlib.h>
#include <string.h>

#include "output/identities.h"

/* The table's name for the source, NULL = it has no such column. */
static const char *column_of(const struct postgresql_table *t, unsigned source)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].source == source)
			return t->columns[i].name;
	return NULL;
}

static bool has_columns(const struct postgresql_table *t)
{
	for (unsigned source = SOURCE_TOPIC; source < SOURCE_COUNT; source++)
		if (column_of(t, source) == NULL)
			return false;
	return true;
}

/* Adds a question for the number of unique indexes that tell events apart. A hypertable's has the time, too:
 * other columns may be in it. */
static void add_question(const struct postgresql_table *t, struct strbuf *sql)
{
	strbuf_printf(sql,
		      "SELECT count(*) FROM pg_index i WHERE indrelid = to_regclass('%s') AND indisunique"
		      " AND indpred IS NULL AND indexprs IS NULL AND 4 = (SELECT count(*)"
		      " FROM pg_attribute a WHERE a.attrelid = indrelid AND a.attnum = ANY (indkey)"
		      " AND attname IN ('%s', '%s', '%s', '%s'));",
		      t->name, column_of(t, SOURCE_TOPIC), column_of(t, SOURCE_PARTITION),
		      column_of(t, SOURCE_OFFSET), column_of(t, SOURCE_INDEX));
}

void postgresql_identity(struct output *o, enum output_identity *kept, struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	PGresult *res[EVENT_TYPE_COUNT];
	*kept = IDENTITY_NONE;
	output_ok(r, 0);
	if (p->conn == NULL) {
		postgresql_lost(p, "looking for identity columns", r);
		return;
	}
	strbuf_reset(&p->sql);
	for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
		if (!has_columns(&p->tables[type]))
			return;
		add_question(&p->tables[type], &p->sql);
	}
	if (postgresql_query(p, p->sql.data, "looking for identity columns", res, EVENT_TYPE_COUNT, r) == 0) {
		*kept = IDENTITY_UNIQUE;
		for (int type = 0; type < EVENT_TYPE_COUNT; type++)
			if (strcmp(PQgetvalue(res[type], 0, 0), "0") == 0)
				*kept = IDENTITY_COLUMNS;
		output_ok(r, 0);
	}
	for (int type = 0; type < EVENT_TYPE_COUNT; type++)
		PQclear(res[type]);
}

/* Marks what the table holds of a group. 0, or -1 with r. */
static int look_up(struct postgresql *p, const struct identity_place *group, size_t n, bool *there,
		   struct output_result *r)
{
	const struct postgresql_table *t = &p->tables[group->type];
	PGresult *res = NULL;
	strbuf_reset(&p->sql);
	strbuf_printf(&p->sql, "SELECT \"offset\", \"%s\" FROM %s WHERE topic = ", column_of(t, SOURCE_INDEX),
		      t->name);
	postgresql_add_literal(p, &p->sql, group->topic);
	strbuf_printf(&p->sql, " AND partition = %d AND \"offset\" BETWEEN %lld AND %lld", group->partition,
		      (long long)group[0].offset, (long long)group[n - 1].offset);
	int rc = postgresql_query(p, p->sql.data, "looking for events that are there already", &res, 1, r);
	for (int i = 0; rc == 0 && i < PQntuples(res); i++)
		identities_mark(group, n, strtoll(PQgetvalue(res, i, 0), NULL, 10),
				strtoll(PQgetvalue(res, i, 1), NULL, 10), there);
	PQclear(res);
	return rc;
}

void postgresql_known(struct output *o, const struct output_range *range, bool *there,
		      struct output_result *r)
{
	struct postgresql *p = (struct postgresql *)o;
	struct identities ids;
	const struct identity_place *group;
	size_t n;
	int rc = 0;
	if (p->conn == NULL || !p->begun) {
		postgresql_lost(p, "looking for events that are there already", r);
		return;
	}
	if (range->n > 0 && postgresql_enter(p, r) != 0)
		return;
	identities_init(&ids, range);
	while (rc == 0 && (group = identities_group(&ids, &n)) != NULL)
		rc = look_up(p, group, n, there, r);
	identities_free(&ids);
	if (rc == 0)
		output_ok(r, range->n);
}
