/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: what becomes of an old configuration, before anything is written: natmill.yaml as a tree,
 * the other files, what there is to say, and what is wrong with the old file. The migrate_* files fill it one
 * after the other. Owner: cmd_migrate.c, which zeroed it; free with migrate_plan_free.
 */
#ifndef NATMILL_CLI_MIGRATE_PLAN_H
#define NATMILL_CLI_MIGRATE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errlist.h"
#include "base/node.h"
#include "base/option.h"
#include "base/strbuf.h"

#define MIGRATE_SECRETS "secrets"       /* folder of the files that hold one secret each */
#define MIGRATE_VARIABLES "secrets.env" /* secrets that no option takes from a file */

struct migrate_file {
	char *path; /* within the new folder, one folder deep at most */
	struct strbuf text;
	bool secret; /* for its owner alone */
};

struct migrate_plan {
	struct errlist errs; /* the old file is wrong: nothing is written then */
	struct node *tree;   /* natmill.yaml */
	struct texts open;   /* to be settled before natmill runs with it */
	struct texts notes;  /* not carried over, or different from now on */
	struct migrate_file *files;
	size_t file_count;
	struct strbuf variables; /* of secrets.env */
};

void migrate_plan_init(struct migrate_plan *p);
void migrate_plan_free(struct migrate_plan *p);

/* "old.yaml:3:1: TEXT" among the errors, the notes, what is open. node may be NULL: without a place. */
void migrate_wrong(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void migrate_note(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void migrate_open(struct migrate_plan *p, const struct node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A value below map under a path such as "kafka/brokers": the maps on the way are made. A value that is there
 * stays first in order and is replaced. */
void migrate_put(struct node *map, const char *path, const char *value);

/* The same for a tree, which belongs to the map then. */
void migrate_put_node(struct node *map, const char *path, struct node *value);

/* A new file of that path within the folder; fill its text. Valid until the next one. */
struct migrate_file *migrate_file(struct migrate_plan *p, const char *path, bool secret);

/* A secret of the old file: as the reference ${NAME} when it is one, under the path; else in a file of its
 * own below secrets/, named after the output and the option, and under the path with _file behind it. */
void migrate_secret(struct migrate_plan *p, struct node *map, const char *path, const char *owner,
		    const char *value);

/* A secret that only an environment variable can hold: put into secrets.env; the path gets ${NAME}. */
void migrate_variable(struct migrate_plan *p, struct node *map, const char *path, const char *name,
		      const char *value);

/* A text of the old file as natmill.yaml takes it: ${NAME} stays, any other ${ is escaped. To be freed. */
char *migrate_text(const char *old);

/* Is the whole text one ${NAME} or ${NAME:-default}? */
bool migrate_is_reference(const char *text);

/* Does one stand anywhere in it? */
bool migrate_has_reference(const char *text);

#endif
