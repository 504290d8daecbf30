/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration: file and environment to plain structs, by the option rows. Called by the
 * commands at start and by reload, each call makes an independent set. A struct settings owns the
 * tree that was read and knows where each value came from; the config struct owns its values until
 * settings_free.
 */
#ifndef NATMILL_CONTROL_SETTINGS_H
#define NATMILL_CONTROL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errlist.h"
#include "base/strbuf.h"
#include "control/section.h"

#define SETTINGS_WHERE_MAX 256

struct settings;

struct settings_source {
	const char *path; /* the file, and its name in messages; NULL = no file */
	const char *text; /* the file's content, when it is already in memory; NULL = read path */
	size_t len;       /* of text */
	char *const *env; /* NAME=VALUE ..., ends with NULL; NULL = no environment */
	const char *const
		*env_allowed; /* NATMILL_ variables that are no options; ends with NULL; may be NULL */
};

/* Fills the config struct (any content; it is zeroed first): defaults, then the file, then the
 * environment. NULL on failure, with every error in errs and nothing left in the config struct.
 * The sections must outlive the result. */
struct settings *settings_load(const struct section *sections, void *config, size_t config_size,
			       const struct settings_source *src, struct errlist *errs);

/* The text of one option of a plain section, whatever else is wrong in file and environment; NULL when it is
 * not given or cannot be read. The caller frees it. */
char *settings_glance(const struct section *sections, const struct settings_source *src, const char *section,
		      const char *option);

/* Frees the settings and every value in their config struct, which is zeroed. NULL is legal. */
void settings_free(struct settings *s);

/* Where a value came from: "natmill.yaml:12:5", "NATMILL_WORKERS" or "default". field is its address
 * in the config struct; for one text of a list &texts.items[i], for one pair of a map &map.items[i],
 * for an entry of a section &list.items[i]. buf holds it; returns buf. */
const char *settings_where(const struct settings *s, const void *field, char buf[SETTINGS_WHERE_MAX]);

/* True when file or environment gave the value. */
bool settings_given(const struct settings *s, const void *field);

/* Adds the error "WHERE: TEXT" about a value that only its reader can check. Returns -1. */
int settings_refuse(const struct settings *s, struct errlist *errs, const void *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds to names, separated by ", ", every option that differs between the two config structs and takes a
 * restart, or is taken up by a reload; returns how many. Names only, never values. */
size_t settings_restart(const struct section *sections, const void *now, const void *next,
			struct strbuf *names);
size_t settings_changed(const struct section *sections, const void *now, const void *next,
			struct strbuf *names);

#endif
