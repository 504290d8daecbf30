/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: a configuration of cgn-ec-consumer as natmill's, in a folder of its own, with all that
 * could not be carried over. The migrate_* files do it: _env and _general read, _plan gathers, _write writes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli_args.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/migrate_env.h"
#include "cli/migrate_general.h"
#include "cli/migrate_write.h"
#include "control/yaml.h"

#define USAGE "[--env FILE] [--out FOLDER] [OLD]"
#define OUT_DEFAULT "natmill-migrated"
#define OLD_DEFAULT "config.yaml" /* of the old consumer */

static void help(void)
{
	puts("usage: natmill migrate " USAGE "\n\n"
	     "Makes natmill.yaml of OLD, a configuration of cgn-ec-consumer in YAML or JSON, in a new "
	     "folder, with a\n"
	     "vendor script of its regex_patterns and a file for each secret; checks the result; prints what "
	     "is to\n"
	     "be settled, and what is not carried over, with the place in OLD. Without OLD it is the file "
	     "that\n"
	     "CONFIG_FILE names, else " OLD_DEFAULT
	     ", else the variables alone. docs/moving-in.md tells the rest.\n\n"
	     "  --env FILE     variables of the old consumer: a .env file, or a compose file\n"
	     "  --out FOLDER   the folder to make (default: " OUT_DEFAULT ")\n\n"
	     "Nothing is overwritten and nothing connected to. Exit status 0, 1 when OLD or the result is "
	     "wrong.");
}

/* The old file: as given, as CONFIG_FILE says, or as it was by default; NULL when there is none. */
static const char *find_old(const char *given, const struct node *env, struct errlist *errs)
{
	const struct node *named = node_get(env, "CONFIG_FILE");
	if (given != NULL)
		return given;
	if (named == NULL || named->text[0] == '\0')
		return access(OLD_DEFAULT, F_OK) == 0 ? OLD_DEFAULT : NULL;
	if (access(named->text, F_OK) == 0)
		return named->text;
	errlist_add(errs, ERR_CONFIG,
		    "CONFIG_FILE names '%s', which is not here; name the file: natmill migrate FILE",
		    named->text);
	return NULL;
}

static struct node *read_old(const char *path, struct errlist *errs)
{
	struct strbuf text = {0};
	struct err e = {0};
	struct node *root = NULL;
	if (file_read(path, YAML_MAX_BYTES, &text, &e) != 0)
		errlist_add(errs, e.code, "%s", e.msg);
	else
		root = yaml_parse(text.data != NULL ? text.data : "", text.len, path, errs);
	strbuf_free(&text);
	if (root == NULL || (root->kind == NODE_MAP && root->n > 0))
		return root;
	errlist_add(errs, ERR_CONFIG,
		    "%s: holds no configuration of cgn-ec-consumer: a map with handler and outputs", path);
	node_free(root);
	return NULL;
}

/* Everything but writing: 0, or -1 with the plan's errors. */
static int make(struct migrate_plan *p, const char *old, const char *env_file, char from[PATH_MAX])
{
	struct node *env = migrate_env_read(env_file, environ, &p->errs);
	const char *path = env != NULL ? find_old(old, env, &p->errs) : NULL;
	struct node *file = path != NULL ? read_old(path, &p->errs) : NULL;
	snprintf(from, PATH_MAX, "%s", path != NULL ? path : env_file != NULL ? env_file : "the environment");
	if (p->errs.n == 0 && file == NULL && env != NULL && env->n == 0)
		errlist_add(&p->errs, ERR_USAGE,
			    "there is nothing to migrate: name the old file, natmill migrate FILE; "
			    "natmill migrate --help");
	if (p->errs.n == 0)
		migrate_general(p, file, env);
	p->tree->source = "natmill.yaml";
	node_free(file);
	node_free(env);
	return p->errs.n == 0 ? 0 : -1;
}

static void tell_list(const char *title, const struct texts *list)
{
	if (list->n > 0)
		printf("\n%s\n", title);
	for (size_t i = 0; i < list->n; i++)
		printf("  %s\n", list->items[i]);
}

static void tell(const struct migrate_plan *p, const char *folder)
{
	for (size_t i = 0; i < p->file_count; i++)
		printf("%s/%s%s\n", folder, p->files[i].path, p->files[i].secret ? " (for you alone)" : "");
	tell_list("To be settled before natmill runs with it:", &p->open);
	tell_list("Not carried over, or different from now on:", &p->notes);
	putchar('\n');
	fflush(stdout);
}

/* As whoever runs it will: in the folder. */
static int check(const char *folder)
{
	char command[] = "check";
	char option[] = "-c";
	char file[] = MIGRATE_FILE;
	char *argv[] = {command, option, file, NULL};
	if (chdir(folder) != 0) {
		fprintf(stderr, "natmill: cannot go to '%s': %s\n", folder, strerror(errno));
		return 3;
	}
	printf("natmill check -c %s, in %s:\n", MIGRATE_FILE, folder);
	fflush(stdout);
	return cmd_check(3, argv);
}

static int migrate(const char *old, const char *env_file, const char *folder)
{
	struct migrate_plan p;
	struct err e = {0};
	char from[PATH_MAX];
	migrate_plan_init(&p);
	int status = 0;
	if (make(&p, old, env_file, from) != 0) {
		status = config_fail(&p.errs);
	} else if (migrate_write(&p, folder, from, &e) != 0) {
		status = cli_fail(&e);
	} else {
		tell(&p, folder);
		status = check(folder);
	}
	migrate_plan_free(&p);
	return status;
}

int cmd_migrate(int argc, char **argv)
{
	const char *old = NULL;
	const char *env_file = NULL;
	const char *folder = OUT_DEFAULT;
	const struct cli_arg args[] = {{"--env", &env_file, NULL},
				       {"--out", &folder, NULL},
				       {NULL, &old, NULL}};
	enum cli_args read = cli_args_read("migrate", USAGE, help, argc, argv, args, 3);
	if (read != CLI_ARGS_READ)
		return read == CLI_ARGS_HELP ? 0 : 2;
	return migrate(old, env_file, folder);
}
