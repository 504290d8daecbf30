/* SPDX-License-Identifier: Apache-2.0
 *
 * natmill migrate: the environment of the old consumer: variables of a file (docker's .env, or the
 * `environment` of a compose file) and those of this process, where it knows them. Called by cmd_migrate.c.
 */
#ifndef NATMILL_CLI_MIGRATE_ENV_H
#define NATMILL_CLI_MIGRATE_ENV_H

#include "base/errlist.h"
#include "base/node.h"

/* A map from name to value, each with its place: those of the file at path (NULL: no file), and the
 * consumer's variables in env (NAME=VALUE ..., ends with NULL), where the file has them not. Names are in
 * upper case, as far as they are the consumer's. Also sets what the file has in this process, where it is not
 * set, so that ${NAME} in the new configuration can be checked. NULL with errs. */
struct node *migrate_env_read(const char *path, char *const *env, struct errlist *errs);

/* The key of the old configuration file that the variable stands for; NULL: it is none of the consumer's. ""
 * is one that has no key. */
const char *migrate_env_key(const char *name);

#endif
