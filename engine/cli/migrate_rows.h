/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: a map of the old configuration by a table: each row says what becomes of one key. So
 * adding a key is adding a row. Used for the top level, for each type of output and for what they hand on to
 * their libraries.
 */
#ifndef NATMILL_CLI_MIGRATE_ROWS_H
#define NATMILL_CLI_MIGRATE_ROWS_H

#include "cli/migrate_plan.h"

enum migrate_as {
	MIGRATE_TEXT,    /* the same text under the new name */
	MIGRATE_NUMBER,  /* a whole number */
	MIGRATE_SECONDS, /* seconds, also 0.5: a duration */
	MIGRATE_FLAG,    /* true or false */
	MIGRATE_TEXTS,   /* a text, or a list of texts: with commas */
	MIGRATE_MAP,     /* text to text */
	MIGRATE_SECRET,  /* see migrate_secret() */
	MIGRATE_PART,  /* a text that makes up a value together with others; who asked for the rows does it */
	MIGRATE_COUNT, /* the same, a whole number */
	MIGRATE_BRANCH,  /* a map or list that who asked for the rows reads */
	MIGRATE_ROWS,    /* a map with rows of its own; its values go into the same new map */
	MIGRATE_DROPPED, /* no counterpart: why says what there is instead */
	MIGRATE_SILENT,  /* no counterpart, and nothing is lost by it */
};

struct migrate_row {
	const char *old; /* NULL ends the table */
	enum migrate_as as;
	const char *new;      /* as for migrate_put() */
	bool required;        /* the old consumer does not start without it */
	const char *fallback; /* what the old consumer took without it, where natmill's default is another */
	const char *why;
	const struct migrate_row *rows; /* of MIGRATE_ROWS */
};

/* What the map of old belongs to, for messages ("options of KafkaOutput") and names of secrets. */
struct migrate_owner {
	const char *title;
	const char *name;
};

/* Reads old, which may be NULL, into new by the rows, in the rows' order. Keys without a row are noted with
 * their place and the nearest key; values of a wrong kind are errors. */
void migrate_rows(struct migrate_plan *p, const struct migrate_row *rows, const struct node *old,
		  struct node *new, const struct migrate_owner *owner);

/* The text under the key, as natmill.yaml takes it; fallback when it is not given. To be freed; NULL only
 * when fallback is. */
char *migrate_part(const struct node *old, const char *key, const char *fallback);

#endif
